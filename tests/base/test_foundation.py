"""Emotions, errors, settings, atomic files, seeds: what everything else stands on."""

import errno
import json
import random
import re
import shutil
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emolib.base import files
from emolib.base.config import AUDIO, PROFILES, VIDEO, current_profile, settings_hash
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES, check_order, emotion_index, parse_emotion
from emolib.base.errors import ConfigError, DatasetError, EmolibError, MissingExtra, ResourceError
from emolib.base.results import load_result, save_result
from emolib.base.runtime import peak_memory_bytes, pick_device, run_record, seed_everything


def test_the_six_in_the_paper_s_label_order():
    assert EMOTIONS == ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
    assert set(NAMES) == set(COLOURS) == set(EMOTIONS)
    assert len(set(COLOURS.values())) == 6


@pytest.mark.parametrize(
    ("given", "code"),
    [("HAP", "HAP"), ("happy", "HAP"), (" Happiness ", "HAP"), ("joy", "HAP"), (0, "ANG")],
)
def test_an_emotion_goes_by_many_names(given, code):
    assert parse_emotion(given) == code
    assert EMOTIONS[emotion_index(given)] == code


@pytest.mark.parametrize("wrong", ["hapiness", "7", 7, -1, "", True])
def test_an_unknown_emotion_lists_the_six_or_the_range(wrong):
    with pytest.raises(ConfigError) as caught:
        parse_emotion(wrong)
    assert "expected" in str(caught.value)


def test_a_misspelt_emotion_gets_its_nearest_match():
    with pytest.raises(ConfigError, match="did you mean 'happiness'"):
        parse_emotion("hapiness")


def test_another_emotion_order_is_refused():
    check_order(list(EMOTIONS))
    with pytest.raises(ConfigError, match="HAP SAD FEA"):
        check_order(["HAP", "SAD", "FEA", "ANG", "DIS", "NEU"], file="other.safetensors")


def test_an_error_is_one_line_with_file_place_expectation_and_fix():
    error = EmolibError("too\nshort", file="a.wav", where="0.1 s", expected="0.2 s", fix="wait")
    assert str(error) == "a.wav, 0.1 s: too short; expected 0.2 s; fix: wait"
    assert isinstance(error, ValueError)


def test_a_missing_extra_names_its_install_command():
    assert 'pip install "emolib[web]"' in str(MissingExtra("fastapi", "web"))


def test_timing_follows_from_the_sound_settings():
    assert AUDIO.mel_steps_per_s == 80
    assert VIDEO.n_frames / VIDEO.fps == VIDEO.mel_steps / AUDIO.mel_steps_per_s == 0.2


def test_settings_are_frozen_and_hash_by_value():
    with pytest.raises(FrozenInstanceError):
        AUDIO.hop_samples = 100
    assert settings_hash(AUDIO, 3) == settings_hash(replace(AUDIO), 3)
    assert settings_hash(AUDIO) != settings_hash(replace(AUDIO, hop_samples=100))


def test_the_profile_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("EMOLIB_PROFILE", raising=False)
    assert current_profile() is PROFILES["tiny"]
    monkeypatch.setenv("EMOLIB_PROFILE", "Lite")
    assert current_profile().width == 1 / 4
    monkeypatch.setenv("EMOLIB_PROFILE", "huge")
    with pytest.raises(ConfigError, match="tiny, lite, paper"):
        current_profile()


def test_an_atomic_file_is_whole_or_absent(tmp_path):
    target = tmp_path / "new folder" / "ä b's %20 😀.txt"
    with pytest.raises(RuntimeError), files.atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")
    assert list(target.parent.iterdir()) == []
    with files.atomic_path(target) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("whole")
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_existing_file_survives_a_full_disk(tmp_path):
    target = tmp_path / "kept.bin"
    target.write_text("old")
    with (
        pytest.raises(ResourceError, match=r"disk is full \(\d+ MB free\)"),
        files.atomic_path(target) as temporary,
    ):
        temporary.write_text("new")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_outputs_are_not_overwritten_unasked(tmp_path):
    target = tmp_path / "out.mp4"
    target.write_text("kept")
    with pytest.raises(ConfigError, match="--overwrite"):
        files.check_output(target, overwrite=False)
    with pytest.raises(ConfigError, match="also an input"):
        files.check_output(target, tmp_path / "." / "out.mp4", overwrite=True)
    assert files.check_output(target, overwrite=True) == target


def test_a_folder_in_place_of_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ResourceError, match="cannot write here"),
        files.atomic_path(tmp_path / "file" / "x.json"),
    ):
        raise AssertionError("never entered")
    with pytest.raises(ConfigError, match="is a folder"):
        files.check_output(tmp_path, overwrite=True)


def test_the_same_seed_gives_the_same_numbers():
    def draw():
        return random.random(), np.random.rand(), torch.rand(()).item()

    seed_everything(7)
    first = draw()
    seed_everything(7)
    assert draw() == first


def test_an_absent_device_is_named():
    assert pick_device("cpu") == "cpu"
    assert pick_device("auto") in {"cpu", "cuda", "mps"}
    with pytest.raises(ConfigError, match="unknown device"):
        pick_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="--device cpu"):
            pick_device("cuda")


def test_a_run_record_says_where_a_number_came_from():
    record = run_record(corpus="sample", seed=3, seconds=1.234)
    assert {"corpus", "profile", "seed", "device", "seconds", "emolib"} <= set(record)
    assert record["seconds"] == 1.23


def test_every_asset_is_listed_with_notice_and_checksum():
    notice = (files.ASSETS / "NOTICE.md").read_text(encoding="utf-8")
    sums = (files.ASSETS / "SHA256SUMS").read_text(encoding="utf-8").split()
    listed = dict(zip(sums[1::2], sums[::2], strict=True))
    found = (p for p in files.ASSETS.rglob("*") if p.is_file())
    names = {p.relative_to(files.ASSETS).as_posix() for p in found}
    assert names - {"NOTICE.md", "SHA256SUMS"} == set(listed)
    for name, digest in listed.items():
        assert files.file_sha256(files.ASSETS / name) == digest
        assert Path(name).name in notice


def test_the_project_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (files.project_root() / "pyproject.toml").is_file()
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "c"))
    assert files.cache_dir() == tmp_path / "c"
    assert shutil.disk_usage(Path(files.cache_dir())).free > 0
    assert re.search("checkpoints$", str(files.checkpoints_dir()))


def test_peak_memory_is_this_process_alone():
    code = "from emolib.base.runtime import peak_memory_bytes; print(peak_memory_bytes())"
    held = np.full(80_000_000, 1.5)  # 640 MB here; a program started from here has not
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 20e6 < int(told.stdout) < 400e6
    assert peak_memory_bytes() > held.nbytes


RECORD = {"corpus": "sample", "profile": "tiny", "seed": 0, "emolib": "0"}


def test_a_result_comes_back_as_it_was_written(tmp_path):
    record = run_record(corpus="sample", seed=3, seconds=1.5)
    written = save_result(tmp_path / "r.json", {"psnr_db": 30.5}, record)
    assert load_result(tmp_path / "r.json") == written
    assert written["record"]["seed"] == 3


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", json.dumps({"numbers": {}}), json.dumps({"record": RECORD})]
)
def test_a_damaged_result_is_named(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DatasetError, match=r"r\.json"):
        load_result(tmp_path / "r.json")
    with pytest.raises(DatasetError, match="no such result"):
        load_result(tmp_path / "absent.json")


def test_a_result_without_its_origin_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="corpus"):
        save_result(tmp_path / "r.json", {}, {"profile": "tiny", "seed": 0, "emolib": "0"})
