"""The generator: a face, a sound and an emotion go in, the face that says it comes out.

One encoder-decoder, whose variants are chosen in `GeneratorConfig`: Wav2Lip's
base, the paper's SEQ and END, its whole-face base for PRE, the appendix's noise encoder, and the
IMPROVED recipe's composite output and multi-scale emotion. Each frame is made alone: the T frames
of a window go through as T pictures.

Paper: §3.1 (base), §3.2.3 (emotion encoder), §4.2 (END, SEQ), §4.3 (PRE), appendix A.1 (noise).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import N_EMOTIONS
from emolib.base.errors import ConfigError
from emolib.models.blocks import ConvBlock, audio_encoder, conv_stack, fuse_for_inference, scaled
from emolib.models.heads import CompositeHead, FiLM, RgbHead, skin_gain

ENCODER = (  # (filters, kernel, stride, padding, residual blocks after it)
    ((16, 7, 1, 3, 0),),  # f0: 16×96×96
    ((32, 3, 2, 1, 2),),  # f1: 32×48×48
    ((64, 3, 2, 1, 3),),  # f2: 64×24×24
    ((128, 3, 2, 1, 2),),  # f3: 128×12×12
    ((256, 3, 2, 1, 2),),  # f4: 256×6×6
    ((512, 3, 2, 1, 1),),  # f5: 512×3×3
    ((512, 3, 1, 0, 0), (512, 1, 1, 0, 0)),  # f6: 512×1×1
)
# Decoder: filters, residual blocks after it. Block 0 is a 1×1 convolution, block 1 goes from 1×1
# to 3×3, the others double the picture. After each, the encoder's picture of that size is appended.
DECODER = ((512, 0), (512, 1), (512, 2), (384, 2), (256, 2), (128, 2), (64, 2))
SKIPS = (512, 512, 256, 128, 64, 32, 16)  # f6 … f0
EMBEDDING = 512


@dataclass(frozen=True)
class GeneratorConfig:
    """Which generator. The defaults are the paper's preferred network, SEQ: 36,826,419 parameters.

    Whether the target half of the input is masked half (Wav2Lip) or whole (EmoGen) is a matter of
    the input, not of the network: `store.masks` makes both.
    """

    emotion: str | None = "SEQ"  # "SEQ" | "END" (paper §4.2) | None (Wav2Lip; PRE's base §4.3)
    width: float = 1.0  # multiplies every channel count; 1 is the paper's
    head: str = "rgb"  # "rgb" (paper) | "composite" (IMPROVED): colour, blend weight, flow
    head_channels: int = 32  # of the output block's 3×3 convolution, before `width`
    multi_scale_emotion: bool = False  # IMPROVED: the emotion also steers five decoder scales
    multi_scale_sound: bool = False  # IMPROVED: and the sound with it
    noise_dim: int = 0  # appendix A.1: Gaussian numbers a frame; 0 leaves the noise encoder out

    def __post_init__(self):
        problems = []
        if self.emotion not in ("SEQ", "END", None):
            problems.append(f"emotion={self.emotion!r} is none of 'SEQ', 'END', None")
        if not 0 < self.width <= 2:
            problems.append(f"width={self.width} is not in (0, 2]")
        if self.head not in ("rgb", "composite"):
            problems.append(f"head={self.head!r} is neither 'rgb' nor 'composite'")
        if self.multi_scale_emotion and self.emotion != "SEQ":
            problems.append("multi_scale_emotion needs emotion='SEQ'")
        if self.multi_scale_sound and not self.multi_scale_emotion:
            problems.append("multi_scale_sound needs multi_scale_emotion")
        if self.head_channels < 1:
            problems.append(f"head_channels={self.head_channels} is not a positive number")
        if self.noise_dim < 0:
            problems.append(f"noise_dim={self.noise_dim} is negative")
        if problems:
            raise ConfigError("; ".join(problems), where="GeneratorConfig")


class EmotionEncoder(nn.Sequential):
    """Emotion (N, 6) → (N, `n_out`): Linear → LeakyReLU 0.2 → Linear → LeakyReLU 0.2.

    Paper: §3.2.3. At 512 outputs it has 266,240 parameters.
    """

    def __init__(self, n_hidden: int, n_out: int):
        super().__init__(
            nn.Linear(N_EMOTIONS, n_hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(n_hidden, n_out),
            nn.LeakyReLU(0.2),
        )


class Generator(nn.Module):
    """Frames of a talking face from sound, faces and an emotion.

    Paper: §3.1, §3.2.3, §4.2, figure 1. The released code is the SEQ variant.
    Deviation: T is read from the input (the released code repeats the label five times whatever
    comes), and colours are RGB (the released code works on BGR; imported weights are turned).
    """

    def __init__(self, config: GeneratorConfig | None = None):
        super().__init__()
        self.config = config = config or GeneratorConfig()
        width, embedding = config.width, scaled(EMBEDDING, config.width)

        self.face_encoder = nn.ModuleList()
        c_in = 6
        for rows in ENCODER:
            self.face_encoder.append(conv_stack(rows, c_in, width))
            c_in = scaled(rows[-1][0], width)
        self.audio_encoder = audio_encoder(width)

        c_in = embedding  # the decoder starts from the audio embedding
        if config.emotion == "SEQ":
            self.emotion_encoder = EmotionEncoder(embedding, embedding)
            c_in = 2 * embedding
        elif config.emotion == "END":
            # Deviation: END's encoder is not described; this is SEQ's with 96·96 outputs. As the
            # map keeps its size at any width, its hidden layer shrinks like the other weights.
            n_hidden = scaled(EMBEDDING, config.width**2)
            self.emotion_encoder = EmotionEncoder(n_hidden, VIDEO.face_px**2)
        if config.noise_dim:
            # Deviation: sizes are not given in the paper; one LSTM layer, as wide as its input.
            self.noise_encoder = nn.LSTM(config.noise_dim, config.noise_dim, batch_first=True)

        self.decoder, self.film = nn.ModuleList(), nn.ModuleList()
        for level, ((filters, n_residual), skip) in enumerate(zip(DECODER, SKIPS, strict=True)):
            c_out = scaled(filters, width)
            if level == 0:
                first = ConvBlock(c_in, c_out, 1)
            elif level == 1:
                first = ConvBlock(c_in, c_out, 3, transposed=True)
            else:
                first = ConvBlock(c_in, c_out, 3, 2, 1, transposed=True, output_padding=1)
            rest = [ConvBlock(c_out, c_out, 3, 1, 1, residual=True) for _ in range(n_residual)]
            self.decoder.append(nn.Sequential(first, *rest))
            if config.multi_scale_emotion and level >= 2:
                self.film.append(FiLM(embedding * (1 + config.multi_scale_sound), c_out))
            c_in = c_out + scaled(skip, width) + (config.noise_dim if level == 0 else 0)

        c_in += config.emotion == "END"  # 80 channels, or 81 with the emotion map
        hidden = scaled(config.head_channels, width)
        self.output = (RgbHead if config.head == "rgb" else CompositeHead)(c_in, hidden)

    def encode_emotion(self, emotion: Tensor) -> Tensor:
        """Emotion (N, 6) → its embedding (N, 512 · width); the paper's appendix B plots these."""
        return self.emotion_encoder(emotion)

    def forward(
        self,
        mel: Tensor,
        faces: Tensor,
        emotion: Tensor | None = None,
        *,
        noise: Tensor | None = None,
        return_maps: bool = False,
    ) -> Tensor | dict[str, Tensor]:
        """The generated frames (B, T, 3, 96, 96), float in [0, 1], RGB.

        Args:
            mel: (B, T, 1, 80, 16) float in [-4, 4], one window a frame, frequency × time.
            faces: (B, T, 6, 96, 96) float in [0, 1]: the masked target (3), the reference (3).
            emotion: (B, 6), or one a frame (B, T, 6): one-hot, or any mixture or strength. None
                for a network without emotion.
            noise: (B, T, noise_dim) standard Gaussian; drawn when not given.
            return_maps: instead of the frames, a dict with `frames` and the head's maps
                (`colour`, and for the composite head `weight` (B, T, 1, 96, 96) and `flow`
                (B, T, 2, 96, 96) in picture widths), so that they can be used at another size.

        Raises:
            ConfigError: shapes that do not belong together, or an emotion too many or too few.
        """
        B, T = self._check(mel, faces, emotion)
        dtype = self.output.last.weight.dtype
        mel, faces = mel.flatten(0, 1), faces.flatten(0, 1)  # (B·T, …): time joins the batch
        if emotion is not None:
            if emotion.ndim == 2:
                emotion = emotion[:, None].expand(B, T, N_EMOTIONS)
            emotion = self.encode_emotion(emotion.flatten(0, 1).to(dtype))  # (B·T, D)

        shown = faces
        if self.config.head == "composite":
            shown = (faces * skin_gain(faces[:, 3:]).repeat(1, 2, 1, 1)).clamp(max=1)
        skips, x = [], shown.to(dtype)
        for block in self.face_encoder:
            x = block(x)
            skips.append(x)  # f0 … f6
        if self.config.noise_dim:
            skips[-1] = torch.cat([skips[-1], self._encode_noise(noise, B, T, x)], 1)

        x = self.audio_encoder(mel.to(dtype))  # (B·T, 512, 1, 1)
        steering = emotion
        if self.config.multi_scale_sound:
            steering = torch.cat([emotion, x.flatten(1)], 1)  # (B·T, 1024)
        if self.config.emotion == "SEQ":
            x = torch.cat([x, emotion[..., None, None]], 1)  # (B·T, 1024, 1, 1)
        for level, block in enumerate(self.decoder):
            x = block(x)
            if level >= 2 and self.config.multi_scale_emotion:
                x = self.film[level - 2](x, steering)
            x = torch.cat([x, skips.pop()], 1)  # … (B·T, 80, 96, 96)
        if self.config.emotion == "END":
            x = torch.cat([x, emotion.unflatten(1, (1, *faces.shape[-2:]))], 1)  # 81 channels

        maps = self.output(x, reference=faces[:, 3:])
        if return_maps:
            return {name: value.unflatten(0, (B, T)) for name, value in maps.items()}
        return maps["frames"].unflatten(0, (B, T))  # (B, T, 3, 96, 96)

    def fused(self, dtype: torch.dtype = torch.float32) -> Generator:
        """A frozen copy for generating: same output, less time (see `fuse_for_inference`).

        `torch.bfloat16` is several times faster where the hardware multiplies it (CPUs with AMX,
        GPUs) and slower elsewhere; frames then differ by less than one grey level of 255 mostly.
        """
        return fuse_for_inference(self).to(dtype)

    def _encode_noise(self, noise: Tensor | None, B: int, T: int, like: Tensor) -> Tensor:
        if noise is None:
            noise = torch.randn(B, T, self.config.noise_dim, device=like.device)
        embedding, _ = self.noise_encoder(noise.to(like.dtype))  # (B, T, D)
        return embedding.flatten(0, 1)[..., None, None]  # (B·T, D, 1, 1)

    def _check(self, mel: Tensor, faces: Tensor, emotion: Tensor | None) -> tuple[int, int]:
        side = VIDEO.face_px
        if faces.ndim != 5 or faces.shape[2:] != (6, side, side):
            raise ConfigError(
                f"faces are {tuple(faces.shape)}", expected=f"(B, T, 6, {side}, {side})"
            )
        B, T = faces.shape[:2]
        if mel.shape != (B, T, 1, 80, 16):
            raise ConfigError(f"mel is {tuple(mel.shape)}", expected=f"({B}, {T}, 1, 80, 16)")
        if (emotion is None) != (self.config.emotion is None):
            wants = "no emotion" if self.config.emotion is None else "an emotion (B, 6)"
            raise ConfigError(f"this generator (emotion={self.config.emotion!r}) takes {wants}")
        if emotion is not None and emotion.shape not in ((B, N_EMOTIONS), (B, T, N_EMOTIONS)):
            raise ConfigError(
                f"emotion is {tuple(emotion.shape)}", expected=f"({B}, 6) or ({B}, {T}, 6)"
            )
        return B, T
