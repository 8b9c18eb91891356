"""What a reader asks for, as plain values, and the functions that make it.

A `Feeling` is what the face shall feel: one emotion, a mixture, or a walk through several. With a
face and a voice it is an `Order`, and an order becomes a preview, a film, or six films side by
side. Nothing here knows of notebooks. Paper: §6 (the web interface), figures 10 and 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import ConfigError
from emolib.base.runtime import Stopwatch
from emolib.generate import FrameStream, Request, TalkingFace, emotion_weights
from emolib.generate.mixture import as_facts, weights_per_frame
from emolib.generate.request import Progress
from emolib.generate.source import open_source
from emolib.media.probe import probe
from emolib.media.provenance import write_labelled
from emolib.notebook.intake import fresh
from emolib.notebook.looks import text_on, thumbnail

OWN = "own"  # instead of a voice: the face video's own sound
CELL_PX, BAR_PX, COLUMNS = 240, 26, 3  # of six films side by side
ROOM = 1.5  # side of a close-up, in sides of the face square
Cancel = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Feeling:
    """Weights over the six emotions, (6,) or (K, 6) for a walk, what to call them, and the K
    codes of a walk's stations."""

    weights: np.ndarray
    name: str
    stations: tuple[str, ...] = ()


def one_emotion(emotion: str, strength: float = 1.0) -> Feeling:
    """One emotion, at full strength or softened towards neutral.

    Raises:
        ConfigError: unknown emotion, or strength outside 0–1.
    """
    weights = emotion_weights(emotion, strength)
    name = NAMES[parse_emotion(emotion)]
    return Feeling(weights, name if strength == 1 else f"{name} {100 * strength:.0f}%")


def blend(shares: Mapping[str, float]) -> Feeling:
    """A mixture; shares of any size are scaled to sum to 1.

    Raises:
        ConfigError: all shares are 0, or one is negative or unknown.
    """
    weights = emotion_weights(mixture=shares)
    return Feeling(weights, " + ".join(f"{NAMES[k]} {v:.0%}" for k, v in as_facts(weights).items()))


def walk(stations: Sequence[str], strength: float = 1.0) -> Feeling:
    """A walk that reaches the stations at even distances, the first at the start.

    Raises:
        ConfigError: no stations, an unknown one, or strength outside 0–1.
    """
    if not stations:
        raise ConfigError("the walk has no stations", expected="one emotion or more")
    codes = [parse_emotion(station) for station in stations]
    corners = np.stack([emotion_weights(code) for code in codes])  # (K, 6)
    weights = emotion_weights(mixture=corners, strength=strength)
    return Feeling(weights, " → ".join(NAMES[code] for code in codes), tuple(codes))


@dataclass(frozen=True)
class Order:
    """All that a film needs. `voice` may be `OWN`; None means not chosen yet."""

    face: Path | None
    voice: Path | str | None
    feeling: Feeling
    fit: str = "loop"
    face_index: int = 0
    on_missing: str = "pass"

    def check(self) -> Order:
        """Itself, once a face and a voice are chosen.

        Raises:
            ConfigError: one is missing.
        """
        if self.face is None:
            raise ConfigError("no face yet", fix="choose a person, a file, or record one")
        if self.voice is None:
            raise ConfigError("no voice yet", fix="choose one, type a sentence, or record it")
        if self.voice == OWN and not probe(self.face).has_audio:
            raise ConfigError("this face has no sound of its own", fix="choose another voice")
        return self

    def request(self, progress: Progress | None = None, cancel: Cancel | None = None) -> Request:
        """The order as `TalkingFace` takes it. Raises as `check`."""
        self.check()
        return Request(
            self.face,
            None if self.voice == OWN else self.voice,
            mixture=self.feeling.weights,
            fit=self.fit,
            face_index=self.face_index,
            on_missing=self.on_missing,
            progress=progress,
            cancel=cancel,
        )


@dataclass(frozen=True)
class Preview:
    """The first picture (S, S, 3) uint8 RGB around the face, as it is and as it will be."""

    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class Film:
    """A finished film: its file, what to call it, and what there is to say about it."""

    path: Path
    name: str
    seconds: float
    took_s: float
    notes: tuple[str, ...]
    feeling: Feeling


