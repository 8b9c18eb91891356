"""What only a corpus with known truth can say: are the lips right, and did the emotion arrive?

The corpus knows each frame's landmarks and visemes, and the same person saying the same sentence at
the same pose with every other emotion. So a generated clip is compared with the very frames it
should have been, and with the source it started from.

Not in the paper: no real corpus has such counterfactuals.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emolib.base.arrays import load_arrays
from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError, DatasetError
from emolib.evaluation.landmarks import OPEN, SHUT, FaceMotion, eye_openness, motion_of_points
from emolib.media.face import runs

BILABIAL = 1  # index of "p b m" in the corpus's visemes
CLOSURE_SLACK = 0.02  # of the distance between the outer eye corners; a wide-open mouth has 0.3
STILL = 1e-3  # a true motion with less spread than this is none
KEYS = ("landmarks", "viseme", "fps")


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a clip, at the frames of the clip store.

    Attributes:
        motion: lips, width and eyes from the 68 true landmarks.
        viseme: (T,) int, index into the corpus's visemes.
    """

    motion: FaceMotion
    viseme: np.ndarray

    def __len__(self) -> int:
        return len(self.viseme)


def load_truth(path: str | os.PathLike, n_frames: int | None = None) -> Truth:
    """The truth of a synthetic clip, `Truth/….npz`, at 25 frames/s.

    Frame *k* shows the corpus frame that is on screen in the middle of it, as
    `media.video.read_frames` does.

    Args:
        n_frames: how many frames the clip has; default: as many as the truth covers.

    Raises:
        DatasetError: missing, damaged, or without landmarks, viseme and fps.
    """
    if not Path(path).is_file():
        raise DatasetError(
            "no such truth", file=path, fix="only synthetic corpora have a Truth folder"
        )
    landmarks, viseme, own_fps = load_arrays(path, *KEYS).values()
    own_fps = float(own_fps)
    if n_frames is None:
        n_frames = int(len(viseme) * VIDEO.fps / own_fps)
    at = np.floor((np.arange(n_frames) + 0.5) / VIDEO.fps * own_fps + 1e-6).astype(int)
    at = at.clip(0, len(viseme) - 1)
    return Truth(motion_of_points(landmarks[at]), viseme[at].astype(int))


# ------------------------------------------------------------------------------- are the lips right
@dataclass(frozen=True)
class LipError:
    """How far the generated mouth is from the true one.

    Attributes:
        opening: mean absolute error of the lip gap, both read by the same mesh, in distances
            between the outer eye corners (a vowel opens 0.1 to 0.3).
        correlation: of the generated lip gap with the true landmarks' over the clip; NaN if the
            true mouth never moves.
        closures: p, b and m of the clip.
        closures_kept: how many of them the generated lips close on, within one frame.
    """

    opening: float
    correlation: float
    closures: int
    closures_kept: int


def lip_error(generated: FaceMotion, true_frames: FaceMotion, truth: Truth) -> LipError:
    """Lip error of one clip.

    Args:
        generated: `motion_of_frames` of the generated frames.
        true_frames: the same of the true frames: the instrument's own reading of the truth, so
            that its bias cancels.
        truth: landmarks and visemes.

    Raises:
        ConfigError: unequal lengths.
    """
    _same_length(generated, true_frames, truth)
    kept, closures = 0, runs(truth.viseme == BILABIAL)
    for first, end in closures:
        around = slice(max(first - 1, 0), end + 1)
        kept += generated.lips[around].min() <= true_frames.lips[around].min() + CLOSURE_SLACK
    return LipError(
        opening=float(np.abs(generated.lips - true_frames.lips).mean()),
        correlation=_correlation(generated.lips, truth.motion.lips),
        closures=len(closures),
        closures_kept=int(kept),
    )


