"""What an uploaded file really is: found out in a process that can do no harm."""

import os
import socket
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from emolib.base.files import data_dir
from emolib.studio import upload_probe
from emolib.studio.jobs import Limits
from emolib.studio.problems import StudioError
from emolib.studio.uploads import check_uploads

LIMITS = Limits()


def look(path, role="face", **limits):
    return check_uploads({role: path}, replace(LIMITS, **limits))[role]


def refusal(path, role="face", **limits):
    with pytest.raises(StudioError) as refused:
        look(path, role, **limits)
    assert str(path) not in str(refused.value)
    return refused.value.code


def test_videos_pictures_and_sounds_are_known(clip, tone, tmp_path):
    found = look(clip)
    assert (found.kind, found.width, found.height, found.sound) == ("video", 64, 48, True)
    assert found.seconds == pytest.approx(0.32, abs=0.05)
    assert look(clip, "face+sound").kind == "video"
    heard = look(tone, "voice")
    assert (heard.kind, heard.seconds) == ("sound", pytest.approx(1.0, abs=0.01))
    assert look(clip, "voice").seconds == pytest.approx(0.4, abs=0.05)
    for form in ("PNG", "JPEG", "WEBP", "BMP"):
        path = tmp_path / "picture"
        Image.new("RGB", (30, 20)).save(path, form)
        assert (look(path).kind, look(path).width) == ("picture", 30)
    flv = data_dir() / "cremad_sample" / "VideoFlash" / "1001_DFA_NEU_XX.flv"
    assert (look(flv, "face+sound").width, look(flv, "voice").kind) == (480, "sound")
    both = check_uploads({"face": clip, "voice": tone}, LIMITS)
    assert [info.kind for info in both.values()] == ["video", "sound"]


def encoded(path, codec, **options):
    """Ten pictures."""
    with av.open(str(path), "w", options=options) as out:
        video = out.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
    return path


def test_codecs_are_known_or_refused(tmp_path):
    assert look(encoded(tmp_path / "bbaf2n.mpg", "mpeg1video")).kind == "video"  # as GRID's
    recording = encoded(tmp_path / "recording.webm", "libvpx", live="1")  # as a browser's
    with av.open(str(recording)) as opened:
        assert opened.duration is None
    assert look(recording).seconds == pytest.approx(0.4, abs=0.05)
    assert refusal(encoded(tmp_path / "codec.avi", "ffv1")) == "unsupported_media"
    Image.new("RGB", (30, 20)).save(tmp_path / "picture.gif")
    assert refusal(tmp_path / "picture.gif") == "unsupported_media"


def test_what_is_no_media_is_refused(tmp_path, clip, tone):
    archive = tmp_path / "archive.mp4"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("film.mp4", clip.read_bytes())
    texts = {"a.mp4": b"<html><script>alert(1)</script>", "b.wav": os.urandom(4096)}
    for name, content in texts.items():
        (tmp_path / name).write_bytes(content)
    assert refusal(archive) == "unsupported_media"
    assert refusal(tmp_path / "a.mp4") == "unsupported_media"
    assert refusal(tmp_path / "b.wav", "voice") in ("unsupported_media", "damaged")
    (tmp_path / "empty").touch()
    assert refusal(tmp_path / "empty") == "empty"
    assert refusal(tone) == "no_picture"
    Image.new("RGB", (30, 20)).save(tmp_path / "picture.png")
    assert refusal(tmp_path / "picture.png", "voice") == "no_sound"
    assert refusal(tmp_path / "picture.png", "face+sound") == "no_sound"


def test_a_polyglot_is_what_it_begins_as_and_must_be_whole(tmp_path, clip):
    polyglot = tmp_path / "polyglot.jpg"
    polyglot.write_bytes(b"\xff\xd8\xff\xe0" + clip.read_bytes())
    assert refusal(polyglot) == "damaged"
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:-200])  # the index comes first, the pictures' end is gone
    assert look(cut).kind == "video"
    cut.write_bytes(clip.read_bytes()[:600])
    assert refusal(cut) in ("unsupported_media", "damaged")


def png_of(width, height):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, clip, tone):
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_of(100_000, 100_000))
    assert bomb.stat().st_size < 20_000
    assert refusal(bomb) == "too_many_pixels"
    assert refusal(clip, max_video_pixels=64 * 48 - 1) == "too_many_pixels"
    assert refusal(clip, max_video_s=-0.4) == "too_long"
    assert refusal(tone, "voice", max_sound_s=0.3) == "too_long"
    assert refusal(tone, "voice", min_sound_s=2.0) == "too_short"
    assert refusal(clip, probe_timeout_s=0.001) == "damaged"


def test_hours_of_silence_in_a_small_file_are_found_by_decoding(tmp_path):
    path = tmp_path / "hour.flac"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("flac", rate=48_000, layout="mono")
        for second in range(100):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 48_000, second * 48_000
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    assert path.stat().st_size < 200_000
    assert refusal(path, "voice") == "too_long"


def test_time_stamps_far_apart_count_as_length(tmp_path):
    path = tmp_path / "jump.mkv"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for pts in (0, 16_000, 50 * 16_000, 100 * 16_000):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, pts, Fraction(1, 16_000)
            out.mux(sound.encode(frame))
    assert refusal(path, "voice") == "too_long"


def test_playlists_lead_nowhere(tmp_path):
    visits = []
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                visits.append(listener.accept())
            except OSError:
                return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/secret.mp4"
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF")
    lists = {
        "hls.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
        "file.m3u8": f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile '{url}'\n",
        "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "dash.mp4": f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert refusal(tmp_path / name) == "unsupported_media", name
    listener.close()
    assert visits == []


def test_only_regular_files_are_opened(tmp_path, clip):
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    assert refusal(link) == "unsupported_media"
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert refusal(pipe) == "unsupported_media"
    assert refusal(tmp_path.joinpath("/dev/zero")) == "unsupported_media"


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("bytearray(3 * 2**30)", "MemoryError"),
        ("open(sys.argv[1], 'w').write('x' * 10000)", "OSError"),
        ("[open('/dev/null') for _ in range(100)]", "OSError"),
    ],
)
def test_the_child_can_do_little(tmp_path, deed, error):
    code = (
        "import runpy, sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"runpy.run_path({upload_probe.__file__!r})['limit_this_process']()\n{deed}"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path / "written")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert error in done.stderr.strip().splitlines()[-1]
