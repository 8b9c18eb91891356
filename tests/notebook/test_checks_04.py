"""Notebook 04's checks: the dots, wrong answers that readers give, and right ones."""

import pytest

from emolib.notebook.checks import nb04


def cover(frames, y, x, side):
    other = frames.clone()
    other[..., y : y + side, x : x + side] = 0.5
    return other


def spoil(frames, y, x, side):
    frames[..., y : y + side, x : x + side] = 0.5
    return frames


def leak(clips):
    known = set(clips.actor[clips.split == "train"])
    return clips.actor[clips.split == "test"].isin(known).mean()


def wrong_share(clips):
    test = clips[clips.split == "test"]
    known = set(clips.actor[clips.split == "train"])
    return test.actor.isin(known).sum() / len(clips)


@pytest.mark.parametrize(
    ("check", "answer", "state", "says"),
    [
        (nb04.check_fold, ..., "not attempted", "not attempted"),
        (nb04.check_fold, lambda v: v.transpose(1, 2).flatten(0, 1), "right", "one frame"),
        (
            nb04.check_fold,
            lambda v: v.reshape(-1, *v.shape[1:2], *v.shape[3:]),
            "not yet",
            "T next",
        ),
        (nb04.check_fold, lambda v: v.permute(2, 0, 1, 3, 4).flatten(0, 1), "not yet", "in order"),
        (nb04.check_fold, lambda v: v.flatten(0, 1), "not yet", "shape"),
        (nb04.check_leak, leak, "right", "half"),
        (nb04.check_leak, wrong_share, "not yet", "divide by"),
        (nb04.check_leak, lambda clips: 0.5, "not yet", "nobody in both"),
        (nb04.check_leak, lambda clips: 1 / 0, "not yet", "ZeroDivisionError"),
        (nb04.check_cover, cover, "right", "untouched elsewhere"),
        (nb04.check_cover, spoil, "not yet", "copy"),
        (nb04.check_cover, lambda f, y, x, s: cover(f, x, y, s), "not yet", "rows come before"),
        (nb04.check_cover, lambda f, y, x, s: cover(f, y, x, s - 1), "not yet", "rows 3 to 6"),
        (nb04.check_cover, lambda f, y, x, s: f[0], "not yet", "shape"),
    ],
)
def test_verdicts(check, answer, state, says):
    verdict = check(answer)
    assert (verdict.state, says in verdict.message) == (state, True), verdict
