"""A small film to watch in the notebook itself: a face close up, labelled, tens of kilobytes.

A film of full size belongs into a file beside the notebook; one inside it has to stay small.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from IPython.display import Video

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import ConfigError
from emolib.generate import Clip
from emolib.media.encode import write_video
from emolib.media.provenance import Written, write_labelled
from emolib.studio.catalogue import thumbnail
from emolib.studio.films import close_up

SIDE_PX = 208
QUALITY = 29  # of x264: a third of the bytes of what looks perfect
MAX_BYTES = 150_000  # a third more once it is text in a notebook
SAMPLES_PER_FRAME = AUDIO.sample_rate_hz // VIDEO.fps  # 640


def write_small(clip: Clip, path: str | os.PathLike, side_px: int = SIDE_PX) -> Written:
    """The face of a clip as a small square film with all marks of a generated one."""
    rows, columns = close_up(clip.boxes.mean(axis=0), clip.frames.shape[1:])
    return write_labelled(
        path,
        (thumbnail(frame[rows, columns], side_px) for frame in clip.frames),
        clip.audio,
        clip.facts,
        fps=clip.fps,
        sample_rate_hz=clip.sample_rate_hz,
        inputs=clip.inputs,
        overwrite=True,
        quality=QUALITY,
    )


def watch(path: str | os.PathLike, width_px: int = SIDE_PX) -> Video:
    """A film inside the notebook, with controls.

    Raises:
        ConfigError: it is too large to live in a notebook.
    """
    size = Path(path).stat().st_size
    if size > MAX_BYTES:
        raise ConfigError(
            f"a film of {size / 1e3:.0f} KB would stay in the notebook",
            file=path,
            expected=f"at most {MAX_BYTES / 1e3:.0f} KB",
            fix="show a smaller one (write_small), and link to this",
        )
    data = Path(path).read_bytes()
    style = f'controls loop style="width: {width_px}px"'
    return Video(data=data, embed=True, mimetype="video/mp4", html_attributes=style)


def watch_crops(
    frames: np.ndarray, samples: np.ndarray, first: int = 0, n_frames: int = 36, late: int = 0
) -> Video:
    """Some face crops of a recording with the sound of the same time, in sync or not.

    Args:
        frames: (T, H, W, 3) uint8 RGB at 25 frames/s.
        samples: (n,) float at 16 kHz, from the first frame on.
        first: where the sound begins, in frames.
        late: how many frames the picture is late (negative: early).
    """
    shown = np.clip(np.arange(first, first + n_frames) - late, 0, len(frames) - 1)
    heard = samples[SAMPLES_PER_FRAME * first : SAMPLES_PER_FRAME * (first + n_frames)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        return watch(write_video(path, frames[shown], audio=heard, quality=QUALITY))
