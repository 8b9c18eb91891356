"""Preparation: the right pictures and sound, and what happens when things go wrong."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_films import N_FRAMES, add_clip, face_frames, make_corpus, sound
from tiny_store import message_of
from typer.testing import CliRunner

from emolib.base import files
from emolib.base.errors import ConfigError, DatasetError, ResourceError
from emolib.cli import app
from emolib.data import parts
from emolib.data.clip import PrepareSettings
from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare
from emolib.data.publish import locked
from emolib.data.store import ClipStore
from emolib.media.audio import write_wav
from emolib.media.faces import crop_face, track_faces
from emolib.media.mel import melspectrogram
from emolib.media.video import read_video, write_video

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus") / "crema d")


@pytest.fixture(scope="module")
def clean(corpus_folder, tmp_path_factory):
    """The store of an undisturbed run, and its report."""
    out = tmp_path_factory.mktemp("clean") / "store"
    return out, prepare(open_corpus(corpus_folder), out)


@pytest.fixture
def small(tmp_path):
    """Two actors, two emotions: a corpus to spoil."""
    return make_corpus(tmp_path / "small", emotions=("HAP", "SAD"))


def content(folder):
    """Every visible file of a folder: name → bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def reasons(report):
    return {one.clip: one.reason for one in report.skipped}


# --- what is in a store --------------------------------------------------------------------------


def test_a_store_holds_the_crops_the_mel_and_the_index(clean, corpus_folder):
    out, report = clean
    store = ClipStore(out)
    assert report.n_clips == report.n_new == len(store) == 12 and not report.skipped
    assert {path.name for path in out.iterdir() if not path.name.startswith(".")} == {
        "frames.npy",
        "mel.npy",
        "boxes.npy",
        "clips.csv",
        "store.json",
    }
    for clip in (store[0], store[11]):
        video = corpus_folder / "VideoFlash" / f"{clip.name}.flv"
        pictures, _ = read_video(video)
        track = track_faces(pictures)
        assert len(clip.frames) == N_FRAMES
        for k in range(N_FRAMES):
            assert np.array_equal(clip.frames[k], crop_face(pictures[k], track.transform(k), 96))
        assert np.allclose(clip.boxes, track.boxes, atol=1e-3)
        seed = 1 + list(store.clips["clip"]).index(clip.name)
        exact = melspectrogram(np.round(sound(seed=seed) * 32767).astype(np.float32) / 32768)
        loud = exact > -1
        assert np.abs(clip.mel - exact)[loud].max() < 0.05  # from the WAV, not from the MP3
    row = store.clips.iloc[0]
    assert row["clip"] == "1001_IEO_ANG_XX" and row["source"] == "VideoFlash/1001_IEO_ANG_XX.flv"
    assert len(row["sha256"]) == 64 and row["fps"] == 25
    assert set(store.split("test").clips["actor"]) == {"1011"}


def test_store_json_names_no_place_and_no_time(clean, corpus_folder):
    text = (clean[0] / "store.json").read_text()
    info = json.loads(text)
    assert str(corpus_folder) not in text and str(clean[0]) not in text
    assert info["counts"]["clips"] == 12 and info["counts"]["splits"] == {"test": 6, "train": 6}
    assert info["settings"]["crop_px"] == 96 and info["settings"]["detector"] == "blazeface"
    assert info["settings"]["audio_n_mels"] == 80 and info["corpus"] == "cremad"


def test_a_store_tells_its_corpus_and_an_older_one_stays_as_it_is(small, tmp_path):
    (small / "corpus.json").write_text('{"settings": {"paired": false, "seed": 3}}')
    prepare(open_corpus(small), tmp_path / "s")
    assert ClipStore(tmp_path / "s").corpus == "synthetic (seed 3, 2 people)"
    file = tmp_path / "s" / "store.json"
    info = json.loads(file.read_text())
    del info["told"]  # as before it was told
    file.write_text(json.dumps(info))
    frames = (tmp_path / "s" / "frames.npy").stat().st_ino
    assert prepare(open_corpus(small), tmp_path / "s").n_new == 0
    assert (tmp_path / "s" / "frames.npy").stat().st_ino == frames
    assert ClipStore(tmp_path / "s").corpus == "synthetic"


