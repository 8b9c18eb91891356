"""The three sets of training windows: for SyncNet, for the emotion networks, for the generator.

Paper: §4.2. Deviation: the released data sets ignore their index, so their train and test splits
draw the same clips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from emolib.base.emotions import EMOTIONS, N_EMOTIONS
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.augment import Augment
from emolib.data.inputs import masked_input
from emolib.data.store import ClipStore
from emolib.data.window import ReferenceChooser, T, Windows, finished
from emolib.media.mel import mel_windows

__all__ = [
    "EmotionWindows",
    "GeneratorSettings",
    "GeneratorWindows",
    "SyncWindows",
    "Windows",
    "finished",
]

MIN_NEGATIVE_FRAMES = 3  # closer ones sound almost right: 40 ms is below what a viewer notices


class SyncWindows(Windows):
    """Five frames and 200 ms of sound that belong together, or do not.

    Items:
        frames (T, 3, S, S) uint8; mel (1, 80, 16) float32; in_sync float32, 1 or 0;
        clip_idx int64; offset_frames int64: how much later the frames are than the sound (0 in
        sync; 9999 with the sound of another clip).

    Args:
        negatives: share of windows that are out of sync.
        other_clips: share of those whose sound comes from another clip.

    Raises:
        ConfigError: a share outside [0, 1].
        DatasetError: no clip serves, or there is one clip only and `other_clips` is wanted.

    Paper: §3.1. Deviation: a negative is at least three frames away. The released code takes any
    other frame, so 3.5 % of a CREMA-D clip's negatives are a single frame off.
    """

    OTHER_CLIP = 9999

    def __init__(
        self,
        store: ClipStore,
        seed: int = 0,
        augment: Augment | None = None,
        negatives: float = 0.5,
        other_clips: float = 0.0,
    ):
        if not (0 <= negatives <= 1 and 0 <= other_clips <= 1):
            raise ConfigError(
                f"negatives={negatives}, other_clips={other_clips}", expected="shares in [0, 1]"
            )
        super().__init__(store, seed, augment)
        self.negatives, self.other_clips = negatives, other_clips
        if other_clips and len(self) < 2:
            raise DatasetError("only one clip has sound", expected="two", file=store.root)

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        n_starts = int(self.n_starts[clip])
        start = int(rng.integers(n_starts))
        heard_clip, heard = clip, start
        if rng.random() < self.negatives:
            far = np.abs(np.arange(n_starts) - start) >= MIN_NEGATIVE_FRAMES
            elsewhere = rng.random() < self.other_clips or not far.any()
            if elsewhere and len(self) > 1:
                others = self.clip_idx[self.clip_idx != clip]
                heard_clip = int(rng.choice(others))
                heard = int(rng.integers(self.n_starts[heard_clip]))
            elif far.any():
                heard = int(rng.choice(np.flatnonzero(far)))
        same = heard_clip == clip
        return {
            "frames": self._changed(self._cut(clip, start), rng),
            "mel": mel_windows(self._mel(heard_clip), [heard], n_frames=T)[0],
            "in_sync": np.float32(same and heard == start),
            "offset_frames": np.int64(start - heard if same else self.OTHER_CLIP),
            "clip_idx": np.int64(clip),
        }


class EmotionWindows(Windows):
    """Five frames and the emotion they show.

    Items:
        frames (T, 3, S, S) uint8; emotion_idx int64; clip_idx int64.
    """

    def __init__(self, store: ClipStore, seed: int = 0, augment: Augment | None = None):
        super().__init__(store, seed, augment, needs_sound=False, needs_emotion=True)

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        start = int(rng.integers(self.n_starts[clip]))
        return {
            "frames": self._changed(self._cut(clip, start), rng),
            "emotion_idx": np.int64(self.store.emotion_idx[clip]),
            "clip_idx": np.int64(clip),
        }


@dataclass(frozen=True)
class GeneratorSettings:
    """What the generator is asked.

    `reference`: "same_clip" (the paper: five other frames of the clip), "same_clip_apart" (no frame
    in common with the target), "same_clip_near" (2 to 19 frames away) or "other_emotion" (the actor
    with another emotion and sentence; in a paired corpus at the very same pose). `mask`: see
    `MASKS`. `alignment`: see `media.mel`. `unlabelled`: the emotion of clips without a label.
    """

    reference: str = "same_clip"
    mask: str = "full"
    alignment: str = "centred"
    unlabelled: str | None = None


class GeneratorWindows(Windows):
    """Five frames to produce, the sound and emotion they show, and five to look at.

    Items:
        target_frames, reference_frames (T, 3, S, S) uint8; mel_windows (T, 1, 80, 16) float32, one
        a frame; sync_mel (1, 80, 16) float32, of all five; has_sound bool, False in a store of
        still pictures; emotion (6,) float32 one-hot, zeros without a label; emotion_idx int64 (-1
        without a label); clip_idx, reference_idx, start, reference_start int64. `data[index]` also
        has faces (T, 6, S, S) float32, the masked target and the reference.

    Args:
        needs_emotion: leave out clips without a label.

    Raises:
        ConfigError: unknown reference strategy.
        DatasetError: no clip serves, or an actor lacks what the strategy needs.

    Paper: §4.2; counterfactual references are ours.
    """

    def __init__(
        self,
        store: ClipStore,
        settings: GeneratorSettings | None = None,
        seed: int = 0,
        augment: Augment | None = None,
        needs_emotion: bool = False,
    ):
        self.settings = settings or GeneratorSettings()
        self.emotion_idx = store.emotion_idx
        if self.settings.unlabelled is not None:
            label = EMOTIONS.index(self.settings.unlabelled)
            self.emotion_idx = np.where(self.emotion_idx < 0, label, self.emotion_idx)
            needs_emotion = False
        needs_emotion |= self.settings.reference == "other_emotion"
        self.silent = bool(store.clips["silent"].all())  # still pictures, say: nothing is heard
        super().__init__(
            store, seed, augment, needs_sound=not self.silent, needs_emotion=needs_emotion
        )
        self.chooser = ReferenceChooser(store, self.settings.reference, self.clip_idx)
        self.n_starts = self.chooser.limit(self.n_starts)

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        start = int(rng.integers(self.n_starts[clip]))
        other, other_start = self.chooser(clip, start, rng)
        both = np.concatenate([self._cut(clip, start), self._cut(other, other_start)])
        pictures = self._changed(both, rng)  # (2·T, 3, S, S), one draw for all
        mel, place = self._mel(clip), int(self.emotion_idx[clip])
        emotion = np.zeros(N_EMOTIONS, np.float32)
        if place >= 0:
            emotion[place] = 1
        frames = range(start, start + T)
        return {
            "target_frames": pictures[:T],
            "reference_frames": pictures[T:],
            "mel_windows": mel_windows(mel, frames, alignment=self.settings.alignment),
            "sync_mel": mel_windows(mel, [start], n_frames=T)[0],
            "has_sound": not self.silent,
            "emotion": emotion,
            "emotion_idx": np.int64(place),
            "clip_idx": np.int64(clip),
            "start": np.int64(start),
            "reference_idx": np.int64(other),
            "reference_start": np.int64(other_start),
        }

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        item = super().__getitem__(index)
        target, reference = item["target_frames"], item["reference_frames"]
        return {**item, "faces": masked_input(target, reference, self.settings.mask)}
