"""RAVDESS (Livingstone & Russo, 2018): 24 actors, two sentences, six of its eight emotions.

Names are seven numbers, `MM-CC-EE-II-SS-RR-AA`: modality, channel, emotion, intensity, statement,
repetition, actor. The same take exists with sound (01), silent (02) and as sound alone (03); it is
one clip here, so that no copy can slip into another split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import (
    VIDEO_SUFFIXES,
    Clip,
    Problem,
    file_problem,
    files_below,
    one_a_name,
)

NAME = re.compile(r"(0[123])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(\d\d)")
EMOTION = {"01": "NEU", "03": "HAP", "04": "SAD", "05": "ANG", "06": "FEA", "07": "DIS"}
OTHER = {"02": "calm", "08": "surprised"}
LEVEL = {"01": "MD", "02": "HI"}  # normal, strong
WITH_SOUND, SILENT, SOUND = "01", "02", "03"


class Ravdess(Corpus):
    """RAVDESS speech clips below `root`, in any folder depth. Songs are left out."""

    kind = "ravdess"
    layout = "Actor_01/01-01-03-01-01-01-01.mp4 …"
    missing_fix = "unpack the Video_Speech archives and pass their folder"

    def _scan(self) -> Iterator[Clip | Problem]:
        paths = files_below(self.root, (*VIDEO_SUFFIXES, ".wav"))
        files, repeated = one_a_name((path.stem, path) for path in paths)
        yield from repeated
        takes: dict[str, dict[str, Path]] = {}
        for path in files.values():
            match = NAME.fullmatch(path.stem)
            if match is None:
                text = "the name is not seven numbers, so its label is unknown"
                yield Problem(path.stem, "bad_name", text, str(path))
            elif match[2] == "01":  # speech
                takes.setdefault(path.stem[3:], {})[match[1]] = path
        self.n_found = len(takes)
        for take, files in sorted(takes.items()):
            yield from self._clip(take, files)

    def _clip(self, take: str, files: dict[str, Path]) -> Iterator[Clip | Problem]:
        _, emotion, intensity, statement, _, actor = take.split("-")
        name = f"{actor}_{take}"
        if emotion in OTHER:
            text = f"{OTHER[emotion]} is none of the six emotions"
            yield Problem(name, "other_emotion", text, fatal=False)
            return
        video = files.get(WITH_SOUND) or files.get(SILENT)
        sound = files.get(SOUND) or files.get(WITH_SOUND)
        if video is None:
            yield Problem(name, "no_video", "only the sound is there")
            return
        if sound is None:
            yield Problem(name, "no_sound", "only the silent video is there", str(video))
            return
        yield from filter(None, (file_problem(name, path) for path in {video, sound}))
        yield Clip(
            name=name,
            actor=actor,
            sentence=f"S{statement}",
            emotion=EMOTION[emotion],
            level="XX" if EMOTION[emotion] == "NEU" else LEVEL[intensity],
            video=video,
            audio=sound,
            sex="male" if int(actor) % 2 else "female",
        )
