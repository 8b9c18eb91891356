"""The reproduction as a graph: the plan, what is refused at once, killed and resumed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from filelock import FileLock
from plan import speeds, steps, told
from problems import problems
from profiles import HERE, load_profile
from safetensors.torch import load_file
from small_world import make_checkpoints, make_world

from emolib.base.results import load_result
from emolib.evaluation.run import EvaluateSettings, evaluate
from emolib.training.start import train

RESULT = "results/ablation_seq.json"


PROFILE = """
out: {root}/out
profile: lite
width: 0.125
device: cpu
results: results
figures: figures
corpora:
  people:
    folder: {corpus}
    prepare: {{kind: cremad}}
    needs: {{train_people: 1, test_people: 1, labels: true}}
judges:
  emotion: {{stage: emotion, stores: people, weights: {judge}}}
runs:
  SEQ:
    recipe: SEQ
    stores: people
    judges: {{emotion-disc: emotion}}
    phases:
    - {{steps: 6, phase: frames, batch-size: 2, eval-every: 2, eval-items: 2, workers: 0,
        save-every: 1}}
evaluate: {{store: people, split: test, limit: 2, metrics: visual}}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A profile of one short run, on six clips each of two filmed people, with a judge given."""
    root = tmp_path_factory.mktemp("world")
    corpus = make_world(root, sentences=("MTI",), films=True)[1]
    path, judge = root / "profile.yaml", make_checkpoints(root)["emotion"]
    path.write_text(PROFILE.format(root=root, corpus=corpus, judge=judge))
    return path, yaml.safe_load(path.read_text())


def command(path: Path, out: Path, *words: str) -> list[str]:
    driver = [sys.executable, str(HERE / "reproduce.py"), "--profile", str(path)]
    return [*driver, "--out", str(out), "--cores", "1", *words]


# What a graph has just written when it is killed. One moment is enough for every day; all ten:
# EMOLIB_KILLS=10 python -m pytest tests/workflow -k killed
MOMENTS = (
    "runs/SEQ.0/step-*2.state.pt",
    ".snakemake/log/*",
    "stores/people/*",
    "stores/people/store.json",
    "done/store/people",
    "runs/SEQ.0/log.jsonl",
    "runs/SEQ.0/step-*1.state.pt",
    "runs/SEQ.0/step-*4.state.pt",
    "runs/SEQ.0/generator.safetensors",
    "trained/SEQ.0.safetensors*",
    "results/*.partial/*/*",
)


def kill_when(written: str, words: list[str], folder: Path, env: dict[str, str]) -> bool:
    """Start the graph and kill it with all its children when a file is there that was not
    before, or is newer; False: it ended without."""

    def now() -> set:
        found = set()
        for path in folder.glob(written):
            with contextlib.suppress(FileNotFoundError):  # a temporary name, gone again
                found.add((path, path.stat().st_mtime_ns))
        return found

    before = now()
    child = subprocess.Popen(words, env=env, start_new_session=True, stderr=subprocess.PIPE)
    while child.poll() is None and now() <= before:
        time.sleep(0.005)
    ended = child.poll() is not None
    if not ended:
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    return not ended


def test_a_killed_graph_goes_on_and_ends_as_if_nothing_had_happened(world, tmp_path):
    path, profile = world
    env = os.environ | {"EMOLIB_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    words = command(path, tmp_path)
    weights = tmp_path / "trained/SEQ.0.safetensors"
    n_kills = int(os.environ.get("EMOLIB_KILLS", "1"))
    for moment in MOMENTS[1:] if n_kills > 1 else MOMENTS[:1]:
        assert kill_when(moment, words, tmp_path, env), moment
        assert not weights.exists() or load_file(weights)
    subprocess.run(words, env=env, check=True, capture_output=True)
    assert not [*tmp_path.rglob("*.part"), *(tmp_path / "results").glob("*.partial")]

    torch.set_num_threads(1)  # as the graph's commands
    options = {"width": 1 / 8, "device": "cpu", "seed": 0, "steps": 6, "batch_size": 2}
    options |= {"eval_every": 2, "eval_items": 2, "workers": 0, "phase": "frames"}
    store, judge = tmp_path / "stores/people", profile["judges"]["emotion"]["weights"]
    train("generator", store, tmp_path / "whole", "SEQ", emotion_disc=judge, **options)
    first, second = load_file(tmp_path / "whole/generator.safetensors"), load_file(weights)
    assert first.keys() == second.keys()
    assert all((first[key] == second[key]).all() for key in first)
    settings = EvaluateSettings(metrics=("visual",), limit=2)
    made = evaluate(store, weights, tmp_path / "whole.json", settings, device="cpu")
    stored = load_result(tmp_path / RESULT)
    assert stored["record"]["profile"] == "lite"
    assert stored["numbers"]["rows"] == made["numbers"]["rows"]
    assert {path.stem for path in (tmp_path / "figures").glob("*.md")} == {
        "claims",
        "table1",
        "table2",
    }

    moved = shutil.copytree(HERE, tmp_path / "moved/workflow")  # a clone at another place
    (moved.parent / "emolib").symlink_to(HERE.parent / "emolib")
    words = [word.replace(str(HERE), str(moved)) for word in [*words, "--dry-run"]]
    again = subprocess.run(words, env=env, check=True, capture_output=True, text=True)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_second_call_for_the_same_folder_says_so(world, tmp_path):
    with FileLock(tmp_path / ".reproduce.lock"):
        refused = subprocess.run(command(world[0], tmp_path), capture_output=True, text=True)
    assert refused.returncode == 1
    assert "another reproduction is running here" in refused.stderr


def changed(world, **changes):
    path, profile = world
    for place, value in changes.items():
        *way, last = place.split("__")
        inner = profile = json.loads(json.dumps(profile))
        for key in way:
            inner = inner[key]
        inner[last] = value
    (path.parent / "changed.yaml").write_text(yaml.safe_dump(profile))
    return load_profile(str(path.parent / "changed.yaml"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"corpora__people__folder": "/nowhere"}, "corpus people: /nowhere"),
        ({"corpora__people__needs": {"train_people": 2}}, "1 train people; needed are 2"),
        ({"runs__SEQ__recipe": "SEK"}, "no generator recipe is called 'SEK'"),
        ({"runs__SEQ__set": ["gamma=3"]}, "gamma"),
        ({"runs__SEQ__judges": {}}, "SEQ asks a judge: emotion-disc"),
        ({"runs__SEQ__judges": {"emotion-disc": "x"}}, "no judge is called x"),
        ({"runs__SEQ__base": "BASE"}, "base is BASE, which is no other run"),
        ({"runs__SEQ__stores": "others"}, "no corpus is called others"),
        ({"judges__emotion__weights": "lost.safetensors"}, "no weights lost.safetensors"),
        ({"judges__emotion__stage": "syncnet"}, "of kind emotion, not syncnet"),
        ({"width": 0.25}, "width 0.125, not 0.25"),
        ({"judges__emotion__weights": __file__}, "judges emotion: "),
        ({"evaluate__store": "others"}, "evaluate: no corpus is called others"),
    ],
)
def test_what_would_fail_after_hours_is_said_at_once(world, tmp_path, change, said):
    found = problems(changed(world, **change), tmp_path)
    assert any(said in line for line in found), found


def test_a_sound_profile_has_no_problem_but_a_full_disk(world, tmp_path, monkeypatch):
    profile = changed(world)
    assert problems(profile, tmp_path) == []
    monkeypatch.setattr("problems.shutil.disk_usage", lambda path: type("Usage", (), {"free": 10}))
    assert any("GB free" in line for line in problems(profile, tmp_path / "not" / "yet"))


def test_the_plan_tells_hours_and_what_is_done(world, tmp_path):
    profile = load_profile("lite")
    assert profile["left_out"] == ["corpus grid"]
    hours = {step.name: step.hours for step in steps(profile)}
    frames = profile["runs"]["SEQ"]["phases"][0]
    n = frames["steps"] * frames["batch-size"]
    assert hours["train SEQ 0"] == pytest.approx(n / speeds()["train"]["single frames"] / 3600)
    assert {"corpus studio", "judge emotion"} <= set(hours)
    assert hours["evaluate PLDA-GAMMA10"] == pytest.approx(hours["evaluate PLDA"] / 3)  # its clips
    plans = [told(profile, tmp_path, 2)]
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained/SEQ.0.safetensors").touch()
    plans.append(told(profile, tmp_path, 2))
    left = [float(next(row for row in plan if "h  left" in row).split()[0]) for plan in plans]
    assert left[0] - left[1] == pytest.approx(hours["train SEQ 0"], abs=0.02)
    assert any(line.endswith("done") for line in plans[1])


def test_what_matters_most_comes_first_each_step_after_what_it_needs():
    profile = load_profile("lite")
    planned = steps(profile)
    place = {step.makes: k for k, step in enumerate(planned)}
    assert all(place[need] < k for k, s in enumerate(planned) for need in s.needs if need in place)
    names = [step.name for step in planned]
    measured = [name.split()[1] for name in names if name.startswith("evaluate")]
    assert measured == profile["order"] and measured[0] == "SEQ"
    assert names.index("corpus world") > names.index("evaluate END")
    assert names.index("evaluate SEQ") < names.index("train SEQ-DA 0")


def test_runs_asked_for_bring_along_what_they_start_from_and_nothing_else():
    names = [step.name for step in steps(load_profile("lite", runs="MAGNUSSON,PRE"))]
    trained = {name.split()[1] for name in names if name.startswith("train ")}
    assert trained == {"MAGNUSSON", "WAV2LIP", "PRE", "BASE"}
    assert {n for n in names if n.startswith("evaluate")} == {"evaluate MAGNUSSON", "evaluate PRE"}
    assert names[-3:] == ["tables", "claims", "figures"]
    with pytest.raises(ValueError, match="no run SEQUENCE; expected some of"):
        load_profile("lite", runs="SEQUENCE")


def test_a_real_corpus_must_be_given_and_what_lacks_its_own_is_left_out(tmp_path):
    with pytest.raises(ValueError, match="CORPUS=FOLDER"):
        load_profile("paper")
    profile = load_profile("paper", {"corpus": str(tmp_path)})
    lost = {"run BASE", "run PRE", "run PRE-FROZEN"}
    assert set(profile["left_out"]) == {"corpus world", *lost}
    assert profile["judges"]["syncnet"]["stores"] == {"studio": 0.5}
    whole = load_profile("paper", {"corpus": str(tmp_path), "lrs2": str(tmp_path)})
    lite = load_profile("lite")
    assert whole["runs"].keys() == lite["runs"].keys() - {"PLDA-240"}
    assert whole["studies"].keys() == lite["studies"].keys()
    with pytest.raises(ValueError, match="expected one of lite, paper, shipped, tiny"):
        load_profile("huge")


def test_a_given_corpus_is_read_as_its_kind_and_its_clips_are_planned(tmp_path):
    for person in range(1001, 1021):
        for code in ("ANG", "HAP"):
            film = tmp_path / f"VideoFlash/{person}_DFA_{code}_XX.flv"
            film.parent.mkdir(exist_ok=True)
            film.write_text(film.name)
    profile = load_profile("paper", {"corpus": str(tmp_path), "lrs2": str(tmp_path)})
    store = next(step for step in steps(profile) if step.name == "store studio")
    assert store.note == "2,400 frames"  # 40 clips of 2.4 s
    told = problems(profile, tmp_path)
    assert "corpus studio: 16 train people; needed are 70" in told
    assert any(line.startswith("corpus world: ") and "mvlrs_v1" in line for line in told)
