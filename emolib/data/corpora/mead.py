"""MEAD (Wang et al., 2020): up to 60 actors, three intensities, seven views; the front view here.

Layout: `M003/video/front/angry/level_1/001.mp4` and `M003/audio/angry/level_1/001.m4a`; M is a man,
W a woman. Sentence numbers count anew for each emotion, so a sentence's code names the emotion too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emolib.base.errors import ConfigError
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import VIDEO_SUFFIXES, Clip, Problem, file_problem

ACTOR = re.compile(r"[MW]\d{3}")
VIEWS = ("front", "left_30", "left_60", "right_30", "right_60", "top", "down")
EMOTION = {
    "angry": "ANG",
    "disgusted": "DIS",
    "fear": "FEA",
    "happy": "HAP",
    "neutral": "NEU",
    "sad": "SAD",
}
OTHER = ("contempt", "surprised")
LEVEL = {"level_1": "LO", "level_2": "MD", "level_3": "HI"}
SOUND_SUFFIXES = (".m4a", ".wav", ".mp3", ".aac")


class Mead(Corpus):
    """MEAD clips of one view.

    Args:
        root: the folder that holds `M003`, `W009`, …
        view: front (what a frontal face detector can follow), or another of `VIEWS`.

    Raises:
        ConfigError: unknown view.
    """

    kind = "mead"
    layout = "M003/video/front/angry/level_1/001.mp4 … with M003/audio/angry/level_1/001.m4a …"
    missing_fix = "unpack each actor's video and audio archives side by side"

    def __init__(self, root: str | Path, view: str = "front"):
        super().__init__(root)
        if view not in VIEWS:
            raise ConfigError(f"unknown view {view!r}", expected="one of " + ", ".join(VIEWS))
        self.view = view

    def _scan(self) -> Iterator[Clip | Problem]:
        for path in sorted(self.root.glob(f"*/video/{self.view}/*/*/*")):
            actor, _, _, feeling, level = path.relative_to(self.root).parts[:5]
            if path.suffix.lower() not in VIDEO_SUFFIXES or not ACTOR.fullmatch(actor):
                continue
            self.n_found += 1
            yield from self._clip(path, actor, feeling, level)

    def _clip(self, video: Path, actor: str, feeling: str, level: str) -> Iterator[Clip | Problem]:
        name = f"{actor}_{feeling}_{level}_{video.stem}"
        if feeling in OTHER:
            text = f"{feeling} is none of the six emotions"
            yield Problem(name, "other_emotion", text, fatal=False)
            return
        if feeling not in EMOTION or level not in LEVEL:
            text = f"{feeling}/{level} is no emotion and level"
            yield Problem(name, "bad_name", text, str(video))
            return
        folder = self.root / actor / "audio" / feeling / level
        sounds = [folder / f"{video.stem}{suffix}" for suffix in SOUND_SUFFIXES]
        sound = next((path for path in sounds if path.is_file()), None)
        found = [file_problem(name, path) for path in (video, sound) if path]
        yield from filter(None, found)
        if sound is None:
            text = f"audio/{feeling}/{level} lacks it; the sound inside the video is used"
            yield Problem(name, "no_sound_file", text, str(video), fatal=False)
        emotion = EMOTION[feeling]
        yield Clip(
            name=name,
            actor=actor,
            sentence=f"{emotion}{video.stem}",
            emotion=emotion,
            level="XX" if emotion == "NEU" else LEVEL[level],
            video=video,
            audio=sound or video,
            sex="male" if actor.startswith("M") else "female",
        )
