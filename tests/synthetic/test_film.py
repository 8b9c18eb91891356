"""Filming: CREMA-D's layout, whole clips only, the same bytes for any number of workers."""

import csv
import errno
import hashlib
import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from emolib import cli
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, EmolibWarning, MissingExtra, ResourceError
from emolib.base.files import atomic_path, data_dir
from emolib.media.audio import load_audio
from emolib.media.video import read_video
from emolib.synthetic import corpus_folder, film
from emolib.synthetic.film import FilmSettings, clip_names, film_clip, write_corpus
from emolib.synthetic.sentences import SENTENCES, Sentence

SMALL = FilmSettings(96, 72, fps=10, paired=True)
WHAT = {"sentences": "IEO", "levels": "HI", "emotions": ("ANG", "NEU"), "settings": SMALL}


def digests(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    report = write_corpus(folder, actors=2, workers=1, **WHAT)
    assert (report.n_clips, report.n_filmed, report.n_kept) == (4, 4, 0)
    return folder


def test_cremads_own_plan_has_82_clips_an_actor():
    names = clip_names([9001], list(SENTENCES.values()))
    assert len(names) == len(set(names)) == 82
    graded = {name for name in names if "_IEO_" in name and "_NEU_" not in name}
    assert {name[-2:] for name in graded} == {"LO", "MD", "HI"}
    assert {name[-2:] for name in set(names) - graded} == {"XX"}


def test_sentences_in_turn_give_every_emotion_its_own(tmp_path):
    names = clip_names(range(9001, 9013), list(SENTENCES.values()), ("XX",), EMOTIONS, 1)
    told = [name.split("_")[:3] for name in names]
    assert all(len({said for a, said, _ in told if a == actor}) == 6 for actor, *_ in told)
    assert len({(said, emotion) for _, said, emotion in told}) == len(names) == 72
    later = clip_names([9012], list(SENTENCES.values()), ("XX",), EMOTIONS, 1)
    assert later == names[-6:]

    what = WHAT | {"sentences": "IEO,MTI", "sentences_per_emotion": 1}
    assert write_corpus(tmp_path, actors=1, **what).n_clips == 2
    assert write_corpus(tmp_path, actors=2, **what).n_kept == 2
    found = json.loads((tmp_path / "corpus.json").read_text())
    assert found["actors"]["9001"]["said"] == {"ANG": ["IEO"], "NEU": ["MTI"]}
    assert found["actors"]["9002"]["said"] == {"ANG": ["MTI"], "NEU": ["IEO"]}
    with pytest.raises(ConfigError, match="3 of 2 sentences"):
        write_corpus(tmp_path, **what | {"sentences_per_emotion": 3})


def test_layout_is_cremads_and_corpus_json_says_what_made_it(corpus):
    names = clip_names([9001, 9002], [SENTENCES["IEO"]], ("HI",), ("ANG", "NEU"))
    found = {str(p.relative_to(corpus)) for p in corpus.rglob("*") if p.is_file()}
    assert found == {"VideoDemographics.csv", "SentenceFilenames.csv", "corpus.json"} | {
        f"{kind}/{name}{suffix}" for kind, suffix in corpus_folder.KINDS.items() for name in names
    }
    with (corpus / "VideoDemographics.csv").open() as file:
        people = list(csv.DictReader(file))
    assert [p["ActorID"] for p in people] == ["9001", "9002"]
    assert set(people[0]) == {"ActorID", "Age", "Sex", "Race", "Ethnicity"}
    assert {p["Sex"] for p in people} <= {"Male", "Female"}
    with (corpus / "SentenceFilenames.csv").open() as file:
        assert [row["Filename"] for row in csv.DictReader(file)] == sorted(names)
    told = json.loads((corpus / "corpus.json").read_text())
    assert (told["kind"], told["licence"], told["n_clips"]) == ("synthetic", "CC0-1.0", 4)
    assert told["settings"].items() >= {"paired": True, "seed": 0, "engine": "kokoro"}.items()
    assert told["sentences"] == {"IEO": "It's eleven o'clock."}
    assert told["spoken_by"] == {"kokoro": ["IEO"], "espeak": []}
    assert list(told["actors"]) == ["9001", "9002"]


def test_clip_on_disk_is_the_clip_in_memory(corpus):
    take = film_clip(9001, "IEO", "anger", "hi", SMALL)
    assert take.name == "9001_IEO_ANG_HI"
    rendered = np.stack(list(take.frames())).astype(float)
    stored, info = read_video(corpus / "VideoFlash" / f"{take.name}.flv", 10)
    assert (info.width, info.height) == (96, 72)
    assert stored.shape == rendered.shape == (len(take), 72, 96, 3)
    assert np.abs(stored - rendered).mean() < 8
    heard = load_audio(corpus / "AudioWAV" / f"{take.name}.wav")
    assert np.abs(heard - take.speech.samples).max() < 1e-4
    with np.load(corpus / "Truth" / f"{take.name}.npz") as truth:
        assert truth["units"].shape == (len(take), 52) and truth["units"].dtype == np.float16
        assert truth["landmarks"].shape == (len(take), 68, 2)
        assert np.allclose(truth["landmarks"], take.landmarks(), atol=1 / 32)
        assert len(truth["phones"]) == len(truth["phone_s"]) == len(take.speech.phonemes)
        assert truth["pose"].shape == (len(take), 6) and float(truth["fps"]) == 10


def test_sound_in_the_video_is_not_late(corpus):
    name = "9001_IEO_NEU_XX"
    inside = load_audio(corpus / "VideoFlash" / f"{name}.flv")
    beside = load_audio(corpus / "AudioWAV" / f"{name}.wav")
    n = min(len(inside), len(beside)) - 2000
    score = np.correlate(inside[: n + 2000], beside[1000:n], "valid")
    assert abs(int(score.argmax()) - 1000) < 80  # 5 ms


def test_paired_emotions_share_sound_and_pose(corpus):
    with (
        np.load(corpus / "Truth" / "9002_IEO_ANG_HI.npz") as angry,
        np.load(corpus / "Truth" / "9002_IEO_NEU_XX.npz") as neutral,
    ):
        assert np.array_equal(angry["pose"], neutral["pose"])
        assert np.array_equal(angry["viseme"], neutral["viseme"])
        assert not np.allclose(angry["landmarks"], neutral["landmarks"])
    wavs = [corpus / "AudioWAV" / f"9002_IEO_{e}.wav" for e in ("ANG_HI", "NEU_XX")]
    assert wavs[0].read_bytes() == wavs[1].read_bytes()


def test_two_workers_write_the_same_bytes(corpus, tmp_path):
    write_corpus(tmp_path / "again", actors=2, workers=2, **WHAT)
    assert digests(tmp_path / "again") == digests(corpus)


def test_a_stopped_run_goes_on_without_half_clips(corpus, tmp_path):
    folder = tmp_path / "stopped"
    shutil.copytree(corpus, folder)
    (folder / "Truth" / "9001_IEO_NEU_XX.npz").unlink()  # killed before the truth was written
    (folder / "VideoFlash" / ".9002_IEO_ANG_HI.x7.flv").write_bytes(b"half a clip")
    kept = (folder / "VideoFlash" / "9002_IEO_ANG_HI.flv").stat().st_mtime_ns
    report = write_corpus(folder, actors=2, workers=1, **WHAT)
    assert (report.n_filmed, report.n_kept) == (1, 3)
    assert digests(folder) == digests(corpus)
    assert (folder / "VideoFlash" / "9002_IEO_ANG_HI.flv").stat().st_mtime_ns == kept


def test_other_settings_refuse_to_mix_and_more_clips_may_join(corpus, tmp_path):
    folder = tmp_path / "more"
    shutil.copytree(corpus, folder)
    for other in (FilmSettings(96, 72, fps=12, paired=True), FilmSettings(96, 72, fps=10)):
        with pytest.raises(ConfigError, match="other settings"):
            write_corpus(folder, actors=1, **{**WHAT, "settings": other})
    report = write_corpus(folder, actors=1, **{**WHAT, "emotions": ("ANG", "NEU", "SAD")})
    assert (report.n_filmed, report.n_kept) == (1, 2)
    assert json.loads((folder / "corpus.json").read_text())["n_clips"] == 5
    assert digests(corpus).items() - digests(folder).items() == {
        (name, digests(corpus)[name]) for name in ("SentenceFilenames.csv", "corpus.json")
    }


def test_a_corpus_of_kokoro_s_voices_gets_no_other(corpus, monkeypatch):
    before = digests(corpus)
    espeak = {**WHAT, "settings": replace(SMALL, engine="espeak")}
    with pytest.raises(ConfigError, match="engine kokoro ≠ espeak"):
        write_corpus(corpus, actors=3, **espeak)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"onnxruntime.*emolib\[voices\]"):
        write_corpus(corpus, actors=3, **WHAT)
    assert digests(corpus) == before


