"""A file of the reader's own, chosen, dropped or recorded in a notebook: whole, or not kept at all.

The widget is the page's own chooser and recorder. A file arrives in pieces, because a notebook
server drops messages over 10 MiB and phone videos are larger. It gets a name of ours (the reader's
own is only shown, never used as a path), is looked into once it is complete, and is deleted again
when it is not what was asked for.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import anywidget
import traitlets

from emolib.base.errors import EmolibError
from emolib.base.files import PACKAGE
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


class Reception:
    """What is said to the widget that sends files: one answer to each of its messages.

    It says `begin` (with name and size), `piece` (with bytes) and `end`, and may say `drop` (this
    file) or `clear` (all). Answers are dictionaries with `kind` "more" (send on; `share` is here),
    "done" or "refused" (with `text`, one line), and the widget's own `id` of the transfer. Whoever
    begins anew gives up what was on its way.

    Args:
        folder: where files will lie.
        kind: "face" or "voice".
    """

    def __init__(self, folder: Path, kind: str):
        self.folder, self.kind = folder, kind
        self.taken: Path | None = None  # the last file, whole and found good
        self._id, self._stream = None, None

    def hear(self, message: dict, pieces: list) -> dict | None:
        """The answer to one message, or None if it needs none."""
        told = message.get("kind")
        if told in ("begin", "clear"):  # what is shown is another file, or none
            self.taken = None
            self._drop()
        try:
            if told == "begin":
                self._begin(message)
            elif self._stream is None or message.get("id") != self._id:
                return None  # refused before, or given up
            elif told == "drop":
                return self._drop()
            elif told == "end":
                return {"kind": "done", "text": self._looked_into(), "id": self._id}
            self._stream.writelines(pieces)
            share = self._stream.tell() / self._size
            if share > 1:
                raise self._wrong("incomplete", "more bytes than announced")
        except EmolibError as error:
            self._drop()
            return {"kind": "refused", "text": str(error), "id": message.get("id")}
        return {"kind": "more", "share": share, "id": self._id}

    def _begin(self, message: dict) -> None:
        name = str(message.get("name") or "").replace("\\", "/")
        self._name = " ".join(Path(name).name.split())[:80] or self.kind
        self._id, self._size = message.get("id"), int(message.get("size") or 0)
        if not 1 <= self._size <= LIMITS.max_upload_bytes:
            size_mb = f"{self._size / 1e6:.0f} MB" if self._size else "0 bytes"
            raise self._wrong("too_large", f"the file has {size_mb}")
        suffix = Path(self._name).suffix.lower()
        suffix = suffix if re.fullmatch(r"\.[a-z0-9]{2,4}", suffix) else ".bin"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stream = (self.folder / f"{self.kind}-{new_id()}{suffix}").open("xb")

    def _looked_into(self) -> str:
        if (n_bytes := self._stream.tell()) < self._size:
            raise self._wrong("incomplete", f"only {n_bytes} of {self._size} bytes arrived")
        self._stream.close()
        path = Path(self._stream.name)
        try:
            info = check_uploads({self.kind: path}, LIMITS)[self.kind]
        except StudioError as error:
            raise StudioError(error.code, error.problem, error.fix, file=self._name) from error
        self._stream, self.taken = None, path
        return f"{self._name}: {info}"

    def _drop(self) -> None:
        """Forget what is on its way; nothing of it stays on disk."""
        if self._stream is not None:
            self._stream.close()
            Path(self._stream.name).unlink(missing_ok=True)
            self._stream = None

    def _wrong(self, code: str, message: str) -> StudioError:
        fix = f"choose one of up to {LIMITS.max_upload_bytes / 1e6:.0f} MB"
        return StudioError(code, message, fix, file=self._name)


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
    taken = traitlets.Instance(Path, allow_none=True)

    def __init__(self, kind: str, folder: Path):
        self._reception = Reception(folder, kind)
        super().__init__(kind=kind, layout=full())
        self.on_msg(self._answer)

    def _answer(self, _widget, message: dict, pieces: list) -> None:
        answer = self._reception.hear(message, pieces)
        if answer:
            self.send(answer)
        self.taken = self._reception.taken