def make_preview(talker: TalkingFace, order: Order) -> Preview:
    """One picture of the film to come, at the loudest moment, in a fraction of a second.

    Raises:
        EmolibError: whatever is wrong with the order.
    """
    asked = order.request()
    (before,) = open_source(order.face).first(1)
    options = {"mixture": asked.mixture, "face_index": asked.face_index}
    clip = talker.preview_clip(asked.face, asked.audio, **options)
    rows, columns = close_up(clip.boxes[0], before.shape)
    return Preview(before[rows, columns], clip.frames[0][rows, columns])


def make_film(
    talker: TalkingFace,
    order: Order,
    folder: Path,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Film:
    """The film as a new file in `folder`, labelled as generated.

    Raises:
        EmolibError: whatever is wrong with the order; `Cancelled`; nothing is written then.
    """
    asked = order.request(progress, cancel)
    out = fresh(folder, f"{order.face.stem}_{slug(order.feeling.name)}", ".mp4")
    report = talker.write(asked, out)
    seconds, took_s, notes = report["seconds"], report["total_s"], _plain(report, asked)
    return Film(out, order.feeling.name, seconds, took_s, notes, order.feeling)


def make_six(
    talker: TalkingFace,
    order: Order,
    folder: Path,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Film:
    """All six emotions side by side in one film, close up; the order's own feeling is ignored.

    Raises:
        EmolibError: as `make_film`.
    """
    watch, asked = Stopwatch(), order.request(progress, cancel)
    if not talker.emotional:
        raise ConfigError(f"the network {talker.name} knows no emotions", fix="use another one")
    out = fresh(folder, f"{order.face.stem}_six_emotions", ".mp4")
    stream = talker.prepare(asked)
    facts = talker.facts(stream)
    facts = replace(facts, emotion={}, more={**facts.more, "side_by_side": list(EMOTIONS)})
    frames, rate_hz = six_frames(stream), stream.sound.rate_hz
    write_labelled(out, frames, stream.audio, facts, sample_rate_hz=rate_hz, inputs=asked.files)
    every = Feeling(np.eye(len(EMOTIONS), dtype=np.float32), "all six emotions")
    notes = _plain(stream.report, asked)
    return Film(out, every.name, len(stream) / stream.fps, watch.seconds, notes, every)


def six_frames(stream: FrameStream) -> Iterator[np.ndarray]:
    """Frames of a 3 × 2 sheet of close-ups, each (532, 720, 3) uint8 RGB, each under its name.

    Sound, face track and the source's memory are shared; only the first reports its progress.

    Raises:
        Cancelled: the stream's `cancel()` is true.
    """
    quiet = replace(stream.asked, progress=None)
    actors = [
        replace(
            stream,
            asked=quiet if n else stream.asked,
            emotion=weights_per_frame(emotion_weights(code), len(stream)),
        )
        for n, code in enumerate(EMOTIONS)
    ]
    width, height = stream.track.picture_px
    box = np.concatenate([stream.boxes[:, :2].min(axis=0), stream.boxes[:, 2:].max(axis=0)])
    rows, columns = close_up(box, (height, width))
    bars = [name_bar(code) for code in EMOTIONS]
    for pictures in zip(*actors, strict=True):
        cells = [thumbnail(picture[rows, columns], CELL_PX) for picture in pictures]
        yield _sheet([np.vstack(pair) for pair in zip(bars, cells, strict=True)])


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


def name_bar(code: str) -> np.ndarray:
    """An emotion's name on its colour: (BAR_PX, CELL_PX, 3) uint8."""
    bar = Image.new("RGB", (CELL_PX, BAR_PX), COLOURS[code])
    middle, font = (CELL_PX / 2, BAR_PX / 2), ImageFont.load_default(16)
    ImageDraw.Draw(bar).text(middle, NAMES[code], text_on(COLOURS[code]), font, anchor="mm")
    return np.asarray(bar)


def slug(text: str) -> str:
    """Text as a part of a file name: "happiness 40% → fear" becomes "happiness_40_fear"."""
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return "_".join(words)[:60]


def _plain(report: dict, asked: Request) -> tuple[str, ...]:
    """A report's notes without our own file names, which tell a reader nothing."""
    notes = list(report["notes"])
    for file in asked.files:
        notes = [note.removeprefix(f"{file}: ") for note in notes]
    return tuple(notes)


def _sheet(cells: list[np.ndarray]) -> np.ndarray:
    lines = [np.hstack(cells[k : k + COLUMNS]) for k in range(0, len(cells), COLUMNS)]
    return np.vstack(lines)