def test_without_kokoro_the_corpus_says_so_and_stays_espeak_s(tmp_path, monkeypatch):
    what = {**WHAT, "emotions": ("NEU",), "actors": 1}
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "onnxruntime", None)
        with pytest.warns(EmolibWarning, match=r"espeak-ng's: onnxruntime is not installed"):
            write_corpus(tmp_path / "c", **what)
    told = json.loads((tmp_path / "c" / "corpus.json").read_text())
    assert told["spoken_by"] == {"kokoro": [], "espeak": ["IEO"]}
    report = write_corpus(tmp_path / "c", **what)  # Kokoro is back: the folder stays as it began
    assert report.n_kept == 1 and report.engine == "espeak"


def test_folders_that_are_not_ours_stay_untouched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="other files"):
        write_corpus(tmp_path, actors=1, **WHAT)
    file = tmp_path / "notes.txt"
    for nowhere in (file, file / "c", tmp_path / ("x" * 300)):
        with pytest.raises(ResourceError, match="cannot write here"):
            write_corpus(nowhere, actors=1, **WHAT)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "corpus.json").write_text("[1]")
    with pytest.raises(ConfigError, match="not a corpus description"):
        write_corpus(broken, actors=1, **WHAT)
    assert file.read_text() == "mine"


def test_a_full_disk_is_one_line_and_leaves_no_half_clip(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(corpus_folder.shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(ResourceError, match="are free"):
            write_corpus(tmp_path / "a", actors=1, **WHAT)

    def full(*args, **options):
        with atomic_path(args[0]) as temporary:
            temporary.write_bytes(b"some")
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(film, "write_wav", full)
    with pytest.raises(ResourceError, match="disk is full"):
        write_corpus(tmp_path / "b", actors=1, workers=1, **WHAT)
    left = [p.name for p in (tmp_path / "b").rglob("*") if p.is_file()]
    assert sorted(left) == ["9001_IEO_ANG_HI.flv", "corpus.json"]


def test_own_sentences_in_a_clip():
    take = film_clip(9002, Sentence("ZZZ", "Blue plums."), "SAD", "LO", SMALL)
    assert take.name == "9002_ZZZ_SAD_LO"
    frame = next(take.frames())
    assert frame.shape == (72, 96, 3) and frame.dtype == np.uint8
    assert len(take.truth()["phones"]) == len(take.speech.phonemes) > 5


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (["--sentences", "IEP"], "did you mean IEO"),
        (["--sentences", "199"], "no 199 sentences"),
        (["--levels", "LOUD"], "unknown level 'LOUD'"),
        (["--size", "480"], "480x360"),
        (["--size", "100000x100000"], "even number"),
        (["--actors", "100000"], "cannot film 100000 actors"),
        (["--actors", "0"], "cannot film 0 actors"),
        (["--first-actor", "1001"], "begin at 1001"),
        (["--fps", "1000"], "cannot film at 1000"),
        (["--workers", "-1"], "workers"),
        (["--seed", "-5"], "seed -5"),
        (["--randomise", "weather"], "cannot randomise weather"),
        (["--quality", "99"], "quality 99"),
        (["--engine", "festival"], "unknown speech engine 'festival'"),
    ],
)
def test_wrong_wishes_are_one_line_and_make_no_folder(tmp_path, wrong, line):
    result = CliRunner().invoke(cli.app, ["synth", "--out", str(tmp_path / "c"), *wrong])
    assert isinstance(result.exception, (ConfigError, ResourceError))
    assert line in str(result.exception)
    assert not (tmp_path / "c").exists()


