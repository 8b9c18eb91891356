"""Checkpoints: what goes in comes out; whatever is wrong with a file is said, not guessed."""

import json
import struct
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from shaken import rand, shake

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import CheckpointError
from emolib.models.checkpoint import (
    SCHEMA,
    CheckpointMeta,
    InputRules,
    find_checkpoint,
    load_checkpoint,
    read_meta,
    save_checkpoint,
)
from emolib.models.emotion import (
    EmotionClassifier,
    EmotionClassifierConfig,
    EmotionDiscriminator,
    EmotionDiscriminatorConfig,
)
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import LseSyncNet, LseSyncNetConfig, SyncNet, SyncNetConfig

NETWORKS = {
    "generator": lambda: Generator(
        GeneratorConfig(width=1 / 8, head="composite", multi_scale_emotion=True)
    ),
    "syncnet": lambda: SyncNet(SyncNetConfig(width=1 / 8, score="logits")),
    "emotion": lambda: EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8)),
    "classifier": lambda: EmotionClassifier(EmotionClassifierConfig(width=1 / 8)),
    "syncnet-lse": lambda: LseSyncNet(LseSyncNetConfig(width=1 / 8)),
}


@pytest.fixture
def saved(tmp_path):
    """A small generator checkpoint on disk."""
    path = tmp_path / "g.safetensors"
    save_checkpoint(path, Generator(GeneratorConfig(width=1 / 8)), recipe="SEQ", corpus="sample")
    return path


def with_header(path, change):
    """Rewrite the header of a safetensors file."""
    data = path.read_bytes()
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + n])
    header = change(header) or header
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data[8 + n :])


def set_meta(path, **values):
    def change(header):
        header["__metadata__"].update({k: json.dumps(v) for k, v in values.items()})

    with_header(path, change)


@pytest.mark.parametrize("kind", NETWORKS)
def test_round_trip(kind, tmp_path):
    model, path = shake(NETWORKS[kind]()), tmp_path / "net.safetensors"
    told = {"recipe": "IMPROVED", "corpus": "synthetic seed 1", "profile": "lite", "step": 1200}
    told["metrics"] = {"psnr_db": 31.5}
    written = save_checkpoint(path, model, **told)
    loaded, meta = load_checkpoint(path, kind)
    assert meta == written and (meta.kind, meta.emotions) == (kind, EMOTIONS)
    assert told == {name: getattr(meta, name) for name in told}
    assert loaded.config == model.config
    assert not loaded.training
    for key, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[key]), key
    assert all(p.requires_grad for p in loaded.parameters())


@torch.no_grad()
def test_half_storage_is_half_the_size_and_nearly_the_same(tmp_path):
    model = shake(NETWORKS["generator"]())
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save_checkpoint(whole, model)
    save_checkpoint(half, model, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    loaded, _ = load_checkpoint(half)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    inputs = rand(1, 1, 1, 80, 16), rand(1, 1, 6, 96, 96), rand(1, 6)
    assert (loaded(*inputs) - model(*inputs)).abs().mean() < 0.01  # chaotic: random weights


def test_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    folder = tmp_path / "checkpoints"
    with pytest.raises(CheckpointError, match="none yet"):
        find_checkpoint("lite")
    save_checkpoint(folder / "lite.safetensors", NETWORKS["generator"]())
    save_checkpoint(folder / "lite-emotion.safetensors", NETWORKS["emotion"]())
    assert load_checkpoint("lite")[1].kind == "generator"
    assert load_checkpoint("lite", "emotion")[1].kind == "emotion"
    assert load_checkpoint("lite", "generator")[1].kind == "generator"
    with pytest.raises(CheckpointError, match="one of lite, lite-emotion"):
        find_checkpoint("light")
    with pytest.raises(CheckpointError, match="no such file"):
        find_checkpoint(tmp_path / "lost.safetensors")


def test_another_kind_or_architecture_is_refused(saved):
    with pytest.raises(CheckpointError, match="kind 'generator'; expected 'syncnet'"):
        load_checkpoint(saved, "syncnet")
    with pytest.raises(CheckpointError, match="emotion='SEQ', not 'END'"):
        load_checkpoint(saved, "generator", architecture={"width": 1 / 8, "emotion": "END"})
    load_checkpoint(saved, "generator", architecture={"emotion": "SEQ"})


def test_tensors_of_another_architecture_are_listed(saved):
    architecture = {**read_meta(saved).architecture, "emotion": None}
    set_meta(saved, architecture=architecture)
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(saved)
    assert "4 unexpected: emotion_encoder.0.bias" in str(error.value)
    assert "of another shape: decoder.0.0.conv.weight" in str(error.value)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"architecture": {"widht": 1}}, "cannot be built"),
        ({"architecture": {"width": "wide"}}, "cannot be built"),
        ({"architecture": {"width": -3}}, "cannot be built"),
        (
            {"emotions": ["HAP", "ANG", "DIS", "FEA", "NEU", "SAD"]},
            r"HAP ANG DIS.*expected ANG DIS FEA",
        ),
        ({"schema": SCHEMA + 1, "emolib": "7.3.0", "new_field": "?"}, r"emolib>=7\.3\.0"),
        ({"kind": "vocoder"}, "unknown kind 'vocoder'"),
    ],
)
def test_what_a_file_says_of_itself_is_checked(saved, told, says):
    set_meta(saved, **told)
    with pytest.raises(CheckpointError, match=says):
        load_checkpoint(saved)


