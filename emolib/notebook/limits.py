"""What the shipped generator can and cannot do, in numbers that were measured and stored.

Nothing is typed in here: a row appears when its result lies in `data/results`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from emolib.base.emotions import EMOTIONS, NAMES
from emolib.base.files import results_dir
from emolib.base.results import load_result

NOTHING = "–"
HELD_OUT, REAL = "ablation_improved.json", "real_files.json"
# metric of `emolib evaluate` → (what it says, how it is shown)
EVALUATED = {
    "emoacc/expression net": ("emotion named by a judge trained on real faces", "{:.0%}"),
    "lip_correlation": ("mouth opening follows the true mouth (1 = exactly)", "{:.2f}"),
    "psnr_db": ("likeness to the true answer, PSNR in dB", "{:.1f}"),
    "identity_distance": ("distance to the source's identity (0.6: another person)", "{:.2f}"),
}
# key of benchmarks/real_files.py → (what it says, how it is shown, key of the source's own value)
ON_REAL = {
    "emoacc": ("emotion named by a judge trained on real faces", "{:.0%}", None),
    "mouth_follows": ("mouth opening follows the loudness", "{:.2f}", "mouth_follows_source"),
    "identity_distance": (EVALUATED["identity_distance"][0], "{:.2f}", None),
    "detail": ("fine detail, of the source's", "{:.0%}", None),
    "detail_96": ("the same, had we pasted 96 pixels", "{:.0%}", None),
}


def held_out_people(results: Path | None = None) -> pd.DataFrame:
    """Rendered people whom training never saw: generated beside the best and the least possible.

    Columns: generated, the true frames (measured alike), the source given back. Empty if
    `emolib evaluate` has not been run on the shipped generator.
    """
    found, rows = {}, _stored(results, HELD_OUT).get("numbers", {}).get("rows", {})
    columns = {"generated": "generated", "truth": "true frames", "copy": "source given back"}
    for metric, (told, form) in EVALUATED.items() if rows else ():
        values = {c: rows[r].get(metric, {}).get("mean") for r, c in columns.items()}
        if values["generated"] is not None:
            found[told] = {c: _shown(v, form) for c, v in values.items()}
    return pd.DataFrame.from_dict(found, orient="index")


def real_people(results: Path | None = None) -> pd.DataFrame:
    """Real faces, a column for each kind of file; the source's own value in brackets.

    Empty if `benchmarks/real_files.py` has not been run.
    """
    groups = _stored(results, REAL).get("numbers", {}).get("groups", {})
    found = {}
    for kind, group in sorted(groups.items(), key=lambda item: item[0] == "all"):  # that one last
        column = found[kind] = {}
        for key, (told, form, own) in ON_REAL.items():
            source = f" ({form.format(group[own])})" if group.get(own) is not None else ""
            column[told] = _shown(group.get(key), form) + source
            for code in EMOTIONS if key == "emoacc" else ():
                named = group.get("per_emotion", {}).get(code)
                column[f"… {NAMES[code]}"] = _shown(named, form)
    table = pd.DataFrame(found)
    return table[(table != NOTHING).any(axis=1)]


def told_by(results: Path | None = None) -> list[str]:
    """One line on each result used: the file, corpus, profile, and which network."""
    lines = []
    for name in (HELD_OUT, REAL):
        if stored := _stored(results, name):
            record, by = stored["record"], stored["numbers"]["checkpoint"]
            by = by.get("name", "") if isinstance(by, dict) else by
            told = f"corpus {record['corpus']}, profile {record['profile']}, network {by}"
            lines.append(f"{name}: {told}")
    return lines


def _stored(results: Path | None, name: str) -> dict:
    path = (results or results_dir()) / name
    return load_result(path) if path.is_file() else {}


def _shown(value: float | None, form: str) -> str:
    return NOTHING if value is None else form.format(value)
