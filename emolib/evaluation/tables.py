"""Tables 1 and 2 as files, from the stored evaluations.

Table 1: who can do what, as the paper prints it, with the published numbers of its Table 2 in
columns that say so; networks of this project follow with whether they take an emotion, and on how
many people they never saw. Their numbers are in Table 2 (`table2`), on scales of their own.

Paper: §2, tables 1 and 2.
"""

from __future__ import annotations

from pathlib import Path

from emolib import __version__
from emolib.base.files import figures_dir, file_sha256, results_dir
from emolib.data.splits import PEOPLE_SHARE
from emolib.evaluation.published import MAGNUSSON, TABLE_1, TABLE_2
from emolib.evaluation.report import Row, Table, write_plain, write_tables
from emolib.evaluation.stored import ABLATION, load_evaluations, recipe_of
from emolib.evaluation.table2 import PAPER, beyond_table, table2

TEXTS = ("Method", "Input", "Any face", "Emotion", "Where from")
MARKS = {True: "✓", False: "✗"}
NOTES = (
    "Abilities are quoted from the paper's Table 1, numbers from its Table 2 (CREMA-D); * there"
    " quoted from Sinha et al. 2022. None of the other systems was run by this project.",
    "† emotion is not chosen but derived from the sound.",
    MAGNUSSON,
)


def table1(results: list[dict]) -> Table:
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
        tested = f"{numbers['n_actors']} people of {result['record']['corpus']}"
        texts = (
            f"{recipe_of(result)}, this project",
            "video",
            f"{MARKS[True]} ({tested}, never seen)"
            if _unseen(result)
            else f"not tested ({tested})",
            MARKS[numbers["emotion_input"]],
            f"trained here, {numbers['checkpoint_profile'] or 'unknown'} profile",
        )
        rows.append(Row(texts))
    title = "Table 1: audio-driven talking face methods"
    return Table(title, TEXTS, tuple(PAPER.values()), tuple(rows), NOTES)


def _unseen(result: dict) -> bool:
    """Whether the network was trained on none of the people: they are a test split by people, or
    all of a corpus that it did not learn from."""
    numbers, corpus = result["numbers"], result["record"]["corpus"]
    if numbers.get("split_by") == "none":
        return corpus not in numbers["checkpoint_corpus"].split(" + ")
    return numbers["split"] == "test" and numbers.get("split_by") in PEOPLE_SHARE


def paper_tables(folder: Path | None = None) -> dict[str, dict]:
    """The evaluations that the paper's tables are made of: those of the ablation if there are any,
    else all; by the stem of their file."""
    found = load_evaluations(folder)
    chosen = {stem: result for stem, result in found.items() if stem.startswith(ABLATION)}
    return chosen or found


def write_paper_tables(out: Path | None = None, results: Path | None = None) -> list[Path]:
    """Write `table1` and `table2`, each as .md, .tex and .json; returns the six paths.

    Without any stored evaluation they hold what the paper prints.

    Args:
        out: folder; default `figures/`.
        results: folder of the stored results; default `data/results`.
    """
    out, results = out or figures_dir(), results or results_dir()
    chosen = paper_tables(results)
    rows = list(chosen.values())
    tables: dict[int, list[Table]] = {1: [table1(rows)], 2: [table2(rows)]}
    if rows:
        tables[2].append(beyond_table(rows))
    made_from = {
        f"{stem}.json": {
            "sha256": file_sha256(results / f"{stem}.json"),
            "record": result["record"],
        }
        for stem, result in chosen.items()
    }
    written = []
    for number, parts in tables.items():
        stem = out / f"table{number}"
        written += write_tables(parts, stem)
        told = {"table": number, "made_by": f"emolib {__version__}", "results": made_from}
        written.append(write_plain(parts, stem.with_suffix(".json"), **told))
    return written
