"""The paper's Table 2, with what we measured beside what is printed.

One row a method. Every published number stands in a column "paper", every measured one in a column
"ours" under the name of its own scale: LSE on our expert, EmoAcc by our judges, a Fréchet distance
on its own features. Only the published networks give numbers under the published names. The last
columns say what ours was measured on.

Paper: §7, table 2.
"""

from __future__ import annotations

from dataclasses import replace

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError
from emolib.evaluation.intervals import Interval
from emolib.evaluation.published import CREMA_D, TABLE_2
from emolib.evaluation.report import Column, Row, Table
from emolib.evaluation.stored import is_evaluation, recipe_of
from emolib.synthetic.head import STEMS

ROW_NAMES = {"truth": "ground truth", "copy": "source given back"}
YES_NO = {True: "yes", False: "no"}
UNIT_HEADS = {"generated": "{}", "truth": "{} true"}

PAPER = {  # a field of `published.Published` → its column
    "lse_d": Column("LSE-D, paper", "down", 3),
    "lse_c": Column("LSE-C, paper", "up", 3),
    "emoacc": Column("EmoAcc %, paper", "up", 2),
    "fid": Column("FID, paper", "down", 2),
}
OURS = {  # metric → its column, after the paper's of the same question
    "lse_d": Column("LSE-D (crops)", "down", 3),
    "lse_d_expert": Column("LSE-D (expert)", "down", 3),
    "lse_c": Column("LSE-C (crops)", "up", 3),
    "lse_c_expert": Column("LSE-C (expert)", "up", 3),
    "in_sync_expert": Column("in sync %", "up", 1, 100),
    "emoacc": Column("EmoAcc %", "up", 1, 100),
    "frechet": Column("FFD", "down", 2),
    "frechet_six": Column("FFD, mean of six", "down", 2),
}
QUESTIONS = (("lse_d", "lse_d_expert"), ("lse_c", "lse_c_expert", "in_sync_expert"))
QUESTIONS += (("emoacc",), ("fid", "frechet", "frechet_six"))
BEYOND = {  # what the paper does not report
    "psnr_db": Column("PSNR dB", "up", 2),
    "ssim": Column("SSIM", "up", 3),
    "transfer_pixels": Column("transfer (pixels)", "down", 3),
    "transfer_expression": Column("transfer (expression)", "down", 3),
    "lip_correlation": Column("lip correlation", "up", 3),
    "lip_opening": Column("lip error", "down", 4),
    "closures_kept": Column("closures kept %", "up", 1, 100),
    "blink_depth": Column("blink depth", "up", 2),
    "identity_distance": Column("identity distance", "down", 3),
    "flicker": Column("flicker", "", 2),
    "mouth_psnr_db": Column("mouth PSNR dB", "up", 2),
    "mouth_ssim": Column("mouth SSIM", "up", 3),
    "mouth_perceptual": Column("mouth perceptual", "down", 3),
    "mouth_detail": Column("mouth detail %", "up", 1, 100),
    "mouth_colour": Column("mouth colour", "down", 2),
    "progress_units": Column("face units %", "up", 1, 100),
}
TEXTS = ("Method", "Emotion", "Corpus (ours)", "Profile (ours)")
NOTES = (
    f"Columns named paper: {CREMA_D}, as printed; * there quoted from Sinha et al. 2022. All other"
    " numbers are measured by this project on the corpus named in the row. Scales differ: compare"
    " orders, not values.",
    "Brackets: 95 % over actors (bootstrap that draws whole actors; for Fréchet distances jackknife"
    " over actors).",
)
NO_EMOTION = (
    "no emotion goes in, but the same was asked of it (the target's words and emotion), so its"
    " emotion is the source's; `--sources same_emotion` measures what it was made for."
)
BEYOND_NOTES = (
    "Transfer: distance to the true counterfactual, relative to the source's (0 perfect, 1 like"
    " giving the source back).",
    "Lip error: lip gap, in distances between the outer eye corners. Blink depth: how far eyes shut"
    " in the true blinks, 1 as the true ones. Flicker: relative to the true clip.",
)


def table2(results: list[dict]) -> Table:
    """Paper and ours in one table; truth and source rows that several results share stand once.

    Args:
        results: from `run.evaluate`, in the order they should stand.

    Raises:
        ConfigError: one is the result of something else.
    """
    left, rows = {}, []
    made = [result for result in results if "generated" in _checked(result)["numbers"]["rows"]]
    for result in made:
        left.setdefault(recipe_of(result), []).append(result)
    for line in TABLE_2:
        printed = {PAPER[key].heading: getattr(line, key) for key in PAPER}
        printed = {heading: value for heading, value in printed.items() if value is not None}
        ours = left.pop(line.recipe, [None])
        name = line.method + (" *" if line.quoted else "")
        for i, result in enumerate(ours):
            cells = printed if i == 0 else {}
            texts = (name, YES_NO[line.emotion], *_origin(result))
            rows.append(Row(texts, cells | _cells(result, "generated", OURS)))
    rows += [_row(result, OURS) for found in left.values() for result in found]
    rows += _base_rows(results, OURS)
    notes = [note for result in results for note in result["numbers"].get("notes", ())]
    mute = [recipe_of(r) for r in made if not r["numbers"]["emotion_input"]]
    if mute:
        notes.insert(0, f"{', '.join(mute)}: {NO_EMOTION}")
    changed = [f"{r['numbers']['method']}." for r in results if " (" in r["numbers"]["method"]]
    changed = [f"Recipes changed: {' '.join(changed)}"] if changed else []
    title = "Table 2: the paper's numbers and ours"
    return _table(title, _columns(results), rows, [*NOTES, *changed, *notes])


