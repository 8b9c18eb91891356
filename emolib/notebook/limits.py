"""What the shipped generator can and cannot do, in numbers that were measured and stored.

Nothing is typed in here: a row appears when its result lies in `data/results`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from emolib.base.emotions import EMOTIONS, NAMES
from emolib.base.files import results_dir
from emolib.base.results import load_result

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
    "identity_distance": (
        "distance to the source's identity (0.6: another person)",
        "{:.2f}",
        None,
    ),
    "detail": ("fine detail, of the source's", "{:.0%}", None),
    "detail_96": ("the same, had we pasted 96 pixels", "{:.0%}", None),
}


def held_out_people(results: Path | None = None) -> pd.DataFrame:
    """Rendered people whom training never saw: generated beside the best and the least possible.

    Columns: generated, the true frames (measured alike), the source given back. Empty if
    `emolib evaluate` has not been run on the shipped generator.
    """
    path = (results or results_dir()) / HELD_OUT
    if not path.is_file():
        return pd.DataFrame()
    rows = load_result(path)["numbers"]["rows"]
    columns = {"generated": "generated", "truth": "true frames", "copy": "source given back"}
    found = {}
    for metric, (told, form) in EVALUATED.items():
        values = {c: rows[r].get(metric, {}).get("mean") for r, c in columns.items()}
        if values["generated"] is not None:
            found[told] = {c: "–" if v is None else form.format(v) for c, v in values.items()}
    return pd.DataFrame.from_dict(found, orient="index")


def real_people(results: Path | None = None) -> pd.DataFrame:
    """Real faces, a column for each kind of file; the source's own value in brackets.

    Empty if `benchmarks/real_files.py` has not been run.
    """
    path = (results or results_dir()) / REAL
    if not path.is_file():
        return pd.DataFrame()
    groups = load_result(path)["numbers"]["groups"]
    groups = dict(sorted(groups.items(), key=lambda group: group[0] == "all"))  # all of them last
    found = {}
    for key, (told, form, own) in ON_REAL.items():
        values = {kind: _shown(group, key, form, own) for kind, group in groups.items()}
        if set(values.values()) != {"–"}:
            found[told] = values
        if key == "emoacc":
            found |= _by_emotion(groups)
    return pd.DataFrame.from_dict(found, orient="index")


def _by_emotion(groups: dict) -> dict[str, dict[str, str]]:
    """A row for each emotion: in how many of its clips the judge named it."""
    shares = {kind: group.get("per_emotion", {}) for kind, group in groups.items()}
    return {
        f"… {NAMES[code]}": {
            kind: f"{share[code]:.0%}" if code in share else "–" for kind, share in shares.items()
        }
        for code in EMOTIONS
        if any(code in share for share in shares.values())
    }


def _shown(group: dict, key: str, form: str, own: str | None) -> str:
    if group.get(key) is None:
        return "–"
    source = group.get(own) if own else None
    return form.format(group[key]) + (f" ({form.format(source)})" if source is not None else "")


def told_by(results: Path | None = None) -> list[str]:
    """One line on each result used: the file, corpus, profile, and which network."""
    lines = []
    for name in (HELD_OUT, REAL):
        path = (results or results_dir()) / name
        if path.is_file():
            stored = load_result(path)
            record, by = stored["record"], stored["numbers"]["checkpoint"]
            by = by.get("name", "") if isinstance(by, dict) else by
            told = f"corpus {record['corpus']}, profile {record['profile']}, network {by}"
            lines.append(f"{name}: {told}")
    return lines
