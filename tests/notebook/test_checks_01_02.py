"""The checks of notebooks 01 and 02: right answers pass, each usual mistake gets its hint."""

import numpy as np

from emolib.media.mel import window_start
from emolib.notebook.checks import nb01, nb02


def centred_mean(values, half):
    out = np.array(values, dtype=float)
    for i in range(len(values)):
        reach = min(half, i, len(values) - 1 - i)
        out[i] = values[i - reach : i + reach + 1].mean()
    return out


def test_centred_mean():
    assert nb01.check_centred_mean(centred_mean)
    assert nb01.check_centred_mean(None).state == "not attempted"
    forward = lambda v, half: np.array([v[i : i + 5].mean() for i in range(len(v))])  # noqa: E731
    assert "centred" in nb01.check_centred_mean(forward).message
    same = lambda v, half: np.convolve(v, np.ones(5) / 5, "same")  # noqa: E731
    assert "ends" in nb01.check_centred_mean(same).message
    assert "peak" in nb01.check_centred_mean(lambda v, half: v.copy()).message

    def in_place(values, half):
        values += 1
        return values

    assert "input has changed" in nb01.check_centred_mean(in_place).message


def test_actor_split():
    def split(clips):
        held = sorted({clip.actor for clip in clips})[:2]
        return {clip.name: "test" if clip.actor in held else "train" for clip in clips}

    assert nb01.check_actor_split(split)
    leaky = lambda clips: {c.name: "test" if "HAP" in c.name else "train" for c in clips}  # noqa: E731
    assert "both splits" in nb01.check_actor_split(leaky).message
    first = lambda clips: {  # noqa: E731
        c.name: "test" if c.actor == clips[0].actor else "train" for c in clips
    }
    assert "order" in nb01.check_actor_split(first).message


def test_half_mask():
    def mask(frames):
        frames = frames.copy()
        frames[:, :, 48:] = 0
        return frames

    assert nb01.check_half_mask(mask)

    def spoil(frames):
        frames[:, :, 48:] = 0
        return frames

    assert "input has changed" in nb01.check_half_mask(spoil).message
    wide = lambda f: np.concatenate([f[..., :48], 0 * f[..., 48:]], axis=-1)  # noqa: E731
    assert "third axis" in nb01.check_half_mask(wide).message


def test_five_frame_start():
    assert nb02.check_five_frame_start(lambda frame: window_start(frame, n_frames=5))
    assert nb02.check_five_frame_start(lambda frame: 80 * frame // 25)
    assert not nb02.check_five_frame_start(lambda frame: round(3.2 * frame))
    assert "whole" in nb02.check_five_frame_start(lambda frame: float(80 * frame // 25)).message


def test_seconds_late():
    assert nb02.check_seconds_late(12)
    assert "1,500" in nb02.check_seconds_late(-10).message
    assert nb02.check_seconds_late(...).state == "not attempted"


def test_negative():
    def draw(n_starts, start, rng):
        far = np.flatnonzero(np.abs(np.arange(n_starts) - start) >= 3)
        return int(rng.choice(far))

    assert nb02.check_negative(draw)
    any_other = lambda n, start, rng: int(rng.integers(n))  # noqa: E731
    assert "almost in sync" in nb02.check_negative(any_other).message
    one = lambda n, start, rng: (start + 3) % n if start + 3 < n else start - 3  # noqa: E731
    assert "never come up" in nb02.check_negative(one).message
