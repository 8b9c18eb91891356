"""Notebook 04: what a small discriminator says of people it knows and of others."""

from __future__ import annotations

from studies.bench import Bench

from emolib.notebook.trials import people_and_folding


def make(bench: Bench) -> None:
    bench.save(people_and_folding(bench.store, seed=0), uses=())
