"""The paper's Table 2, as published beside what we measured.

Every row says which corpus and profile it comes from. Numbers on another scale stand in columns of
their own (LSE on our expert, Fréchet distance on other features), never under a published name.

Paper: §7, table 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from emolib.errors import ConfigError
from emolib.evaluation.intervals import Interval
from emolib.evaluation.report import Column, Row, Table

CREMA_D = "CREMA-D"
ROW_NAMES = {"truth": "ground truth", "copy": "source given back"}


@dataclass(frozen=True)
class Published:
    """A row of the paper's Table 2. `quoted`: the paper itself took it from another paper."""

    method: str
    emotion: bool
    lse_d: float | None
    lse_c: float | None
    emoacc: float | None  # percent
    fid: float | None
    quoted: bool = False


TABLE_2 = (
    Published("Wav2Lip", False, 6.961, 6.559, None, 10.48),
    Published("Wang et al. 2021", False, 10.110, 4.976, None, 72.81),
    Published("Vougioukas et al. 2019", True, None, None, 55.26, 71.12, quoted=True),
    Published("Eskimez et al. 2021", True, 10.244, 3.256, 65.67, 79.11),
    Published("Sinha et al. 2022", True, None, None, 75.02, 68.45, quoted=True),
    Published("END", True, 7.754, 6.369, 21.48, 15.68),
    Published("SEQ", True, 7.464, 6.201, 71.51, 14.32),
    Published("PL + DA", True, 7.171, 6.663, 83.20, 6.04),
    Published("PRE", True, 7.946, 6.053, 78.14, 5.29),
)


COLUMNS = {  # metric key → column, in the table's order: what the paper reports
    "lse_d": Column("LSE-D", "down", 3),
    "lse_c": Column("LSE-C", "up", 3),
    "emoacc": Column("EmoAcc %", "up", 2, 100),
    "frechet": Column("FID", "down", 2),
}
OURS = {  # the same questions on our scales
    "lse_d": Column("LSE-D (crops)", "down", 3),
    "lse_c": Column("LSE-C (crops)", "up", 3),
    "lse_d_expert": Column("LSE-D (expert)", "down", 3),
    "lse_c_expert": Column("LSE-C (expert)", "up", 3),
    "in_sync_expert": Column("in sync %", "up", 1, 100),
    "emoacc": Column("EmoAcc %", "up", 1, 100),
    "frechet": Column("FFD", "down", 4),
}
BEYOND = {  # what the paper does not report
    "psnr_db": Column("PSNR dB", "up", 2),
    "ssim": Column("SSIM", "up", 3),
    "transfer_pixels": Column("transfer (pixels)", "down", 3),
    "transfer_expression": Column("transfer (expression)", "down", 3),
    "lip_correlation": Column("lip correlation", "up", 3),
    "lip_opening": Column("lip error", "down", 4),
    "closures_kept": Column("closures kept %", "up", 1, 100),
    "blinks_kept": Column("blinks kept %", "up", 1, 100),
    "identity_distance": Column("identity distance", "down", 3),
    "flicker": Column("flicker", "down", 2),
}
NOTES = (
    "* quoted by the paper from Sinha et al. 2022.",
    "Brackets: 95 % over clips (bootstrap; for Fréchet distances jackknife).",
)
BEYOND_NOTES = (
    "Transfer: distance to the true counterfactual, relative to the source's (0 perfect, 1 like"
    " giving the source back).",
    "Lip error: lip gap, in distances between the outer eye corners. Flicker: relative to the"
    " true clip.",
)


def published_rows() -> list[Row]:
    """The paper's Table 2, as published."""
    keys = {"lse_d": "lse_d", "lse_c": "lse_c", "emoacc": "emoacc", "frechet": "fid"}
    rows = []
    for line in TABLE_2:
        values = {COLUMNS[key].heading: getattr(line, name) for key, name in keys.items()}
        rows.append(
            Row(
                method=line.method + (" *" if line.quoted else ""),
                emotion="yes" if line.emotion else "no",
                corpus=f"{CREMA_D}, as published",
                profile="–",
                cells={name: value for name, value in values.items() if value is not None},
            )
        )
    return rows


