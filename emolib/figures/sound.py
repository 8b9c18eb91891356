"""Figures of sound, mel and timing (notebook 02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from emolib.base.config import AUDIO, VIDEO
from emolib.figures.clips import SERIES, WARM
from emolib.figures.style import INK, QUIET
from emolib.figures.sync import which_sound

MEL_STEP_MS = 1000 / AUDIO.mel_steps_per_s
FRAME_MS = 1000 / VIDEO.fps
REACH_FRAMES = 9  # shown before and after


def waveform(
    samples: np.ndarray, phones: Sequence[str] = (), phone_s: np.ndarray | None = None
) -> Figure:
    """A sound over time, with the phones that are spoken.

    Args:
        samples: (n,) at 16 kHz.
        phones: P names; phone_s: (P, 2) start and end in seconds.
    """
    fig, ax = plt.subplots(figsize=(6.4, 1.9))
    seconds = np.arange(len(samples)) / AUDIO.sample_rate_hz
    ax.plot(seconds, samples, color=QUIET, linewidth=0.6)
    top = float(np.abs(samples).max()) * 1.15
    for phone, (start, end) in zip(phones, () if phone_s is None else phone_s, strict=True):
        ax.axvline(start, color=WARM, linewidth=0.6)
        ax.text((start + end) / 2, top, phone, ha="center", fontsize=8, color=INK)
    ax.set(xlabel="seconds", ylabel="amplitude", xlim=(0, seconds[-1]), ylim=(-top, 1.25 * top))
    return fig


def stages(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Spectrograms side by side, low frequencies at the bottom.

    Args:
        pictures: (bands, steps) by title.
    """
    fig, axes = plt.subplots(1, len(pictures), figsize=(2.3 * len(pictures), 2.1), squeeze=False)
    for ax, (title, picture) in zip(axes[0], pictures.items(), strict=True):
        image = ax.imshow(picture, origin="lower", aspect="auto", cmap="magma")
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("step")
        fig.colorbar(image, ax=ax, fraction=0.05, pad=0.02).ax.tick_params(labelsize=7)
    axes[0][0].set_ylabel("band")
    return fig


def mel_with_windows(
    mel: np.ndarray,
    frame_idx: int,
    starts: Mapping[str, int],
    *,
    ax: Axes | None = None,
) -> Figure:
    """The mel around one frame, the frame's own 40 ms, and the windows that claim to belong to it.

    Args:
        mel: (80, M).
        frame_idx: the frame k.
        starts: first mel step of a window, by label.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 2.6))
    fig = ax.figure
    end_ms = mel.shape[1] * MEL_STEP_MS
    ax.imshow(
        mel,
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0, end_ms, 0, AUDIO.n_mels),
        vmin=-AUDIO.max_abs,
        vmax=AUDIO.max_abs,
    )
    for edge_ms in (frame_idx * FRAME_MS, (frame_idx + 1) * FRAME_MS):
        ax.plot([edge_ms] * 2, [0, AUDIO.n_mels], color="white", linewidth=1.4)
    width = VIDEO.mel_steps * MEL_STEP_MS
    for row, ((label, start), colour) in enumerate(zip(starts.items(), SERIES[1:], strict=False)):
        low = AUDIO.n_mels * (1.04 + 0.13 * row)
        bar = Rectangle((start * MEL_STEP_MS, low), width, 7, color=colour, clip_on=False)
        ax.add_patch(bar)
        ax.text((start + VIDEO.mel_steps) * MEL_STEP_MS + 6, low, label, fontsize=8, color=colour)
    middle = (frame_idx + 0.5) * FRAME_MS
    ax.set(
        xlabel="milliseconds (between the white lines: the frame's own 40 ms)",
        ylabel="mel band",
        xlim=(middle - REACH_FRAMES * FRAME_MS, middle + REACH_FRAMES * FRAME_MS),
        ylim=(0, AUDIO.n_mels * (1.04 + 0.13 * len(starts))),
        yticks=[0, 40, 80],
    )
    return fig


def sync_pair(frames: np.ndarray, mel: np.ndarray, title: str) -> Figure:
    """What SyncNet compares: the lower halves of five frames, and 200 ms of mel.

    Args:
        frames: (5, 3, S, S) float in [0, 1]; mel: (80, 16).
    """
    fig = which_sound(frames, {"": mel})
    fig.suptitle(title, x=0.01, ha="left", fontsize=9)
    return fig


def frame_and_window(
    frame: np.ndarray, mel: np.ndarray, frame_idx: int, starts: Mapping[str, int]
) -> Figure:
    """A face beside the mel around it: what the eye sees and what the network hears."""
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(7.2, 2.5), gridspec_kw={"width_ratios": [1, 2.6]}
    )
    left.imshow(frame)
    left.set_title(f"frame {frame_idx}", fontsize=9)
    left.axis("off")
    mel_with_windows(mel, frame_idx, starts, ax=right)
    return fig
