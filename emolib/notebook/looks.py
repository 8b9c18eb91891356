"""Small pieces of HTML and small pictures for widgets, as plain strings and bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import numpy as np
import soundfile
from PIL import Image

from emolib.base.config import AUDIO
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES

TONES = ("plain", "good", "bad", "busy")
INK, PAPER = "#1A1A1A", "#FFFFFF"
HEARD_S = 30.0  # of a voice, to listen to before it is used


def thumbnail(frame: np.ndarray, side_px: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB, resized so that its longer side is `side_px`."""
    height, width = frame.shape[:2]
    scale = side_px / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))


def jpeg(frame: np.ndarray, side_px: int, quality: int = 88) -> bytes:
    """A picture (H, W, 3) uint8 RGB whose longer side is `side_px`, as JPEG."""
    buffer = io.BytesIO()
    picture = Image.fromarray(thumbnail(frame, side_px))
    picture.save(buffer, format="jpeg", quality=quality)
    return buffer.getvalue()


def wav(samples: np.ndarray, sample_rate_hz: int = AUDIO.sample_rate_hz) -> bytes:
    """Samples (n,) float32 in [-1, 1] as a 16-bit WAV file, the first `HEARD_S` seconds."""
    buffer = io.BytesIO()
    samples = samples[: round(HEARD_S * sample_rate_hz)]
    soundfile.write(buffer, samples, sample_rate_hz, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def line(text: str, tone: str = "plain") -> str:
    """One line of text, safely; the tone chooses its colour (`studio.css`)."""
    if tone not in TONES:
        raise ValueError(f"unknown tone {tone!r}")
    return f'<div class="emolib-line emolib-{tone}">{escape(text)}</div>' if text else ""


def text_on(colour: str) -> str:
    """Dark or light letters, whichever is read more easily on a colour "#RRGGBB"."""
    levels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return INK if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else PAPER


def shares_bar(weights: np.ndarray) -> str:
    """Weights (6,) as one bar of coloured pieces, names in those with room."""
    pieces = []
    for code, share in zip(EMOTIONS, weights, strict=True):
        if share > 0:
            name = f"{NAMES[code]} {share:.0%}"
            style = f"width:{100 * share:.2f}%;background:{COLOURS[code]}"
            style += f";color:{text_on(COLOURS[code])}"
            shown = name if share > 0.3 else ""
            pieces.append(f'<span style="{style}" title="{name}">{shown}</span>')
    return f'<div class="emolib-bar">{"".join(pieces)}</div>'


def walk_bar(stations: Sequence[str]) -> str:
    """Emotion codes in order as one band that fades from colour to colour, from start to end."""
    colours = [COLOURS[code] for code in stations]
    colours = colours * 2 if len(colours) == 1 else colours
    style = f"background:linear-gradient(to right,{','.join(colours)})"
    return f'<div class="emolib-bar" style="{style}"></div>' if stations else ""
