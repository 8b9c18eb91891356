"""The studio's three choices: whose face, whose voice, what feeling. Thin over plain functions.

Each picker is a box with a `value` that others observe; None means that there is none yet, and
then `problem` says why, where there is something to say.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import ipywidgets as ipw
import traitlets

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import EmolibError
from emolib.generate.source import open_source
from emolib.media.audio import load_audio
from emolib.notebook import looks, order
from emolib.notebook.cast import sample_faces, sample_voices
from emolib.notebook.intake import LANGUAGES, say
from emolib.notebook.recorder import Recorder
from emolib.notebook.widgets import emotion_buttons, full, slider

SAMPLE = "Sample"
TYPED, OWN_FILE, OWN_SOUND = "Type it", "File or microphone", "Face's own sound"
WALK_HINT = "Stations: drag to reorder; click behind the last and type to add one."
ONE, MIXTURE, WALK = "One emotion", "Mixture", "Walk"


class Choice(ipw.VBox):
    """Ways to choose something, one shown at a time under a row of buttons.

    Args:
        ways: what each way shows, by its name.
    """

    way = traitlets.Unicode()

    def __init__(self, ways: dict[str, ipw.Widget], *after: ipw.Widget):
        self._names = ipw.ToggleButtons(options=list(ways), style={"button_width": "auto"})
        self._names.add_class("emolib-ways")
        stack = ipw.Stack(list(ways.values()), selected_index=0, layout=full())
        ipw.link((self._names, "index"), (stack, "selected_index"))
        ipw.link((self._names, "value"), (self, "way"))
        super().__init__([self._names, stack, *after], layout=full())


class FacePicker(Choice):
    """A sample person, or a file or recording of the reader's; `value` is a path or None."""

    value = traitlets.Instance(Path, allow_none=True)

    def __init__(self, folder: Path):
        self.people = {role.name: role.path for role in sample_faces()}
        self.person = next(iter(self.people))
        self.buttons = {name: ipw.Button(description=name) for name in self.people}
        for name, button in self.buttons.items():
            button.add_class("emolib-person")
            button.add_class(f"emolib-person-{name}")
            button.on_click(lambda _button, name=name: self._choose(name))
        row = ipw.HBox(list(self.buttons.values())).add_class("emolib-people")
        self.own = Recorder("face", folder)
        sample = ipw.VBox([ipw.HTML(_portraits(self.people)), row])
        super().__init__({SAMPLE: sample, "File or camera": self.own})
        self.own.observe(self._settle, names="taken")
        self.observe(self._settle, names="way")
        self._settle()

    def _choose(self, name: str) -> None:
        self.person = name
        self._settle()

    def _settle(self, _change=None) -> None:
        sample = self.way == SAMPLE
        for name, button in self.buttons.items():
            change = button.add_class if name == self.person else button.remove_class
            change("emolib-chosen")
        taken = self.own.taken
        self.value = self.people[self.person] if sample else taken and taken.path


class VoicePicker(Choice):
    """A sample voice, a typed sentence, the reader's own file or recording, or the face's sound.

    `value` is a path, `order.OWN`, or None.
    """

    value = traitlets.Any()

    def __init__(self, folder: Path):
        self._folder, self._said, self._asked = folder, None, None
        roles = sample_voices()
        self.voice = ipw.Dropdown(options=[(r.name, r.path) for r in roles], layout=full())
        self.text = ipw.Text(
            placeholder="Type something to say", continuous_update=False, layout=full()
        )
        speaker = [("a woman's voice", "female"), ("a man's voice", "male")]
        self.sex = ipw.Dropdown(options=speaker, layout=ipw.Layout(width="11.5em"))
        self.language = ipw.Dropdown(
            options=list(LANGUAGES.items()), layout=ipw.Layout(width="7em")
        )
        self.speak = ipw.Button(description="Say it", layout=ipw.Layout(width="5em"))
        typed = ipw.VBox(
            [self.text, ipw.HBox([self.sex, self.language, self.speak])], layout=full()
        )
        self.own = Recorder("voice", folder)
        own_sound = ipw.HTML(looks.line("The face video's own sound; both end with the shorter."))
        ways = {
            SAMPLE: self.voice,
            TYPED: typed,
            OWN_FILE: self.own,
            OWN_SOUND: own_sound,
        }
        self.player = ipw.Audio(autoplay=False, layout=full())
        self.told = ipw.HTML()
        super().__init__(ways, self.player, self.told)
        self.speak.on_click(self._speak)
        for control in (self.text, self.sex, self.language):
            control.observe(self._speak, names="value")
        for source, name in ((self.voice, "value"), (self.own, "taken"), (self, "way")):
            source.observe(self._settle, names=name)
        self._settle()

    def _speak(self, event) -> None:
        asked = self.text.value, self.sex.value, self.language.value
        if asked == self._asked:
            return
        if event is not self.speak and not self.text.value:  # nothing typed, nothing pressed
            self._said = self._asked = None
            self._settle()
            return
        try:
            taken, self._asked = say(*asked, self._folder), asked
            self._said, told = taken.path, looks.line(f"{taken.name}: {taken.about}")
        except EmolibError as error:
            self._said, self._asked, told = None, None, looks.line(str(error), "bad")
        self._settle()
        self.told.value = told

    def _settle(self, _change=None) -> None:
        taken = self.own.taken
        values = {
            SAMPLE: self.voice.value,
            TYPED: self._said,
            OWN_FILE: taken and taken.path,
            OWN_SOUND: order.OWN,
        }
        value = values[self.way]
        self.told.value = ""
        self.player.layout.display = "" if isinstance(value, Path) else "none"
        if isinstance(value, Path) and value != self.value:
            self.player.format, self.player.value = "wav", looks.wav(load_audio(value))
        self.value = value


