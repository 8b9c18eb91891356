"""Studies: checkpoints and clips in, stored results out. Figures and notebooks show those.

How to add one: write a module here (or a line in one) with

    def make_thing(bench: Bench) -> None:
        generator = bench.checkpoints.get("lite-generator")      # a Path; absent ones are left out
        ...
        bench.save("thing.json", numbers, arrays={"frames": uint8_array})   # thing.json + thing.npz

    MAKERS = (
        Maker(
            "thing",                                   # python scripts/make_results.py thing
            make_thing,
            makes=("thing.json",),                     # in data/results; companions come along
            checkpoints=("lite-generator",),           # used where they exist
            required=("lite-generator",),              # without these the study waits
            uses_store=True,                           # its numbers depend on the clip store
        ),
    )

Modules are found by themselves. A study is made again when a checkpoint it used has changed or come
into being, when the store given differs, when one of its files was lost or edited, or when its
`version` was raised because its code changed. `bench.save` fills the record: the profile in it is
that of the networks used. Companions (.npz, .webp, .png, .jpg of the same stem) stay below 300 KB.
"""

from emolib.studies.bench import Bench, Maker
from emolib.studies.registry import MAKERS, make_results

__all__ = ["MAKERS", "Bench", "Maker", "make_results"]
