"""The studio's three choices: whose face, whose voice, what emotion.

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
from emolib.generate.order import SpokenText, emotion_weights
from emolib.notebook.recorder import LIMITS, Recorder
from emolib.notebook.widgets import emotion_buttons, full, line, shares_bar, slider, walk_bar
from emolib.studio.catalogue import (
    LANGUAGES,
    TEXT_VOICES,
    check_text,
    portrait,
    sample_catalogue,
    spoken_wav,
)

SAMPLE = "Sample"
TYPED, OWN_FILE, OWN_SOUND = "Type it", "File or microphone", "Face's own sound"
ONE, MIXTURE, WALK = "One emotion", "Mixture", "Walk"
OWN = "own"  # instead of a voice: the face video's own sound
NO_VOICE = "no voice yet; fix: choose one, type a sentence, or record it"
PORTRAIT_PX = 120


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
    person = traitlets.Unicode()
    problem = "no face yet; fix: choose a person, a file, or record one"

    def __init__(self, folder: Path):
        self.people = {pick.id: pick.path for pick in sample_catalogue().faces.values()}
        self.buttons = {name: ipw.Button(description=name) for name in self.people}
        for name, button in self.buttons.items():
            button.add_class("emolib-person")
            button.add_class(f"emolib-person-{name}")
            button.on_click(lambda _button, name=name: self.set_trait("person", name))
        row = ipw.HBox(list(self.buttons.values())).add_class("emolib-people")
        self.own = Recorder("face", folder)
        sample = ipw.VBox([ipw.HTML(_portraits(self.people)), row])
        super().__init__({SAMPLE: sample, "File or camera": self.own})
        self.person = next(iter(self.people), "")
        self.own.observe(self._settle, names="taken")
        self.observe(self._settle, names=["way", "person"])
        self._settle()

    def _settle(self, _change=None) -> None:
        for name, button in self.buttons.items():
            change = button.add_class if name == self.person else button.remove_class
            change("emolib-chosen")
        self.value = self.people.get(self.person) if self.way == SAMPLE else self.own.taken


class VoicePicker(Choice):
    """A sample voice, a typed sentence, the reader's own file or recording, or the face's sound.

    `value` is a path, a `SpokenText`, `OWN`, or None.
    """

    value = traitlets.Any()
    problem = traitlets.Unicode()

    def __init__(self, folder: Path):
        voices = sample_catalogue().voices.values()
        names = [(f"{voice.label} ({voice.actor})", voice.path) for voice in voices]
        self.voice = ipw.Dropdown(options=names, layout=full())
        self.text = ipw.Text(
            placeholder="Type something to say", continuous_update=False, layout=full()
        )
        self.sex = ipw.Dropdown(options=TEXT_VOICES, layout=ipw.Layout(width="8em"))
        languages = [(name, code) for code, name in LANGUAGES.items()]
        self.language = ipw.Dropdown(options=languages, layout=ipw.Layout(width="8em"))
        typed = ipw.VBox([self.text, ipw.HBox([self.sex, self.language])], layout=full())
        self.own = Recorder("voice", folder)
        own_sound = ipw.HTML(line("The face video's own sound; both end with the shorter."))
        ways = {SAMPLE: self.voice, TYPED: typed, OWN_FILE: self.own, OWN_SOUND: own_sound}
        self.player, self.status = ipw.Audio(autoplay=False, layout=full()), ipw.HTML()
        super().__init__(ways, self.player, self.status)
        for control in (self.voice, self.text, self.sex, self.language):
            control.observe(self._settle, names="value")
        self.own.observe(self._settle, names="taken")
        self.observe(self._settle, names="way")
        self._settle()

    def _settle(self, _change=None) -> None:
        own = {SAMPLE: self.voice.value, OWN_FILE: self.own.taken, OWN_SOUND: OWN}
        value, heard, problem = own.get(self.way), None, ""
        try:
            if self.way == TYPED and self.text.value:
                text = check_text(self.text.value, LIMITS.max_text)
                value = SpokenText(text, self.language.value, self.sex.value)
                heard = spoken_wav(value)
        except EmolibError as error:
            value, problem = None, str(error)
        if self.way == SAMPLE and value:
            heard = value.read_bytes()
        self.player.layout.display = "" if heard else "none"
        if heard and heard != self.player.value:
            self.player.format, self.player.value = "wav", heard
        self.problem, self.status.value = problem or NO_VOICE, line(problem, "bad")
        self.value = value


class EmotionPicker(Choice):
    """One emotion with its strength, a mixture of six, or a walk.

    `value` holds the fields `emotion` and `strength`, or `mixture`, of an `Order`; or is None.
    """

    value = traitlets.Dict(allow_none=True)
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
        hint = "Stations of the walk: drag to reorder, click behind the last and type to add one."
        ways = {
            ONE: ipw.VBox([self.emotion, self.strength], layout=full()),
            MIXTURE: ipw.VBox([*self.shares.values(), self.mixed], layout=full()),
            WALK: ipw.VBox([self.stations, ipw.HTML(line(hint)), self.walked], layout=full()),
        }
        super().__init__(ways)
        for control in (self.emotion, self.strength, self.stations, *self.shares.values()):
            control.observe(self._settle, names="value")
        self.observe(self._settle, names="way")
        self._settle()

    def _settle(self, _change=None) -> None:
        values = {
            ONE: {"emotion": self.emotion.value, "strength": self.strength.value},
            MIXTURE: {"mixture": {code: share.value for code, share in self.shares.items()}},
            WALK: {"mixture": list(self.stations.value)},
        }
        value, problem, weights = values[self.way], "", None
        try:
            weights = emotion_weights(**value)
        except EmolibError as error:
            value, problem = None, str(error)
        mixes = self.way == MIXTURE and weights is not None
        self.mixed.value = shares_bar(weights) if mixes else ""
        self.walked.value = walk_bar([parse_emotion(s) for s in self.stations.value])
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
        picture = b64encode(portrait(path, PORTRAIT_PX)).decode()
        image = f"url(data:image/jpeg;base64,{picture})"
        rules.append(f".emolib-person-{name}{{background-image:{image} !important}}")
    return f"<style>{''.join(rules)}</style>"
