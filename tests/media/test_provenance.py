"""The four marks of a generated film: written by default, read back, and broken by any change."""

import json
import logging
import stat

import c2pa
import numpy as np
import pytest
from film_files import label_box

from emolib.base.errors import ConfigError, MediaError, MissingExtra
from emolib.base.files import cache_dir
from emolib.media import signature
from emolib.media.certificate import kept_credentials, own_credentials
from emolib.media.image import label_seen
from emolib.media.provenance import Facts, sidecar_path, write_labelled, write_labelled_picture
from emolib.media.signature import sign_file
from emolib.media.verify import verify
from emolib.media.video import read_video, write_video

FACTS = Facts(
    emotion={"HAP": 0.75, "NEU": 0.25},
    model="lite",
    model_sha256="ab" * 32,
    inputs={"face": "cd" * 32, "audio": "ef" * 32},
    made_at="2026-01-02T03:04:05+00:00",
    more={"strength": 0.75},
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Every test has its own computer, as far as certificates go."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def frames():
    """(6, 120, 160, 3) uint8: smooth, so that h264 keeps it well."""
    ramp = np.linspace(40, 200, 160, dtype=np.uint8)
    return np.stack([np.tile(np.roll(ramp, 3 * k)[None, :, None], (120, 1, 3)) for k in range(6)])


@pytest.fixture
def film(tmp_path, frames):
    """A written film with all its marks."""
    return write_labelled(tmp_path / "out.mp4", frames, None, FACTS).path


@pytest.fixture
def without_extra(monkeypatch):
    monkeypatch.setattr(signature, "missing_package", lambda: "c2pa-python")


def flip_byte(path, at=None):
    data = bytearray(path.read_bytes())
    data[data.find(b"mdat") + 60 if at is None else at] ^= 1
    path.write_bytes(bytes(data))


def test_every_mark_is_written_and_read_back(tmp_path, frames):
    sound = np.sin(np.arange(3840) / 8).astype(np.float32) * 0.1
    written = write_labelled(tmp_path / "out.mp4", frames, sound, FACTS)
    assert written.signed and written.visible_label
    verdict = verify(written.path)
    assert verdict.state == "signed" and verdict.facts == FACTS.as_dict()
    for told in (
        "nobody else vouches",
        "label: seen",
        "matches the file",
        "tags: AI-generated",
    ):
        assert told in str(verdict)
    record = json.loads(sidecar_path(written.path).read_text())
    assert record["facts"]["inputs"] == FACTS.inputs
    assert record["facts"]["made_at"] == "2026-01-02T03:04:05+00:00"
    assert record["marks"] == {"visible_label": True, "tags": True, "signature": "c2pa"}
    back, info = read_video(written.path)
    assert len(back) == len(frames) and info.has_audio
    assert all(label_seen(frame) > 0.8 for frame in back)
    with c2pa.Reader(str(written.path)) as reader:
        manifest = reader.get_active_manifest()
    actions = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))
    source = actions["data"]["actions"][0]["digitalSourceType"]
    assert source.endswith("/trainedAlgorithmicMedia")  # a model made it
    assert manifest["signature_info"]["alg"].upper() == "ES256"


def test_one_changed_byte_of_content_or_tags_is_tampering(film):
    whole = film.read_bytes()
    flip_byte(film)
    assert verify(film).state == "tampered"
    assert "bmffHash.mismatch" in str(verify(film))
    film.write_bytes(whole)
    flip_byte(film, at=whole.find(b"AI-generated with emolib") + 3)
    assert verify(film).state == "tampered"


def test_signature_of_another_computer_is_intact_but_not_own(film, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "elsewhere"))
    verdict = verify(film)
    assert verdict.state == "signed"
    assert "untrusted certificate (emolib, local certificate)" in str(verdict)


def test_removed_signature_is_noticed(film):
    again, _ = read_video(film)
    write_video(film, again, overwrite=True)  # as a re-encoding site does
    assert verify(film).state == "tampered"
    assert "the signature has been removed" in str(verify(film))
    sidecar_path(film).unlink()
    assert verify(film).state == "tagged"  # only the words in the picture are left
    assert "visible label: seen" in str(verify(film))


def test_an_ordinary_film_is_unmarked(tmp_path, frames):
    verdict = verify(write_video(tmp_path / "plain.mp4", frames))
    assert verdict.state == "unmarked" and not verdict.generated
    assert "does not show that it is genuine" in str(verdict)


def test_without_the_extra_the_other_marks_stay(tmp_path, frames, without_extra, caplog):
    with caplog.at_level(logging.WARNING, logger="emolib"):
        written = write_labelled(tmp_path / "out.mp4", frames, None, FACTS)
    assert not written.signed and "emolib[provenance]" in written.note
    assert "not signed" in caplog.text
    verdict = verify(written.path)
    assert verdict.state == "tagged" and verdict.facts == FACTS.as_dict()
    with pytest.raises(MissingExtra, match="provenance"):
        sign_file(written.path, {}, "title")


