"""The reproduction as data: a profile's YAML file → commands, hours, and what would fail later.

The Snakefile's rules ask here for each command; `reproduce.py` for the plan and its problems. A
profile holds corpora, judges, runs and what is measured (`config/lite.yaml` explains each key).
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EMOTIONS_PER_PERSON = 6
SECONDS_PER_CLIP = 2.4
CROP_BYTES = 96 * 96 * 3
FILM_BYTES = 4_000  # a frame of a film, about
WEIGHTS_MB = 580  # of the paper's generator: state with two moments; goes with the width squared
SKIPPED = 3  # exit status of a command that is done, with clips left out and named
GRADED_SENTENCE, GRADED_EXTRA = "IEO", 2.0  # CREMA-D's actors say it at three levels


@dataclass(frozen=True)
class Step:
    """One command of the plan.

    Attributes:
        name: "corpus studio", "train SEQ 0".
        makes: its file, relative to the run's folder: there means done.
        needs: files of other steps, or given ones, that must be there first.
        command: for a shell in that folder.
        hours: on one core of the machine that `speeds.yaml` was measured on.
        note: what the hours are made of.
    """

    name: str
    makes: str
    needs: list[str]
    command: str
    hours: float = 0.0
    note: str = ""


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
        if "weights" in one:
            one["weights"] = one["weights"].format(**given)
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


# ------------------------------------------------------------------------------------ names
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


def measured(profile: dict) -> list[str]:
    """The runs that are evaluated."""
    return [run for run, one in profile["runs"].items() if one.get("evaluate", True)]


def needed_stores(profile: dict) -> list[str]:
    """The corpora that anything learns from or is measured on."""
    trained = [
        one for kind in ("judges", "runs") for one in profile[kind].values() if "weights" not in one
    ]
    asked = {c for one in trained for c in stores_of(one)} | {profile["evaluate"]["store"]}
    return sorted(asked | set(profile.get("studies", {}).values()))


# --------------------------------------------------------------------------------- commands
def emolib(*words: object) -> str:
    """`emolib …` as one shell line of this Python, at low priority."""
    nice = ["nice", "-n", "5"] if shutil.which("nice") else []
    return shlex.join([*nice, sys.executable, "-m", "emolib.cli", *map(str, words)])


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
    return emolib(*words, "--recipe", one["recipe"], *_common(profile), *flags(one["options"]))


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
    return emolib(*words, *flags({"seed": one.get("seed", 0), **phase}))


def evaluate_command(profile: dict, run: str) -> str:
    """Measures a run's final weights."""
    settings = dict(profile["evaluate"])
    corpus = settings.pop("store")
    words = ["evaluate", "--store", f"stores/{corpus}", "--checkpoint", last_phase(profile, run)]
    words += ["--out", result_file(profile, run), "--corpus", corpus_folder(profile, corpus)]
    for option, judge in settings.pop("judges", {}).items():
        words += [f"--{option}", judge_file(profile, judge) if judge != "none" else "none"]
    words += ["--device", profile.get("device", "auto")]
    made = emolib(*words, *flags(settings | profile["runs"][run].get("measure", {})))
    return f"{made} || [ $? -eq {SKIPPED} ]"


def check_store_command(profile: dict, corpus: str) -> str:
    """Fails if a prepared store lacks people or labels that the profile needs."""
    needs = profile["corpora"][corpus].get("needs", {})
    return _python("check.py", "store", f"stores/{corpus}", *flags(needs))


def check_judge_command(profile: dict, judge: str) -> str:
    """Fails if a trained judge is worse on unseen people than the profile needs."""
    one = profile["judges"][judge]
    weights = f"runs/{judge}/{one['stage']}.safetensors"
    return _python("check.py", "judge", weights, *flags({"least": one.get("needs", [])}))


def study_command(profile: dict, study: str, out: str) -> str:
    """Makes one of the results that figures are drawn from."""
    corpus = profile["studies"][study]
    words = [study, "--out", out, "--store", f"stores/{corpus}"]
    words += ["--corpus", corpus_folder(profile, corpus), "--device", profile.get("device", "cpu")]
    for run in rows(profile):
        words += ["--generator", f"{run}={last_phase(profile, run)}"]
    for judge in profile["judges"]:
        words += ["--judge", f"{judge}={judge_file(profile, judge)}"]
    return _python("study.py", *words)