class FeelingPicker(Choice):
    """One emotion with its strength, a mixture of six, or a walk; `value` is a `Feeling`."""

    value = traitlets.Instance(order.Feeling, allow_none=True)
    problem = traitlets.Unicode()

    def __init__(self):
        self.emotion = emotion_buttons("HAP")
        self.strength = slider("strength", 0.0, 1.0, 1.0, 0.05)
        self.strength.layout = full()
        self.shares = {code: _share(code) for code in EMOTIONS}
        self.mixed = ipw.HTML(layout=full())
        self.stations = ipw.TagsInput(
            value=["neutral", "happiness", "sadness", "neutral"],
            allowed_tags=list(NAMES.values()),
            allow_duplicates=True,
            layout=full(),
        )
        self.walked = ipw.HTML(layout=full())
        hint = ipw.HTML(
            looks.line(
                "Stations of the walk: drag to reorder, click behind the last and type to add one."
            )
        )
        ways = {
            ONE: ipw.VBox([self.emotion, self.strength], layout=full()),
            MIXTURE: ipw.VBox([*self.shares.values(), self.mixed], layout=full()),
            WALK: ipw.VBox([self.stations, hint, self.walked], layout=full()),
        }
        super().__init__(ways)
        for control in (self.emotion, self.strength, self.stations, *self.shares.values()):
            control.observe(self._settle, names="value")
        self.observe(self._settle, names="way")
        self._settle()

    def feeling(self) -> order.Feeling:
        """What the controls that are shown say.

        Raises:
            ConfigError: they say nothing, such as six shares of 0.
        """
        if self.way == MIXTURE:
            return order.blend({code: share.value for code, share in self.shares.items()})
        if self.way == WALK:
            return order.walk(self.stations.value)
        return order.one_emotion(self.emotion.value, self.strength.value)

    def _settle(self, _change=None) -> None:
        try:
            value, problem = self.feeling(), ""
        except EmolibError as error:
            value, problem = None, str(error)
        mixes = value is not None and self.way == MIXTURE
        self.mixed.value = looks.shares_bar(value.weights) if mixes else ""
        self.walked.value = looks.walk_bar([parse_emotion(s) for s in self.stations.value])
        self.problem = problem
        self.value = value


def _share(code: str) -> ipw.FloatSlider:
    control = slider(NAMES[code], 0.0, 1.0, float(code in ("HAP", "SAD")), 0.05)
    control.style.handle_color, control.style.description_width = COLOURS[code], "5.5em"
    control.layout = full()
    return control


def _portraits(people: dict[str, Path]) -> str:
    """A style sheet that shows each person on their button."""
    rules = []
    for name, path in people.items():
        (frame,) = open_source(path).first(1)
        height, width = frame.shape[:2]
        left = (width - height) // 2
        picture = b64encode(looks.jpeg(frame[:, left : left + height], 120)).decode()
        image = f"url(data:image/jpeg;base64,{picture})"
        rules.append(f".emolib-person-{name}{{background-image:{image} !important}}")
    return f"<style>{''.join(rules)}</style>"
