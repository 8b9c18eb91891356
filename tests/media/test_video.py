"""Frames in and out: rates, rotation, depths, damage, names. Every file is made here by PyAV."""

import errno
import tracemalloc
import warnings
import zlib

import av
import cv2
import numpy as np
import pytest
from film_files import (
    HEIGHT,
    WIDTH,
    babble,
    make_sound,
    make_video,
    message_of,
    number_of,
    numbered,
    tone,
)  # fmt: skip

from emolib.base.errors import ConfigError, EmolibWarning, MediaError, ResourceError
from emolib.media import encode
from emolib.media.audio import load_audio
from emolib.media.video import probe, read_frames, read_video, write_video

RED, BLUE = np.array([200, 30, 30]), np.array([30, 30, 200])


def numbers(n, **size):
    return [numbered(k % 256, **size) for k in range(n)]


def near(pixel, colour, tolerance=12):
    return np.abs(pixel.astype(int) - colour).max() <= tolerance


def quietly(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(read_frames(path, **options))


# --- rates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [40, 1])
def test_a_25_fps_file_gives_exactly_its_own_frames_and_is_written_frame_by_frame(tmp_path, n):
    path = make_video(tmp_path / "a.mp4", numbers(n))
    assert [number_of(f) for f in quietly(path)] == list(range(n))

    def streamed():
        for frame in read_frames(path):
            yield frame
            assert not (tmp_path / "b.mp4").exists()

    write_video(tmp_path / "b.mp4", streamed(), audio=tone(seconds=n / 25))
    assert [number_of(f) for f in quietly(tmp_path / "b.mp4")] == list(range(n))


@pytest.mark.parametrize("fps", [60, 50, 30, 29.97, 23.976, 12])
def test_other_rates_keep_time(tmp_path, fps):
    path = make_video(tmp_path / "a.mp4", numbers(int(2 * fps)), fps=fps)
    frames = quietly(path)
    assert abs(len(frames) / 25 - int(2 * fps) / fps) < 0.04
    for k, frame in enumerate(frames):
        shown_s = (number_of(frame) + 0.5) / fps  # the middle of the source frame
        assert abs(shown_s - (k + 0.5) / 25) <= max(0.5 / fps, 0.02) + 1e-6


def test_a_variable_rate_keeps_time_over_a_minute(tmp_path):
    rng = np.random.default_rng(3)
    times_ms = np.concatenate([[0], np.cumsum(rng.choice([16, 33, 40, 70, 300], size=800))])
    times_ms = times_ms[times_ms < 60_000]
    path = make_video(tmp_path / "vfr.mkv", numbers(len(times_ms)), times_ms=times_ms)
    frames = quietly(path)
    assert abs(len(frames) - 60 * 25) <= 10  # the last frame's length is the container's guess
    for k, frame in enumerate(frames):
        on_screen = np.searchsorted(times_ms, 1000 * (k + 0.5) / 25, side="right") - 1
        assert number_of(frame) == on_screen % 256


def test_a_start_and_a_limit_in_seconds(tmp_path):
    path = make_video(tmp_path / "a.mp4", numbers(100), options={"g": "12"})
    found = [number_of(f) for f in read_frames(path, start_s=1.2, max_seconds=0.4)]
    assert found == list(range(30, 40))
    message_of(lambda: list(read_frames(path, start_s=9)), "a.mp4", "from 9 s on", "before 4.00 s")


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_phone_video_comes_out_upright(tmp_path, turn):
    upright = numbers(6, height=HEIGHT, width=WIDTH)
    stored = [np.rot90(picture, -turn // 90) for picture in upright]
    path = make_video(tmp_path / "phone.mp4", map(np.ascontiguousarray, stored), rotation=turn)
    info = probe(path)
    assert (info.width, info.height, info.rotation_deg) == (WIDTH, HEIGHT, turn)
    frames = quietly(path)
    assert [number_of(f) for f in frames] == list(range(6))
    assert near(frames[0][5, 5], RED) and near(frames[0][5, -5], BLUE)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "depth"),
    [
        ("ten.mp4", "libx264", "yuv420p10le", 10),
        ("hevc.mp4", "libx265", "yuv422p10le", 10),
        ("full.mp4", "libx264", "yuvj420p", 8),
        ("fat.mp4", "libx264", "yuv444p", 8),
        ("alpha.mov", "qtrle", "argb", 8),
        ("rgb.mkv", "ffv1", "bgr0", 8),
        ("gray16.mkv", "ffv1", "gray16le", 16),
    ],
)
def test_any_pixel_format_becomes_8_bit_rgb(tmp_path, name, codec, pix_fmt, depth):
    path = make_video(tmp_path / name, numbers(4), codec=codec, pix_fmt=pix_fmt)
    assert probe(path).bit_depth == depth
    frames = quietly(path)
    assert [number_of(f) for f in frames] == list(range(4))
    assert frames[0].dtype == np.uint8 and frames[0].shape == (HEIGHT, WIDTH, 3)
    if "gray" not in pix_fmt:
        assert near(frames[0][5, 5], RED) and near(frames[0][5, -5], BLUE)


def test_hdr_is_read_with_a_warning(tmp_path):
    hdr = {"pix_fmt": "yuv420p10le", "color_trc": 16, "color_primaries": 9, "colorspace": 9}
    path = make_video(tmp_path / "hdr.mp4", numbers(4), codec="libx265", **hdr)
    assert probe(path).hdr
    with pytest.warns(EmolibWarning, match="HDR"):
        assert len(list(read_frames(path))) == 4
    message_of(lambda: list(read_frames(path, strict=True)), "hdr.mp4", "HDR", "fix")


def test_interlaced_pictures_are_made_whole(tmp_path):
    combed = []
    for k in range(12):  # a bright bar that moves between the two fields
        picture = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
        picture[0::2, 8 * k : 8 * k + 16] = 235
        picture[1::2, 8 * k + 4 : 8 * k + 20] = 235
        combed.append(picture)
    path = make_video(tmp_path / "tv.mp4", combed, options={"x264opts": "tff=1", "crf": "5"})
    assert probe(path).interlaced
    mended = quietly(path)
    assert len(mended) == 12

    def comb(frames):
        rows = np.stack(frames).astype(int)[2:-2]
        return np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:]).mean()

    assert comb(mended) < 0.3 * comb(combed)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".mp4"])