def _python(script: str, *words: object) -> str:
    return shlex.join([sys.executable, str(HERE / script), *map(str, words)])


# ----------------------------------------------------------------------------------- inputs
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
    networks = [last_phase(profile, run) for run in rows(profile)]
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


# ------------------------------------------------------------------------------------- plan
def speeds() -> dict:
    """Measured frames a second by kind of work, see `speeds.yaml`."""
    return yaml.safe_load((HERE / "speeds.yaml").read_text(encoding="utf-8"))


def frames_of(profile: dict, corpus: str) -> int:
    """Frames of a corpus at 25 a second, about; 0 for a folder that was given."""
    synth = profile["corpora"][corpus].get("synth")
    if not synth:
        return 0
    said = str(synth.get("sentences", "IEO,MTI"))
    codes = said.split(",") if not said.isdigit() else ["x"] * int(said)
    graded = GRADED_EXTRA if not synth.get("levels") and GRADED_SENTENCE in codes else 0.0
    clips = synth["actors"] * EMOTIONS_PER_PERSON
    clips *= synth.get("sentences-per-emotion", len(codes) + graded)
    return round(clips * SECONDS_PER_CLIP * 25)


def steps(profile: dict) -> list[Step]:
    """Every command of the graph in the order of its importance, each after what it needs: run by
    run with all that a run waits for, then studies, tables and figures."""
    ways, found = {step.makes: step for step in _all_steps(profile)}, {}

    def take(makes: str) -> None:
        if makes in ways and makes not in found:
            for need in ways[makes].needs:
                take(need)
            found[makes] = ways[makes]

    runs = measured(profile)
    first = [run for run in profile.get("order", []) if run in runs]
    for run in dict.fromkeys([*first, *runs]):
        take(result_file(profile, run))
    for makes in ways:
        take(makes)
    return list(found.values())


def _all_steps(profile: dict) -> Iterator[Step]:
    for corpus in needed_stores(profile):
        n = frames_of(profile, corpus)
        film, mark = f"done/corpus/{corpus}", f"done/store/{corpus}"
        here = "synth" in profile["corpora"][corpus]
        if here:
            command = f"{synth_command(profile, corpus)} && touch {film}"
            yield _step(f"corpus {corpus}", film, [], command, n, "synth")
        command = f"{prepare_command(profile, corpus)} && {check_store_command(profile, corpus)}"
        needs, command = [film] if here else [], f"{command} && touch {mark}"
        yield _step(f"store {corpus}", mark, needs, command, n, "prepare")
    width = (profile["width"] / speeds()["width"]) ** 2
    for judge, one in profile["judges"].items():
        if "weights" not in one:
            n, made = _trained_frames(one["options"], 5), judge_file(profile, judge)
            command = f"{judge_command(profile, judge)} && {check_judge_command(profile, judge)}"
            command += " && " + keep(f"runs/{judge}/{one['stage']}.safetensors", made)
            yield _step(f"judge {judge}", made, store_marks(one), command, n, one["stage"], width)
    for run, one in profile["runs"].items():
        for k, phase in enumerate(one.get("phases", [])):
            single = phase.get("phase") == "frames"
            n, made = _trained_frames(phase, 1 if single else 5), f"trained/{run}.{k}.safetensors"
            command = phase_command(profile, run, k)
            command += " && " + keep(f"runs/{run}.{k}/generator.safetensors", made)
            needs, kind = phase_inputs(profile, run, k), "single frames" if single else "windows"
            yield _step(f"train {run} {k}", made, needs, command, n, kind, width)
    n = profile["evaluate"].get("limit", 372)
    for run in measured(profile):
        needs, command = evaluate_inputs(profile, run), evaluate_command(profile, run)
        made, kind = result_file(profile, run), "evaluate_clips"
        yield _step(f"evaluate {run}", made, needs, command, n, kind)
    yield from _last_steps(profile)