def measured_rows(result: dict, columns: dict[str, Column]) -> list[Row]:
    """The rows of one evaluation result: generated, then truth and source.

    Args:
        result: `{"record": …, "numbers": …}` as `run.evaluate` writes it.
        columns: which metrics, `OURS` or `BEYOND`.

    Raises:
        ConfigError: it is the result of something else.
    """
    numbers, record = result["numbers"], result["record"]
    if not {"rows", "labels", "method"} <= set(numbers):
        raise ConfigError("not the result of emolib evaluate", expected="rows, labels, method")
    counted = f"{numbers['n_clips']} clips, {numbers['n_actors']} actors"
    rows = []
    for name, metrics in numbers["rows"].items():
        made = name == "generated"
        emotional = {True: "yes", False: "no"}[numbers["emotion_input"]]
        rows.append(
            Row(
                method=numbers["method"] if made else ROW_NAMES[name],
                emotion=emotional if made else "–",
                corpus=f"{record['corpus']} {numbers['split']}: {counted}",
                profile=numbers["checkpoint_profile"] if made else "–",
                cells={
                    _column(key, columns, numbers["labels"]).heading: scaled(key, value)
                    for key, value in metrics.items()
                    if key.split("/")[0] in columns
                },
            )
        )
    return rows


def table2(results: list[dict], *, title: str = "Table 2, as published and as measured") -> Table:
    """Paper and ours in one table; truth and source rows that several results share stand once.

    Args:
        results: from `run.evaluate`, in the order they should stand.
    """
    notes = [note for result in results for note in result["numbers"].get("notes", ())]
    rows = [*published_rows(), *_ordered(results, OURS)]
    columns = [*COLUMNS.values(), *_columns(results, OURS)]
    return _table(title, columns, rows, [*NOTES, *notes])


def beyond_table(results: list[dict], *, title: str = "Against the known truth") -> Table:
    """What the paper does not measure, in a table of its own. Arguments as `table2`."""
    return _table(title, _columns(results, BEYOND), _ordered(results, BEYOND), [*BEYOND_NOTES])


def lines(result: dict) -> list[str]:
    """A result for the terminal: a line a metric, with truth and source beside it."""
    numbers, record = result["numbers"], result["record"]
    made = numbers["rows"]["generated"]
    shown = [f"{'':34} {'generated':>30} {'truth':>10} {'source':>10}"]
    for key in made:
        label = _column(key, OURS | BEYOND, numbers["labels"]).heading
        found = scaled(key, made[key])
        others = [numbers["rows"][row].get(key) for row in ("truth", "copy")]
        values = [f"{scaled(key, o).mean:10.4g}" if o else f"{'–':>10}" for o in others]
        span = f"{found.mean:.4g} [{found.low:.4g}, {found.high:.4g}]"
        shown.append(f"{label:34} {span:>30} {' '.join(values)}")
    counted = f"{numbers['n_clips']} clips of {numbers['n_actors']} actors"
    return [*shown, f"{counted}, {record['seconds']:.0f} s"]


def scaled(key: str, value: dict) -> Interval:
    """A stored interval in the unit of its column (percent for shares)."""
    factor = (OURS | BEYOND).get(key.split("/")[0], Column("")).factor
    found = Interval(**value)
    return Interval(found.mean * factor, found.low * factor, found.high * factor, found.n)


def _ordered(results: list[dict], columns: dict[str, Column]) -> list[Row]:
    """Generated rows first, then truth and source, each once."""
    rows = [row for result in results for row in measured_rows(result, columns)]
    base = [row for row in rows if row.method in ROW_NAMES.values()]
    made = [row for row in rows if row.method not in ROW_NAMES.values()]
    return made + [row for i, row in enumerate(base) if row not in base[:i]]


def _columns(results: list[dict], columns: dict[str, Column]) -> list[Column]:
    """Columns that some result fills, in the order of `columns`."""
    found = {}
    for result in results:
        for metrics in result["numbers"]["rows"].values():
            for key in metrics:
                if key.split("/")[0] in columns:
                    found[key] = _column(key, columns, result["numbers"]["labels"])
    order = list(columns)
    keys = sorted(found, key=lambda key: (order.index(key.split("/")[0]), key))
    return list(dict.fromkeys(found[key] for key in keys))


def _column(key: str, columns: dict[str, Column], labels: dict[str, str]) -> Column:
    column = columns.get(key.split("/")[0], Column(key))
    return replace(column, heading=labels.get(key, column.heading))


def _table(title: str, columns: list[Column], rows: list[Row], notes: list[str]) -> Table:
    filled = {heading for row in rows for heading in row.cells}
    shown = tuple(column for column in columns if column.heading in filled)
    return Table(title, shown, tuple(rows), tuple(dict.fromkeys(notes)))