def test_a_still_picture_is_one_frame(tmp_path, suffix):
    code = suffix if suffix != ".mp4" else ".png"  # a picture under a video's name
    picture = numbered(77)
    path = tmp_path / f"still{suffix}"
    path.write_bytes(cv2.imencode(code, picture[..., ::-1])[1].tobytes())
    (frame,) = quietly(path)
    assert number_of(frame) == 77 and near(frame[5, 5], RED, 40)
    info = probe(path)
    assert info.still and (info.width, info.height) == (WIDTH, HEIGHT) and not info.has_audio


@pytest.mark.parametrize("kind", ["gray", "alpha", "deep"])
def test_odd_pictures_become_8_bit_rgb(tmp_path, kind):
    colour = numbered(5)[..., ::-1]
    stored = {
        "gray": colour[..., 1],
        "alpha": np.dstack([colour, np.full(colour.shape[:2], 255, np.uint8)]),
        "deep": colour.astype(np.uint16) * 257,
    }[kind].copy()
    if kind == "alpha":
        stored[:4, :4, 3] = 0
    path = tmp_path / "odd.png"
    path.write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    (frame,) = read_frames(path)
    assert frame.shape == (HEIGHT, WIDTH, 3) and frame.dtype == np.uint8
    assert number_of(frame) == 5
    if kind == "alpha":
        assert (frame[:4, :4] == 255).all()


# --- damage --------------------------------------------------------------------------------------


def test_what_is_no_video_says_what_it_is(tmp_path):
    empty, text, stub = (tmp_path / name for name in ("empty.mp4", "text.mp4", "stub.flv"))
    empty.write_bytes(b"")
    text.write_text("Dear diary, today I renamed a file. Ünïcode too.\n" * 30)
    stub.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 33000\n")
    sound = make_sound(tmp_path / "sound.wav", tone(), 16_000)
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(np.random.default_rng(0).bytes(5000))
    nut = make_video(tmp_path / "a.nut", numbers(5))  # a container outside the list
    inner, playlist = make_video(tmp_path / "inner.mp4", numbers(5)), tmp_path / "list.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {inner.name}\n")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(inner.read_bytes()[:-200])
    for path, *parts in (
        (empty, "empty file"),
        (text, "text, not media"),
        (stub, "git lfs pull", "mirror"),
        (sound, "sound file", "fix"),
        (noise, "expected", "fix"),
        (tmp_path / "none.mp4", "no such file"),
        (tmp_path, "folder"),
        (nut, "expected mp4, mov"),
        (playlist, "text, not media"),
        (cut, "truncated", "moov", "again"),
    ):
        message_of(lambda path=path: probe(path), path.name, *parts)


