"""How good a lip-sync expert is: what it says of true and of wrong sound, and where it looks.

Every clip is embedded once, window by window; all questions are then asked of one table: the
cosines of each picture with each sound of its clip. Two readings stand side by side: single windows
(five frames, 0.2 s), of which those in a pause cannot be told apart by anybody, and the mean over
a clip.

Paper: §3.1 and appendix C, which measure neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from emolib.base.config import AUDIO
from emolib.base.errors import ConfigError, DatasetError, MediaError
from emolib.base.runtime import progress
from emolib.data.store import ClipStore
from emolib.evaluation.intervals import mean_interval
from emolib.evaluation.sync import MAX_SHIFT, count_windows, expert_embeddings, lse_from_embeddings
from emolib.models.blocks import fuse_for_inference
from emolib.models.syncnet import MAX_SCALE, SyncNet

OFFSETS = np.arange(-MAX_SHIFT, MAX_SHIFT + 1)  # frames that the picture is later than the sound
FAR = 3  # frames from which on sound counts as wrong, as in training
SHIFTS = tuple(range(-5, 6))  # frames, planted and to be found again
MIN_WINDOWS = MAX_SHIFT + max(SHIFTS) + 1  # or a shifted clip lacks some offsets


@dataclass(frozen=True, eq=False)
class ClipEmbeddings:
    """One clip as the expert sees and hears it: unit vectors (N, D) float32 of N windows."""

    name: str
    actor: str
    video: Tensor
    sound: Tensor

    def cosines(self) -> np.ndarray:
        """(N, 31) float: picture *k* with the sound of each of `OFFSETS`; nan beyond the ends."""
        N = len(self.video)
        table = (self.video @ self.sound.T).numpy()  # (N, N): picture, sound
        heard = np.arange(N)[:, None] - OFFSETS  # (N, 31)
        inside = (heard >= 0) & (heard < N)
        return np.where(inside, table[np.arange(N)[:, None], heard.clip(0, N - 1)], np.nan)

    def shifted(self, frames: int) -> tuple[Tensor, Tensor]:
        """The clip with its picture so many frames too late (negative: too early)."""
        N = len(self.video)
        first, last = max(0, -frames), min(N, N - frames)
        return self.video[first:last], self.sound[first + frames : last + frames]


def embed_store(model: SyncNet, store: ClipStore) -> list[ClipEmbeddings]:
    """Every clip of a store that can be heard and has `MIN_WINDOWS`.

    Raises:
        DatasetError: there is none.
    """
    net, found = fuse_for_inference(model), []
    for idx in progress(range(len(store)), desc="clips", unit="clip"):
        clip = store[idx]
        try:
            n = count_windows(len(clip.frames), (clip.mel.shape[1] - 1) * AUDIO.hop_samples)
        except MediaError:
            continue
        if store.clips["silent"].iloc[idx] or n < MIN_WINDOWS:
            continue
        video, sound = expert_embeddings(net, clip.frames, clip.mel, n)
        found.append(ClipEmbeddings(clip.name, clip.actor, video, sound))
    if not found:
        raise DatasetError("no clip can be heard and lasts long enough", file=store.root)
    return found


def sync_accuracy(answers: Sequence[np.ndarray], border: float, actors: Sequence[str]) -> dict:
    """Right answers on true and on wrong sound, each half of the mark.

    Args:
        answers: a clip each, (rows, 31) cosines over `OFFSETS`, nan where there is no answer.
        border: cosine above which the expert says "in sync".
        actors: who is in each clip, for the interval.

    Returns:
        shares `in_sync` (offset 0, said yes), `off_sync` (three frames away or more, said no) and
        their mean `accuracy`, each a mean over clips, `accuracy` as a 95 % `interval`; `auc`:
        how often a true pair scores above a wrong one, whatever the border.
    """
    far = np.abs(OFFSETS) >= FAR
    true = [rows[:, OFFSETS == 0].ravel() for rows in answers]
    wrong = [rows[:, far][~np.isnan(rows[:, far])] for rows in answers]
    in_sync = np.array([(values > border).mean() for values in true])
    off_sync = np.array([(values <= border).mean() for values in wrong])
    scores = np.concatenate(true + wrong)
    labels = np.repeat([1, 0], [sum(map(len, true)), sum(map(len, wrong))])
    return {
        "in_sync": float(in_sync.mean()),
        "off_sync": float(off_sync.mean()),
        "accuracy": float((in_sync + off_sync).mean() / 2),
        "interval": mean_interval((in_sync + off_sync) / 2, actors).as_dict(),
        "auc": float(roc_auc_score(labels, scores)),
    }


def said_in_sync(answers: Sequence[np.ndarray], border: float) -> list[float]:
    """At each of `OFFSETS`, the share of answers that were "in sync"."""
    rows = np.concatenate(answers)
    there = (~np.isnan(rows)).sum(0)  # (31,)
    return ((rows > border).sum(0) / there).tolist()


def found_shifts(clips: Iterable[ClipEmbeddings], shifts: Iterable[int] = SHIFTS) -> dict:
    """Pictures are moved by whole frames against their sound; is the shift found?

    Returns:
        for each shift (as text): `pooled`, the best offset of the mean curve of all clips; `exact`
        and `within_1`, shares of clips whose own best offset is right, or one frame off.
    """
    clips, found = list(clips), {}
    for shift in shifts:
        results = [lse_from_embeddings(*clip.shifted(shift), pad="skip") for clip in clips]
        off = np.abs([result.offset - shift for result in results])
        mean_curve = np.nanmean([result.curve for result in results], axis=0)  # distances
        found[str(shift)] = {
            "pooled": int(results[0].offsets[np.nanargmin(mean_curve)]),
            "exact": float((off == 0).mean()),
            "within_1": float((off <= 1).mean()),
        }
    return found


def best_border(answers: Sequence[np.ndarray]) -> float:
    """The cosine between yes and no that is right most often, true and wrong sound counting alike.

    To be chosen on people from training, never on those that are measured.

    Args:
        answers: as `sync_accuracy` takes them.
    """
    rows = np.concatenate(answers)
    wrong = rows[:, np.abs(OFFSETS) >= FAR]
    wrong, true = np.sort(wrong[~np.isnan(wrong)]), np.sort(rows[:, OFFSETS == 0].ravel())
    borders = np.linspace(wrong[0], true[-1], 2001)
    said_no = [np.searchsorted(scores, borders, "right") / len(scores) for scores in (wrong, true)]
    gain = said_no[0] - said_no[1]  # off_sync + in_sync − 1
    return float(borders[gain >= gain.max() - 1e-12].mean())


def set_border(model: SyncNet, border: float) -> None:
    """Move the bias of a network with logits so that ½ is said at this cosine.

    Raises:
        ConfigError: a network that takes the cosine itself for a probability.
    """
    if model.config.score != "logits":
        raise ConfigError("this expert has no bias to move", expected="score='logits'")
    with torch.no_grad():
        model.bias.add_((model.border - border) * model.log_scale.exp().clamp(max=MAX_SCALE))


@torch.inference_mode()
def measure_sync_expert(model: SyncNet, store: ClipStore) -> dict:
    """All of this room on one store, as plain JSON values.

    Args:
        model: in any mode; it is not changed.
        store: clips of people that it has not seen: `store.split("test")`.

    Raises:
        DatasetError: no clip serves.
    """
    clips = embed_store(model, store)
    tables = [clip.cosines() for clip in clips]
    means = [np.nanmean(table, axis=0, keepdims=True) for table in tables]  # (1, 31) each
    border, actors = model.border, [clip.actor for clip in clips]
    return {
        "clips": len(clips),
        "people": len(set(actors)),
        "windows": sum(len(clip.video) for clip in clips),
        "border_cosine": border,
        "off_sync_from_frames": FAR,
        "offsets": OFFSETS.tolist(),
        "window": sync_accuracy(tables, border, actors),
        "clip": sync_accuracy(means, border, actors),
        "window_said_in_sync": said_in_sync(tables, border),
        "clip_said_in_sync": said_in_sync(means, border),
        "curve": np.nanmean(np.concatenate(tables), axis=0).tolist(),
        "shifts": found_shifts(clips),
    }
