"""What the instruments see in one clip, before it is compared with anything.

A clip is looked at once by every network; the comparisons (`measure`) are then plain arithmetic.
What is seen of the true clip and of the source does not depend on the generator, so it is kept from
one checkpoint to the next, as arrays (`to_arrays`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import cv2
import numpy as np
from torch import nn

from emolib.base.errors import FaceError, MediaError
from emolib.evaluation import visual
from emolib.evaluation.emotion import ExpressionJudge, WindowJudge
from emolib.evaluation.landmarks import FaceMotion, motion_of_frames
from emolib.evaluation.lse_inputs import LSE_PX, lse_crops
from emolib.evaluation.real_video import FaceLook, look_at_face
from emolib.evaluation.sync import LseResult, lse, lse_expert
from emolib.media.faces import FaceMesh
from emolib.media.mesh import FaceUnits

METRICS = ("sync", "visual", "crowd", "identity", "emotion", "truth", "real")
FRAME_STRIDE = 5  # frames from one look of the identity or Inception network to the next
IN_SYNC_FRAMES = 1  # a best offset of at most one frame counts as in sync


@dataclass(eq=False)
class Instruments:
    """The networks that measure, and what a reader must know of them; None leaves numbers out.

    Attributes:
        expert: the colour SyncNet, for LSE on its own scale.
        lse_net: the evaluation SyncNet; needs the clips' sound.
        judges: emotion classifiers.
        expression: the judge trained on real faces, whose features also measure transfer and make
            the Fréchet distance where `crowd` is None.
        crowd: features for the Fréchet distance.
        identity: the identity network.
        mesh: the landmark mesh.
        units: measures face units, and finds the mouth.
        metrics: groups of `METRICS` that are wanted.
        labels: metric → heading in tables, where it depends on the network.
        notes: sentences for the reader; sha256: of each checkpoint used.
    """

    expert: nn.Module | None = None
    lse_net: nn.Module | None = None
    judges: tuple[WindowJudge, ...] = ()
    expression: ExpressionJudge | None = None
    crowd: nn.Module | None = None
    identity: nn.Module | None = None
    mesh: FaceMesh | None = None
    units: FaceUnits | None = None
    metrics: tuple[str, ...] = METRICS
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sha256: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Film:
    """The whole picture around the face: frames (T, H, W, 3) uint8 RGB, tight boxes (T, 4)."""

    frames: np.ndarray
    boxes: np.ndarray


@dataclass(eq=False)
class ClipFeatures:
    """What was seen in a clip.

    Attributes:
        numbers: by metric; those that need no other clip, and likeness to the true frames.
        probs: judge → (6,) probabilities of the emotions.
        expression, identity, crowd: features (n, D) float32 of every few frames.
        motion: mouth and pose; None if the mesh was not asked, or found no face.
        face: face units and the mouth's picture; None if not asked, or no face was found.
    """

    numbers: dict[str, float] = field(default_factory=dict)
    probs: dict[str, np.ndarray] = field(default_factory=dict)
    expression: np.ndarray | None = None
    identity: np.ndarray | None = None
    crowd: np.ndarray | None = None
    motion: FaceMotion | None = None
    face: FaceLook | None = None


def extract(
    frames: np.ndarray,
    tools: Instruments,
    *,
    mel: np.ndarray,
    audio: np.ndarray | None = None,
    film: Film | None = None,
    against: np.ndarray | None = None,
) -> ClipFeatures:
    """One clip through all instruments.

    Args:
        frames: (T, 96, 96, 3) uint8 RGB.
        mel: (80, M) float32, the sound that belongs to it.
        audio: (n,) float of the same, where it is at hand.
        film: where the faces are in a whole picture; then the published LSE crops as published.
        against: true frames at the same poses, to compare pixel by pixel.

    Raises:
        MediaError: the clip is too short.
    """
    seen, wanted = ClipFeatures(), set(tools.metrics)
    if "sync" in wanted:
        seen.numbers |= _sync(frames, tools, mel, audio, film)
    if "visual" in wanted:
        seen.numbers["warp_error"] = visual.warp_error(frames)
        if against is not None:
            seen.numbers["psnr_db"] = float(visual.psnr_db(frames, against).mean())
            seen.numbers["ssim"] = float(visual.ssim(frames, against).mean())
    if "emotion" in wanted:
        for judge in tools.judges:
            seen.probs[judge.name] = judge.probs(frames)
    if tools.expression is not None:
        probs, seen.expression = tools.expression.look(frames)
        if "emotion" in wanted:
            seen.probs[tools.expression.name] = probs
    if "crowd" in wanted:
        seen.crowd = seen.expression
        if tools.crowd is not None:
            seen.crowd = visual.features_of(tools.crowd, frames[::FRAME_STRIDE])
    if "identity" in wanted and tools.identity is not None:
        seen.identity = visual.features_of(tools.identity, frames[::FRAME_STRIDE])
    if "truth" in wanted and tools.mesh is not None:
        try:
            seen.motion = motion_of_frames(frames, tools.mesh)
        except MediaError:  # no face to be found: a number, not a failure
            seen.motion = None
        seen.numbers["face_lost"] = float(seen.motion is None)
    if "real" in wanted and tools.units is not None:
        try:
            seen.face = look_at_face(frames, tools.units)
        except FaceError:  # as above
            seen.face = None
        seen.numbers["mouth_lost"] = float(seen.face is None)
    return seen


def _sync(frames, tools: Instruments, mel, audio, film: Film | None) -> dict[str, float]:
    found = {}
    if tools.expert is not None:
        found |= _sync_numbers(lse_expert(tools.expert, frames, mel=mel), "_expert")
    if tools.lse_net is not None and audio is not None:
        if film is not None:
            large = lse_crops(film.frames, film.boxes)
        else:  # as the published script for cropped corpora: the whole crop at 224 px
            large = np.stack([cv2.resize(frame, (LSE_PX, LSE_PX)) for frame in frames])
        found |= _sync_numbers(lse(tools.lse_net, large, audio), "")
    return found


def _sync_numbers(result: LseResult, suffix: str) -> dict[str, float]:
    return {
        f"lse_d{suffix}": result.distance,
        f"lse_c{suffix}": result.confidence,
        f"lse_at_zero{suffix}": result.at_zero,
        f"offset{suffix}": float(result.offset),
        f"in_sync{suffix}": float(abs(result.offset) <= IN_SYNC_FRAMES),
        f"at_offset_0{suffix}": float(result.offset == 0),
    }


# ------------------------------------------------------------------------------------ as arrays
def to_arrays(seen: ClipFeatures) -> dict[str, np.ndarray]:
    """A `ClipFeatures` as named arrays, for a .npz file."""
    arrays = {f"numbers/{key}": np.float64(value) for key, value in seen.numbers.items()}
    arrays |= {f"probs/{name}": np.asarray(p, np.float64) for name, p in seen.probs.items()}
    for name in ("expression", "identity", "crowd"):
        if getattr(seen, name) is not None:
            arrays[name] = getattr(seen, name)
    for name in ("motion", "face"):
        part = getattr(seen, name)
        for one in fields(part) if part is not None else ():
            if getattr(part, one.name) is not None:
                arrays[f"{name}/{one.name}"] = getattr(part, one.name)
    return arrays


def from_arrays(arrays: dict[str, np.ndarray]) -> ClipFeatures:
    """The `ClipFeatures` that `to_arrays` was given."""

    def part(name: str) -> dict[str, np.ndarray]:
        start = f"{name}/"
        return {key[len(start) :]: a for key, a in arrays.items() if key.startswith(start)}

    motion, face = part("motion"), part("face")
    return ClipFeatures(
        numbers={key: float(value) for key, value in part("numbers").items()},
        probs=part("probs"),
        **{name: arrays.get(name) for name in ("expression", "identity", "crowd")},
        motion=FaceMotion(**({"eyes": None} | motion)) if motion else None,
        face=FaceLook(**face) if face else None,
    )