def test_music_with_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    make_video(path, numbers(1), codec="mjpeg", pix_fmt="yuvj420p", tracks=[(tone(), 44_100)])
    with av.open(str(path)) as source, av.open(str(tmp_path / "cover.mp4"), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        streams[0].disposition = av.stream.Disposition.attached_pic
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    message_of(lambda: probe(tmp_path / "cover.mp4"), "cover.mp4", "sound file")


@pytest.mark.parametrize("name", ["cut.flv", "cut.mkv", "cut.webm", "cut_faststart.mp4"])
def test_a_file_that_ends_early_is_noticed(tmp_path, name):
    path = tmp_path / name
    noise = lambda k: np.random.default_rng(k).integers(0, 255, (64, 128, 3), np.uint8)  # noqa: E731
    pictures = map(noise, range(75))
    if path.suffix == ".mp4":
        write_video(path, pictures)
    else:
        codec = {".flv": "flv", ".mkv": "libx264", ".webm": "libvpx-vp9"}[path.suffix]
        fast = {"deadline": "realtime", "cpu-used": "8"} if path.suffix == ".webm" else {}
        make_video(path, pictures, codec=codec, options=fast)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with pytest.warns(EmolibWarning) as caught:
        frames = list(read_frames(path))
    assert any("ends at" in str(one.message) and "truncated" in str(one.message) for one in caught)
    assert 20 < len(frames) < 60
    message_of(lambda: list(read_frames(path, strict=True)), name, "truncated", "again")


def test_a_file_that_states_no_length_is_read_to_its_end(tmp_path):
    path = make_video(tmp_path / "raw.h264", numbers(30))
    assert probe(path).n_frames is None
    assert [number_of(f) for f in quietly(path)] == list(range(30))


@pytest.mark.parametrize(("n_flips", "refused"), [(2, False), (40, True)])
def test_flipped_bits_are_counted_and_too_many_refused(tmp_path, n_flips, refused):
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(100)]
    path = make_video(tmp_path / "hurt.mkv", noise)
    data = bytearray(path.read_bytes())
    for position in rng.integers(2000, len(data) - 2000, size=n_flips):
        data[position] ^= 0xFF
    path.write_bytes(bytes(data))
    if refused:
        message_of(lambda: list(read_frames(path)), "hurt.mkv", "packets are damaged", "at most 5%")
    else:
        with pytest.warns(EmolibWarning, match="of 100 packets are damaged"):
            assert len(list(read_frames(path))) == 100


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.flv"])
def test_any_flipped_bit_gives_frames_or_a_typed_error(tmp_path, name):
    path = tmp_path / name
    codec = {".flv": "flv", ".webm": "libvpx-vp9"}.get(path.suffix, "libx264")
    track = tone(seconds=0.5), 44_100 if codec == "flv" else 48_000
    make_video(path, numbers(12), codec=codec, tracks=[track])
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    outcomes = set()
    for _ in range(10):
        data = bytearray(whole)
        for position in rng.integers(0, len(data), size=8):
            data[position] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EmolibWarning)
            try:
                outcomes |= {frame.dtype.name for frame in read_frames(path)}
            except MediaError:
                outcomes.add("refused")
    assert outcomes <= {"uint8", "refused"} and "uint8" in outcomes


# --- size ----------------------------------------------------------------------------------------


