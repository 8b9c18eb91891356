"""A small film to watch in the notebook itself: a face close up, labelled, tens of kilobytes.

A film of full size belongs into a file beside the notebook; one inside it has to stay small.
"""

from __future__ import annotations

import os
from pathlib import Path

from IPython.display import Video

from emolib.errors import ConfigError
from emolib.generate import Clip
from emolib.lab.looks import thumbnail
from emolib.lab.order import close_up
from emolib.media.provenance import Written, write_labelled

SIDE_PX = 232
QUALITY = 27  # of x264: half the bytes of what looks perfect
MAX_BYTES = 150_000  # a third more once it is text in a notebook


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
    data = Path(path).read_bytes()
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"a film of {len(data) / 1e3:.0f} KB would stay in the notebook",
            file=path,
            expected=f"at most {MAX_BYTES / 1e3:.0f} KB",
            fix="show a smaller one (write_small), and link to this",
        )
    style = f'controls loop style="width: {width_px}px"'
    return Video(data=data, embed=True, mimetype="video/mp4", html_attributes=style)
