"""A file of the reader's own, chosen, dropped or recorded in a notebook: whole, or not kept at all.

The widget is the page's own chooser and recorder. A file arrives in pieces, because a notebook
server drops messages over 10 MiB and phone videos are larger. It gets a name of ours (the reader's
own is only shown, never used as a path), is looked into once it is complete, and is deleted again
when it is not what was asked for.
"""

from __future__ import annotations

import math
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import anywidget
import traitlets

from emolib.base.errors import EmolibError
from emolib.base.files import PACKAGE, atomic_path
from emolib.notebook.widgets import full
from emolib.studio.jobs import Limits, new_id
from emolib.studio.problems import StudioError
from emolib.studio.uploads import check_uploads

LIMITS = Limits(
    max_upload_bytes=1 << 29,
    max_sound_s=1800.0,
    max_video_s=3600.0,
    max_video_pixels=8192 * 8192,
    abandon_s=math.inf,
    retention_s=math.inf,
    job_timeout_s=math.inf,
)
SHARED = PACKAGE / "studio" / "static"  # the page's modules, joined into the one a widget may have
MODULES = (SHARED / "dom.js", SHARED / "files.js", SHARED / "recorder.js")
MAX_SECONDS = 60


@dataclass(frozen=True)
class Upload:
    """A file that has been looked into: where it is, how to call it, and what it holds."""

    path: Path
    name: str
    about: str


class Arrival:
    """A file on its way: pieces are added, then it is finished or dropped.

    Args:
        folder: where it will lie.
        kind: "face" or "voice".
        name: the reader's own name for it.
        size: bytes announced.

    Raises:
        StudioError: empty, or larger than the limit.
    """

    def __init__(self, folder: Path, kind: str, name: str, size: int):
        self.kind, self.size, self.n_bytes = kind, size, 0
        self.name = " ".join(Path(name.replace("\\", "/")).name.split())[:80] or kind
        most = LIMITS.max_upload_bytes
        if not 1 <= size <= most:
            size_mb = f"{size / 1e6:.0f} MB" if size else "0 bytes"
            fix = f"choose one of up to {most / 1e6:.0f} MB"
            raise StudioError("too_large", f"the file has {size_mb}", fix, file=self.name)
        suffix = Path(self.name).suffix.lower()
        suffix = suffix if re.fullmatch(r"\.[a-z0-9]{2,4}", suffix) else ".bin"
        self.path = folder / f"{kind}-{new_id()}{suffix}"
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(self.path))
        self._stream = self._stack.enter_context(temporary.open("wb"))

    def add(self, piece: bytes) -> float:
        """Append a piece; returns the share that is here, 0 to 1.

        Raises:
            StudioError: more bytes than were announced; the file is dropped.
        """
        self.n_bytes += len(piece)
        if self.n_bytes > self.size:
            self._refuse("more bytes than announced")
        self._stream.write(piece)
        return self.n_bytes / self.size

    def finish(self) -> Upload:
        """The complete file, looked into.

        Raises:
            StudioError: bytes are missing, or it is not what was asked for; it is gone then.
        """
        if self.n_bytes < self.size:
            self._refuse(f"only {self.n_bytes} of {self.size} bytes arrived")
        self._stack.close()
        try:
            info = check_uploads({self.kind: self.path}, LIMITS)[self.kind]
        except StudioError as error:
            self.path.unlink(missing_ok=True)
            raise StudioError(error.code, error.problem, error.fix, file=self.name) from error
        return Upload(self.path, self.name, str(info))

    def drop(self) -> None:
        """Forget it; nothing stays on disk."""
        stop = StudioError("dropped", "dropped", file=self.name)
        self._stack.__exit__(type(stop), stop, None)

    def _refuse(self, message: str) -> None:
        self.drop()
        raise StudioError("incomplete", message, "choose it again", file=self.name)


class Reception:
    """What is said to the widget that sends files: one answer to each of its messages.

    It says `begin` (with name and size), `piece` (with bytes) and `end`, and may say `drop` (that
    file) or `clear` (all). Answers are dictionaries with `kind` "more" (send on; `share` is here),
    "done" or "refused" (with `text`, one line), and the widget's own `id` of the transfer.

    Args:
        folder: where files will lie.
        kind: "face" or "voice".
    """

    def __init__(self, folder: Path, kind: str):
        self.folder, self.kind = folder, kind
        self.taken: Upload | None = None
        self._arrivals: dict[str, Arrival] = {}

    def hear(self, message: dict, pieces: list) -> dict | None:
        """The answer to one message, or None if it needs none."""
        told, key = message.get("kind"), str(message.get("id"))
        try:
            answer = self._hear(told, key, message, pieces)
        except EmolibError as error:
            self._arrivals.pop(key, None)
            answer = {"kind": "refused", "text": str(error)}
        return answer and {**answer, "id": message.get("id")}

    def _hear(self, told, key: str, message: dict, pieces: list) -> dict | None:
        if told in ("clear", "begin"):  # what is shown is another file, or none
            self.taken = None
        if told == "begin":
            name, size = str(message.get("name") or ""), int(message.get("size") or 0)
            self._arrivals[key] = Arrival(self.folder, self.kind, name, size)
            return {"kind": "more", "share": 0.0}
        arrival = self._arrivals.get(key)
        if arrival is None:
            return None  # refused before, or of an older page
        if told == "piece":
            share = arrival.add(b"".join(bytes(piece) for piece in pieces))
            return {"kind": "more", "share": share}
        del self._arrivals[key]
        if told == "drop":
            arrival.drop()
            return None
        self.taken = arrival.finish()
        return {"kind": "done", "text": f"{self.taken.name}: {self.taken.about}"}


def joined(modules: tuple[Path, ...]) -> str:
    """The text of modules that import from each other as one module, the last one's exports."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    return re.sub(r'^(import .* from "\./.*";$|export (?!default))', "", text, flags=re.MULTILINE)


class Recorder(anywidget.AnyWidget):
    """Choose, drop or record a file; `taken` is the one that is shown, once it is found good.

    Args:
        kind: "face" (camera, videos, pictures) or "voice" (microphone, sounds, videos).
        folder: where files are kept.
    """

    _esm = joined((*MODULES, Path(__file__).with_name("recorder.js")))
    _css = Path(__file__).with_name("recorder.css")
    kind = traitlets.Unicode("face").tag(sync=True)
    max_seconds = traitlets.Int(MAX_SECONDS).tag(sync=True)
    max_bytes = traitlets.Int(LIMITS.max_upload_bytes).tag(sync=True)
    taken = traitlets.Instance(Upload, allow_none=True)

    def __init__(self, kind: str, folder: Path):
        self._reception = Reception(folder, kind)
        super().__init__(kind=kind, layout=full())
        self.on_msg(self._answer)

    def _answer(self, _widget, message: dict, pieces: list) -> None:
        answer = self._reception.hear(message, pieces)
        if answer:
            self.send(answer)
        self.taken = self._reception.taken
