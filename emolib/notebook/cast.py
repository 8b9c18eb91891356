"""People and voices that are always there: those of the sample corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emolib.data.corpora import Corpus
from emolib.notebook.data import sample_corpus
from emolib.synthetic.sentences import SENTENCES

FACE_SENTENCE = "MTI"  # the face's own sentence; the voices say all there are


@dataclass(frozen=True)
class Role:
    """A file to choose, and how to call it."""

    name: str
    path: Path


def sample_faces(corpus: Corpus | None = None) -> list[Role]:
    """One calm video of each person."""
    clips = _calm(corpus)
    clips = [clip for clip in clips if clip.sentence == FACE_SENTENCE]
    return [Role(clip.actor, clip.video) for clip in clips]


def sample_voices(corpus: Corpus | None = None) -> list[Role]:
    """Every sentence in every voice, said calmly."""
    return [
        Role(f"{SENTENCES[clip.sentence].text} ({clip.actor})", clip.audio)
        for clip in _calm(corpus)
    ]


def _calm(corpus: Corpus | None) -> list:
    clips = (corpus or sample_corpus()).clips()
    return sorted((c for c in clips if c.emotion == "NEU"), key=lambda c: (c.actor, c.sentence))