def _last_steps(profile: dict) -> Iterator[Step]:
    """Studies, and what is drawn and judged from all results."""
    results = profile["results"]
    rest = [result_file(profile, run) for run in measured(profile)]
    for study in profile.get("studies", {}):
        rest.append(f"{results}/{study}.json")
        command = study_command(profile, study, rest[-1])
        yield Step(f"study {study}", rest[-1], study_inputs(profile, study), command)
    trained = [last_phase(profile, run) for run, one in profile["runs"].items() if "phases" in one]
    if trained:
        rest.append(f"{results}/curves.json")
        yield Step("curves", rest[-1], trained, _python("curves.py", "runs", rest[-1]))
    for name, made in zip(("tables", "claims", "figures"), goals(profile), strict=True):
        command = emolib(name, "--results", results, "--out", profile["figures"])
        yield Step(name, made, rest, f"{command} && touch {made}")


def goals(profile: dict) -> list[str]:
    """The last files: tables and claims are there, figures are drawn."""
    return [f"{profile['figures']}/{made}.json" for made in ("table2", "claims")] + ["done/figures"]


def _step(name, makes, needs, command, n: int, kind: str, times: float = 1.0) -> Step:
    """A step of `n` frames (of an evaluation: clips) at the speed measured for its kind."""
    speed = speeds()
    hours = times * n / (speed | speed["train"])[kind] / 3600
    unit = "clips" if kind == "evaluate_clips" else "frames"
    return Step(name, makes, needs, command, hours, f"{n:,} {unit}")


def _trained_frames(options: dict, per_window: int) -> int:
    return int(options["steps"]) * int(options.get("batch-size", 16)) * per_window


def told(profile: dict, folder: Path, cores: int) -> list[str]:
    """The plan as lines: each step with its hours, the sum of those that are left."""
    lines, left = [f"plan in {folder}, hours on one core of {speeds()['machine']}:"], 0.0
    for step in steps(profile):
        done = (folder / step.makes).is_file()
        left += 0 if done else step.hours
        lines.append(f"  {step.hours:7.2f} h  {step.name:28} {step.note}{'  done' if done else ''}")
    lines.append(f"  {left:7.2f} h  left, {left / cores:.1f} h on {cores} cores at best")
    return [*lines, *(f"  left out: {what}" for what in profile["left_out"])]


# ----------------------------------------------------------------------------------- checks
def disk_bytes(profile: dict) -> int:
    """What the plan writes, about: films, stores, states of trainings, in bytes."""
    frames = sum(frames_of(profile, corpus) for corpus in needed_stores(profile))
    n_phases = sum(len(one.get("phases", [])) for one in profile["runs"].values())
    states = 2.2e6 * WEIGHTS_MB * max(profile["width"], 0.1) ** 2 * n_phases
    return round(frames * (CROP_BYTES + FILM_BYTES) + states)


def problems(profile: dict, folder: Path) -> list[str]:
    """All that would fail later, as sentences; empty: begin.

    Looked at: names and settings of recipes, that judges and corpora exist, the people and labels
    of corpora that are there already, disk space.
    """
    if wrong := _names(profile):
        return wrong
    found = [*_settings(profile), *_corpora(profile)]
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free, wanted = shutil.disk_usage(there).free, disk_bytes(profile)
    if free < wanted:
        found.append(
            f"{there}: {free / 1e9:.1f} GB free; the plan needs about {wanted / 1e9:.1f} GB"
        )
    if not os.access(there, os.W_OK):
        found.append(f"{there}: cannot be written")
    return found


def _names(profile: dict) -> list[str]:
    found, corpora, judges, runs = [], *(profile[k] for k in ("corpora", "judges", "runs"))
    for kind in ("judges", "runs"):
        for name, one in profile[kind].items():
            lost = [c for c in stores_of(one) if c not in corpora]
            found += [f"{kind} {name}: no corpus is called {c}" for c in lost]
            weights = one.get("weights")
            if weights:
                found += [f"{kind} {name}: {wrong}" for wrong in _given(profile, one)]
            elif not weights and not (one.get("phases") or one.get("options")):
                found.append(f"{kind} {name}: neither weights nor steps to train")
    for name, one in runs.items():
        lost = [judge for judge in one.get("judges", {}).values() if judge not in judges]
        found += [f"runs {name}: no judge is called {judge}" for judge in lost]
        for key in ("base", "start"):
            if one.get(key) and (one[key] not in runs or one[key] == name):
                found.append(f"runs {name}: {key} is {one[key]}, which is no other run")
    settings = profile["evaluate"]
    if settings["store"] not in corpora:
        found.append(f"evaluate: no corpus is called {settings['store']}")
    used = [judge for judge in settings.get("judges", {}).values() if judge != "none"]
    return found + [
        f"evaluate: no judge is called {judge}" for judge in used if judge not in judges
    ]