def test_broken_metadata(saved):
    for change in (lambda m: m.pop("emotions"), lambda m: m.update(kind="{")):
        with_header(saved, lambda header, change=change: change(header["__metadata__"]) and None)
        with pytest.raises(CheckpointError, match="metadata is damaged"):
            load_checkpoint(saved)


@pytest.mark.parametrize("kept", [0, 5, 40, 0.5, -1])
def test_a_cut_file_says_how_much_is_there(saved, kept):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(CheckpointError, match=r"incomplete \([\d,]+ of (at least )?[\d,]+ bytes"):
        load_checkpoint(saved)


def test_a_huge_header_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90_000_000))
        file.truncate(100_000_000)  # sparse
    with pytest.raises(CheckpointError, match="header of 90,000,000 bytes"):
        load_checkpoint(path)


def test_a_hundred_thousand_entries_are_refused(tmp_path):
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    raw = json.dumps({f"{i}": entry for i in range(50_000)}).encode()
    path = tmp_path / "many.safetensors"
    path.write_bytes(struct.pack("<Q", len(raw)) + raw)
    with pytest.raises(CheckpointError, match=r"entries in its header|a header of"):
        load_checkpoint(path)


@pytest.mark.parametrize("raw", [b"{no json", b"[]", b'{"a": 3}', b'{"a": {}}', b"\xff\xfe\x00"])
def test_a_header_of_nonsense(tmp_path, raw):
    path = tmp_path / "odd.safetensors"
    path.write_bytes(struct.pack("<Q", len(raw)) + raw)
    with pytest.raises(CheckpointError):
        load_checkpoint(path)


def test_foreign_safetensors_and_pickles_are_told_where_to_go(tmp_path):
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(2)}, foreign)
    with pytest.raises(CheckpointError, match="not an emolib checkpoint"):
        load_checkpoint(foreign)
    for new_format in (True, False):
        torch.save({"a": torch.zeros(2)}, foreign, _use_new_zipfile_serialization=new_format)
        with pytest.raises(CheckpointError, match="emolib import-weights"):
            load_checkpoint(foreign)


def test_only_our_networks_are_saved(tmp_path):
    with pytest.raises(CheckpointError, match="no network of this package"):
        save_checkpoint(tmp_path / "x.safetensors", torch.nn.Linear(2, 2))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emolib.models.checkpoint.save_file", full)
    with pytest.raises(ValueError, match="disk is full"):
        save_checkpoint(saved, NETWORKS["generator"]())
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_steps_are_those_of_all_runs():
    one = CheckpointMeta(kind="generator", architecture={}, step=300)
    assert one.steps == 300
    phases = [{"steps": 2400}, {"steps": 300}]
    assert replace(one, training={"phases": phases}).steps == 2700


def test_a_generator_s_checkpoint_says_how_to_feed_it(tmp_path):
    net = Generator(GeneratorConfig(width=1 / 16))
    save_checkpoint(tmp_path / "plain.safetensors", net)
    assert read_meta(tmp_path / "plain.safetensors").input_rules == InputRules()
    rules = InputRules("half", "released_training", "tight")
    save_checkpoint(tmp_path / "fed.safetensors", net, inputs=rules)
    assert load_checkpoint(tmp_path / "fed.safetensors")[1].input_rules == rules
