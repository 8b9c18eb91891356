"""The mel against an independent computation, and the timing that joins it to pictures."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from film_files import babble, make_sound, make_video, numbered

from emolib.base.errors import ConfigError
from emolib.media.audio import load_audio, write_wav
from emolib.media.mel import ALIGNMENTS, SILENCE, mel_windows, melspectrogram, window_start


def mel_by_hand(samples):
    """The same formula written out with scipy: (80, M)."""
    y = scipy.signal.lfilter([1, -0.97], [1], samples.astype(np.float64))
    y = np.pad(y, 400)
    window = scipy.signal.get_window("hann", 800, fftbins=True)
    n_steps = 1 + len(samples) // 200
    blocks = np.stack([y[200 * m : 200 * m + 800] * window for m in range(n_steps)])
    magnitude = np.abs(scipy.fft.rfft(blocks, axis=1)).T  # (401, M)
    mel = slaney_filters() @ magnitude
    level_db = 20 * np.log10(np.maximum(1e-5, mel)) - 20
    return np.clip(8 * (level_db + 100) / 100 - 4, -4, 4)


def slaney_filters():
    """(80, 401) triangles of unit area, linear below 1 kHz and logarithmic above (Slaney 1998)."""
    step = np.log(6.4) / 27

    def to_mel(hz):
        return hz * 3 / 200 if hz < 1000 else 15 + np.log(hz / 1000) / step

    def to_hz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * np.exp(step * (mel - 15))

    edges_hz = [to_hz(mel) for mel in np.linspace(to_mel(55.0), to_mel(7600.0), 82)]
    bins_hz = np.arange(401) * 16_000 / 800
    rows = []
    for low, centre, high in zip(edges_hz, edges_hz[1:], edges_hz[2:], strict=False):
        rise, fall = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
        rows.append(np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low))
    return np.array(rows)


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.513])
def test_the_mel_equals_the_formula_written_out(seconds):
    sound = babble(seconds)
    mel = melspectrogram(sound)
    assert mel.shape == (80, 1 + sound.size // 200) and mel.dtype == np.float32
    assert np.abs(mel - mel_by_hand(sound)).max() < 1e-4
    assert mel.min() >= -4 and mel.max() <= 4


def test_a_mel_step_is_where_its_time_says():
    sound = np.zeros(32_000, np.float32)
    sound[16_000] = 1.0  # a click at 1 s
    loudness = melspectrogram(sound).sum(axis=0)
    assert np.flatnonzero(loudness > loudness.min()).mean() == pytest.approx(80, abs=0.5)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "tolerance"),
    [
        ("a.wav", "pcm_s24le", 48_000, 0.02),
        ("a.wav", "pcm_s16le", 44_100, 0.06),
        ("a.flac", "flac", 22_050, 0.06),
        ("a.m4a", "aac", 44_100, 0.35),
        ("a.mp3", "libmp3lame", 44_100, 0.35),
        ("a.ogg", "libopus", 48_000, 0.35),
        ("a.mkv", "", 48_000, 0.02),  # a film's track
    ],
)
def test_the_mel_hardly_depends_on_the_file(tmp_path, name, codec, rate_hz, tolerance):
    """Mean difference, on the scale of -4…4, over the loud part of the mel."""
    sound = babble(2.0, rate_hz)
    original = melspectrogram(load_audio(write_wav(tmp_path / "o.wav", babble(2.0))))
    if codec:
        path = make_sound(tmp_path / name, sound, rate_hz, codec)
    else:
        path = make_video(tmp_path / name, [numbered(0)] * 50, tracks=[(sound, rate_hz)])
    mel = melspectrogram(load_audio(path))
    n = min(mel.shape[1], original.shape[1])
    loud = original[:, :n] > -1
    assert loud.mean() > 0.1
    assert np.abs(mel[:, :n] - original[:, :n])[loud].mean() < tolerance


# --- timing --------------------------------------------------------------------------------------


def test_window_starts_are_the_published_ones():
    assert [window_start(k, n_frames=5) for k in range(6)] == [0, 3, 6, 9, 12, 16]
    at_generation = [window_start(k, alignment="released_inference") for k in range(6)]
    in_training = [window_start(k, alignment="released_training") for k in range(1, 7)]
    centred = [window_start(k) for k in range(2, 8)]
    assert at_generation == in_training == centred == [0, 3, 6, 9, 12, 16]
    early = [3.2 * k - window_start(k, n_frames=5) for k in range(100)]  # in steps of 12.5 ms
    assert max(early) == pytest.approx(0.8) and np.mean(early) == pytest.approx(0.4)
    for wrong in ({"n_frames": 3}, {"alignment": "left"}):
        with pytest.raises(ConfigError, match="centred"):
            window_start(0, **wrong)


@pytest.mark.parametrize("alignment", list(ALIGNMENTS))
def test_an_offset_of_n_frames_moves_the_window_by_its_time(alignment):
    for frame in range(-5, 50):
        for n in range(0, 60):
            first, moved = (window_start(k, alignment=alignment) for k in (frame, frame + n))
            moved -= first
            assert abs(moved - n * 80 / 25) < 1
            assert n % 5 or moved == n * 80 // 25  # five frames are sixteen steps exactly


@pytest.mark.parametrize("fps", [25, 30, 24, 29.97])
def test_other_rates_keep_the_time(fps):
    for frame in range(0, 200, 7):
        start_s = window_start(frame, fps=fps, n_frames=5) / 80
        assert 0 <= frame / fps - start_s < 1 / 80 + 1e-6


def test_the_centred_window_of_a_frame_is_the_five_frame_window_around_it():
    mel, frames = melspectrogram(babble(2.0)), np.arange(2, 40)
    around = mel_windows(mel, frames - 2, n_frames=5)
    assert np.array_equal(mel_windows(mel, frames), around)


def test_a_sound_moved_by_n_frames_is_heard_n_frames_later():
    sound, n, frames = babble(2.0), 5, np.arange(4, 40)
    late = melspectrogram(np.concatenate([np.zeros(n * 640, np.float32), sound]))
    away = mel_windows(melspectrogram(sound), frames) - mel_windows(late, frames + n)
    assert np.abs(away).max() < 1e-4


def test_beyond_the_ends_there_is_silence():
    mel = np.ones((80, 40), np.float32)
    first = mel_windows(mel, [0])[0, 0]  # starts at step -7
    assert (first[:, :7] == SILENCE).all() and (first[:, 7:] == 1).all()
    last = mel_windows(mel, [11], n_frames=5)[0, 0]  # steps 35 to 50
    assert (last[:, :5] == 1).all() and (last[:, 5:] == SILENCE).all()
    assert (mel_windows(mel, [500, -500]) == SILENCE).all()


def test_many_windows_are_the_single_ones_stacked():
    mel, frames = melspectrogram(babble(2.0)), [0, 7, 3, 49, 60]
    windows = mel_windows(mel, frames)
    assert windows.shape == (5, 1, 80, 16) and windows.dtype == np.float32
    assert np.array_equal(windows, np.concatenate([mel_windows(mel, [k]) for k in frames]))
