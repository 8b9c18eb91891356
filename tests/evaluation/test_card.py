"""The model card says what the files say, for any set of files."""

import pytest
import torch
from make_model_card import model_card

from emolib.base.files import file_sha256, project_root
from emolib.base.results import save_result
from emolib.models.checkpoint import save_checkpoint
from emolib.models.emotion import EmotionClassifier, EmotionClassifierConfig

TRAINING = {
    "minutes": 7.5,
    "phases": [
        {"command": "emolib train classifier --store store --out c", "recipe": "IMPROVED"}
        | {"steps": 1800, "batch_size": 32, "minutes": 7.5, "device": "cpu"}
        | {"precision": "bf16", "seed": 1789}
    ],
    "corpus": {
        "what": "synthetic people who do not exist",
        **{"people": 120, "clips": 1440, "sentences": ["IEO", "MTI"], "seed": 7},
        "commands": ["emolib synth --out people --seed 7", "emolib prepare people --out store"],
    },
}
RECORD = {"profile": "lite", "seed": 0, "emolib": "0.1.0"}


@pytest.fixture
def shelf(tmp_path):
    """Two checkpoints, one with its history, and an empty folder of results."""
    torch.manual_seed(0)
    judge = EmotionClassifier(EmotionClassifierConfig(width=1 / 16))
    folder, results = tmp_path / "checkpoints", tmp_path / "results"
    results.mkdir()
    save_checkpoint(
        folder / "lite-classifier.safetensors",
        judge,
        recipe="IMPROVED",
        corpus="synthetic, 120 people (seed 7)",
        profile="lite",
        step=1800,
        metrics={"accuracy": 0.9125, "loss": 0.31, "HAP": 1.0, "curve": [1, 2]},
        training=TRAINING,
    )
    (folder / "lite-classifier.log.jsonl").write_text('{"step": 0}\n{"step": 1800}\n')
    save_checkpoint(folder / "old.safetensors", judge, recipe="PAPER", profile="lite")
    return folder, results


def section(card, name):
    return card.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_each_checkpoint_is_told_from_its_own_file_or_as_unknown(shelf):
    folder, results = shelf
    card = model_card(folder, results)
    told, path = section(card, "lite-classifier"), folder / "lite-classifier.safetensors"
    for word in (
        *("accuracy 91.25 %", "HAP 100 %", "1,800 steps of 32 windows in 7.5 minutes", "seed 1789"),
        *("emolib train classifier --store store --out c", file_sha256(path), "(2 lines)"),
        *(f"{path.stat().st_size / 1e6:.2f} MB", "never taught one", "120 people", "cpu, bf16"),
    ):
        assert word in told, word
    assert "curve" not in card
    people = section(card, "The people they learned from")
    assert "emolib synth --out people --seed 7" in people
    told = section(card, "old")
    assert told.count("not recorded") == 2 and "Not recorded." in told and "no log" in told
    assert "No stored result was measured on these weights" in told
    assert "`old`: how the corpus was made is not recorded" in people
    assert section(card, "Limits").rstrip().endswith("Not measured.")


def test_results_stand_with_the_weights_they_were_measured_on_and_real_people_apart(shelf):
    folder, results = shelf
    mine = {"name": "lite-classifier"}
    mine["sha256"] = file_sha256(folder / "lite-classifier.safetensors")
    record, real = (RECORD | {"corpus": corpus} for corpus in ("synthetic", "real files, not kept"))
    save_result(results / "a.json", {"checkpoint": mine, "clip": {"accuracy": 0.93}}, record)
    other = mine | {"sha256": "0" * 64}
    save_result(results / "b.json", {"checkpoint": other, "clip": {"accuracy": 0.11}}, record)
    save_result(results / "c.json", {"n": 3}, record)
    (results / "no_result.json").write_text("{}")
    found = {"clips": 12, "emoacc": 0.35, "per_emotion": {"ANG": 0.1, "HAP": 0.6}}
    found |= {"same_person": 1.0, "mouth_follows": 0.42, "detail": 0.94, "detail_96": 0.5}
    numbers = {"checkpoint": "lite", "groups": {"all": found, "painting": found}, "rows": []}
    save_result(results / "r.json", numbers, real)
    card = model_card(folder, results)
    told, limits = section(card, "lite-classifier"), section(card, "Limits")
    assert "data/results/a.json" in told and "clip accuracy: 0.93" in told
    assert "b.json" not in told and "c.json" not in told
    assert "measured with `lite`" in limits
    assert "| face | films | emotion named | ANG | HAP |" in limits
    assert "| painting | 12 | 35 % | 10 % | 60 % | 100 % | 0.42 | 94 % (50 %) |" in limits
    assert "Not measured" not in limits


def test_the_card_is_fresh_and_an_empty_shelf_has_one_too(tmp_path):
    assert "There are no checkpoints yet" in model_card(tmp_path, tmp_path)
    written = (project_root() / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert written == model_card(), "run: python scripts/make_model_card.py"


def test_no_shipped_text_names_a_place_on_someone_s_disk():
    for path in sorted((project_root() / "data" / "checkpoints").glob("*.log.jsonl")):
        text = path.read_text(encoding="utf-8")
        assert not any(root in text for root in ("/tmp/", "/home/", "/root/", "/Users/")), path.name