def test_without_the_extra_a_signature_is_seen_but_not_checked(film, monkeypatch):
    monkeypatch.setattr(signature, "missing_package", lambda: "c2pa-python")
    assert verify(film).state == "unchecked"
    assert "emolib[provenance]" in str(verify(film))


def test_an_unwritable_cache_means_unsigned_not_lost(tmp_path, frames, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("EMOLIB_CACHE", str(blocked / "cache"))
    written = write_labelled(tmp_path / "out.mp4", frames, None, FACTS)
    assert not written.signed
    assert verify(written.path).state == "tagged"


@pytest.mark.parametrize("suffix", [".mkv", ".flv"])
def test_containers_without_a_place_for_c2pa_are_tagged(tmp_path, frames, suffix):
    written = write_labelled(tmp_path / f"out{suffix}", frames, None, FACTS)
    assert not written.signed and suffix in written.note
    verdict = verify(written.path)
    assert verdict.state == "tagged"
    assert "tags: AI-generated with emolib" in str(verdict)


def test_opting_out_of_the_words_is_logged_and_recorded(tmp_path, frames, caplog):
    with caplog.at_level(logging.WARNING, logger="emolib"):
        written = write_labelled(tmp_path / "out.mp4", frames, None, FACTS, label=False)
    assert "without the visible label" in caplog.text and not written.visible_label
    back, _ = read_video(written.path)
    x0, y0, x1, y1 = label_box(120, 160)
    error = back[:, y0:y1, x0:x1].astype(int) - frames[:, y0:y1, x0:x1]
    assert np.abs(error).max() < 12
    verdict = verify(written.path)
    assert verdict.state == "signed" and "visible label: not seen" in str(verdict)


def test_frames_may_stream_are_not_changed_and_names_may_be_hard(tmp_path, frames):
    before, folder = frames.copy(), tmp_path / "ä b's %20 -x 😀"
    folder.mkdir()
    path = folder / "-o ü %d.mp4"
    written = write_labelled(path, (frame for frame in frames), None, FACTS)
    assert (frames == before).all()
    assert len(read_video(written.path)[0]) == len(frames)
    assert verify(written.path).state == "signed"


def test_a_failure_leaves_nothing_and_keeps_the_old_file(tmp_path, frames):
    def breaking():
        yield frames[0]
        raise RuntimeError("the network gave up")

    with pytest.raises(RuntimeError):
        write_labelled(tmp_path / "new.mp4", breaking(), None, FACTS)
    assert list(tmp_path.iterdir()) == []
    old = write_labelled(tmp_path / "old.mp4", frames, None, FACTS).path
    bytes_before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(RuntimeError):
        write_labelled(old, breaking(), None, FACTS, overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == bytes_before


def test_nothing_is_overwritten_unasked(tmp_path, frames):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"exists already.*--overwrite"):
        write_labelled(path, frames, None, FACTS)
    with pytest.raises(ConfigError, match="also an input"):
        write_labelled(path, frames, None, FACTS, inputs=[path], overwrite=True)
    assert path.read_bytes() == b"mine"
    sidecar_path(tmp_path / "other.mp4").write_text("mine too")
    with pytest.raises(ConfigError, match=r"other\.mp4\.json"):
        write_labelled(tmp_path / "other.mp4", frames, None, FACTS)


def test_pictures_are_labelled_and_signed_too(tmp_path, frames):
    for name in ("sheet.png", "sheet.jpg"):
        written = write_labelled_picture(tmp_path / name, frames[0], FACTS)
        assert written.signed
        assert verify(written.path).state == "signed"
    flip_byte(written.path, at=len(written.path.read_bytes()) - 40)
    assert verify(written.path).state == "tampered"
    with pytest.raises(MediaError, match=r"\.png or \.jpg"):
        write_labelled_picture(tmp_path / "sheet.gif", frames[0], FACTS)


def test_broken_sidecars_and_no_media_are_told(tmp_path, frames):
    path = write_labelled(tmp_path / "out.mkv", frames, None, FACTS).path
    for text in ("{", "[]", '{"sha256": 3, "marks": []}'):
        sidecar_path(path).write_text(text)
        assert "cannot be read" in str(verify(path))
    (tmp_path / "a.mp4").write_text("just words")
    for name, said in (("a.mp4", "text, not media"), ("b.mp4", "no such file")):
        with pytest.raises(MediaError, match=said):
            verify(tmp_path / name)


def test_certificate_is_kept_private_and_reused():
    assert kept_credentials() is None
    first = own_credentials()
    assert own_credentials() == first
    file = cache_dir() / "provenance" / "signer.json"
    assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
    file.write_text("{}")  # damaged: a new one is made
    assert own_credentials() != first


def test_same_facts_same_film(tmp_path, frames, without_extra):
    one, two = (write_labelled(tmp_path / f"{k}.mp4", frames, None, FACTS).path for k in "12")
    assert one.read_bytes() == two.read_bytes()
    assert Facts(made_at="x").comment != FACTS.comment
