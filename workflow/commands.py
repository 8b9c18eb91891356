"""Each step of the reproduction as a line for a shell, and the files that it waits for."""

from __future__ import annotations

import shlex
import shutil

from profiles import (
    changes_of,
    judge_file,
    judges_of,
    last_phase,
    result_file,
    stores_of,
    study_runs,
)

# The Snakefile sets both variables. With paths in their place, a clone that moved would repeat all.
PYTHON = '"$EMOLIB_PYTHON"'
SKIPPED = 3  # exit status of a command that is done, with clips left out and named


def emolib(*words: object, gpu: bool = False) -> str:
    """`emolib …` as one shell line of this Python, at low priority; on a GPU that no other step
    uses."""
    nice = "nice -n 5 " if shutil.which("nice") else ""
    on = ' "$EMOLIB_WORKFLOW/gpu.py"' if gpu else ""
    return f"{nice}{PYTHON}{on} -m emolib.cli {shlex.join(map(str, words))}"


def flags(settings: dict) -> list[str]:
    """`{"batch-size": 8, "set": ["a=1"], "paired": True}` → words of a command line."""
    words = []
    for key, value in settings.items():
        values = value if isinstance(value, list) else [value]
        for one in values:
            if one is True:
                words.append(f"--{key}")
            elif one is not None and one is not False:
                words += [f"--{key}", str(one)]
    return words


def corpus_folder(profile: dict, corpus: str) -> str:
    """Where a corpus lies: given, or filmed here."""
    return profile["corpora"][corpus].get("folder", f"corpora/{corpus}")


def synth_command(profile: dict, corpus: str) -> str:
    """Films a corpus of synthetic people; goes on where it was."""
    return emolib(
        "synth", "--out", f"corpora/{corpus}", *flags(profile["corpora"][corpus]["synth"])
    )


def prepare_command(profile: dict, corpus: str) -> str:
    """Prepares a corpus; goes on where it was."""
    settings = profile["corpora"][corpus].get("prepare", {})
    folder = corpus_folder(profile, corpus)
    words = ["prepare", folder, "--out", f"stores/{corpus}", *flags(settings)]
    return f"{{ {emolib(*words)} || [ $? -eq {SKIPPED} ]; }}"


def judge_command(profile: dict, judge: str) -> str:
    """Trains a judge; goes on where it was."""
    one = profile["judges"][judge]
    words = ["train", one["stage"], *_store_words(one), "--out", f"runs/{judge}", "--resume"]
    words += ["--start", one["start"]] if one.get("start") else []
    words += ["--recipe", one["recipe"], *_common(profile), *flags(one["options"])]
    return emolib(*words, gpu=True)


def phase_command(profile: dict, run: str, k: int) -> str:
    """Trains phase `k` of a run, from the weights of the one before; goes on where it was."""
    one = profile["runs"][run]
    words = ["train", "generator", *_store_words(one), "--out", f"runs/{run}.{k}", "--resume"]
    words += ["--recipe", one["recipe"], *_common(profile)]
    for option, judge in judges_of(one, k).items():
        words += [f"--{option}", judge_file(profile, judge)]
    if one.get("base"):
        words += ["--base", last_phase(profile, one["base"])]
    start = f"trained/{run}.{k - 1}.safetensors" if k else None
    if not k and one.get("start"):
        start = last_phase(profile, one["start"])
    if start:
        words += ["--start", start]
    phase = dict(one["phases"][k])
    phase["set"] = changes_of(profile, one, phase)
    return emolib(*words, *flags({"seed": one.get("seed", 0), **phase}), gpu=True)


def evaluate_command(profile: dict, run: str) -> str:
    """Measures a run's final weights."""
    settings = dict(profile["evaluate"])
    corpus = settings.pop("store")
    words = ["evaluate", "--store", f"stores/{corpus}", "--checkpoint", last_phase(profile, run)]
    words += ["--out", result_file(profile, run), "--corpus", corpus_folder(profile, corpus)]
    for option, judge in settings.pop("judges", {}).items():
        words += [f"--{option}", judge_file(profile, judge) if judge != "none" else "none"]
    words += ["--device", profile.get("device", "auto")]
    words += flags(settings | profile["runs"][run].get("measure", {}))
    made = emolib(*words, gpu=True)
    return f"{made} || [ $? -eq {SKIPPED} ]"


def check_store_command(profile: dict, corpus: str) -> str:
    """Fails if a prepared store lacks people or labels that the profile needs."""
    needs = profile["corpora"][corpus].get("needs", {})
    return python("check.py", "store", f"stores/{corpus}", *flags(needs))


def check_judge_command(profile: dict, judge: str) -> str:
    """Fails if a trained judge is worse on unseen people than the profile needs."""
    one = profile["judges"][judge]
    weights = f"runs/{judge}/{one['stage']}.safetensors"
    return python("check.py", "judge", weights, *flags({"least": one.get("needs", [])}))


def study_command(profile: dict, study: str, out: str) -> str:
    """Makes one of the results that figures are drawn from."""
    corpus = profile["studies"][study]
    words = [study, "--out", out, "--store", f"stores/{corpus}"]
    words += ["--corpus", corpus_folder(profile, corpus), "--device", profile.get("device", "cpu")]
    for run in study_runs(profile, study):
        words += ["--generator", f"{run}={last_phase(profile, run)}"]
    for judge in profile["judges"]:
        words += ["--judge", f"{judge}={judge_file(profile, judge)}"]
    return python("study.py", *words)


def python(script: str, *words: object) -> str:
    """One of the scripts beside this one, as a shell line."""
    return f'{PYTHON} "$EMOLIB_WORKFLOW/{script}" {shlex.join(map(str, words))}'


def store_marks(one: dict) -> list[str]:
    """What must be there before a judge or run learns."""
    return [f"done/store/{corpus}" for corpus in stores_of(one)]


def phase_inputs(profile: dict, run: str, k: int) -> list[str]:
    """What a phase of a run waits for."""
    one = profile["runs"][run]
    found = [f"trained/{run}.{k - 1}.safetensors"] if k else []
    found += [last_phase(profile, one["start"])] if one.get("start") and not k else []
    found += [last_phase(profile, one["base"])] if one.get("base") else []
    judges = [judge_file(profile, judge) for judge in judges_of(one, k).values()]
    return [*found, *store_marks(one), *judges]


def evaluate_inputs(profile: dict, run: str) -> list[str]:
    """What the evaluation of a run waits for."""
    settings = profile["evaluate"]
    judges = [judge for judge in settings.get("judges", {}).values() if judge != "none"]
    found = [last_phase(profile, run), *(judge_file(profile, judge) for judge in judges)]
    return [*found, f"done/store/{settings['store']}"]


def study_inputs(profile: dict, study: str) -> list[str]:
    """What a study waits for."""
    networks = [last_phase(profile, run) for run in study_runs(profile, study)]
    networks += [judge_file(profile, judge) for judge in profile["judges"]]
    return [*networks, f"done/store/{profile['studies'][study]}"]


def _store_words(one: dict) -> list[str]:
    stores = stores_of(one)
    if len(stores) == 1:
        return ["--store", f"stores/{next(iter(stores))}"]
    return [word for c, share in stores.items() for word in ("--store", f"stores/{c}:{share:g}")]


def _common(profile: dict) -> list[str]:
    return ["--width", str(profile["width"]), "--device", profile.get("device", "auto")]


def keep(source: str, target: str) -> str:
    """A shell line that makes `target` from a finished file, whole or not at all."""
    a, b = shlex.quote(source), shlex.quote(target)
    return f"cp {a} {b}.part && mv {b}.part {b}"
