"""A file of the reader's own, chosen, dropped or recorded in the page: one small anywidget.

`recorder.js` shows it and talks; `intake.Reception` answers. Cameras need a page on https or
localhost; where there is none, or the reader refuses, it says so and a file can be chosen.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

from emolib.notebook.intake import Reception, Taken
from emolib.notebook.widgets import full

MAX_SECONDS = 60


class Recorder(anywidget.AnyWidget):
    """Choose, drop or record a file; `taken` is the last good one.

    Args:
        kind: "face" (camera, videos, pictures) or "voice" (microphone, sounds, videos).
        folder: where files are kept.
    """

    _esm = Path(__file__).with_name("recorder.js")
    _css = Path(__file__).with_name("recorder.css")
    kind = traitlets.Unicode("face").tag(sync=True)
    max_seconds = traitlets.Int(MAX_SECONDS).tag(sync=True)
    taken = traitlets.Instance(Taken, allow_none=True)

    def __init__(self, kind: str, folder: Path):
        self._reception = Reception(folder, kind)
        super().__init__(kind=kind, layout=full())
        self.on_msg(self._answer)

    def _answer(self, _widget, message: dict, pieces: list) -> None:
        answer = self._reception.hear(message, pieces)
        if answer:
            self.send(answer)
        self.taken = self._reception.taken
