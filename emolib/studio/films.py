"""Orders made: a preview, a film with a first look on the way, or six emotions side by side.

Paper: §6 (the web interface), figures 10 and 11.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.base.errors import ConfigError, FaceError
from emolib.generate import FrameStream, Order, TalkingFace, emotion_weights
from emolib.generate.order import Cancel, Progress, weights_per_frame
from emolib.generate.schedule import Source
from emolib.media.provenance import write_labelled_picture
from emolib.studio.catalogue import thumbnail
from emolib.studio.jobs import PREVIEW, Job

log = logging.getLogger(__name__)

CELL_PX, BAR_PX, COLUMNS = 240, 26, 3  # of six films side by side
ROOM = 1.5  # side of a close-up, in sides of the face square
INK, PAPER = "#1A1A1A", "#FFFFFF"
REPORTED = ("seconds", "frames", "model", "device", "signed", "signature_note", "notes", "total_s")


def make_job(talker: TalkingFace, job: Job, stopped: Callable[[], bool]) -> None:
    """Make a job: a film's report becomes the job's, a preview what was `made`.

    Raises:
        EmolibError: what is wrong with the order; `Cancelled`. No film is left then.
    """
    if job.kind == "preview":
        job.made = make_preview(talker, job.order)
        return
    if job.kind == "film":
        try:
            look = talker.preview_clip(job.order, cancel=stopped)
            path = job.folder / PREVIEW
            write_labelled_picture(path, look.frames[0], look.facts, overwrite=True)
            job.previewed()
        except FaceError:  # none in the first picture: there may be one later
            log.info("no first look")

    def progress(stage: str, done: int, total: int) -> None:
        job.advance(stage, done, total)
        if stage == "frames" and done == total:
            job.advance("finishing", 0, 1)

    kind = SideBySide if job.kind == "six" else FrameStream
    how = {"overwrite": job.out is None, "progress": progress, "cancel": stopped}
    report = talker.write(job.order, job.film, kind=kind, **how)
    notes = report["notes"]
    for file in job.order.files:  # names of our own tell nobody anything
        notes = [note.removeprefix(f"{file}: ") for note in notes]
    width, height = report["picture_px"]
    kept = {key: report[key] for key in REPORTED} | {"notes": notes}
    job.report = kept | {"width": width, "height": height}


@dataclass(frozen=True)
class Preview:
    """One moment of the film to come, close up: as it is and as it will be, (H, W, 3) uint8."""

    before: np.ndarray
    after: np.ndarray


def make_preview(talker: TalkingFace, order: Order) -> Preview:
    """One picture of the film to come, at the loudest moment, in a fraction of a second.

    Raises:
        EmolibError: whatever is wrong with the order.
    """
    (before,) = Source(order.face).first(1)
    clip = talker.preview_clip(order)
    rows, columns = close_up(clip.boxes[0], before.shape)
    return Preview(before[rows, columns], clip.frames[0][rows, columns])


class SideBySide(FrameStream):
    """All six emotions in one film, close up; the order's own emotion is ignored.

    Its frames are sheets of 3 × 2 faces, each under its name: (532, 720, 3) uint8 RGB. Sound, face
    track and the source's memory are shared; only the first face reports its progress.

    Raises:
        ConfigError: the network knows no emotions.
        EmolibError: as `FrameStream`.
    """

    def __init__(self, talker: TalkingFace, order: Order, *watched: Progress | Cancel | None):
        if not talker.emotional:
            message = f"the network {talker.name} knows no emotions"
            raise ConfigError(message, fix="use another one")
        super().__init__(talker, order, *watched)
        self.report.pop("walk", None)
        size_px = [COLUMNS * CELL_PX, 2 * (CELL_PX + BAR_PX)]
        self.report |= {"emotion": {}, "side_by_side": list(EMOTIONS), "picture_px": size_px}

    def __iter__(self) -> Iterator[np.ndarray]:
        """Finished sheets in order."""
        actors = []
        for code in EMOTIONS:
            actor = copy(self)
            actor.emotion = weights_per_frame(emotion_weights(code), len(self))
            actor.progress = None if actors else self.progress
            actors.append(FrameStream.__iter__(actor))
        width, height = self.track.picture_px
        box = np.concatenate([self.boxes[:, :2].min(axis=0), self.boxes[:, 2:].max(axis=0)])
        rows, columns = close_up(box, (height, width))
        bars = [_name_bar(code) for code in EMOTIONS]
        for pictures in zip(*actors, strict=True):
            cells = [thumbnail(picture[rows, columns], CELL_PX) for picture in pictures]
            named = [np.vstack(pair) for pair in zip(bars, cells, strict=True)]
            yield np.vstack([np.hstack(named[:COLUMNS]), np.hstack(named[COLUMNS:])])


def close_up(box: np.ndarray, shape: Sequence[int], room: float = ROOM) -> tuple[slice, slice]:
    """Rows and columns of a square around a face, inside a picture of this shape (H, W, …).

    Args:
        box: (4,) x0, y0, x1, y1 of the face square in pixels.
        room: side of the close-up, in sides of the face square.
    """
    height, width = shape[:2]
    x0, y0, x1, y1 = (float(edge) for edge in box)
    side = int(min(room * max(x1 - x0, y1 - y0), height, width))
    top = int(np.clip((y0 + y1 - side) / 2, 0, height - side))
    left = int(np.clip((x0 + x1 - side) / 2, 0, width - side))
    return slice(top, top + side), slice(left, left + side)


def text_on(colour: str) -> str:
    """Dark or light letters, whichever is read more easily on a colour "#RRGGBB" (WCAG 2.2)."""
    levels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return INK if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else PAPER


def _name_bar(code: str) -> np.ndarray:
    """An emotion's name on its colour: (BAR_PX, CELL_PX, 3) uint8."""
    bar = Image.new("RGB", (CELL_PX, BAR_PX), COLOURS[code])
    middle, font = (CELL_PX / 2, BAR_PX / 2), ImageFont.load_default(16)
    ImageDraw.Draw(bar).text(middle, NAMES[code], text_on(COLOURS[code]), font, anchor="mm")
    return np.asarray(bar)


def fresh(folder: Path, stem: str, suffix: str) -> Path:
    """The first of `stem.suffix`, `stem-2.suffix`, … that does not exist in `folder`."""
    names = (f"{stem}{suffix}" if k == 1 else f"{stem}-{k}{suffix}" for k in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def slug(text: str) -> str:
    """Text as a part of a file name: "happiness 40% → fear" becomes "happiness_40_fear"."""
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return "_".join(words)[:60]
