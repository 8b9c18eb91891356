"""The generation studio: a face, a voice, an emotion → a film, all in one notebook cell.

Controls only: what they ask for is an `Order`, and the job engine makes it in the background, as
for the page. Paper: §6.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import ipywidgets as ipw

from emolib.base.emotions import parse_emotion
from emolib.base.errors import EmolibError
from emolib.base.files import project_root
from emolib.generate import FITS, Order, TalkingFace
from emolib.media.video import probe
from emolib.notebook.pickers import OWN, EmotionPicker, FacePicker, VoicePicker
from emolib.notebook.recorder import LIMITS
from emolib.notebook.widgets import full, line, walk_bar
from emolib.studio.catalogue import jpeg
from emolib.studio.engine import JobEngine
from emolib.studio.films import fresh, slug
from emolib.studio.jobs import Job, Kind
from emolib.studio.problems import StudioError
from emolib.studio.workers import Worker

STYLE = Path(__file__).with_name("studio.css")
FIT_NAMES = {
    "loop": "runs back and forth",
    "trim": "ends, and the sound with it",
    "hold": "stays on its last picture",
}
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
        self.folder = Path(folder or project_root() / "out" / "studio")
        self.film: Path | None = None  # the last one
        self._kept = TemporaryDirectory(prefix="emolib-studio-")  # gone with the kernel
        self.engine = JobEngine([Worker(talker)], Path(self._kept.name), LIMITS)
        self.engine.start()
        self._order: Order | None = None  # what is chosen now, if it can be made
        self._preview: Job | None = None  # of that
        self._making: Job | None = None  # the last film asked for
        self._told_s = 0.0
        own_files = Path(self._kept.name)
        self.face, self.voice = FacePicker(own_files), VoicePicker(own_files)
        self.emotion = EmotionPicker()
        fits = [(FIT_NAMES[fit], fit) for fit in FITS]
        wide = {"style": {"description_width": "initial"}}
        told = ("a video shorter than the voice", "which face (0 is the largest)")
        self.fit = ipw.Dropdown(options=fits, description=told[0], layout=full(), **wide)
        self.face_index = ipw.BoundedIntText(
            value=0, min=0, max=20, description=told[1], layout=full(), **wide
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
        self.make.on_click(lambda _: self._start("film"))
        self.six.on_click(lambda _: self._start("six"))
        self.stop.on_click(lambda _: self.making and self.engine.cancel(self._making))
        for control in (self.face, self.voice, self.emotion, self.fit, self.face_index):
            control.observe(self._changed, names="value")
        self._changed()

    @property
    def making(self) -> bool:
        """Whether a film is being made."""
        return self._making is not None and not self._making.final

    def order(self) -> Order:
        """What the controls ask for.

        Raises:
            EmolibError: nothing that can be made.
        """
        for picker in (self.face, self.voice, self.emotion):
            if picker.value is None:
                raise StudioError("incomplete", picker.problem)
        audio = None if self.voice.value == OWN else self.voice.value
        if audio is None and not probe(self.face.value).has_audio:
            message = "this face has no sound of its own"
            raise StudioError("no_sound", message, "choose another voice")
        chosen = {"fit": self.fit.value, "face_index": self.face_index.value}
        return Order(self.face.value, audio, **self.emotion.value, **chosen)

    def _changed(self, _change=None) -> None:
        """Show anew what would come out, as soon as a film under way is made."""
        if self._preview is not None:
            self.engine.delete(self._preview)
        self._order = self._preview = None
        try:
            self._order = self.order()
        except EmolibError as error:
            self._show_preview(None, str(error))
        else:
            self.seen.value = line("looking …", "busy")
            self._preview = self._job("preview")
            self.engine.submit(self._preview)
        self._set_buttons()

    def _start(self, kind: Kind) -> None:
        if self.making or self._order is None:
            return
        if self._making is not None:
            self.engine.delete(self._making)
        self._say("starting …", "busy")
        name = "six_emotions" if kind == "six" else self._order.name
        whose = Path(self._order.face).stem.partition("-")[0]  # of an upload without its secret id
        self._making = self._job(kind, fresh(self.folder, f"{whose}_{slug(name)}", ".mp4"))
        self._set_buttons()
        self.engine.submit(self._making)

    def _job(self, kind: Kind, out: Path | None = None) -> Job:
        job = Job(self._order, self.engine.new_folder(), kind, out)
        job.changed = self._follow
        return job

    def _follow(self, job: Job) -> None:
        """A job has changed; called by the thread that makes it."""
        if job is self._preview and job.final:
            self._show_preview(job.made, job.error and _in_a_line(job))
        elif job is self._making and not job.final:
            now = time.monotonic()
            if job.stage in STAGES and now - self._told_s > REPORT_EVERY_S:
                self._told_s, self.bar.value = now, job.progress
                self._say(f"{STAGES[job.stage]}: {job.progress:.0%}", "busy")
        elif job is self._making:
            self._set_buttons()
            if job.state == "done":
                self._show(job)
            else:
                gone = job.state == "cancelled"
                self._say("cancelled, nothing was written" if gone else _in_a_line(job), "bad")

    def _show_preview(self, preview, problem: str | None) -> None:
        tone = "bad" if problem else "plain"
        self.seen.value = line(problem or "the loudest moment of the film", tone)
        self.pair.layout.display = "" if preview else "none"
        if preview:
            self.before.value = jpeg(preview.before, PREVIEW_PX)
            self.after.value = jpeg(preview.after, PREVIEW_PX)

    def _show(self, job: Job) -> None:
        self.film, report = job.film, job.report
        for old in self.result.children:
            old.close()
        name = "all six emotions" if job.kind == "six" else job.order.name
        shown = [ipw.HTML(f"<h4>{name}</h4>")]
        if self.film.stat().st_size <= MAX_SHOWN:
            data = self.film.read_bytes()
            shown.append(ipw.Video(value=data, format="mp4", autoplay=True, loop=False))
        walks = job.kind == "film" and isinstance(job.order.mixture, list)
        walk = job.order.mixture if walks else []
        shown.append(ipw.HTML(walk_bar([parse_emotion(station) for station in walk])))
        words = [f"Kept as {_short(self.film)}, labelled as AI-generated.", *report["notes"]]
        shown.append(ipw.HTML("".join(line(text) for text in words)))
        self.result.children = shown
        self._say(f"{report['seconds']:.1f} s of film, made in {report['total_s']:.1f} s", "good")

    def _set_buttons(self) -> None:
        self.bar.value = 0.0
        self.make.disabled = self.six.disabled = self.making or self._order is None
        self.stop.disabled = not self.making
        self.bar.layout.display = "" if self.making else "none"

    def _say(self, text: str, tone: str = "plain") -> None:
        self.status.value = line(text, tone)

    def _arrange(self) -> list[ipw.Widget]:
        more = ipw.Accordion(
            [ipw.VBox([self.fit, self.face_index])],
            titles=("When they do not fit: length, several faces",),
        )
        choices = [
            _card("1 · Face", self.face),
            _card("2 · Voice", self.voice),
            _card("3 · Emotion", self.emotion, more),
        ]
        pictures = [_titled("as it is", self.before), _titled("as it will be", self.after)]
        self.pair = ipw.HBox(pictures).add_class("emolib-pair")
        buttons = ipw.HBox([self.make, self.six, self.stop])
        shown = [
            _card("Preview", self.pair, self.seen),
            _card("Film", buttons, self.bar, self.status, self.result),
            ipw.HTML(line("Use faces and voices of people who agreed to it.")),
        ]
        style = ipw.HTML(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
        left = ipw.VBox(choices).add_class("emolib-left")
        right = ipw.VBox(shown).add_class("emolib-right")
        return [style, ipw.HBox([left, right]).add_class("emolib-columns")]


def _card(title: str, *parts: ipw.Widget) -> ipw.Widget:
    return ipw.VBox([ipw.HTML(f"<h3>{title}</h3>"), *parts]).add_class("emolib-card")


def _titled(title: str, picture: ipw.Widget) -> ipw.Widget:
    return ipw.VBox([picture, ipw.HTML(line(title))])


def _short(path: Path) -> str:
    root = project_root()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _in_a_line(job: Job) -> str:
    return f"{job.error.message}; fix: {job.error.fix}" if job.error.fix else job.error.message
