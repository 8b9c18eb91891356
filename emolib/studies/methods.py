"""The networks that the ablation compares, by the names of their checkpoints."""

from __future__ import annotations

METHODS = {  # recipe → checkpoint: the earlier ways, the paper's in its Table 2's order, ours
    "WAV2LIP": "lite-wav2lip-generator",
    "MAGNUSSON": "lite-magnusson-generator",
    "END": "lite-end-generator",
    "SEQ": "lite-seq-generator",
    "PLDA": "lite-plda-generator",
    "PRE": "lite-pre-generator",
    "IMPROVED": "lite-generator",
}
JUDGES = ("lite-syncnet", "lite-classifier", "lite-emotion")


def result_name(recipe: str) -> str:
    """The file in `data/results` that holds a recipe's evaluation."""
    return f"ablation_{recipe.lower()}.json"