def _given(profile: dict, one: dict) -> list[str]:
    """What is wrong with weights that are given: missing, of another kind or width."""
    from emolib.base.errors import EmolibError
    from emolib.models.checkpoint import read_meta

    weights, kind = one["weights"], one.get("stage", "generator")
    if not Path(weights).is_file():
        return [f"no weights {weights}"]
    try:
        meta = read_meta(weights)
    except EmolibError as error:
        return [str(error)]
    made, wanted = float(meta.architecture.get("width", 1.0)), float(profile["width"])
    found = [f"{weights}: weights of kind {meta.kind}, not {kind}"] if meta.kind != kind else []
    return found + ([f"{weights}: width {made:g}, not {wanted:g}"] if made != wanted else [])


def _settings(profile: dict) -> list[str]:
    """Recipes and their settings, as `emolib train` would take them."""
    from emolib.base.errors import EmolibError
    from emolib.training.recipe_types import varied
    from emolib.training.recipes import find_recipe, in_phase
    from emolib.training.start import parse_changes

    found = []
    for kind in ("judges", "runs"):
        for name, one in profile[kind].items():
            stage = one.get("stage", "generator")
            parts = one.get("phases") or [one.get("options") or {}]
            for part in parts if "weights" not in one else []:
                try:
                    changes = parse_changes(changes_of(profile, one, part))
                    changes = {"network.width": str(float(profile["width"])), **changes}
                    recipe = find_recipe(stage, one["recipe"])
                    recipe = in_phase(recipe, part["phase"]) if "phase" in part else recipe
                    recipe = varied(recipe, changes)
                    found += _asked_judges(name, recipe, one) if kind == "runs" else []
                except (EmolibError, ValueError) as error:
                    found.append(f"{kind} {name}: {error}")
                if not int(part.get("steps", 0)) > 0:
                    found.append(f"{kind} {name}: how many steps?")
    return list(dict.fromkeys(found))


def _asked_judges(name: str, recipe, one: dict) -> list[str]:
    """Losses without their judge: training would leave them out, or stop."""
    given, weights = one.get("judges", {}), recipe.weights
    wanted = {"syncnet": weights.sync, "emotion-disc": weights.emotion}
    lost = [judge for judge, weight in wanted.items() if weight and judge not in given]
    found = [f"runs {name}: {one['recipe']} asks a judge: {judge}" for judge in lost]
    if recipe.face_encoder != "learn" and not one.get("base"):
        found.append(f"runs {name}: {one['recipe']} needs a base")
    return found


def _corpora(profile: dict) -> list[str]:
    """People and labels of the corpora: those filmed here by their settings, others by looking."""
    from emolib.base.errors import EmolibError
    from emolib.data.corpora import open_corpus
    from emolib.data.splits import make_splits

    found = []
    for corpus in needed_stores(profile):
        one = profile["corpora"][corpus]
        mode = one.get("prepare", {}).get("split", "actor")
        if "synth" in one:
            n = int(one["synth"]["actors"])
            n_test = n if mode == "none" else max(1, round(0.05 * n))
            people = {"train": n - n_test, "test": n_test}
            if mode == "random95":
                people = {"train": n, "test": n}
            labelled = True
        else:
            try:
                clips = open_corpus(one["folder"]).clips()
                split = make_splits(clips, mode)
            except EmolibError as error:
                found.append(f"corpus {corpus}: {error}")
                continue
            people = {
                side: len({clip.actor for clip in clips if split[clip.name] == side})
                for side in ("train", "test")
            }
            labelled = any(clip.emotion for clip in clips)
        found += lacks(corpus, one.get("needs", {}), people, labelled)
    return found


def lacks(corpus: str, needs: dict, people: dict[str, int], labelled: bool) -> list[str]:
    """What a corpus lacks, as sentences. `needs`: train_people, test_people, labels."""
    found = []
    for side in ("train", "test"):
        wanted = needs.get(f"{side}_people", 0)
        if people[side] < wanted:
            found.append(f"corpus {corpus}: {people[side]} {side} people; needed are {wanted}")
    if needs.get("labels") and not labelled:
        found.append(f"corpus {corpus}: no clip has an emotion label")
    return found