def test_crop_size_and_geometry_are_settings(small, tmp_path):
    settings = PrepareSettings(crop_px=64, geometry="tight", split="random95")
    prepare(open_corpus(small), tmp_path / "s", settings)
    store = ClipStore(tmp_path / "s")
    assert store.face_px == 64
    sides = store.boxes[0, 2:] - store.boxes[0, :2]
    assert sides[0] / sides[1] == pytest.approx(0.74 / 0.88, abs=0.01)
    for wrong in ({"crop_px": 7}, {"geometry": "round"}, {"fps": 30}):
        message_of(lambda wrong=wrong: PrepareSettings(**wrong), "expected", error=ConfigError)


def test_without_wav_files_the_videos_own_sound_serves(small, tmp_path):
    (small / "AudioWAV" / "1001_IEO_HAP_XX.wav").unlink()
    report = prepare(open_corpus(small), tmp_path / "s")
    clip = ClipStore(tmp_path / "s")[0]
    assert report.n_clips == 4 and clip.name == "1001_IEO_HAP_XX"
    exact = melspectrogram(sound(seed=1))
    n = min(exact.shape[1], clip.mel.shape[1])
    loud = exact[:, :n] > 0
    assert np.abs(clip.mel[:, :n] - exact[:, :n])[loud].mean() < 0.4  # through MP3, and in time


def test_silent_clips_are_marked(small, tmp_path):
    add_clip(small, "1001_IEO_NEU_XX", level=0.0)
    prepare(open_corpus(small), tmp_path / "s")
    clips = ClipStore(tmp_path / "s").clips
    assert list(clips["clip"][clips["silent"] == 1]) == ["1001_IEO_NEU_XX"]
    info = json.loads((tmp_path / "s" / "store.json").read_text())
    assert info["remarks"] == {"1001_IEO_NEU_XX": ["the sound is silent"]}


# --- what is left out ----------------------------------------------------------------------------


