"""The networks that the ablation compares, by the names of their checkpoints."""

from __future__ import annotations

METHODS = {  # recipe → checkpoint, in the order of the paper's Table 2
    "WAV2LIP": "lite-wav2lip-generator",
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
