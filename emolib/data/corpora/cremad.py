"""CREMA-D (Cao et al., 2014), and the synthetic corpus, which has the same layout.

7,442 clips of 91 actors; names are `AAAA_SSS_EEE_LL`: actor, sentence, emotion, level. Facts on
missing, broken and doubled clips come from the corpus's README, its issues and its file sizes.
Paper: §4.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import (
    VIDEO_SUFFIXES,
    Clip,
    Problem,
    file_problem,
    one_a_name,
    read_table,
)

NAME = re.compile(r"(\d{4})_([A-Z][A-Z0-9]{2})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)")
ACTORS = range(1001, 1092)
SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
NOT_RECORDED = {  # (actor, sentence) -> emotions that were never recorded: 20 in all
    (1002, "TIE"): ("NEU",),
    (1008, "WSI"): EMOTIONS,
    (1009, "MTI"): EMOTIONS,
    (1019, "ITH"): EMOTIONS,
    (1076, "ITS"): ("NEU",),
}
KNOWN_BAD = {
    "1076_MTI_NEU_XX": "the video is very short and silent",
    "1076_MTI_SAD_XX": "the video is an error picture without sound",
    "1064_TIE_SAD_XX": "the video has no duration",
    "1064_IEO_DIS_MD": "the video runs a minute through all emotions: its label is wrong",
}
FIRST_SYNTHETIC_ACTOR = 9001
LABELS = ("intended", "face_vote", "agreed")
VOTE_LETTERS = {code[0]: code for code in EMOTIONS}


class CremaD(Corpus):
    """CREMA-D as cloned from its repository.

    Args:
        root: the folder that holds `VideoFlash` and `AudioWAV`.
        labels: "intended" is the acted emotion, from the file name (the paper). "face_vote" is
            what most viewers of the silent video saw; ties are left out. "agreed" keeps only clips
            where both are the same.

    Raises:
        ConfigError: unknown `labels`.
        DatasetError: no such folder, no clips in it, or no vote table where one is needed.
    """

    kind = "cremad"
    layout = "VideoFlash/1001_DFA_ANG_XX.flv … and AudioWAV/1001_DFA_ANG_XX.wav …"
    missing_fix = "clone CREMA-D with git-lfs, or pass the folder that holds VideoFlash"

    def __init__(self, root: str | Path, labels: str = "intended"):
        super().__init__(root)
        if labels not in LABELS:
            raise ConfigError(f"unknown labels {labels!r}", expected="one of " + ", ".join(LABELS))
        self.labels = labels

    def expected_names(self) -> set[str] | None:
        """The 7,442 names of a complete copy."""
        return all_names()

    @cached_property
    def votes(self) -> pd.Series:
        """What viewers of the silent video saw: emotion code by clip name; ties are left out."""
        file = self.root / "processedResults" / "summaryTable.csv"
        if not file.is_file():
            raise DatasetError(
                f"labels={self.labels!r} needs the vote table", file=file, fix="use labels=intended"
            )
        vote = read_table(file, "FileName", "FaceVote").set_index("filename")["facevote"]
        return vote[vote.isin(VOTE_LETTERS)].map(VOTE_LETTERS)

    @cached_property
    def sexes(self) -> dict[str, str]:
        """Sex by actor ("female", "male"), from VideoDemographics.csv; empty without that file."""
        file = self.root / "VideoDemographics.csv"
        if not file.is_file():
            return {}
        table = read_table(file, "ActorID", "Sex")
        return dict(zip(table["actorid"], table["sex"].str.lower(), strict=True))

    def _scan(self) -> Iterator[Clip | Problem]:
        videos, repeated = _by_stem(self.root / "VideoFlash", VIDEO_SUFFIXES)
        sounds, more = _by_stem(self.root / "AudioWAV", (".wav",))
        self.n_found = len(videos)
        yield from repeated + more
        for stem in sorted(videos.keys() | sounds.keys()):
            yield from self._clip(stem, videos.get(stem), sounds.get(stem))

    def _clip(self, stem: str, video: Path | None, sound: Path | None) -> Iterator[Clip | Problem]:
        match = NAME.fullmatch(stem)
        if match is None:
            text = "the name is not AAAA_SSS_EEE_LL, so its label is unknown"
            yield Problem(stem, "bad_name", text, str(video or sound))
            return
        actor, sentence, emotion, level = match.groups()
        name = stem
        if level == "X":  # older copies have 1040_ITH_SAD_X
            name, level = stem + "X", "XX"
            text = f"{stem} is read as {name}"
            yield Problem(name, "old_suffix", text, str(video), fatal=False)
        if video is None:
            yield Problem(name, "no_video", "only the sound is there")
            return
        unread = {path: file_problem(name, path) for path in (video, sound) if path}
        lacks = "lacks it"
        if sound and unread[sound] and unread[sound].reason == "lfs_stub":
            del unread[sound]
            sound, lacks = None, "holds only a git-lfs pointer"
        fatal = [problem for problem in unread.values() if problem]
        if name in KNOWN_BAD and int(actor) < FIRST_SYNTHETIC_ACTOR:
            fatal.append(Problem(name, "known_bad", KNOWN_BAD[name], str(video)))
        yield from fatal
        if sound is None and not unread[video]:
            text = f"AudioWAV {lacks}; the sound inside the video is used"
            yield Problem(name, "no_wav", text, str(video), fatal=False)
        truth = self.root / "Truth" / f"{stem}.npz"
        clip = Clip(
            name=name,
            actor=actor,
            sentence=sentence,
            emotion=emotion,
            level=level,
            video=video,
            audio=sound or video,
            sex=self.sexes.get(actor),
            truth=truth if truth.is_file() else None,
        )
        yield clip if self.labels == "intended" or fatal else self._relabelled(clip)

    def _relabelled(self, clip: Clip) -> Clip | Problem:
        seen = self.votes.get(clip.name)
        if seen is None:
            return Problem(clip.name, "vote_tie", "viewers did not agree on one")
        if self.labels == "agreed" and seen != clip.emotion:
            return Problem(clip.name, "vote_differs", f"acted {clip.emotion}, seen as {seen}")
        return replace(clip, emotion=seen)


class SyntheticCorpus(CremaD):
    """The embedded corpus: CREMA-D's layout, with `corpus.json` and `Truth/*.npz` beside it."""

    kind = "synthetic"
    shares_sound = True  # one recording of a sentence serves all emotions
    missing_fix = "make one with `emolib synth --out DIR`"

    def expected_names(self) -> set[str] | None:
        """None: a synthetic corpus may hold any number of clips."""
        return None

    @cached_property
    def paired(self) -> bool:
        """Whether any two clips of an actor show the same pose at the same frame."""
        return self._description[0]

    @property
    def title(self) -> str:
        """Name, seed and how many people: `synthetic (seed 2, 4 people)`."""
        _, seed, n_people = self._description
        return self.name if seed is None else f"{self.name} (seed {seed}, {n_people} people)"

    @cached_property
    def _description(self) -> tuple[bool, int | None, int]:
        """Paired, seed and number of people, from `corpus.json`."""
        file = self.root / "corpus.json"
        try:
            about = json.loads(file.read_text(encoding="utf-8"))
            settings = about["settings"]
            n_people = len(about.get("actors") or {clip.actor for clip in self.clips()})
            return bool(settings["paired"]), settings.get("seed"), n_people
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise DatasetError(
                "not a corpus description", file=file, fix="make the corpus again: emolib synth"
            ) from problem


def all_names() -> set[str]:
    """The names of all 7,442 clips of CREMA-D."""
    names = set()
    for actor in ACTORS:
        for sentence in SENTENCES:
            for emotion in set(EMOTIONS) - set(NOT_RECORDED.get((actor, sentence), ())):
                levelled = sentence == "IEO" and emotion != "NEU"
                for level in ("LO", "MD", "HI") if levelled else ("XX",):
                    names.add(f"{actor}_{sentence}_{emotion}_{level}")
    return names


def all_clips() -> list[Clip]:
    """All clips of CREMA-D by name alone: for planning splits without the files."""
    clips = []
    for name in sorted(all_names()):
        actor, sentence, emotion, level = name.split("_")
        clips.append(Clip(name, actor, sentence, emotion, level, video=Path(), audio=Path()))
    return clips


def _by_stem(folder: Path, suffixes: tuple[str, ...]) -> tuple[dict[str, Path], list[Problem]]:
    paths = [path for path in folder.glob("[!.]*") if path.suffix.lower() in suffixes]
    return one_a_name((path.stem, path) for path in paths)
