"""The generation studio: a face, a voice, a feeling → a film, all in one notebook cell.

Controls only: what they do is in `order` (making things), `intake` (files that come in) and `jobs`
(the background). The paper's §6 offers the same on a web page.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import ipywidgets as ipw

from emolib.base.files import project_root
from emolib.generate import FITS, TalkingFace
from emolib.notebook import looks
from emolib.notebook.jobs import Jobs
from emolib.notebook.order import Film, Order, Preview, make_film, make_preview, make_six
from emolib.notebook.pickers import FacePicker, FeelingPicker, VoicePicker
from emolib.notebook.widgets import full

STYLE = Path(__file__).with_name("studio.css")
FIT_NAMES = {"loop": "runs back and forth", "trim": "ends, and the sound with it"}
FIT_NAMES["hold"] = "stays on its last picture"
MORE = "If they do not fit: length, several faces"
STAGES = {"faces": "following the face", "frames": "making the film"}
REPORT_EVERY_S = 0.1
PREVIEW_PX = 360
MAX_SHOWN = 64 * 2**20  # bytes of a film that are sent to the page


class Studio(ipw.VBox):
    """Choose, preview, generate, watch.

    Args:
        talker: the network to use.
        folder: where films go; default `out/studio` of the project.
    """

    def __init__(self, talker: TalkingFace, folder: Path | None = None):
        self.talker, self.jobs = talker, Jobs()
        self.folder = Path(folder or project_root() / "out" / "studio")
        self.film: Film | None = None
        self._kept = TemporaryDirectory(prefix="emolib-studio-")  # gone with the kernel
        self._making = self._previewing = self._stale = False
        self._told_s = 0.0
        own_files = Path(self._kept.name)
        self.face, self.voice = FacePicker(own_files), VoicePicker(own_files)
        self.feeling = FeelingPicker()
        fits = [(FIT_NAMES[fit], fit) for fit in FITS]
        wide = {"description_width": "initial"}
        self.fit = ipw.Dropdown(
            options=fits, description="a video shorter than the voice", style=wide, layout=full()
        )
        self.face_index = ipw.BoundedIntText(
            value=0,
            min=0,
            max=20,
            description="which face (0 is the largest)",
            style=wide,
            layout=full(),
        )
        self.make = ipw.Button(description="Generate", button_style="primary")
        self.six = ipw.Button(description="Six side by side")
        self.stop = ipw.Button(description="Cancel", disabled=True)
        self.bar = ipw.FloatProgress(value=0, min=0, max=1, layout=full())
        self.seen, self.status = ipw.HTML(), ipw.HTML()
        self.before, self.after = (ipw.Image(format="jpeg") for _ in range(2))
        self.result = ipw.VBox(layout=full())
        super().__init__(self._arrange(), layout=full())
        self.add_class("emolib-studio")
        self.make.on_click(lambda _: self._start(make_film))
        self.six.on_click(lambda _: self._start(make_six))
        self.stop.on_click(lambda _: self.jobs.cancel())
        self._busy(False)
        for control in (self.face, self.voice, self.feeling, self.fit, self.face_index):
            control.observe(self._changed, names="value")
        self._changed()

    def order(self) -> Order | None:
        """What the controls ask for; None while they ask for nothing that can be made."""
        if self.feeling.value is None:
            return None
        return Order(
            self.face.value,
            self.voice.value,
            self.feeling.value,
            fit=self.fit.value,
            face_index=self.face_index.value,
        )

    def _changed(self, _change=None) -> None:
        """Show anew what would come out; while a film is made, do so afterwards."""
        if self._making:
            self._stale = True
            return
        order = self.order()
        self.make.disabled = self.six.disabled = order is None
        if order is None:
            self.jobs.forget()
            self.seen.value = looks.line(self.feeling.problem, "bad")
            return
        self._previewing = True
        self.seen.value = looks.line("looking …", "busy")
        self.jobs.start(lambda _cancel: make_preview(self.talker, order), self._previewed)

    def _previewed(self, preview: Preview | None, problem: str | None) -> None:
        self._previewing = False
        self.seen.value = looks.line(problem or "the loudest moment of the film", _tone(problem))
        self.pair.layout.display = "" if preview else "none"
        if preview is not None:
            self.before.value = looks.jpeg(preview.before, PREVIEW_PX)
            self.after.value = looks.jpeg(preview.after, PREVIEW_PX)

    def _start(self, maker) -> None:
        order = self.order()
        if order is None or self._making:
            return
        self._stale = self._previewing
        self._busy(True)
        self._say("starting …", "busy")
        work = lambda cancel: maker(self.talker, order, self.folder, self._progress, cancel)  # noqa: E731
        self.jobs.start(work, self._made)

    def _progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._told_s < REPORT_EVERY_S:
            return
        self._told_s = now
        self.bar.value = done / total
        self._say(f"{STAGES.get(stage, stage)}: {done} of {total} pictures", "busy")

    def _made(self, film: Film | None, problem: str | None) -> None:
        self._busy(False)
        if film is None:
            cancelled = problem == "cancelled"
            self._say("cancelled, nothing was written" if cancelled else problem, "bad")
        else:
            self.film = film
            self._show(film)
            self._say(f"{film.seconds:.1f} s of film, made in {film.took_s:.1f} s", "good")
        if self._stale:
            self._stale = False
            self._changed()

    def _show(self, film: Film) -> None:
        for old in self.result.children:
            old.close()
        shown = [ipw.HTML(f"<h4>{film.name}</h4>")]
        if film.path.stat().st_size <= MAX_SHOWN:
            data = film.path.read_bytes()
            shown.append(ipw.Video(value=data, format="mp4", autoplay=True, loop=False))
        shown.append(ipw.HTML(looks.walk_bar(film.feeling.stations)))
        words = [f"Kept as {_short(film.path)}, labelled as AI-generated.", *film.notes]
        shown.append(ipw.HTML("".join(looks.line(text) for text in words)))
        self.result.children = shown

    def _busy(self, making: bool) -> None:
        self._making, self.bar.value = making, 0.0
        self.make.disabled = self.six.disabled = making
        self.stop.disabled = not making
        self.bar.layout.display = "" if making else "none"

    def _say(self, text: str, tone: str = "plain") -> None:
        self.status.value = looks.line(text, tone)

    def _arrange(self) -> list[ipw.Widget]:
        more = ipw.Accordion(
            [ipw.VBox([self.fit, self.face_index])],
            titles=("When they do not fit: length, several faces",),
        )
        choices = [
            _card("1 · Face", self.face),
            _card("2 · Voice", self.voice),
            _card("3 · Feeling", self.feeling, more),
        ]
        pictures = [_titled("as it is", self.before), _titled("as it will be", self.after)]
        self.pair = ipw.HBox(pictures).add_class("emolib-pair")
        buttons = ipw.HBox([self.make, self.six, self.stop])
        shown = [
            _card("Preview", self.pair, self.seen),
            _card("Film", buttons, self.bar, self.status, self.result),
            ipw.HTML(looks.line("Use faces and voices of people who agreed to it.")),
        ]
        style = ipw.HTML(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
        left = ipw.VBox(choices).add_class("emolib-left")
        right = ipw.VBox(shown).add_class("emolib-right")
        return [style, ipw.HBox([left, right]).add_class("emolib-columns")]


def _card(title: str, *parts: ipw.Widget) -> ipw.Widget:
    heading = ipw.HTML(f"<h3>{title}</h3>")
    return ipw.VBox([heading, *parts]).add_class("emolib-card")


def _tone(problem: str | None) -> str:
    return "bad" if problem else "plain"


def _titled(title: str, picture: ipw.Widget) -> ipw.Widget:
    return ipw.VBox([picture, ipw.HTML(looks.line(title))])


def _short(path: Path) -> str:
    root = project_root()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
