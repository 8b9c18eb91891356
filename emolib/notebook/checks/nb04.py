"""Checks for notebook 04, the emotion discriminator."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_fold(fold: Callable[[Tensor], Tensor]) -> Verdict:
    """`fold(video (B, C, T, H, W))` → (B·T, C, H, W), each picture one frame."""
    video = torch.arange(2 * 3 * 5 * 4 * 4, dtype=torch.float32).reshape(2, 3, 5, 4, 4)
    truth = torch.stack([video[b, :, t] for b in range(2) for t in range(5)])
    answer = fold(video)
    if tuple(answer.shape) != tuple(truth.shape):
        return not_yet(f"shape {tuple(answer.shape)}, expected {tuple(truth.shape)}")
    if torch.equal(answer, video.reshape(truth.shape)):
        return not_yet("this is the released code's: bring T next to B before you fold")
    if not torch.equal(answer, truth):
        return not_yet("pictures 0 to 4 must be the five frames of the first clip, in order")
    return right("every picture is one frame, and time stays in order")


@exercise
def check_leak(leak: Callable[[pd.DataFrame], float]) -> Verdict:
    """`leak(clips)`: share of the test clips whose actor is in training too."""
    rows = [("1", "train"), ("1", "test"), ("2", "test"), ("3", "train"), ("3", "train")]
    rows += [("3", "test"), ("4", "test")]
    clips = pd.DataFrame(rows, columns=["actor", "split"])
    answer = float(leak(clips.copy()))
    if answer == 0.5:
        apart = clips.assign(split=["test" if actor == "4" else "train" for actor, _ in rows])
        if float(leak(apart)) != 0:
            return not_yet("with nobody in both splits the share is 0")
        return right("half of these test clips ask about people it knows")
    if abs(answer - 2 / 7) < 1e-9:
        return not_yet("divide by the number of test clips, not by all clips")
    return not_yet(f"{answer:.3f} for 2 of 4 test clips")


@exercise
def check_cover(cover: Callable[[Tensor, int, int, int], Tensor]) -> Verdict:
    """`cover(frames (T, 3, H, W), y, x, side)`: a grey (0.5) square at row y, column x."""
    frames = torch.rand(2, 3, 12, 10)
    given = frames.clone()
    answer = cover(frames, 3, 1, 4)
    if not torch.equal(frames, given):
        return not_yet("the input has changed: work on a copy")
    if answer.shape != frames.shape:
        return not_yet(f"shape {tuple(answer.shape)}, expected {tuple(frames.shape)}")
    truth = given.clone()
    truth[:, :, 3:7, 1:5] = 0.5
    if torch.equal(answer, truth):
        return right("covered in all frames, untouched elsewhere")
    swapped = given.clone()
    swapped[:, :, 1:5, 3:7] = 0.5
    if torch.equal(answer, swapped):
        return not_yet("rows come before columns: (…, y, x)")
    return not_yet("rows 3 to 6 and columns 1 to 4 of every frame and channel must be 0.5")
