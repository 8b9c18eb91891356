"""One clip, all its numbers: every comparison that the material at hand allows, as plain values.

A clip has three rows, seen by the same instruments: as generated, as it truly is (the ceiling, and
the scale that LSE values need), and the source given back unchanged (the floor: what a network that
does nothing scores). Without a generator there is the truth alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emolib.evaluation import visual
from emolib.evaluation.clip_features import ClipFeatures
from emolib.evaluation.real_video import mouth_against_own
from emolib.evaluation.truth import Truth, blinks, lip_error, preservation, transfer
from emolib.media.mesh import N_UNITS
from emolib.models.face_nets import identity_distance
from emolib.synthetic.head import by_stem

ROWS = ("generated", "truth", "copy")


@dataclass(frozen=True, eq=False)
class Material:
    """What belongs to one clip; all frames (T, 96, 96, 3) uint8 RGB of one length.

    Attributes:
        frames: row of `ROWS` → frames: made, true, and given; or the true ones alone.
        seen: row → what the instruments see in them.
        truth: what the corpus knows of the target, where it does.
        paired: source and target show the same pose in every frame, so that they can be
            compared pixel by pixel.
        acted: the true frames show the emotion that was asked for, and the source another.
        features: maps of pictures, for the perceptual distance of mouths.
    """

    frames: dict[str, np.ndarray]
    seen: dict[str, ClipFeatures]
    truth: Truth | None = None
    paired: bool = False
    acted: bool = False
    features: Callable | None = None


def measure(material: Material) -> dict[str, dict]:
    """The numbers of a clip for each of its rows, as plain values.

    Returns:
        row → `numbers`: metric → value; `probs`: judge → (6,); `features`: (n, D) for the Fréchet
        distance, in half precision, or None; `units`: how far each face unit moved from the source,
        in `STEMS` order, or None.
    """
    rows = {}
    for name, seen in material.seen.items():
        rows[name] = {
            "numbers": {key: value for key, value in seen.numbers.items() if key != "warp_error"},
            "probs": {judge: np.asarray(p).tolist() for judge, p in seen.probs.items()},
            "features": None if seen.crowd is None else seen.crowd.astype(np.float16).tolist(),
            "units": None,
        }
    if "generated" not in rows:
        return rows  # there is nothing to compare the truth with
    _flicker(material, rows)
    _identity(material, rows)
    if all(seen.face is not None for seen in material.seen.values()):
        _face(material, rows)
    if material.paired:
        _transfer(material, rows["generated"]["numbers"])
    if material.seen["truth"].motion is not None:
        for name in ROWS:
            rows[name]["numbers"] |= _motion(name, material)
    return rows


def _flicker(material: Material, rows: dict[str, dict]) -> None:
    errors = {name: seen.numbers.get("warp_error") for name, seen in material.seen.items()}
    if None in errors.values():
        return
    steady = errors["truth" if material.paired else "copy"]
    for name, error in errors.items():
        rows[name]["numbers"]["flicker"] = visual.relative_flicker(error, steady)


def _identity(material: Material, rows: dict[str, dict]) -> None:
    given = material.seen["copy"].identity
    if given is None:
        return
    for name in ("generated", "truth"):
        features = material.seen[name].identity
        rows[name]["numbers"] |= {
            "identity_distance": float(identity_distance(features, given).mean()),
            "identity_cosine": float(visual.identity_cosine(features, given).mean()),
        }


def _face(material: Material, rows: dict[str, dict]) -> None:
    face = {name: seen.face for name, seen in material.seen.items()}
    for name in ("generated", "copy"):
        rows[name]["numbers"] |= mouth_against_own(face[name], face["truth"], material.features)
    change = {name: face[name].change_from(face["copy"]) for name in ("generated", "truth")}
    for name in change if material.acted else ("generated",):
        rows[name]["units"] = by_stem(change[name]).tolist()
    if material.acted:
        way = transfer(change["generated"], change["truth"], np.zeros(N_UNITS))
        rows["generated"]["numbers"] |= {
            "transfer_units": way.distance,
            "progress_units": way.progress,
        }


def _transfer(material: Material, numbers: dict[str, float]) -> None:
    """How far the generated clip went towards the true counterfactual, in pixels and features."""
    expression = {name: seen.expression for name, seen in material.seen.items()}
    pixels = material.frames if "psnr_db" in numbers else {}
    for kind, shown in (("pixels", pixels), ("expression", expression)):
        if any(shown.get(name) is None for name in ROWS):
            continue
        if (shown["truth"] != shown["copy"]).any():
            way = transfer(shown["generated"], shown["truth"], shown["copy"])
            numbers |= {f"transfer_{kind}": way.distance, f"progress_{kind}": way.progress}


def _motion(name: str, material: Material) -> dict[str, float]:
    seen, target = material.seen[name].motion, material.seen["truth"].motion
    if seen is None:
        return {}
    # Without a corpus's own truth the mesh's reading of the true frames stands in, without visemes.
    known = material.truth or Truth(target, np.zeros(len(target), int))
    lips = lip_error(seen, target, known)
    found = {"lip_opening": lips.opening, "lip_correlation": lips.correlation}
    if material.truth is not None:
        found |= {"closures": lips.closures, "closures_kept": lips.closures_kept}
    if material.paired:
        found |= preservation(seen, target)
        if material.truth is not None:
            frames = material.frames[name], material.frames["truth"]
            found |= blinks(*frames, target.corners, material.truth)
    return {key: float(value) for key, value in found.items() if np.isfinite(value)}