def spoil(root):
    """One clip of each unusable kind; returns name → the reason expected."""
    video = root / "VideoFlash"

    def film(name, frames, seed, n_frames=N_FRAMES, fps=25):
        write_video(video / f"{name}.flv", frames, fps, sound(n_frames, seed))
        write_wav(root / "AudioWAV" / f"{name}.wav", sound(n_frames, seed))

    frames = list(face_frames())
    film("1001_TIE_ANG_XX", [np.full_like(frame, 90) for frame in frames], 21)
    film("1001_TIE_DIS_XX", list(face_frames(size=(160, 300), faces=2)), 22)
    film("1001_TIE_FEA_XX", frames[:3], 23, 5)
    film("1001_TIE_HAP_XX", [frames[0]] * 24, 24, 24)
    film("1001_TIE_NEU_XX", frames, 25)
    write_wav(root / "AudioWAV" / "1001_TIE_NEU_XX.wav", sound(40, 25))
    film("1001_TIE_SAD_XX", [*frames, *[np.full_like(frames[0], 90)] * 14], 26, 22)
    (root / "AudioWAV" / "1001_TIE_SAD_XX.wav").unlink()
    rng = np.random.default_rng(0)
    noisy = [np.clip(f + rng.integers(-20, 20, f.shape), 0, 255) for f in face_frames(60)]
    film("1001_IOM_ANG_XX", [frame.astype(np.uint8) for frame in noisy], 27, 60)
    whole = (video / "1001_IOM_ANG_XX.flv").read_bytes()
    (video / "1001_IOM_ANG_XX.flv").write_bytes(whole[: len(whole) // 2])
    film("1001_IOM_DIS_XX", frames, 28)
    write_wav(root / "AudioWAV" / "1001_IOM_DIS_XX.wav", sound(seed=28)[:1000])
    film("1001_IOM_FEA_XX", frames, 29)
    (video / "1001_IOM_FEA_XX.flv").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 33000\n"
    )
    shutil.copy(video / "1001_IEO_HAP_XX.flv", video / "holiday.flv")
    return {
        "holiday": "bad_name",
        "1001_TIE_ANG_XX": "no_face",
        "1001_TIE_DIS_XX": "multi_face",
        "1001_TIE_FEA_XX": "too_short",
        "1001_TIE_HAP_XX": "frozen",
        "1001_TIE_NEU_XX": "length",
        "1001_TIE_SAD_XX": "face_lost",
        "1001_IOM_ANG_XX": "video",
        "1001_IOM_DIS_XX": "sound",
        "1001_IOM_FEA_XX": "lfs_stub",
    }


def test_unusable_clips_are_left_out_with_a_reason(small, tmp_path):
    expected = spoil(small)
    report = prepare(open_corpus(small), tmp_path / "s")
    assert reasons(report) == expected
    assert report.n_clips == 4
    listed = json.loads((tmp_path / "s" / "store.json").read_text())["skipped"]
    assert {one["clip"]: one["reason"] for one in listed} == expected
    by_clip = {one["clip"]: one for one in listed}
    assert "2 people" in by_clip["1001_TIE_DIS_XX"]["text"]
    assert "truncated" in by_clip["1001_IOM_ANG_XX"]["text"]
    assert by_clip["1001_IOM_FEA_XX"]["stage"] == "corpus"
    assert all(str(tmp_path) not in one["text"] for one in listed)
    assert "multi_face" in str(report)


def test_strict_stops_at_the_first(small, tmp_path):
    add_clip(small, "1001_TIE_FEA_XX", n_frames=3, seed=9)
    message_of(
        lambda: prepare(open_corpus(small), tmp_path / "s", strict=True),
        "1001_TIE_FEA_XX",
        "3 frames",
        "at least 5",
        "fix",
    )


def test_a_corpus_without_any_usable_clip_is_an_error(tmp_path):
    root = tmp_path / "bare"
    (root / "AudioWAV").mkdir(parents=True)
    for actor in ("1001", "1002"):
        add_clip(root, f"{actor}_IEO_HAP_XX", n_frames=3, seed=int(actor))
    message_of(
        lambda: prepare(open_corpus(root), tmp_path / "s"), "none of 2 clips", "too_short (2)"
    )


def test_one_file_in_two_splits_is_an_error(small, tmp_path):
    source = small / "VideoFlash" / "1001_IEO_HAP_XX.flv"
    shutil.copy(source, small / "VideoFlash" / "1011_IEO_ANG_XX.flv")
    write_wav(small / "AudioWAV" / "1011_IEO_ANG_XX.wav", sound(seed=77))
    message_of(
        lambda: prepare(open_corpus(small), tmp_path / "s"),
        "1001_IEO_HAP_XX is in two splits",
        "each in one",
    )


# --- interruptions -------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [4])
def test_killed_and_resumed_gives_the_same_bytes(corpus_folder, clean, tmp_path, moment):
    out = tmp_path / "store"
    arguments = [sys.executable, str(HERE / "killed_child.py"), str(corpus_folder), str(out), "1"]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list((out / "parts").glob("[0-9]*.npz"))) < moment:
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    finished = {path.name: path.stat().st_mtime_ns for path in (out / "parts").glob("[0-9]*.npz")}
    assert moment <= len(finished) < 12
    (out / "parts" / ".half.written.npz").write_bytes(b"half")
    report = prepare(open_corpus(corpus_folder), out)
    assert report.n_new == 12 - len(finished)
    assert content(out) == content(clean[0])
    assert not [path for path in out.iterdir() if path.name in (".packing", ".owner")]


def test_killed_while_packing_loses_nothing(corpus_folder, clean, tmp_path, monkeypatch):
    out = tmp_path / "store"
    renamed = []
    real = Path.replace

    def dies_half_way(self, target):
        if self.parent.name == ".packing":
            if len(renamed) == 2:
                raise KeyboardInterrupt
            renamed.append(self.name)
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies_half_way)
        with pytest.raises(KeyboardInterrupt):
            prepare(open_corpus(corpus_folder), out)
    message_of(lambda: ClipStore(out), "unfinished")
    report = prepare(open_corpus(corpus_folder), out)
    assert report.n_new == 0 and content(out) == content(clean[0])


