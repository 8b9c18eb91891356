"""What crowds named in CREMA-D's 7,442 clips, from voice, face and both, as one small result file.

    python scripts/count_cremad_votes.py CREMA-D/processedResults/summaryTable.csv

Writes `data/results/cremad_crowd.json`: for each of the three, a confusion (rows acted, columns
named by most viewers, `EMOTIONS` order). Where several names tie, the clip is shared among them.
Facts of CREMA-D (Cao et al. 2014, doi 10.1109/TAFFC.2014.2336244), ODbL 1.0, DbCL 1.0.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from emolib.base.emotions import EMOTIONS
from emolib.base.files import results_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record

COLUMNS = {"voice": "VoiceVote", "face": "FaceVote", "both": "MultiModalVote"}
LETTERS = [code[0] for code in EMOTIONS]  # A, D, F, H, N, S


def count(table: pd.DataFrame) -> dict:
    """Numbers of the result file, from the summary table."""
    acted = table["FileName"].str.split("_").str[2].map(EMOTIONS.index)
    numbers = {"clips": len(table), "order": list(EMOTIONS)}
    for shown, column in COLUMNS.items():
        counts = np.zeros((len(EMOTIONS), len(EMOTIONS)))
        votes = table[column].str.split(":")
        for row, named in zip(acted, votes, strict=True):
            for letter in named:
                counts[row, LETTERS.index(letter)] += 1 / len(named)
        alone = votes.map(len) == 1
        right = alone & (votes.str[0] == acted.map(lambda row: LETTERS[row]))
        numbers[shown] = {
            "confusion": counts.round(2).tolist(),
            "ties": int((~alone).sum()),
            "named_right": float(right.mean()),  # ties count as wrong
        }
    return numbers


def main() -> None:
    table = pd.read_csv(sys.argv[1])
    record = run_record(corpus="CREMA-D, crowd votes (Cao et al. 2014; ODbL 1.0)", seed=None)
    save_result(results_dir() / "cremad_crowd.json", count(table), record)


if __name__ == "__main__":
    main()
