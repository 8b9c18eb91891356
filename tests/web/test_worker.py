"""The real worker: a tiny network, the real door, nothing else."""

import asyncio
import json
import os
from dataclasses import asdict
from itertools import islice

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from emolib.base.errors import AudioError, Cancelled, FaceError
from emolib.base.files import data_dir
from emolib.data.corpora import open_corpus
from emolib.generate import TalkingFace
from emolib.media.audio import load_audio, write_wav
from emolib.media.verify import verify
from emolib.media.video import probe, read_frames, write_video
from emolib.web import worker
from emolib.web.crew import worker_command
from emolib.web.jobs import Order
from emolib.web.problems import job_problem
from emolib.web.worker import make, shrunk


@pytest.fixture(scope="module")
def talker(checkpoint):
    torch.set_num_threads(1)
    return TalkingFace.load(checkpoint, device="cpu")


@pytest.fixture(scope="module")
def frames():
    """Six small pictures of a person of the sample."""
    film = read_frames(open_corpus(data_dir() / "sample").clips()[0].video)
    return [
        cv2.resize(frame, (240, 180), interpolation=cv2.INTER_AREA) for frame in islice(film, 6)
    ]


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    """A quarter of a second of speech."""
    samples = load_audio(open_corpus(data_dir() / "sample").clips()[0].audio)[8000:12_000]
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", samples)


@pytest.fixture(scope="module")
def film(tmp_path_factory, frames, voice):
    """The pictures as a film with sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_video(path, frames, audio=load_audio(voice))


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """A cache folder of this file's own; a certificate is made once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOLIB_CACHE", str(folder))
        patch.setenv("EMOLIB_PROGRESS", "0")
        yield folder


class Line:
    """What the worker tells, and when it is told to stop."""

    def __init__(self, stop_after=None):
        self.told, self.stop_after = [], stop_after

    def tell(self, event, **more):
        self.told.append((event, more.get("stage"), more.get("done")))

    def stopped(self, job_id):
        return self.stop_after in [(event, stage) for event, stage, _ in self.told]


def task_of(folder, order):
    folder.mkdir(exist_ok=True)
    task = {"job": "j", "folder": str(folder), "order": asdict(order)}
    return task | {"max_sound_s": 10.0, "picture_side_px": 320}


def test_a_film_with_a_first_look_on_the_way(talker, film, voice, tmp_path, cache):
    line, folder = Line(), tmp_path / "job"
    order = Order(str(film), str(voice), "HAP", strength=0.5, uploaded=True)
    report = make(talker, task_of(folder, order), line)
    stages = [stage for event, stage, _ in line.told if event == "progress"]
    assert line.told[0][0] == "preview"
    assert list(dict.fromkeys(stages)) == ["faces", "frames", "finishing"]
    assert verify(folder / "preview.jpg").generated
    assert verify(folder / "result.mp4").generated
    info = probe(folder / "result.mp4")
    assert (info.width, info.height) == (report["width"], report["height"]) == (240, 180)
    assert report["frames"] == round(report["seconds"] * 25) == 6
    assert not list(cache.glob("tracks/*"))  # nothing of an upload is remembered


def test_a_first_look_claims_only_what_is_true(tmp_path, film, voice):
    from emolib.base.files import file_sha256
    from emolib.models.checkpoint import save_checkpoint
    from emolib.models.generator import Generator, GeneratorConfig

    path = tmp_path / "w2l.safetensors"
    save_checkpoint(path, Generator(GeneratorConfig(width=1 / 32, head="rgb", emotion=None)))
    folder = tmp_path / "job"
    task = task_of(folder, Order(str(film), str(voice), "HAP"))
    make(TalkingFace.load(path, device="cpu"), task, Line())
    for name in ("preview.jpg", "result.mp4"):
        facts = verify(folder / name).facts
        assert facts["emotion"] == {}  # the network knows none
        assert facts["more"]["native"] is False  # its head has 96 pixels to give
        assert facts["inputs"] == {"face": file_sha256(film), "audio": file_sha256(voice)}


def test_the_network_alone_decides_what_is_in_the_film(talker, film, voice, tmp_path, cache):
    order = Order(str(film), str(voice), "SAD")
    make(talker, task_of(tmp_path / "job", order), Line())
    talker.generate_file(film, voice, "sadness", tmp_path / "own.mp4")
    ours, own = (list(read_frames(tmp_path / name)) for name in ("job/result.mp4", "own.mp4"))
    np.testing.assert_array_equal(ours, own)
    assert list(cache.glob("tracks/*"))  # of the catalogue's faces, it may be


