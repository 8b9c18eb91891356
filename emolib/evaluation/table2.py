"""The paper's Table 2, as published beside what we measured.

Every row says which corpus and profile it comes from. Numbers on another scale stand in columns of
their own (LSE on our expert, Fréchet distance on other features), never under a published name.

Paper: §7, table 2.
"""

from __future__ import annotations

from dataclasses import dataclass

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


COLUMNS = {  # metric key → column, in the table's order
    "lse_d": Column("LSE-D", "down", 3),
    "lse_c": Column("LSE-C", "up", 3),
    "emoacc": Column("EmoAcc %", "up", 2, 100),
    "frechet": Column("FID", "down", 2),
    "lse_d_expert": Column("LSE-D (expert)", "down", 3),
    "lse_c_expert": Column("LSE-C (expert)", "up", 3),
    "in_sync_expert": Column("in sync %", "up", 1, 100),
    "psnr_db": Column("PSNR dB", "up", 2),
    "ssim": Column("SSIM", "up", 3),
    "flicker": Column("flicker", "down", 2),
    "identity_distance": Column("identity distance", "down", 3),
    "transfer_pixels": Column("transfer, pixels", "down", 3),
    "transfer_expression": Column("transfer, expression", "down", 3),
    "lip_opening": Column("lip error", "down", 4),
    "lip_correlation": Column("lip correlation", "up", 3),
    "closures_kept": Column("closures kept %", "up", 1, 100),
    "blinks_kept": Column("blinks kept %", "up", 1, 100),
}
_RENAMED = {"lse_d": "LSE-D (crops)", "lse_c": "LSE-C (crops)"}  # ours: no published crop


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


def measured_rows(result: dict) -> list[Row]:
    """The rows of one evaluation result: generated, then truth and source.

    Args:
        result: `{"record": …, "numbers": …}` as `run.evaluate` writes it.

    Raises:
        ConfigError: it is the result of something else.
    """
    numbers, record = result["numbers"], result["record"]
    if not {"rows", "labels", "method"} <= set(numbers):
        raise ConfigError("not the result of emolib evaluate", expected="rows, labels, method")
    rows = []
    for name, metrics in numbers["rows"].items():
        cells = {
            _heading(key, numbers["labels"]): _scaled(Interval(**value), key)
            for key, value in metrics.items()
            if key.split("/")[0] in COLUMNS
        }
        emotional = numbers["emotion_input"] if name == "generated" else None
        rows.append(
            Row(
                method=numbers["method"] if name == "generated" else ROW_NAMES[name],
                emotion={True: "yes", False: "no", None: "–"}[emotional],
                corpus=f"{record['corpus']} ({numbers['split']})",
                profile=numbers["checkpoint_profile"] if name == "generated" else "–",
                cells=cells,
            )
        )
    return rows


def table2(results: list[dict], *, title: str = "Comparison of approaches") -> Table:
    """Paper and ours in one table; truth and source rows that several results share stand once.

    Args:
        results: from `run.evaluate`, in the order they should stand.
    """
    rows, base = published_rows(), []
    for result in results:
        for row in measured_rows(result):
            shared = row.method in ROW_NAMES.values()
            if shared and row not in base:
                base.append(row)
            elif not shared:
                rows.append(row)
    rows += base
    filled = {heading for row in rows for heading in row.cells}
    extra = sorted(filled - {c.heading for c in _all_columns()})
    columns = [c for c in _all_columns() if c.heading in filled]
    columns += [_labelled(heading) for heading in extra]
    notes = [
        "* quoted by the paper from Sinha et al. 2022.",
        "Brackets: 95 % over clips (bootstrap; for Fréchet distances jackknife).",
        *dict.fromkeys(note for result in results for note in result["numbers"].get("notes", ())),
    ]
    return Table(title, tuple(columns), tuple(rows), tuple(notes))


def _all_columns() -> list[Column]:
    ours = [
        Column(name, COLUMNS[key].better, COLUMNS[key].decimals) for key, name in _RENAMED.items()
    ]
    return [*COLUMNS.values(), *ours]


def _labelled(heading: str) -> Column:
    if heading.startswith("EmoAcc"):
        return Column(heading, "up", 2, 100)
    return Column(heading, "down", 3)


def _heading(key: str, labels: dict[str, str]) -> str:
    return labels.get(key) or _RENAMED.get(key) or COLUMNS[key].heading


def _scaled(value: Interval, key: str) -> Interval:
    factor = COLUMNS[key.split("/")[0]].factor
    return Interval(value.mean * factor, value.low * factor, value.high * factor, value.n)