def test_reading_holds_one_frame_at_a_time_and_loads_no_long_file_whole(tmp_path):
    path = make_video(tmp_path / "long.mp4", numbers(500))
    tracemalloc.start()
    n_frames = sum(1 for _ in read_frames(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_frames == 500
    assert peak < 40 * HEIGHT * WIDTH * 3
    long = lambda: read_video(path, max_seconds=2)  # noqa: E731
    message_of(long, "long.mp4", "longer than 2 s", "read_frames")
    frames, info = read_video(path, max_seconds=20)
    assert frames.shape == (500, HEIGHT, WIDTH, 3) and info.n_frames == 500


def claims(suffix, width, height):
    """A small picture file whose head claims another size."""
    data = bytearray(cv2.imencode(suffix, numbered(0))[1].tobytes())
    if suffix == ".png":
        data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    elif suffix == ".bmp":
        data[18:26] = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    else:
        at = data.index(b"\xff\xc0") + 5  # JPEG's frame header
        data[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("suffix", "width", "height"),
    [(".png", 10**5, 10**5), (".jpg", 9000, 8000), (".jpg", 60_000, 60_000), (".bmp", 9000, 8000)],
)
def test_a_huge_picture_is_refused_by_its_head(tmp_path, suffix, width, height):
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(claims(suffix, width, height))
    message_of(lambda: probe(path), path.name, "too large")


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.flv"])
def test_what_is_written_comes_back(tmp_path, name):
    sound = babble(2.0)
    sound[:8000] = 0
    sound[8000] = 0.9  # a click at frame 12.5
    path = write_video(
        tmp_path / name, numbers(60), 30, sound, title="Test", comment="made by a test"
    )
    info = probe(path)
    assert info.has_audio and abs(info.duration_s - 2) < 0.1
    frames = quietly(path)
    assert len(frames) == 50
    for k, frame in enumerate(frames):
        assert number_of(frame) == int((k + 0.5) / 25 * 30)
    assert near(frames[0][5, 5], RED) and near(frames[0][5, -5], BLUE)
    heard = load_audio(path)
    click = 7000 + np.argmax(np.abs(heard[7000:9000]))
    assert abs(int(click) - 8000) <= 16  # 1 ms
    with av.open(str(path)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["title"] == "Test" and tags["comment"] == "made by a test"


def test_the_forms_are_crema_ds_and_one_that_begins_with_its_index(tmp_path):
    path = write_video(tmp_path / "a.flv", numbers(30), 30, babble(1.0))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "flv"  # Sorenson H.263
        assert container.streams.audio[0].codec_context.name.startswith("mp3")
    data = write_video(tmp_path / "a.mp4", numbers(30), audio=babble(1.0)).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("name", ["a.mp4", "a.flv"])
def test_equal_input_gives_equal_bytes(tmp_path, name):
    made = [write_video(tmp_path / f"{k}{name}", numbers(20), audio=babble(0.8)) for k in "ab"]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_odd_sizes_are_padded_and_noted(tmp_path):
    pictures = numbers(5, height=361, width=479)
    path = write_video(tmp_path / "odd.mp4", pictures, comment="mine")
    info = probe(path)
    assert (info.width, info.height) == (480, 362)
    frame = next(read_frames(path))
    assert near(frame[100, -1], frame[100, -3].astype(int))  # the edge is repeated
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == "mine; padded from 479x361 to even size"


def test_colours_survive_saving(tmp_path):
    patches = np.zeros((96, 160, 3), np.uint8)
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (224, 172, 140), (128, 128, 128)]
    for n, colour in enumerate(colours):
        patches[:, 32 * n : 32 * n + 32] = colour
    path = write_video(tmp_path / "colours.mp4", [patches] * 3)
    frame = next(read_frames(path))
    for n, colour in enumerate(colours):
        assert near(frame[48, 32 * n + 16], np.array(colour), 6)


def test_writing_refuses_to_lose_anything(tmp_path):
    path = write_video(tmp_path / "a.mp4", numbers(3))
    before = path.read_bytes()

    def failing():
        yield numbered(0)
        raise RuntimeError("the generator broke")

    with pytest.raises(RuntimeError, match="broke"):
        write_video(path, failing(), overwrite=True)
    unlike, wrong = [numbered(0), numbered(0, height=32)], [numbered(0).astype(np.float32)]
    for frames, given, error, *said in (
        (numbers(3), {"overwrite": False}, ConfigError, "a.mp4", "exists"),
        (numbers(3), {"inputs": [path]}, ConfigError, "a.mp4", "also an input"),
        ([], {}, MediaError, "a.mp4", "no frames"),
        (unlike, {}, MediaError, "frame 1", "128×64"),
        (wrong, {}, MediaError, "frame 0", "uint8 (H, W, 3)"),
    ):
        options = {"overwrite": True} | given
        message_of(lambda f=frames, o=options: write_video(path, f, **o), *said, error=error)
    assert path.read_bytes() == before
    message_of(lambda: write_video(tmp_path / "a.gif", numbers(3)), "a.gif", ".mp4", "fix")
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    class Full:
        def __init__(self, *args, **options):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encode.av, "open", Full)
    message_of(
        lambda: write_video(tmp_path / "a.mp4", numbers(3)), "disk is full", error=ResourceError
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["ä b's %20 -x 😀", 'quote"s & 100%d', "-rf", "x" * 200])
def test_any_name_works_relative_ones_too(tmp_path, folder, monkeypatch):
    path = tmp_path / folder / "-ü %03d 'clip'.v2.mp4"
    if folder.startswith("x"):
        path = tmp_path / folder / ("y" * 200) / "clip.mp4"
        assert len(str(path)) > 400
    write_video(path, numbers(5), audio=tone(seconds=0.3))
    frames, _ = read_video(path)
    assert [number_of(f) for f in frames] == list(range(5))
    assert load_audio(path).size >= 4800
    still = path.with_suffix(".png")
    still.write_bytes(cv2.imencode(".png", numbered(9)[..., ::-1])[1].tobytes())
    assert number_of(next(read_frames(still))) == 9
    monkeypatch.chdir(tmp_path)
    for name in ("-i.mp4", "file:x.mp4", "concat:a|b.mp4"):  # like options and protocols
        write_video(name, numbers(3))
        assert len(list(read_frames(name))) == 3
    assert (tmp_path / "-i.mp4").is_file()
