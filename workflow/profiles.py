"""A profile's YAML file → corpora, judges, runs and what is measured, with the files of each.

`config/lite.yaml` explains every key.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def load_profile(name: str, given: dict[str, str] | None = None, runs: str = "") -> dict:
    """A profile's settings with the names in braces filled in.

    Args:
        name: of a file in `config/`, or a path.
        given: name → folder, such as corpus, lrs2, grid. An `optional` corpus whose folder is not
            given is left out, with the runs that learn from it, and told in "left_out".
        runs: measure these alone, by names with commas; empty: all.

    Raises:
        ValueError: no such profile, run or corpus, or a name in braces is not given.
    """
    path = Path(name) if name.endswith(".yaml") else HERE / "config" / f"{name}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in (HERE / "config").glob("*.yaml")))
        raise ValueError(f"no profile {name!r}; expected one of {there}")
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = {"root": str(ROOT), **(given or {})}
    profile["left_out"] = []
    for one in [*profile["judges"].values(), *profile["runs"].values()]:
        for key in {"weights", "start"} & one.keys():
            one[key] = one[key].format(**given)
    for corpus, one in list(profile["corpora"].items()):
        if "folder" not in one:
            continue
        try:
            one["folder"] = one["folder"].format(**given)
        except KeyError as missing:
            if not one.get("optional"):
                raise ValueError(
                    f"{path.name}: the corpus {corpus} needs {missing}; pass"
                    f" {str(missing).strip(chr(39)).upper()}=FOLDER"
                ) from None
            del profile["corpora"][corpus]
            profile["left_out"].append(f"corpus {corpus}")
    for key in ("results", "figures"):
        profile[key] = profile[key].format(**given)
    _leave_out(profile)
    _choose(profile, [run for run in runs.split(",") if run])
    return profile


def _choose(profile: dict, asked: list[str]) -> None:
    """Keep the runs that are asked for, and unmeasured those that they start from."""
    runs = profile["runs"]
    if unknown := sorted({*asked, *profile.get("order", [])} - {*runs, *_lost(profile)}):
        raise ValueError(f"no run {', '.join(unknown)}; expected some of {', '.join(runs)}")
    kept = list(asked) or list(runs)
    for run in kept:  # grows
        kept += [runs[run][key] for key in ("base", "start") if runs[run].get(key) in runs]
    profile["runs"] = {run: one for run, one in runs.items() if run in kept}
    for run, one in profile["runs"].items():
        if asked and run not in asked:
            one["evaluate"] = False


def _lost(profile: dict) -> list[str]:
    return [what.removeprefix("run ") for what in profile["left_out"] if what.startswith("run ")]


def _leave_out(profile: dict) -> None:
    """Remove optional corpora from mixtures, and what is left without any or without its base."""
    corpora = profile["corpora"]
    for kind in ("judges", "runs"):
        for name, one in list(profile[kind].items()):
            wanted = stores_of(one)
            missing = [
                c for c in wanted if c not in corpora and f"corpus {c}" in profile["left_out"]
            ]
            if missing and len(missing) == len(wanted):
                del profile[kind][name]
                profile["left_out"].append(f"{kind[:-1]} {name}")
            elif missing:
                one["stores"] = {c: share for c, share in wanted.items() if c not in missing}
    for name, one in list(profile["runs"].items()):
        if one.get("base") and f"run {one['base']}" in profile["left_out"]:
            del profile["runs"][name]
            profile["left_out"].append(f"run {name}")


def stores_of(one: dict) -> dict[str, float]:
    """Corpus → share of the windows that a judge or run learns from."""
    stores = one["stores"]
    return stores if isinstance(stores, dict) else {stores: 1.0}


def judges_of(run: dict, k: int) -> dict[str, str]:
    """Option → judge that phase `k` of a run listens to: single frames have no sync to judge."""
    single = run["phases"][k].get("phase") == "frames"
    return {
        option: judge
        for option, judge in run.get("judges", {}).items()
        if not (single and option == "syncnet")
    }


def changes_of(profile: dict, one: dict, part: dict) -> list[str]:
    """Settings that differ from the recipe: of all runs, of this one, of its phase; later wins."""
    ours = profile.get("set", []) if "phases" in one else []
    return [*ours, *one.get("set", []), *part.get("set", [])]


def last_phase(profile: dict, run: str) -> str:
    """The file of a run's final weights: trained here, or given."""
    one = profile["runs"][run]
    return one.get("weights") or f"trained/{run}.{len(one['phases']) - 1}.safetensors"


def judge_file(profile: dict, judge: str) -> str:
    """The file of a judge's weights."""
    return profile["judges"][judge].get("weights") or f"judges/{judge}.safetensors"


def result_file(profile: dict, run: str) -> str:
    """The evaluation of a run: "ablation_…" for the rows of the paper's tables."""
    one = profile["runs"][run]
    kind = "ablation" if one.get("row", run == one["recipe"]) else "run"
    return f"{profile['results']}/{kind}_{run.lower()}.json"


def rows(profile: dict) -> list[str]:
    """The runs that are rows of the paper's tables and figures."""
    return [run for run in measured(profile) if "/ablation_" in result_file(profile, run)]


def study_runs(profile: dict, study: str) -> list[str]:
    """The runs that a study shows: the tables' rows; where claims ask its numbers, all."""
    return measured(profile) if study == "artefacts" else rows(profile)


def measured(profile: dict) -> list[str]:
    """The runs that are evaluated."""
    return [run for run, one in profile["runs"].items() if one.get("evaluate", True)]


def given_clips(profile: dict, corpus: str) -> list:
    """The clips of a corpus whose folder was given. Raises DatasetError: none can be read."""
    one = profile["corpora"][corpus]
    return _clips(one["folder"], one.get("prepare", {}).get("kind", "auto"))


@cache
def _clips(folder: str, kind: str) -> list:
    from emolib.data.corpora import open_corpus

    return open_corpus(folder, kind).clips()


def needed_stores(profile: dict) -> list[str]:
    """The corpora that anything learns from or is measured on."""
    trained = [
        one for kind in ("judges", "runs") for one in profile[kind].values() if "weights" not in one
    ]
    asked = {c for one in trained for c in stores_of(one)} | {profile["evaluate"]["store"]}
    return sorted(asked | set(profile.get("studies", {}).values()))
