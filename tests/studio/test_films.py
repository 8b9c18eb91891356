"""Orders made: previews, films with a first look, six side by side; what they claim is true."""

import shutil
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from small_files import save_network

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import AudioError, Cancelled, ConfigError, FaceError
from emolib.base.files import data_dir, file_sha256
from emolib.generate import Order, SpokenText, TalkingFace
from emolib.media.verify import verify
from emolib.media.video import read_frames, read_video, write_video
from emolib.studio.catalogue import sample_catalogue
from emolib.studio.films import close_up, make_job, make_preview
from emolib.studio.jobs import Job
from emolib.studio.problems import problem_of


def made(talker, order, folder, stopped=lambda: False, **more):
    job = Job(order, folder, **more)
    job.steps = []
    job.changed = lambda job: job.steps.append((job.has_preview, job.stage))
    folder.mkdir(exist_ok=True)
    make_job(talker, job, stopped)
    return job


def test_a_film_with_a_first_look_on_the_way(talker, film, voice, tmp_path, own_cache):
    order = Order(film, voice, "HAP", strength=0.5, remember=False)
    job = made(talker, order, tmp_path / "job")
    stages = list(dict.fromkeys(job.steps))
    assert stages[0] == (True, "queued")
    assert [stage for _, stage in stages[1:]] == ["faces", "frames", "finishing"]
    assert verify(job.folder / "preview.jpg").generated
    assert verify(job.film).generated
    frames, info = read_video(job.film)
    assert frames.shape[1:3] == (job.report["height"], job.report["width"]) == (180, 240)
    assert job.report["frames"] == len(frames) == 6 and info.has_audio
    assert not list(own_cache.glob("tracks/*"))  # nothing of an upload is remembered


def test_the_network_alone_decides_what_is_in_the_film(talker, film, voice, tmp_path, own_cache):
    job = made(talker, Order(film, voice, "SAD"), tmp_path / "job")
    talker.generate_file(film, voice, "sadness", tmp_path / "own.mp4")
    ours, own = (list(read_frames(path)) for path in (job.film, tmp_path / "own.mp4"))
    np.testing.assert_array_equal(ours, own)
    assert list(own_cache.glob("tracks/*"))  # of the catalogue's faces, it may be


@pytest.mark.parametrize(("head", "native"), [("rgb", False), ("composite", True)])
def test_a_first_look_claims_only_what_is_true(tmp_path, film, voice, head, native):
    path = save_network(tmp_path / "w2l.safetensors", head=head, emotion=None)
    job = made(TalkingFace.load(path, device="cpu"), Order(film, voice, "HAP"), tmp_path / "job")
    for file in (job.folder / "preview.jpg", job.film):
        facts = verify(file).facts
        assert facts["emotion"] == {}  # the network knows none
        assert facts["more"]["native"] is native
        assert facts["inputs"] == {"face": file_sha256(film), "audio": file_sha256(voice)}


def test_a_job_no_longer_wanted_stops_and_leaves_no_film(talker, film, voice, tmp_path):
    looked = []

    def stopped():
        looked.append((tmp_path / "job" / "preview.jpg").exists())
        return looked[-1]

    with pytest.raises(Cancelled):
        made(talker, Order(film, voice, "HAP"), tmp_path / "job", stopped)
    kept = {path.name for path in (tmp_path / "job").iterdir()}
    assert kept == {"preview.jpg", "preview.jpg.json"}


def test_large_pictures_are_shrunk_and_named_by_their_file(talker, frames, voice, tmp_path):
    large = tmp_path / "large.png"
    Image.fromarray(frames[0]).resize((960, 720)).save(large)
    job = made(talker, Order(large, voice, "ANG", max_picture_px=320), tmp_path / "job")
    assert (job.report["width"], job.report["height"]) == (320, 240)
    for file in (job.folder / "preview.jpg", job.film):
        assert verify(file).facts["inputs"]["face"] == file_sha256(large)


def test_a_film_speaks_with_its_own_sound_or_with_a_text(talker, film, tmp_path):
    assert made(talker, Order(film, None, "ANG"), tmp_path / "own").report["frames"] == 6
    spoken = Order(film, SpokenText("Oh!", voice="male"), "FEA")
    assert made(talker, spoken, tmp_path / "text").report["seconds"] > 0.3


def test_a_face_that_comes_late_costs_only_the_first_look(talker, frames, voice, tmp_path):
    late = write_video(tmp_path / "late.mp4", [np.full_like(frames[0], 127), *frames[1:]])
    job = made(talker, Order(late, voice, "HAP"), tmp_path / "job")
    assert not job.has_preview and job.film.is_file()


def test_what_is_wrong_is_told_without_paths(talker, voice, tmp_path):
    empty = tmp_path / "secret-place.png"
    Image.new("RGB", (320, 240), "grey").save(empty)
    with pytest.raises(FaceError) as raised:
        made(talker, Order(empty, voice, "HAP"), tmp_path / "job")
    told = problem_of(raised.value)
    assert told.code == "no_face"
    assert "secret-place" not in f"{told}"
    assert problem_of(AudioError("too short", file="/x/y")).message == "too short"
    assert problem_of(ZeroDivisionError("x")).code == "internal"


def test_a_preview_is_close_up_and_changes_with_the_emotion(talker, film, voice):
    one, other = (make_preview(talker, Order(film, voice, code)) for code in ("HAP", "SAD"))
    assert one.before.shape == one.after.shape and one.before.shape[0] == one.before.shape[1]
    assert (one.before == other.before).all() and (one.after != other.after).any()


def test_six_emotions_side_by_side(talker, film, voice, tmp_path):
    job = made(talker, Order(film, voice, "HAP"), tmp_path, kind="six", out=tmp_path / "six.mp4")
    frames, info = read_video(job.film)
    assert frames.shape == (6, 532, 720, 3) and info.has_audio
    assert (job.report["width"], job.report["height"]) == (720, 532)
    facts = verify(job.film).facts
    assert facts["emotion"] == {} and facts["more"]["side_by_side"] == list(EMOTIONS)
    cells = [frames[3, 26:266, 240 * k : 240 * (k + 1)] for k in range(3)]
    assert all((a != b).any() for a, b in pairwise(cells))
    with pytest.raises(ConfigError, match="exists already"):
        made(talker, job.order, tmp_path, kind="six", out=job.film)
    wordless = TalkingFace.load(save_network(tmp_path / "a.safetensors", emotion=None), "cpu")
    with pytest.raises(ConfigError, match="knows no emotions"):
        made(wordless, Order(film, voice), tmp_path, kind="six")


@pytest.mark.parametrize(
    ("box", "shape"), [((10, 10, 60, 60), (100, 120)), ((-20, 50, 200, 300), (90, 400))]
)
def test_a_close_up_is_square_and_inside(box, shape):
    rows, columns = close_up(np.array(box), shape)
    assert rows.stop - rows.start == columns.stop - columns.start > 0
    assert rows.start >= 0 and rows.stop <= shape[0]
    assert columns.start >= 0 and columns.stop <= shape[1]


def test_what_cannot_be_read_cannot_be_picked(tmp_path, caplog, monkeypatch):
    shutil.copytree(data_dir() / "sample", tmp_path / "sample")
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    voices = sample_catalogue().voices
    voices["9001_MTI"].path.write_bytes(b"RIFF")
    assert set(voices) - set(sample_catalogue().voices) == {"9001_MTI"}
    assert "cannot be picked" in caplog.text
    shutil.rmtree(tmp_path / "sample")
    assert sample_catalogue().faces == {}
