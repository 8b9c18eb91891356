"""Every film that leaves the house says that it was generated, in four ways.

Words in the picture (`image.label_frame`), title and comment tags, a JSON file beside it with what
it was made from, and a signed manifest inside it (`signature`; extra [provenance]).
None is proof against somebody who wants to remove it; together they keep honest people honest.
The room `verify` reads all four back. Paper: appendix F (transparency, clear labels).

Deviation: the released code writes no label of any kind.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from emolib import __version__
from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import EmolibError, MediaError
from emolib.base.files import atomic_path, check_output, file_sha256
from emolib.media.encode import write_video
from emolib.media.image import label_frame
from emolib.media.signature import sign_file, why_unsigned

log = logging.getLogger(__name__)

DECLARATION = "AI-generated"  # how the title and the comment begin


def utc_now() -> str:
    """The time, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Facts:
    """What a generated film was made from. Inputs are named by hash, so no file name leaks.

    Attributes:
        emotion: weight of each emotion code, as it was given to the network.
        model: name of the checkpoint, and `model_sha256` its hash.
        inputs: role ("face", "audio") → SHA-256 of the file.
        made_at: ISO 8601 time; give it to get the same file twice.
        more: further settings, plain JSON values.
    """

    emotion: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    model_sha256: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    made_at: str = field(default_factory=utc_now)
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """One line for the container's title tag."""
        weights = ", ".join(f"{code} {share:.2f}" for code, share in self.emotion.items() if share)
        return f"{DECLARATION} talking face" + (f" ({weights})" if weights else "")

    @property
    def comment(self) -> str:
        """One line for the container's comment tag."""
        model = f"; model {self.model} {self.model_sha256[:12]}" if self.model else ""
        return f"{DECLARATION} with emolib {__version__} at {self.made_at}{model}"

    def as_dict(self) -> dict:
        """Plain JSON values, with the version of emolib."""
        return {"declaration": DECLARATION, "emolib": __version__, **asdict(self)}


@dataclass(frozen=True)
class Written:
    """A labelled file: where it and its sidecar are, and which marks it carries."""

    path: Path
    sidecar: Path
    visible_label: bool
    signed: bool
    note: str = ""  # why it is not signed


def sidecar_path(path: str | os.PathLike) -> Path:
    """`film.mp4` → `film.mp4.json`."""
    return Path(f"{os.fspath(path)}.json")


def check_outputs(
    path: str | os.PathLike, inputs: Iterable[str | os.PathLike], *, overwrite: bool
) -> tuple[Path, Path]:
    """The film's path and its sidecar's, once it is clear that writing them loses nothing.

    Raises:
        ConfigError: one exists and `overwrite` is false, or is an input.
    """
    inputs = list(inputs)
    files = Path(path), sidecar_path(path)
    return tuple(check_output(file, *inputs, overwrite=overwrite) for file in files)


def write_labelled(
    path: str | os.PathLike,
    frames: Iterable[np.ndarray],
    audio: np.ndarray | None,
    facts: Facts,
    label: bool = True,
    *,
    fps: float | Fraction = VIDEO.fps,
    sample_rate_hz: int = AUDIO.sample_rate_hz,
    inputs: Iterable[str | os.PathLike] = (),
    overwrite: bool = False,
    quality: int = 18,
    checked: tuple[Path, Path] | None = None,
) -> Written:
    """Write a film with all its marks; it and its sidecar appear whole, or not at all.

    Args:
        path: .mp4, .mov, .m4v (signed) or .mkv, .flv (not signable).
        frames: (H, W, 3) uint8 RGB each; may be a generator, one frame is held at a time.
        audio: (n,) float32 in [-1, 1] or None.
        facts: what it was made from.
        label: False leaves the words out of the picture, and logs that. The other marks stay.
        inputs: files that must never be overwritten.
        checked: what `check_outputs` gave, if the caller has asked it already.

    Raises:
        ConfigError: the output or its sidecar exists, or is an input.
        MediaError: unknown suffix, no frames, unlike frames.
    """
    path, sidecar = checked or check_outputs(path, inputs, overwrite=overwrite)
    if not label:
        log.warning("%s: written without the visible label, as asked (label=False)", path.name)
    shown = map(label_frame, frames) if label else frames
    with ExitStack() as stack:
        film = stack.enter_context(atomic_path(path))
        options = {"title": facts.title, "comment": facts.comment, "quality": quality}
        write_video(film, shown, fps, audio, sample_rate_hz, overwrite=True, **options)
        return _seal(stack, film, path, sidecar, facts, label)


def write_labelled_picture(
    path: str | os.PathLike,
    picture: np.ndarray,
    facts: Facts,
    *,
    overwrite: bool = False,
) -> Written:
    """Write a still (H, W, 3) uint8 RGB as .png or .jpg with its marks; see `write_labelled`."""
    path, sidecar = check_outputs(path, (), overwrite=overwrite)
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise MediaError(f"cannot write {path.suffix} pictures", file=path, expected=".png or .jpg")
    shown = label_frame(picture)
    with ExitStack() as stack:
        still = stack.enter_context(atomic_path(path))
        data = cv2.imencode(path.suffix, cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))[1]
        still.write_bytes(data.tobytes())
        return _seal(stack, still, path, sidecar, facts, label=True)


def _seal(stack: ExitStack, film: Path, path: Path, sidecar: Path, facts, label) -> Written:
    """Sign the finished temporary file and write the sidecar; both appear as the stack closes."""
    note = why_unsigned(path)
    if note is None:
        try:
            sign_file(film, facts.as_dict(), facts.title)
        except (EmolibError, OSError) as error:  # an unsigned film is better than none
            note = str(error)
    if note:
        log.warning("%s: not signed: %s", path.name, note)
    marks = {"visible_label": label, "tags": True, "signature": "c2pa" if not note else None}
    record = {
        "file": path.name,
        "sha256": file_sha256(film),
        "marks": marks | ({"signature_note": note} if note else {}),
        "facts": facts.as_dict(),
    }
    beside = stack.enter_context(atomic_path(sidecar))
    beside.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Written(path, sidecar, label, not note, note or "")
