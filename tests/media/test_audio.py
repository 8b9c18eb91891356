"""Sound from any file: one scale, one rate, in time with the picture, and honest about faults."""

import struct
import tracemalloc
import warnings
from functools import partial

import film_files
import numpy as np
import pytest
import soundfile
from film_files import babble, make_sound, make_video, numbered, tone

from emolib.base.errors import AudioError, ConfigError, EmolibWarning
from emolib.media.audio import check_speech, load_audio, seconds_of, write_wav
from emolib.media.mel import melspectrogram

RATE_HZ = 16_000


def quietly(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_audio(path, **options)


message_of = partial(film_files.message_of, error=AudioError)


def middle(samples, seconds=0.5):
    """The middle part, away from codec delay and fades."""
    n = int(seconds * RATE_HZ / 2)
    return samples[len(samples) // 2 - n : len(samples) // 2 + n]


def dominant_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * RATE_HZ / len(samples)


# --- rates, widths, channels ---------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_every_rate_becomes_16_khz(tmp_path, rate_hz):
    path = make_sound(tmp_path / "a.wav", tone(1000, 2.0, rate_hz), rate_hz)
    samples = quietly(path)
    assert samples.dtype == np.float32 and abs(samples.size - 2 * RATE_HZ) <= 1
    assert abs(dominant_hz(middle(samples)) - 1000) <= 2
    assert abs(np.abs(middle(samples)).max() - 0.5) < 0.01


PCM = ("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "alaw")
CODECS = [("a.wav", f"pcm_{kind}", 16_000) for kind in PCM]
CODECS += [("a.mp3", "libmp3lame", 44_100), ("a.m4a", "aac", 44_100)]
CODECS += [("a.ogg", "libopus", 48_000), ("a.flac", "flac", 44_100)]


@pytest.mark.parametrize(("name", "codec", "rate_hz"), CODECS)
def test_every_width_and_codec_has_one_scale_and_one_time(tmp_path, name, codec, rate_hz):
    sound = tone(400, 2.0, rate_hz, level=0.5)
    sound[: rate_hz // 2] = 0  # silent until 0.5 s
    path = make_sound(tmp_path / name, sound, rate_hz, codec)
    samples = quietly(path)
    level, kept = np.sqrt(2 * np.mean(middle(samples, 0.5) ** 2)), 1.0
    if codec == "libmp3lame":  # turns everything down by 5 %, as another decoder says too
        other, other_hz = soundfile.read(path)
        kept = other[other_hz:].std() / tone(400, 1.0, level=0.5).std()
        assert kept == pytest.approx(0.95, abs=0.01)
    assert abs(level / (0.5 * kept) - 1) < 0.01
    onset = np.argmax(np.abs(samples) > 0.1)
    assert abs(int(onset) - RATE_HZ // 2) < 0.01 * RATE_HZ


def test_channels_are_averaged(tmp_path):
    left, silent = tone(level=0.8), np.zeros(RATE_HZ, np.float32)
    for layout, channels, heard in (
        ("stereo", [left, left], left),
        ("stereo", [left, silent], left / 2),
        ("5.1", [left] + 5 * [silent], left / 6),
    ):
        mono = quietly(make_sound(tmp_path / "s.wav", channels, RATE_HZ, layout=layout))
        assert np.abs(mono - heard).max() < 1e-3
    path = make_sound(tmp_path / "anti.wav", [left, -left], RATE_HZ, layout="stereo")
    with pytest.warns(EmolibWarning, match=r"anti\.wav.*cancel"):
        load_audio(path)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("offset_ms", [0, 200])
def test_a_late_track_is_preceded_by_silence(tmp_path, suffix, offset_ms):
    sound = tone(seconds=1.0, rate_hz=48_000)
    options = {"tracks": [(sound, 48_000)], "starts_ms": [offset_ms]}
    path = make_video(tmp_path / f"a{suffix}", [numbered(0)] * 40, **options)
    samples = quietly(path)
    onset = int(np.argmax(np.abs(samples) > 0.1))
    assert abs(onset - offset_ms * RATE_HZ / 1000) < 0.005 * RATE_HZ


def test_a_late_picture_cuts_the_sound_before_it(tmp_path):
    sound = np.concatenate([tone(seconds=0.4, level=0.0), tone(seconds=1.0)])
    options = {"tracks": [(sound, RATE_HZ)], "times_ms": np.arange(300, 1300, 40)}
    path = make_video(tmp_path / "late.mkv", [numbered(0)] * 25, **options)
    onset = int(np.argmax(np.abs(quietly(path)) > 0.1))
    assert abs(onset - 0.1 * RATE_HZ) < 0.002 * RATE_HZ


def test_of_several_tracks_the_first_is_named_and_used(tmp_path):
    tracks = [(tone(300), RATE_HZ), (tone(900), RATE_HZ)]
    path = make_video(tmp_path / "two.mkv", [numbered(0)] * 25, tracks=tracks)
    with pytest.warns(EmolibWarning, match="2 sound tracks: using track 0"):
        assert abs(dominant_hz(middle(load_audio(path))) - 300) <= 2
    assert abs(dominant_hz(middle(quietly(path, track=1))) - 900) <= 2
    message_of(lambda: load_audio(path, track=2), "two.mkv", "no sound track 2", "0 to 1")


# --- faults --------------------------------------------------------------------------------------


def test_a_silent_film_is_told_apart_from_no_file(tmp_path):
    film = make_video(tmp_path / "mute.mp4", [numbered(0)] * 5)
    message_of(lambda: load_audio(film), "mute.mp4", "has no sound", "--audio")
    message_of(lambda: load_audio(tmp_path / "none.wav"), "none.wav", "no such file")
    (tmp_path / "text.wav").write_text("not a sound\n")
    message_of(lambda: load_audio(tmp_path / "text.wav"), "text.wav", "text, not media")


def test_empty_and_too_short_sounds_are_refused(tmp_path):
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0, np.float32), RATE_HZ)
    message_of(lambda: load_audio(path), "empty.wav", "empty")
    message_of(lambda: check_speech(np.zeros(0, np.float32), "e.wav"), "e.wav", "empty")
    short = tone(seconds=0.1)
    message_of(lambda: check_speech(short, "s.wav"), "s.wav", "100 ms", "at least 200 ms", "fix")
    message_of(lambda: melspectrogram(short), "at least 3200", "fix")
    assert not check_speech(tone(seconds=0.2))
    assert (melspectrogram(np.zeros(RATE_HZ, np.float32)) == -4).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_sound_are_located(tmp_path, value):
    sound = tone(seconds=2.0)
    sound[20_000] = value
    path = tmp_path / "nan.wav"
    soundfile.write(path, sound, RATE_HZ, subtype="FLOAT")
    message_of(lambda: load_audio(path), "nan.wav", "at 1.250 s", "not finite", "fix")
    message_of(lambda: check_speech(sound), "at 1.250 s")
    message_of(lambda: melspectrogram(sound), "not finite")
    message_of(lambda: write_wav(tmp_path / "out.wav", sound), "out.wav", "at 1.250 s")
    assert not (tmp_path / "out.wav").exists()


def test_too_loud_floats_are_scaled_with_a_warning(tmp_path):
    path = tmp_path / "loud.wav"
    soundfile.write(path, tone(level=2.5), RATE_HZ, subtype="FLOAT")
    with pytest.warns(EmolibWarning, match=r"reach 2\.50"):
        assert abs(np.abs(load_audio(path)).max() - 1) < 1e-3


@pytest.mark.parametrize(
    ("sound", "note"),
    [
        (np.zeros(RATE_HZ, np.float32), "silent"),
        (tone(level=0.003), "very low"),
        (tone() + np.float32(0.2), r"offset of \+0\.20"),
    ],
)
def test_poor_sound_is_used_with_a_warning_and_good_speech_without(sound, note):
    with pytest.warns(EmolibWarning, match=note):
        assert check_speech(sound, "poor.wav") == (note == "silent")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not check_speech(babble(1.5))


def test_truncated_sound_is_read_as_far_as_it_goes(tmp_path):
    path = make_sound(tmp_path / "cut.mp3", babble(4.0), RATE_HZ, "libmp3lame")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 1.5 * RATE_HZ < load_audio(path).size < 2.5 * RATE_HZ


# --- writing -------------------------------------------------------------------------------------


def test_written_sound_comes_back(tmp_path):
    sound = babble(1.0)
    path = write_wav(tmp_path / "ä '1' %d.wav", sound)
    assert np.abs(load_audio(path) - sound).max() <= 1 / 32_768
    assert soundfile.info(path).subtype == "PCM_16" and soundfile.info(path).samplerate == RATE_HZ
    message_of(lambda: write_wav(path, sound, overwrite=False), "exists", error=ConfigError)
    message_of(lambda: write_wav(path, 3 * sound), "reach 1.20", "[-1, 1]")
    message_of(lambda: write_wav(path, sound[None]), "float (n,) mono")


# --- long sound ----------------------------------------------------------------------------------

TEN_HOURS_S = 36_000


def zeros_wav(path, seconds, declared_bytes=None):
    """A 16-bit mono WAV of silence that takes no room on the disk; its header may lie."""
    n_bytes = seconds * RATE_HZ * 2
    told = n_bytes if declared_bytes is None else declared_bytes
    head = struct.pack("<4sI4s4sI", b"RIFF", (told + 36) & 0xFFFFFFFF, b"WAVE", b"fmt ", 16)
    head += struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    head += struct.pack("<4sI", b"data", told)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + n_bytes)
    return path


@pytest.mark.parametrize("declared_bytes", [None, 0xFFFFFFFF])
def test_ten_hours_are_refused_while_memory_stays_flat(tmp_path, declared_bytes):
    path = zeros_wav(tmp_path / "ten hours.wav", TEN_HOURS_S, declared_bytes)
    tracemalloc.start()
    message_of(lambda: load_audio(path, max_seconds=60), "ten hours.wav", "at most 60 s", "cut it")
    message_of(lambda: load_audio(path), "at most 1800 s")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6  # a minute of it alone has 3.8 MB


def test_a_header_that_claims_hours_refuses_no_short_sound(tmp_path):
    path = zeros_wav(tmp_path / "streamed.wav", 3, 0x7FFFFFF0)
    assert seconds_of(path, limit_s=60) == pytest.approx(3, abs=0.2)
    assert load_audio(path, max_seconds=60).size == 3 * RATE_HZ


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mp3", "mp3"), ("a.ogg", "libopus")]
    + [(f"a.{suffix}", "aac") for suffix in ("m4a", "mkv", "aac")],
)
def test_the_length_is_known_before_decoding(tmp_path, name, codec):
    path = make_sound(tmp_path / name, tone(300, 4.0, 48_000), 48_000, codec)
    assert seconds_of(path) == pytest.approx(4, abs=0.1)
    assert 1.5 < seconds_of(path, limit_s=1.5) < 4.1
    message_of(lambda: load_audio(path, max_seconds=1.5), name, "at most 1.5 s")
    assert load_audio(path, max_seconds=4.2).size == pytest.approx(4 * RATE_HZ, rel=0.03)