# --------------------------------------------------------------------------- did the emotion arrive
@dataclass(frozen=True)
class Transfer:
    """How far a generated clip went from its source towards the true target.

    Attributes:
        distance: `|generated - target| / |source - target|`: 0 is perfect, 1 no better than
            giving the source back, above 1 worse than that.
        progress: share of the way from source to target that was gone,
            `(g - s)·(t - s) / |t - s|²`: 1 is all of it. A blurred or wrong picture can have
            progress and still be far away.
    """

    distance: float
    progress: float


def transfer(generated: np.ndarray, target: np.ndarray, source: np.ndarray) -> Transfer:
    """Emotion transfer against the true counterfactual, in pixels or in features.

    Args:
        generated, target, source: (T, …) of equal shape: frames (T, H, W, 3) uint8, or features
            (T, D) float. Row *t* of all three shows the same person at the same pose.

    Raises:
        ConfigError: unequal shapes, or source and target are the same.
    """
    if not generated.shape == target.shape == source.shape:
        raise ConfigError(
            f"shapes are {generated.shape}, {target.shape}, {source.shape}", expected="equal shapes"
        )
    g, t, s = (np.asarray(x, np.float64).ravel() for x in (generated, target, source))
    way = t - s
    length = np.linalg.norm(way)
    if length == 0:
        raise ConfigError("source and target are the same", expected="another emotion")
    return Transfer(
        distance=float(np.linalg.norm(g - t) / length),
        progress=float((g - s) @ way / length**2),
    )


# -------------------------------------------------------------------------- what should have stayed
def preservation(generated: FaceMotion, true_frames: FaceMotion) -> dict[str, float]:
    """Whether the head stayed where it was, by the same mesh on the true frames.

    Returns:
        mean errors: `pose_centre` and `pose_size` as shares of the face's size, `pose_roll_deg`.

    Raises:
        ConfigError: unequal lengths, or motions without pose.
    """
    _same_length(generated, true_frames)
    if generated.pose is None or true_frames.pose is None:
        raise ConfigError("the motion has no pose", expected="motion_of_frames of both clips")
    ours, theirs = generated.pose, true_frames.pose
    roll = np.abs(np.angle(np.exp(1j * (ours[:, 3] - theirs[:, 3]))))
    away = np.linalg.norm(ours[:, :2] - theirs[:, :2], axis=1) / theirs[:, 2]
    return {
        "pose_centre": float(away.mean()),
        "pose_size": float(np.abs(ours[:, 2] / theirs[:, 2] - 1).mean()),
        "pose_roll_deg": float(np.degrees(roll.mean())),
    }


def blinks(
    generated: np.ndarray, true_frames: np.ndarray, corners: np.ndarray, truth: Truth
) -> dict[str, float]:
    """Whether the blinks came through; empty if the true clip has none.

    Args:
        generated, true_frames: (T, S, S, 3) uint8 RGB, at the same poses.
        corners: (T, 2, 2, 2) of the true frames' eyes, see `landmarks.FaceMotion`.

    Returns:
        `blink_depth`: how far the eyes shut in the true blinks, measured from the clip's own open
        eye: 1 as far as the true ones, 0 not at all (eyes that are narrow already shut less far);
        `eye_correlation`: of the eye's course with the true lids.
    """
    _same_length(generated, true_frames, truth)
    lids = truth.motion.eyes
    seen = eye_openness(generated, true_frames, corners, lids)
    if seen is None:
        return {}
    depth = np.median(seen[lids > OPEN]) - seen[lids < SHUT].mean()
    return {"blink_depth": float(depth), "eye_correlation": _correlation(seen, lids)}


def _same_length(*clips) -> None:
    if len({len(clip) for clip in clips}) != 1:
        lengths = ", ".join(str(len(clip)) for clip in clips)
        raise ConfigError(f"clips of {lengths} frames", expected="clips of one length")


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 3 or b.std() < STILL:
        return float("nan")  # the truth does not move: nothing to follow
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 else 0.0
