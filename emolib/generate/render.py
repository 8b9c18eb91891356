"""From a crop, its sound and an emotion to the finished picture: the network, and its answer laid
onto a face of any size.

With the composite head nothing of the face is ever shrunk: colour, blend weight and flow are
enlarged, and the picture itself is fetched along the flow, once, at its own resolution. What the
network leaves alone stays as sharp as it was. Towards the edge of the box flow and weight end, so
the face meets the rest of the picture without a seam and without a second outline. The paper's head
gives only 96×96 colours, which have to be enlarged and pasted.

Deviation: the released code pastes a hard rectangle of enlarged 96-pixel face. Neither the
composite head nor the smoothing of its flow in time is in the paper.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from emolib.base.config import VIDEO
from emolib.base.errors import ResourceError
from emolib.data.inputs import GeneratorInput
from emolib.media.compose import CropTransform, store_pixels
from emolib.models.checkpoint import InputRules
from emolib.models.generator import Generator

BATCH = {"cpu": 8, "mps": 16, "cuda": 64}  # frames at once
Maps = dict[str, np.ndarray]
UPPER_END, LOWER_START = 0.45, 0.60  # of the crop's height: below the eyes, above the upper lip
MEMORY = 0.7  # share of the last frame's flow in the upper face
REST_MEMORY = 0.98  # the same in a pause


class Engine:
    """A network ready to run on a device; on a GPU it computes in bfloat16.

    `rules` says how it was fed in training; the reference is the current frame. `batch`, the frames
    at once, shrinks when the device runs out of memory. Paper: §3.2.1.
    """

    def __init__(self, generator: Generator, rules: InputRules, device: str):
        kind = device.split(":")[0]
        dtype = torch.bfloat16 if kind == "cuda" else torch.float32
        self.network = generator.fused(dtype).to(device)
        self.device, self.batch, self.rules = device, BATCH[kind], rules

    @torch.inference_mode()
    def maps(self, crops: np.ndarray, mel: np.ndarray, emotion: np.ndarray | None) -> Maps:
        """Maps of N frames, float32: `frames` (N, 3, 96, 96) and others.

        Args:
            crops: (N, 96, 96, 3) uint8 RGB.
            mel: (N, 1, 80, 16) float32.
            emotion: (N, 6) float32, or None for a network without emotion.

        Raises:
            ResourceError: no memory even for a single frame.
        """
        done: list[dict[str, Tensor]] = []
        start = 0
        while start < len(crops):
            part = slice(start, start + self.batch)
            try:
                done.append(self._forward(crops[part], mel[part], emotion, part))
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    raise ResourceError(
                        f"no memory for one frame on {self.device}", fix="use --device cpu"
                    ) from error
                torch.cuda.empty_cache()
                self.batch //= 2
                continue
            start = part.stop
        return {name: torch.cat([part[name] for part in done]).numpy() for name in done[0]}

    def _forward(self, crops, mel, emotion, part) -> dict[str, Tensor]:
        frames = torch.from_numpy(crops).to(self.device).permute(0, 3, 1, 2)[:, None]
        sound = torch.from_numpy(mel).to(self.device)[:, None]  # (N, 1, 1, 80, 16)
        label = None if emotion is None else torch.from_numpy(emotion[part]).to(self.device)
        given = GeneratorInput.of(frames, frames, sound, label, self.rules.mask)
        maps = given.through(self.network, return_maps=True)
        return {name: value[:, 0].float().cpu() for name, value in maps.items()}


class FlowSmoother:
    """The flow of frame after frame without twitching brows: call it with each frame's maps.

    The upper face has no lips to keep in step, but it twitches when the sound begins or stops,
    because the frames are made one by one. So its flow follows with a short memory. In a pause it
    follows hardly at all: silence stands at the beginning and end of every clip that networks learn
    from, where an expression is weaker, so they would let it drop whenever nobody speaks. Below the
    nose nothing is held back.
    """

    def __init__(self):
        v = (np.arange(VIDEO.face_px, dtype=np.float32) + 0.5) / VIDEO.face_px
        share = np.clip((LOWER_START - v) / (LOWER_START - UPPER_END), 0, 1)
        self._rows = (share * share * (3 - 2 * share))[None, :, None]  # (1, S, 1): 1 above, 0 below
        self._last: np.ndarray | None = None

    def forget(self) -> None:
        """The next frame has nothing to do with the last one (a cut, a gap)."""
        self._last = None

    def __call__(self, maps: Maps, rest: float = 0.0) -> Maps:
        """The same maps, calmed; those of the paper's head as they are.

        Args:
            rest: which part of what the frame hears is silence, 0 to 1.
        """
        if "flow" not in maps:
            return maps
        maps = maps | {"flow": maps["flow"].copy()}
        if self._last is not None:
            memory = MEMORY + rest * (REST_MEMORY - MEMORY)
            maps["flow"] += memory * self._rows * (self._last - maps["flow"])
        self._last = maps["flow"]
        return maps


def blend(
    frame: np.ndarray,
    transform: CropTransform,
    maps: Maps,
    native: bool = True,
    share: float = 1.0,
) -> np.ndarray:
    """A new frame with the generated face in its place; pixels outside the face's box stay.

    Args:
        frame: (H, W, 3) uint8 RGB.
        transform: where the face is.
        maps: of one frame, float32: `frames` (3, 96, 96) in [0, 1], and from a composite head
            `colour` (3, 96, 96), `weight` (1, 96, 96), `flow` (2, 96, 96) in widths of the crop.
        native: apply the composite maps at the face's own resolution; False pastes 96 pixels.
        share: how far to go, 0 leaves the frame as it is, 1 is all the way.
    """
    if not native or "flow" not in maps:
        levels = np.rint(255 * maps["frames"]).clip(0, 255).astype(np.uint8)
        pasted = transform.paste(frame, np.ascontiguousarray(levels.transpose(1, 2, 0)))
        return cv2.addWeighted(pasted, share, frame, 1 - share, 0) if share < 1 else pasted
    out, place = frame.copy(), transform.covered(frame.shape)
    layers = np.concatenate([maps["flow"], maps["weight"]]).transpose(1, 2, 0)  # (96, 96, 3)
    spread = transform.spread(np.ascontiguousarray(layers), place)  # (h, w, 3)
    if not spread.size:
        return out
    spread *= share * transform.feather(place)[..., None]
    moved = _fetch(frame, place, spread[..., :2] @ transform.inverse[:, :2].T.astype(np.float32))
    weight = spread[..., 2:].clip(0, 1)
    colour = transform.spread(np.ascontiguousarray(maps["colour"].transpose(1, 2, 0)), place)
    store_pixels(out[place], moved + weight * (255 * colour - moved))
    return out


def _fetch(frame: np.ndarray, place: tuple[slice, slice], way_px: np.ndarray) -> np.ndarray:
    """The pixels (h, w, 3) uint8 that lie `way_px` (h, w, 2: x, y) away from those of `place`.

    Cubic; the picture's edge is repeated. No way gives the very pixels of `place`.
    """
    rows, columns = place
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + way_px[..., 0]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + way_px[..., 1]
    return cv2.remap(frame, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