def test_the_command_films(tmp_path):
    small = ["--size", "96x72", "--fps", "5", "--actors", "1", "--sentences", "IEO"]
    asked = ["synth", "--out", str(tmp_path / "c"), "--levels", "XX", "--workers", "1", *small]
    result = CliRunner().invoke(cli.app, asked)
    assert result.exit_code == 0 and "6 clips filmed" in result.output
    assert len(list((tmp_path / "c" / "VideoFlash").glob("*.flv"))) == len(EMOTIONS)


SAMPLE = FilmSettings(480, 360, fps=25.0, seed=53, paired=True, quality=34, engine="kokoro")


def test_the_sample_is_what_its_readme_says():
    folder = data_dir() / "sample"
    told = json.loads((folder / "corpus.json").read_text())
    identity = corpus_folder.identity(SAMPLE)
    assert {name: told[name] for name in identity} == identity
    assert told["spoken_by"] == {"kokoro": ["IEO", "MTI"], "espeak": []}
    names = clip_names(range(9001, 9005), [SENTENCES["IEO"], SENTENCES["MTI"]], ("XX",))
    assert told["n_clips"] == len(names) == 48
    assert all(corpus_folder.is_finished(folder, name) for name in names)
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 12e6


def test_the_sample_is_not_stale():
    """Its truth is what today's code would act: else make it anew (`data/README.md`)."""
    take = film_clip(9003, "MTI", "FEA", "XX", SAMPLE)
    with np.load(data_dir() / "sample" / "Truth" / "9003_MTI_FEA_XX.npz") as truth:
        assert np.allclose(truth["units"], take.performance.weights, atol=2e-3)
        assert np.abs(truth["landmarks"] - take.landmarks()).max() < 0.5