def beyond_table(results: list[dict]) -> Table:
    """What the paper does not measure, in a table of its own. Arguments as `table2`."""
    made = [r for r in results if "generated" in _checked(r)["numbers"]["rows"]]
    rows = [_row(r, BEYOND) for r in made]
    columns = [_named(key, BEYOND, {}) for key in BEYOND]
    rows += _base_rows(results, BEYOND)
    return _table("Against the known truth", columns, rows, [NOTES[1], *BEYOND_NOTES])


def lines(result: dict) -> list[str]:
    """A result for the terminal: a line a metric, with truth and source beside it."""
    numbers, record = result["numbers"], result["record"]
    first, *rest = [row for row in ("generated", "truth", "copy") if row in numbers["rows"]]
    names = {"copy": "source"}
    heads = "".join(f"{names.get(row, row):>11}" for row in rest)
    shown = [f"{'':34} {first:>30}{heads}"]
    for key, value in numbers["rows"][first].items():
        label = _named(key, OURS | BEYOND, numbers["labels"]).heading
        found = scaled(key, value)
        others = [numbers["rows"][row].get(key) for row in rest]
        values = [f"{scaled(key, o).mean:11.4g}" if o else f"{'–':>11}" for o in others]
        shown.append(f"{label:34} {f'{found:.4g}':>30}{''.join(values)}")
    shown += unit_lines(numbers)
    counted = f"{numbers['n_clips']} clips, people: {numbers['n_actors']}"
    return [*shown, f"{counted}, {record['seconds']:.0f} s"]


def units_table(numbers: dict) -> Table:
    """How far face units moved from the source: a line a unit, a column an emotion; as generated,
    and as really acted where that is known."""
    told = {
        UNIT_HEADS[row].format(code): {unit: Interval(**one) for unit, one in moved[code].items()}
        for code in EMOTIONS
        for row, moved in numbers["units"].items()
        if code in moved
    }
    rows = [Row((s,), {head: x[s] for head, x in told.items() if s in x}) for s in STEMS]
    columns = tuple(Column(head) for head in told)
    title = "Face units, change from the source"
    return Table(title, ("Unit",), columns, tuple(row for row in rows if row.cells))


def unit_lines(numbers: dict) -> list[str]:
    """The means of `units_table` for the terminal; none where no units were measured."""
    if "units" not in numbers:
        return []
    table = units_table(numbers)
    cells = [table.headings, *(table.cells(row, span="") for row in table.rows)]
    return ["", *(f"{unit:16}" + "".join(f"{cell:>10}" for cell in rest) for unit, *rest in cells)]


def scaled(key: str, value: dict) -> Interval:
    """A stored interval in the unit of its column (percent for shares)."""
    return Interval(**value).scaled((OURS | BEYOND).get(key.split("/")[0], Column("")).factor)


def _checked(result: dict) -> dict:
    if not is_evaluation(result):
        raise ConfigError("not the result of emolib evaluate", expected="rows, labels, method")
    return result


def _origin(result: dict | None) -> tuple[str, str]:
    """Corpus and profile of a result, for the text columns."""
    if result is None:
        return ("–", "–")
    numbers = result["numbers"]
    counted = f"{numbers['n_clips']} clips, {numbers['n_actors']} actors"
    corpus = f"{result['record']['corpus']} {numbers['split']}: {counted}"
    return (corpus, numbers["checkpoint_profile"] or "–")


def _row(result: dict, columns: dict[str, Column]) -> Row:
    emotion = YES_NO[result["numbers"]["emotion_input"]]
    texts = (recipe_of(result), emotion, *_origin(result))
    return Row(texts, _cells(result, "generated", columns))


def _base_rows(results: list[dict], columns: dict[str, Column]) -> list[Row]:
    """Truth and source, each once for results that share them."""
    rows = [
        Row((title, "–", _origin(result)[0], "–"), _cells(result, name, columns))
        for name, title in ROW_NAMES.items()
        for result in results
        if name in result["numbers"]["rows"]
    ]
    return [row for i, row in enumerate(rows) if row not in rows[:i]]


def _cells(result: dict | None, row: str, columns: dict[str, Column]) -> dict:
    if result is None:
        return {}
    numbers = result["numbers"]
    return {
        _named(key, columns, numbers["labels"]).heading: scaled(key, value)
        for key, value in numbers["rows"][row].items()
        if key.split("/")[0] in columns
    }


def _columns(results: list[dict]) -> list[Column]:
    """The paper's columns, each followed by ours for the same question."""
    keys = {}
    for result in results:
        for metrics in result["numbers"]["rows"].values():
            for key in metrics:
                keys[key] = _named(key, OURS, result["numbers"]["labels"])
    columns = []
    for question in QUESTIONS:
        columns += [PAPER[name] for name in question if name in PAPER]
        for name in question:
            columns += [keys[key] for key in sorted(keys) if key.split("/")[0] == name in OURS]
    return list(dict.fromkeys(columns))


def _named(key: str, columns: dict[str, Column], labels: dict[str, str]) -> Column:
    column = columns.get(key.split("/")[0], Column(key))
    return replace(column, heading=labels.get(key, column.heading))


def _table(title: str, columns: list[Column], rows: list[Row], notes: list[str]) -> Table:
    filled = {heading for row in rows for heading in row.cells}
    shown = tuple(column for column in columns if column.heading in filled)
    return Table(title, TEXTS, shown, tuple(rows), tuple(dict.fromkeys(notes)))
