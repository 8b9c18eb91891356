"""Media files for the tests, made with PyAV alone, so that the package reads what others wrote.

A picture carries its number as eight black or white stripes, which no codec blurs away.
"""

from fractions import Fraction

import av
import numpy as np
import pytest

from emolib.base.errors import MediaError
from emolib.media.image import label_frame

HEIGHT, WIDTH = 64, 128
N_BITS = 8


def numbered(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(H, W, 3) uint8 RGB: lower half stripes for the number; upper half red left, blue right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 30, 30)
    picture[: height // 2, width // 2 :] = (30, 30, 200)
    for bit in range(N_BITS):
        left, right = width * bit // N_BITS, width * (bit + 1) // N_BITS
        picture[height // 2 :, left:right] = 235 if number >> bit & 1 else 20
    return picture


def number_of(picture: np.ndarray) -> int:
    """The number that a decoded picture carries."""
    height, width = picture.shape[:2]
    row = picture[height * 3 // 4].mean(axis=-1)
    centres = [width * (2 * bit + 1) // (2 * N_BITS) for bit in range(N_BITS)]
    return sum(int(row[centre] > 128) << bit for bit, centre in enumerate(centres))


def make_video(
    path,
    pictures,
    fps=25,
    times_ms=None,
    codec="libx264",
    pix_fmt="yuv420p",
    tracks=(),
    rotation=0,
    options=None,
    starts_ms=(),
    **codec_fields,
):
    """Encode pictures at a rate or at given times, with sound tracks [(samples, rate_hz), …]."""
    with av.open(str(path), "w") as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream(codec, rate=rate, options=options or {})
        pictures = list(pictures)
        stream.codec_context.height, stream.codec_context.width = pictures[0].shape[:2]
        stream.codec_context.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000) if times_ms is not None else 1 / rate
        for name, value in codec_fields.items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        container_tracks = [
            container.add_stream(sound_codec(path), rate=rate_hz, layout="mono")
            for _, rate_hz in tracks
        ]
        for k, picture in enumerate(pictures):
            kind = "gray" if picture.ndim == 2 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=kind).reformat(format=pix_fmt)
            frame.pts = k if times_ms is None else int(times_ms[k])
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        starts = list(starts_ms) or [0] * len(tracks)
        for sound, (samples, rate_hz), start in zip(container_tracks, tracks, starts, strict=True):
            encode_sound(container, sound, samples, rate_hz, start * rate_hz // 1000)
    return path


def sound_codec(path) -> str:
    """A sound codec that the container of this name takes."""
    return {".mkv": "pcm_s16le", ".flv": "libmp3lame", ".webm": "libopus"}.get(path.suffix, "aac")


def make_sound(path, samples, rate_hz, codec="pcm_s16le", format="fltp", layout="mono", **options):
    """Encode float samples (n,) or (channels, n) with any codec."""
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        encode_sound(container, stream, samples, rate_hz, layout=layout, format=format)
    return path


def encode_sound(container, stream, samples, rate_hz, first=0, layout="mono", format="fltp"):
    resampler = av.AudioResampler(
        format=stream.codec_context.format, layout=layout, rate=stream.rate
    )
    step = stream.codec_context.frame_size or 1024
    samples = np.atleast_2d(np.asarray(samples, np.float32))
    fifo = av.AudioFifo()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=format, layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, None, Fraction(1, rate_hz)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        part.pts = None
        fifo.write(part)
    position = round(first * stream.rate / rate_hz)
    while (part := fifo.read(step, partial=True)) is not None:
        part.pts, part.time_base = position, Fraction(1, stream.rate)
        position += part.samples
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))


def tone(frequency_hz=440.0, seconds=1.0, rate_hz=16_000, level=0.5) -> np.ndarray:
    """(n,) float32 sine."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def babble(seconds=2.0, rate_hz=16_000, seed=0) -> np.ndarray:
    """(n,) float32, something like speech: a buzz with moving resonances, in syllables."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    pitch_hz = 120 + 20 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    centre_hz = 900 + 600 * np.sin(2 * np.pi * 1.3 * t + rng.uniform(0, 6))
    weights = [
        np.exp(-(((harmonic * pitch_hz - centre_hz) / 500) ** 2)) + 0.1 / harmonic
        for harmonic in range(1, 25)
    ]
    buzz = sum(w * np.sin(h * phase) for h, w in enumerate(weights, start=1))
    syllables = np.clip(np.sin(2 * np.pi * 3.0 * t), 0, 1)
    sound = buzz * syllables
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)


def message_of(call, *parts, error=MediaError):
    """The one-line message of a refusal; it names each of the parts."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and all(part in message for part in parts), message
    return message


def label_box(height, width):
    """Where the label lies in a picture of this size: x0, y0, x1, y1 in pixels."""
    grounds = [np.full((height, width, 3), level, np.uint8) for level in (0, 255)]
    changed = sum((label_frame(ground) != ground).any(axis=2) for ground in grounds)
    (y0, x0), (y1, x1) = np.argwhere(changed).min(axis=0), np.argwhere(changed).max(axis=0) + 1
    return x0, y0, x1, y1