def test_killed_while_a_grown_store_is_published_keeps_the_old_clips(small, tmp_path, monkeypatch):
    out = tmp_path / "store"
    prepare(open_corpus(small), out)
    add_clip(small, "1001_TIE_HAP_XX", seed=9)
    real = Path.replace

    def dies_at_the_mel(self, target):
        if self.name == "mel.npy":
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies_at_the_mel)
        with pytest.raises(KeyboardInterrupt):
            prepare(open_corpus(small), out)
    message_of(lambda: ClipStore(out), "unfinished")
    assert prepare(open_corpus(small), out).n_new == 0
    fresh = prepare(open_corpus(small), tmp_path / "fresh")
    assert fresh.n_clips == 5 and content(out) == content(tmp_path / "fresh")


DAMAGE = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "not a zip": lambda data: b"\0" * len(data),
    "frames changed": lambda data: data[:70_000] + b"\x55" * 64 + data[70_064:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_finished_clip_is_made_anew(small, tmp_path, monkeypatch, damage):
    out = tmp_path / "store"
    with monkeypatch.context() as patch:
        patch.setattr(parts.np.lib.format, "write_array_header_1_0", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):  # stop between the clips and the packing
            prepare(open_corpus(small), out)
    path = out / "parts" / "1001_IEO_SAD_XX.npz"
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    if damage == "frames changed":  # is seen only when its frames are read
        message_of(lambda: prepare(open_corpus(small), out), str(path), "damaged", "run it again")
    assert prepare(open_corpus(small), out).n_new == 1
    prepare(open_corpus(small), tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_long_names_that_begin_alike_stay_apart(tmp_path):
    root = tmp_path / "mvlrs_v1" / "main" / ("programme " * 22)
    for number, cast in ((1, 0), (2, 8)):
        frames = face_frames(cast=cast)
        write_video(root / f"{number:05}.mp4", frames, 25, sound(seed=number), overwrite=True)
    prepare(open_corpus(tmp_path), tmp_path / "s", PrepareSettings(split="none"))
    first, second = ClipStore(tmp_path / "s")
    assert first.name[-5:] == "00001" and not np.array_equal(first.frames, second.frames)


def test_a_source_that_cannot_be_read_is_a_problem_of_its_clip(small, tmp_path):
    video = small / "VideoFlash" / "1001_IEO_HAP_XX.flv"
    video.unlink()
    video.symlink_to(tmp_path / "nowhere.flv")  # as a clone by git-annex leaves them
    report = prepare(open_corpus(small), tmp_path / "s", PrepareSettings(split="none"))
    assert reasons(report) == {"1001_IEO_HAP_XX": "unreadable"} and report.n_clips == 3


def test_a_second_run_does_nothing_and_a_grown_corpus_only_the_new(small, tmp_path):
    out = tmp_path / "s"
    prepare(open_corpus(small), out)
    before = content(out)
    written = (out / "frames.npy").stat().st_mtime_ns
    assert prepare(open_corpus(small), out).n_new == 0
    assert content(out) == before and (out / "frames.npy").stat().st_mtime_ns == written
    add_clip(small, "1001_IEO_ANG_XX", seed=31)
    report = prepare(open_corpus(small), out)
    assert (report.n_new, report.n_clips) == (1, 5)
    prepare(open_corpus(small), tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_content_counts_and_dates_do_not(small, tmp_path):
    out = tmp_path / "s"
    prepare(open_corpus(small), out)
    moved = tmp_path / "moved"
    shutil.copytree(small, moved)  # new dates
    for path in moved.rglob("*.*"):
        os.utime(path, (1, 1))
    assert prepare(open_corpus(moved), out).n_new == 0
    path = moved / "VideoFlash" / "1001_IEO_HAP_XX.flv"
    times = path.stat()
    add_clip(moved, "1001_IEO_HAP_XX", seed=1, cast=30)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # another film, the same date
    assert prepare(open_corpus(moved), out).n_new == 1


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (PrepareSettings(crop_px=64), "crop_px 96 ≠ 64"),
        (PrepareSettings(geometry="aligned"), "geometry 'box' ≠ 'aligned'"),
        (PrepareSettings(split="random95"), "split 'actor' ≠ 'random95'"),
    ],
)
def test_other_settings_refuse_to_mix(clean, corpus_folder, settings, field):
    before = content(clean[0])
    message_of(
        lambda: prepare(open_corpus(corpus_folder), clean[0], settings),
        "other settings",
        field,
        "fix",
        error=ConfigError,
    )
    assert content(clean[0]) == before


def test_a_folder_of_other_things_is_left_alone(corpus_folder, tmp_path):
    (tmp_path / "thesis.txt").write_text("do not touch")
    message_of(
        lambda: prepare(open_corpus(corpus_folder), tmp_path), "thesis.txt", error=ConfigError
    )
    assert (tmp_path / "thesis.txt").read_text() == "do not touch"


def test_two_at_once_are_refused_with_the_others_name(corpus_folder, tmp_path):
    out = tmp_path / "s"
    code = (
        "import sys, time; from pathlib import Path; from emolib.data.publish import locked\n"
        "with locked(Path(sys.argv[1]), 0): print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"held\n"
        message_of(
            lambda: prepare(open_corpus(corpus_folder), out),
            f"process {child.pid} on",
            "--wait",
            error=ResourceError,
        )
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    with locked(out, 0):  # a dead process holds nothing
        pass


def test_a_full_disk_stops_and_keeps_what_is_done(small, tmp_path, monkeypatch):
    out = tmp_path / "s"
    saved = []
    real = np.savez

    def fills_up(file, **arrays):
        if len(saved) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved.append(file)
        real(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(parts.np, "savez", fills_up)
        message_of(
            lambda: prepare(open_corpus(small), out), "disk is full", "MB free", error=ResourceError
        )
    assert not list((out / "parts").glob(".*.npz"))
    assert prepare(open_corpus(small), out).n_new == 2


def test_too_little_room_for_packing_is_said_before(small, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(parts.shutil, "disk_usage", lambda path: usage)
    message_of(
        lambda: prepare(open_corpus(small), tmp_path / "s"),
        "the packed store needs",
        "finished clips are kept",
        error=ResourceError,
    )


def test_a_read_only_corpus_is_enough(small, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    before = content(small)
    folders = [small, *(path for path in small.iterdir() if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        report = prepare(open_corpus(small))
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert report.store.is_relative_to(files.cache_dir()) and len(ClipStore(report.store)) == 4
    assert content(small) == before


# --- many hands ----------------------------------------------------------------------------------


def test_two_processes_give_the_same_bytes(corpus_folder, clean, tmp_path):
    report = prepare(open_corpus(corpus_folder), tmp_path / "s", workers=2)
    assert report.n_new == 12 and content(tmp_path / "s") == content(clean[0])


def test_a_dask_cluster_gives_the_same_bytes(corpus_folder, clean, tmp_path):
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster),
    ):
        report = prepare(open_corpus(corpus_folder), tmp_path / "s", workers=1, backend="dask")
    assert report.n_new == 12 and content(tmp_path / "s") == content(clean[0])


def test_an_unknown_backend_is_refused(corpus_folder, tmp_path):
    message_of(
        lambda: prepare(open_corpus(corpus_folder), tmp_path / "s", backend="ray"),
        "loky, multiprocessing, threading, dask",
        error=ConfigError,
    )


def test_a_detector_of_ones_own(corpus_folder, tmp_path):
    from emolib.media.face import Face

    class Fixed:
        name = "fixed"

        def detect(self, frame):
            return [Face(np.float32([40, 20, 125, 105]), 1.0, np.zeros((0, 2), np.float32))]

    prepare(open_corpus(corpus_folder), tmp_path / "s", detector=Fixed())
    store = ClipStore(tmp_path / "s")
    assert store.info["settings"]["detector"] == "fixed" and len(store) == 12


# --- the command ---------------------------------------------------------------------------------


def test_the_command_reports_and_exits_with_3_when_something_was_skipped(small, tmp_path):
    run = CliRunner().invoke(app, ["prepare", str(small), "--out", str(tmp_path / "s")])
    assert run.exit_code == 0 and "4 clips in" in run.output
    assert "4 of 7442 clips found" in run.output and "missing: 1001_DFA" in run.output
    add_clip(small, "1001_TIE_FEA_XX", n_frames=3, seed=9)
    run = CliRunner().invoke(app, ["prepare", str(small), "--out", str(tmp_path / "s")])
    assert run.exit_code == 3 and "too_short" in run.output and "1001_TIE_FEA_XX" in run.output
    strict = CliRunner().invoke(
        app, ["prepare", str(small), "--out", str(tmp_path / "t"), "--strict"]
    )
    assert isinstance(strict.exception, DatasetError)
    assert "Example" in CliRunner().invoke(app, ["prepare", "--help"]).output


def test_a_corpus_of_one_actor_is_told_of_split_none_and_then_prepared(small, tmp_path):
    for path in small.glob("*/1011_*"):
        path.unlink()
    message_of(lambda: prepare(open_corpus(small), tmp_path / "s"), "people: 1", "--split none")
    assert not (tmp_path / "s").exists()
    report = prepare(open_corpus(small), tmp_path / "s", PrepareSettings(split="none"))
    store = ClipStore(tmp_path / "s")
    assert report.n_clips == 2 and set(store.clips["split"]) == {"test"}


def test_a_clone_of_pointers_is_explained_in_one_line(small, tmp_path):
    for path in [*small.glob("VideoFlash/*"), *small.glob("AudioWAV/*")]:
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    message_of(
        lambda: prepare(open_corpus(small), tmp_path / "s"),
        "none of 4 clips can be used: lfs_stub (4)",
        "git lfs pull",
    )
    assert not (tmp_path / "s").exists()


def test_hours_of_sound_or_picture_are_skipped_before_they_are_decoded(small, tmp_path):
    with (small / "AudioWAV" / "1001_IEO_HAP_XX.wav").open("r+b") as file:
        file.seek(40)
        file.write(bytes([0, 0, 0, 0x10]))  # the length of its samples
        file.truncate(0x10000000)  # two hours of zeros, which take no room
    pictures = list(face_frames(2)) * 63
    write_video(small / "VideoFlash" / "1001_IEO_SAD_XX.flv", pictures, 1, overwrite=True)
    tracemalloc.start()
    report = prepare(open_corpus(small), tmp_path / "s", PrepareSettings(split="none"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reasons(report) == {"1001_IEO_HAP_XX": "too_long", "1001_IEO_SAD_XX": "too_long"}
    assert "cut it into sentences" in report.skipped[0].text and peak < 50e6


def test_a_still_picture_is_one_window_in_silence(tmp_path):
    root = tmp_path / "faces"
    root.mkdir()
    picture = next(face_frames())
    for name, rgb in (("1_neutral", picture), ("1_smiling", picture + 9), ("2_sad", picture * 0)):
        cv2.imwrite(str(root / f"{name}.png"), rgb[..., ::-1])
    report = prepare(open_corpus(root, "stills"), tmp_path / "s", PrepareSettings(split="none"))
    store = ClipStore(tmp_path / "s")
    assert reasons(report) == {"2_sad": "no_face"}
    assert list(store.clips["emotion"]) == ["NEU", "HAP"] and list(store.clips["silent"]) == [1, 1]
    clip = store[0]
    assert np.array_equal(
        clip.frames[0], crop_face(picture, track_faces([picture]).transform(0), 96)
    )
    assert len(clip.frames) == 5 and (clip.frames == clip.frames[0]).all()
    assert clip.mel.shape == (80, 17) and (clip.mel == -4).all()
