"""Notebook 04: what a small discriminator says of people it knows and of others."""

from __future__ import annotations

from emolib.notebook.trials import people_and_folding
from emolib.studies.bench import Bench, Maker

RESULT = "nb04_people_and_folding.json"


def make_emotion_people(bench: Bench) -> None:
    bench.save(RESULT, people_and_folding(bench.store, seed=bench.seed))


MAKERS = (Maker("emotion_people", make_emotion_people, makes=(RESULT,), uses_store=True),)