def test_a_job_no_longer_wanted_stops_and_leaves_no_film(talker, film, voice, tmp_path):
    folder = tmp_path / "job"
    order = Order(str(film), str(voice), "HAP", uploaded=True)
    with pytest.raises(Cancelled):
        make(talker, task_of(folder, order), Line(stop_after=("progress", "faces")))
    assert {path.name for path in folder.iterdir()} == {"preview.jpg", "preview.jpg.json"}


def test_large_pictures_are_shrunk(talker, frames, voice, tmp_path):
    large = tmp_path / "large.png"
    Image.fromarray(frames[0]).resize((960, 720)).save(large)
    assert shrunk(large, 2000).shape == (720, 960, 3)
    report = make(talker, task_of(tmp_path / "job", Order(str(large), str(voice), "ANG")), Line())
    assert (report["width"], report["height"]) == (320, 240)


def test_a_film_speaks_with_its_own_sound(talker, film, tmp_path):
    report = make(talker, task_of(tmp_path / "job", Order(str(film), None, "ANG")), Line())
    assert report["frames"] == 6


def test_text_is_spoken(talker, film, tmp_path):
    order = Order(str(film), None, "FEA", text="Oh!", text_voice="male")
    assert make(talker, task_of(tmp_path / "job", order), Line())["seconds"] > 0.3


def test_a_face_that_comes_late_costs_only_the_first_look(talker, frames, voice, tmp_path):
    grey = np.full_like(frames[0], 127)
    late = write_video(tmp_path / "late.mp4", [grey, *frames[1:]])
    line = Line()
    make(talker, task_of(tmp_path / "job", Order(str(late), str(voice), "HAP")), line)
    assert "preview" not in [event for event, *_ in line.told]


def test_what_is_wrong_is_told_without_paths(talker, voice, tmp_path):
    empty = tmp_path / "secret-place.png"
    Image.new("RGB", (320, 240), "grey").save(empty)
    with pytest.raises(FaceError) as raised:
        make(talker, task_of(tmp_path / "job", Order(str(empty), str(voice), "HAP")), Line())
    told = job_problem(raised.value)
    assert told.code == "no_face"
    assert "secret-place" not in told.model_dump_json()
    assert job_problem(AudioError("too short", file="/x/y")).message == "too short"
    assert job_problem(ZeroDivisionError("x")).code == "internal"


def test_the_process_works_is_cancelled_and_leaves_with_its_server(
    checkpoint, film, voice, tmp_path
):
    async def talk():
        child = await asyncio.create_subprocess_exec(
            *worker_command(str(checkpoint), "cpu"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

        def say(message):
            child.stdin.write(json.dumps(message).encode() + b"\n")

        async def hear():
            return json.loads(await child.stdout.readline())

        ready = await hear()
        assert (ready["event"], ready["model"], ready["device"]) == ("ready", "tiny", "cpu")
        order = Order(str(film), str(voice), "HAP")
        say(task_of(tmp_path / "first", order))
        while (said := await hear())["event"] in ("preview", "progress"):
            assert said["job"] == "j"
        assert (said["event"], said["report"]["frames"]) == ("done", 6)
        broken = Order(str(tmp_path / "nothing"), str(voice), "HAP")
        say(task_of(tmp_path / "second", broken) | {"job": "k"})
        assert ((said := await hear())["event"], said["error"]["code"]) == ("failed", "media")
        say({"cancel": "l"})
        say(task_of(tmp_path / "third", order) | {"job": "l"})
        while (said := await hear())["event"] in ("preview", "progress"):
            pass
        assert said == {"event": "cancelled", "job": "l"}
        child.stdin.close()
        await asyncio.wait_for(child.wait(), 20)
        assert child.returncode == 0

    asyncio.run(talk())


def test_a_worker_without_a_network_says_what_it_lacks(tmp_path, monkeypatch):
    told = []

    class Silent:
        def tell(self, event, **more):
            told.append((event, more))

    monkeypatch.setattr(worker, "Line", Silent)
    monkeypatch.setattr("sys.argv", ["worker", str(tmp_path / "none.safetensors"), "cpu"])
    worker.main()
    ((event, more),) = told
    assert event == "broken"
    assert "none.safetensors" in more["message"]
