"""The paper's Table 1: who can do what, with the published numbers and what we trained ourselves.

Abilities are as printed; numbers are quoted from the paper's Table 2 and stand in columns that say
so. Networks of this project follow with what was measured of them: whether they take an emotion,
and on how many people they never saw. Their numbers are in Table 2, on scales of their own.

Paper: §2, table 1.
"""

from __future__ import annotations

from emolib.evaluation.published import MAGNUSSON, TABLE_1, TABLE_2
from emolib.evaluation.report import Row, Table
from emolib.evaluation.stored import recipe_of
from emolib.evaluation.table2 import PAPER

TEXTS = ("Method", "Input", "Any face", "Emotion", "Where from")
MARKS = {True: "✓", False: "✗"}
NOTES = (
    "Abilities are quoted from the paper's Table 1, numbers from its Table 2 (CREMA-D); * there"
    " quoted from Sinha et al. 2022. None of the other systems was run by this project.",
    "† emotion is not chosen but derived from the sound.",
    MAGNUSSON,
)


def table1(
    results: list[dict], *, title: str = "Table 1: audio-driven talking face methods"
) -> Table:
    """Published abilities and numbers, then the networks of these evaluations.

    Args:
        results: from `run.evaluate`, in the order they should stand.
    """
    printed = {line.method: line for line in TABLE_2}
    rows = []
    for one in TABLE_1:
        line = printed.get(one.table_2)
        cells = {column.heading: getattr(line, key, None) for key, column in PAPER.items()}
        quoted = " *" if line is not None and line.quoted else ""
        emotion = MARKS[one.emotion] + (" †" if one.from_sound else "")
        texts = (one.method + quoted, one.source, MARKS[one.any_face], emotion, "quoted")
        rows.append(Row(texts, {key: value for key, value in cells.items() if value is not None}))
    for result in results:
        numbers = result["numbers"]
        unseen = numbers["split"] == "test" and numbers.get("split_by") == "actor"
        tested = f"{numbers['n_actors']} people of {result['record']['corpus']}"
        texts = (
            f"{recipe_of(result)}, this project",
            "video",
            f"{MARKS[True]} ({tested}, never seen)" if unseen else f"not tested ({tested})",
            MARKS[numbers["emotion_input"]],
            f"trained here, {numbers['checkpoint_profile'] or 'unknown'} profile",
        )
        rows.append(Row(texts))
    return Table(title, TEXTS, tuple(PAPER.values()), tuple(rows), NOTES)
