"""The reproduction as a list of steps, the most important first, each with its command and hours.

The Snakefile makes a rule of every step; `reproduce.py` tells them before it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from commands import (
    check_judge_command,
    check_store_command,
    emolib,
    evaluate_command,
    evaluate_inputs,
    judge_command,
    keep,
    phase_command,
    phase_inputs,
    prepare_command,
    python,
    store_marks,
    study_command,
    study_inputs,
    synth_command,
)
from profiles import HERE, given_clips, judge_file, last_phase, measured, needed_stores, result_file

EMOTIONS_PER_PERSON = 6
SECONDS_PER_CLIP = 2.4
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
        gpu: 1 where a GPU is used if there is one.
    """

    name: str
    makes: str
    needs: list[str]
    command: str
    hours: float = 0.0
    note: str = ""
    gpu: int = 0


def speeds() -> dict:
    """Measured frames a second by kind of work, see `speeds.yaml`."""
    return yaml.safe_load((HERE / "speeds.yaml").read_text(encoding="utf-8"))


def frames_of(profile: dict, corpus: str) -> int:
    """Frames of a corpus at 25 a second, about; 0 for a folder that cannot be read."""
    from emolib.base.errors import EmolibError

    synth = profile["corpora"][corpus].get("synth")
    if not synth:
        try:
            return round(len(given_clips(profile, corpus)) * SECONDS_PER_CLIP * 25)
        except EmolibError:
            return 0  # `problems` says why
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
    for run in measured(profile):
        n = (profile["evaluate"] | profile["runs"][run].get("measure", {})).get("limit", 372)
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
        yield Step("curves", rest[-1], trained, python("curves.py", "runs", rest[-1]))
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
    gpu = int(kind not in ("synth", "prepare"))
    return Step(name, makes, needs, command, hours, f"{n:,} {unit}", gpu)


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
