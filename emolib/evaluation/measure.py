"""One clip, all its numbers: every metric that the material at hand allows, as plain values.

A clip is measured three times with the same instruments: as generated, as it truly is (the ceiling,
and the scale that LSE values need), and as the source given back unchanged (the floor: what a
network that does nothing scores).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from torch import nn

from emolib.errors import MediaError
from emolib.evaluation import visual
from emolib.evaluation.emotion import ExpressionJudge, Judge
from emolib.evaluation.landmarks import FaceMotion, motion_of_frames
from emolib.evaluation.sync import LSE_PX, lse, lse_expert
from emolib.evaluation.truth import Truth, lip_error, preservation, transfer
from emolib.media.faces import FaceMesh

METRICS = ("sync", "visual", "crowd", "identity", "emotion", "truth")
ROWS = ("generated", "truth", "copy")
FRAME_STRIDE = 5  # frames from one look of the identity network to the next
IN_SYNC_FRAMES = 1  # a best offset of at most one frame counts as in sync


@dataclass(frozen=True, eq=False)
class Instruments:
    """The networks that measure; None leaves its numbers out.

    Attributes:
        expert: the colour SyncNet, for LSE on its own scale.
        lse_net: the evaluation SyncNet; needs the clips' sound.
        judges: emotion classifiers, by name.
        expression: the judge trained on real faces, whose features also measure transfer.
        identity: the identity network, whose features also make the Fréchet distance.
        mesh: the landmark mesh.
        metrics: groups of `METRICS` that are wanted.
    """

    expert: nn.Module | None = None
    lse_net: nn.Module | None = None
    judges: tuple[Judge, ...] = ()
    expression: ExpressionJudge | None = None
    identity: nn.Module | None = None
    mesh: FaceMesh | None = None
    metrics: tuple[str, ...] = METRICS


@dataclass(frozen=True, eq=False)
class Material:
    """What belongs to one clip; all frames (T, 96, 96, 3) uint8 RGB of one length.

    Attributes:
        generated, target, source: made, true, and given frames.
        mel: (80, M) float32 of the target's sound.
        audio: (n,) float of the same, where it is at hand.
        truth: what the corpus knows of the target, where it does.
        paired: source and target show the same pose in every frame, so that they can be
            compared pixel by pixel.
    """

    generated: np.ndarray
    target: np.ndarray
    source: np.ndarray
    mel: np.ndarray
    audio: np.ndarray | None = None
    truth: Truth | None = None
    paired: bool = False


@dataclass(eq=False)
class Measured:
    """Numbers of one row, class probabilities by judge, and features (n, D) for the crowd."""

    numbers: dict[str, float] = field(default_factory=dict)
    probs: dict[str, list[float]] = field(default_factory=dict)
    features: np.ndarray | None = None


def measure(material: Material, tools: Instruments) -> dict[str, Measured]:
    """The numbers of a clip for each of `ROWS`.

    Raises:
        MediaError: the clip is too short, or a measuring network finds no face in it.
    """
    clips = dict(zip(ROWS, (material.generated, material.target, material.source), strict=True))
    rows = {name: Measured() for name in ROWS}
    wanted = set(tools.metrics)
    if "sync" in wanted:
        for name, frames in clips.items():
            rows[name].numbers |= _sync(frames, material, tools)
    if "visual" in wanted:
        _visual(clips, rows, material.paired)
    if "emotion" in wanted:
        _emotion(clips, rows, tools, material.paired)
    if tools.identity is not None and wanted & {"crowd", "identity"}:
        _identity(clips, rows, tools)
    if "truth" in wanted and tools.mesh is not None:
        _truth(clips, rows, tools.mesh, material)
    return rows


def _sync(frames: np.ndarray, material: Material, tools: Instruments) -> dict[str, float]:
    found = {}
    if tools.expert is not None:
        found |= _sync_numbers(lse_expert(tools.expert, frames, mel=material.mel), "_expert")
    if tools.lse_net is not None and material.audio is not None:
        # As the published script for cropped corpora: the whole crop at 224 px.
        large = np.stack([cv2.resize(frame, (LSE_PX, LSE_PX)) for frame in frames])
        found |= _sync_numbers(lse(tools.lse_net, large, material.audio), "")
    return found


def _sync_numbers(result, suffix: str) -> dict[str, float]:
    return {
        f"lse_d{suffix}": result.distance,
        f"lse_c{suffix}": result.confidence,
        f"offset{suffix}": float(result.offset),
        f"in_sync{suffix}": float(abs(result.offset) <= IN_SYNC_FRAMES),
    }


def _visual(clips: dict[str, np.ndarray], rows: dict[str, Measured], paired: bool) -> None:
    flicker = {name: visual.temporal_continuity(frames) for name, frames in clips.items()}
    steady = flicker["truth" if paired else "copy"]
    for name, frames in clips.items():
        rows[name].numbers["flicker"] = flicker[name].relative_to(steady)
        if paired and name != "truth":
            rows[name].numbers |= {
                "psnr_db": float(visual.psnr_db(frames, clips["truth"]).mean()),
                "ssim": float(visual.ssim(frames, clips["truth"]).mean()),
            }
    if paired and (clips["truth"] != clips["copy"]).any():
        way = transfer(clips["generated"], clips["truth"], clips["copy"])
        rows["generated"].numbers |= {
            "transfer_pixels": way.distance,
            "progress_pixels": way.progress,
        }


def _emotion(clips, rows: dict[str, Measured], tools: Instruments, paired: bool) -> None:
    seen = {}
    for name, frames in clips.items():
        for judge in tools.judges:
            rows[name].probs[judge.name] = judge.probs(frames).tolist()
        if tools.expression is not None:
            probs, seen[name] = tools.expression.look(frames)
            rows[name].probs[tools.expression.name] = probs.tolist()
    if paired and seen and (seen["truth"] != seen["copy"]).any():
        way = transfer(seen["generated"], seen["truth"], seen["copy"])
        rows["generated"].numbers |= {
            "transfer_expression": way.distance,
            "progress_expression": way.progress,
        }


def _identity(clips, rows: dict[str, Measured], tools: Instruments) -> None:
    seen = {
        name: visual.features_of(tools.identity, frames[::FRAME_STRIDE])
        for name, frames in clips.items()
    }
    for name, features in seen.items():
        if "crowd" in tools.metrics:
            rows[name].features = features
        if "identity" in tools.metrics and name != "copy":
            away = visual.identity_distance(features, seen["copy"])
            alike = visual.identity_cosine(features, seen["copy"])
            rows[name].numbers |= {
                "identity_distance": float(away.mean()),
                "identity_cosine": float(alike.mean()),
            }


def _truth(clips, rows: dict[str, Measured], mesh: FaceMesh, material: Material) -> None:
    target = motion_of_frames(clips["truth"], mesh)
    # Without a corpus's own truth the mesh's reading of the true frames stands in, without visemes.
    known = material.truth or Truth(target, np.zeros(len(target), int))
    for name, frames in clips.items():
        if name == "truth":
            seen = target
        else:
            try:
                seen = motion_of_frames(frames, mesh)
            except MediaError:
                rows[name].numbers["face_lost"] = 1.0
                continue
        rows[name].numbers |= {"face_lost": 0.0} | _motion_numbers(seen, target, known, material)


def _motion_numbers(seen: FaceMotion, target: FaceMotion, known: Truth, material) -> dict:
    lips = lip_error(seen, target, known)
    found = {"lip_opening": lips.opening, "lip_correlation": lips.correlation}
    if material.truth is not None:
        found |= {"closures": lips.closures, "closures_kept": lips.closures_kept}
    if material.paired:
        kept = preservation(seen, target, known)
        found |= {
            "eye_correlation": kept.eye_correlation,
            "pose_centre": kept.centre,
            "pose_size": kept.size,
            "pose_roll_deg": kept.roll_deg,
        }
        if material.truth is not None:
            found |= {
                "blinks": kept.blinks,
                "blinks_kept": kept.blinks_kept,
                "false_blinks": kept.false_blinks,
            }
    return {key: float(value) for key, value in found.items() if np.isfinite(value)}
