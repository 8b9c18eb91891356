"""How the generator ends: three colours (the paper), or a repaint of the reference (IMPROVED).

Also FiLM, the small layer by which emotion and sound steer the decoder at several scales.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.models.blocks import ConvBlock

MAX_FLOW = 0.1  # of the picture's width: about 10 px of 96
BINOMIAL = (0.25, 0.5, 0.25)
START_BIAS = -4.0  # blend weight at the start: sigmoid(-4) = 0.018
SKIN = (1.28, 0.96, 0.76)  # red, green, blue over their mean, as `lite-generator` learned
CHEEKS = (0.29, 0.63), (0.21, 0.79)  # of an aligned crop, down and across: brows to upper lip
MAX_GAIN = 1.7


class FiLM(nn.Module):
    """Scale and shift feature maps by an embedding: `x · (1 + scale) + shift`.

    Starts as the identity (all zeros). Follows: Perez et al. 2018, "FiLM".
    """

    def __init__(self, n_embedding: int, channels: int):
        super().__init__()
        self.affine = nn.Linear(n_embedding, 2 * channels)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = self.affine(embedding)[..., None, None].chunk(2, dim=1)  # (N, C, 1, 1)
        return x * (1 + scale) + shift


class RgbHead(nn.Module):
    """The paper's output block: 80 → 32 (3×3, batch norm, ReLU) → 3 (1×1) → sigmoid."""

    def __init__(self, c_in: int, hidden: int):
        super().__init__()
        self.hidden = ConvBlock(c_in, hidden, 3, 1, 1)
        self.last = nn.Conv2d(hidden, 3, 1)

    def forward(self, x: Tensor, reference: Tensor) -> dict[str, Tensor]:
        """Decoder maps (N, 80, H, W) → `frames` = `colour` (N, 3, H, W); no reference."""
        frames = self.last(self.hidden(x)).float().sigmoid()
        return {"frames": frames, "colour": frames}


class CompositeHead(nn.Module):
    """Six maps instead of three: colour, how much of it to use, and where to fetch the rest.

    `frames = weight · colour + (1 - weight) · warp(reference, flow)`. It starts as a copy of the
    reference (weight 0.018, no flow) and learns only what must change. Not in the paper.
    """

    def __init__(self, c_in: int, hidden: int):
        super().__init__()
        self.hidden = ConvBlock(c_in, hidden, 3, 1, 1)
        self.last = nn.Conv2d(hidden, 6, 1)
        with torch.no_grad():
            self.last.weight[3:] = 0  # weight and flow start the same for every input
            self.last.bias[3:] = 0
            self.last.bias[3] = START_BIAS

    def forward(self, x: Tensor, reference: Tensor) -> dict[str, Tensor]:
        """Decoder maps (N, 80, H, W), reference (N, 3, H, W) → `frames`, `colour` (N, 3, H, W),
        `weight` (N, 1, H, W) in [0, 1], `flow` (N, 2, H, W) in picture widths (x, y)."""
        maps = self.last(self.hidden(x)).float()  # blending and warping stay in float32
        colour = (maps[:, :3].sigmoid() / skin_gain(reference)).clamp(max=1)  # in its own light
        weight, flow = blur(maps[:, 3:4].sigmoid()), blur(MAX_FLOW * maps[:, 4:6].tanh())
        frames = composite(colour, weight, flow, reference)
        return {"frames": frames, "colour": colour, "weight": weight, "flow": flow}


def skin_gain(faces: Tensor) -> Tensor:
    """Factors of red, green and blue (N, 3, 1, 1) that take yellow light from a face (N, 3, S, S).

    Its skin comes to `SKIN`; painted colours are divided by the factors afterwards, so that lips
    and teeth stand in the light of the film. Skin that is less yellow stays as it is: it may be the
    person's own, and teeth would turn blue. Not in the paper. With the same weights (lite profile),
    mouths of six GRID talkers that it learned from come from 3.0 to 1.4 (a*, b*) near their own.
    """
    down, across = (slice(*(round(faces.shape[-1] * x) for x in edges)) for edges in CHEEKS)
    skin = faces[:, :, down, across].float().mean((2, 3), keepdim=True).clamp(min=1 / 255)
    red, green, blue = (skin / skin.mean(1, keepdim=True)).unbind(1)  # (N, 1, 1) each
    lit = [red.clamp(min=SKIN[0]), green.clamp(min=SKIN[1]), blue.clamp(max=SKIN[2])]
    gain = skin.new_tensor(SKIN)[:, None, None] / torch.stack(lit, 1)
    return gain.clamp(1 / MAX_GAIN, MAX_GAIN)


def blur(maps: Tensor) -> Tensor:
    """Maps (N, C, H, W) without what alternates from pixel to pixel: [1 2 1] / 4 both ways.

    A decoder of transposed convolutions leaves a trace at every second pixel. Nobody sees it at 96
    pixels; enlarged six times it turns a lash line into a comb. A binomial filter of three pixels
    is blind to exactly that period, and hardly touches anything slower.
    """
    line = maps.new_tensor(BINOMIAL)
    kernel = torch.outer(line, line).expand(maps.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(maps, (1, 1, 1, 1), mode="replicate"), kernel, groups=maps.shape[1])


def warp(pictures: Tensor, flow: Tensor) -> Tensor:
    """Pictures (N, C, H, W) fetched from `flow` (N, 2, H, W) away, in picture widths (x, y).

    Bicubic, since a bilinear mean of four pixels blurs: with the same weights (lite profile) mouths
    of GRID talkers kept out of training have .91 of their own detail, with that .86. Outside, the
    border is repeated. No flow gives the pictures back.
    """
    H, W = pictures.shape[-2:]
    flow = flow.to(torch.float32)
    x = (torch.arange(W, device=flow.device) + 0.5) * (2 / W) - 1  # pixel centres in [-1, 1]
    y = (torch.arange(H, device=flow.device) + 0.5) * (2 / H) - 1
    grid = torch.stack([x.expand(H, W), y[:, None].expand(H, W)], -1)  # (H, W, 2)
    grid = grid + 2 * flow.permute(0, 2, 3, 1)
    return F.grid_sample(pictures.float(), grid, "bicubic", "border", align_corners=False).clamp(
        0, 1
    )


def composite(colour: Tensor, weight: Tensor, flow: Tensor, reference: Tensor) -> Tensor:
    """`weight · colour + (1 - weight) · warp(reference, flow)` at the reference's own size.

    Maps of another size than the reference (N, 3, H, W) are resized to it first: this is how a
    96-pixel network edits a face at its native resolution without blurring what stays.
    """
    size = reference.shape[-2:]
    if colour.shape[-2:] != size:
        colour, weight, flow = (
            F.interpolate(m.float(), size, mode="bilinear", antialias=max(size) < m.shape[-1])
            for m in (colour, weight, flow)
        )
    return weight * colour + (1 - weight) * warp(reference, flow)
