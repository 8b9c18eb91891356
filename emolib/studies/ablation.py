"""The ablation in numbers: `emolib evaluate` for each shipped generator, on the same clips.

Paper: §5, table 2.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from emolib.evaluation.run import EvaluateSettings, evaluate
from emolib.studies.bench import Bench, Maker
from emolib.studies.methods import JUDGES, METHODS, result_name

N_CLIPS = 36  # one of each person in each emotion, for six people


def make_ablation(bench: Bench, recipe: str) -> None:
    """Evaluate one recipe's checkpoint on people that training never saw.

    That is the test split of a store that was given, and everybody in the sample corpus.
    """
    name = result_name(recipe)
    with tempfile.TemporaryDirectory(dir=bench.results) as folder:
        made = evaluate(
            bench.store.root,
            bench.checkpoints[METHODS[recipe]],
            Path(folder) / name,
            EvaluateSettings(split="test" if bench.store_root else "all", limit=N_CLIPS),
            corpus=None if bench.corpus is None else bench.corpus.root,
            device=bench.device,
        )
        made.path.replace(bench.path(name))


MAKERS = tuple(
    Maker(
        f"ablation_{recipe.lower()}",
        lambda bench, recipe=recipe: make_ablation(bench, recipe),
        makes=(result_name(recipe),),
        checkpoints=(checkpoint, *JUDGES),
        required=(checkpoint,),
        uses_store=True,
    )
    for recipe, checkpoint in METHODS.items()
)
