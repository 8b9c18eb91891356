"""From the records of single clips to the numbers of a result.

A record is what `run` writes for each clip: plain values that survive a restart. Features travel as
base64 of float16 (three digits are plenty for a covariance).
"""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np

from emolib.emotions import EMOTIONS
from emolib.evaluation import visual
from emolib.evaluation.emotion import score_emotions
from emolib.evaluation.intervals import Interval, jackknife_interval, mean_interval
from emolib.evaluation.measure import ROWS, Measured

SHARES = {"closures_kept": "closures", "blinks_kept": "blinks"}  # part of all such events
COUNTS = frozenset(SHARES.values())


def clip_record(name: str, source: str, emotion: str, rows: dict[str, Measured]) -> dict:
    """One clip's numbers as plain JSON values."""
    return {
        "clip": name,
        "source": source,
        "emotion": emotion,
        "rows": {
            row: {
                "numbers": measured.numbers,
                "probs": measured.probs,
                "features": _packed(measured.features),
            }
            for row, measured in rows.items()
        },
    }


def summarise(records: list[dict], *, seed: int = 0) -> dict:
    """Rows of metrics, and emotion scores, over all clips.

    Returns:
        `rows`: row → metric → {mean, low, high, n}; a metric without a value in any clip is absent.
        `emotions`: row → judge → accuracy, per_emotion, confusion, n.
    """
    rows, emotions = {}, {}
    intended = np.array([EMOTIONS.index(record["emotion"]) for record in records])
    for row in ROWS:
        parts = [record["rows"][row] for record in records]
        metrics = _means([part["numbers"] for part in parts], seed)
        emotions[row] = {}
        for judge in sorted({name for part in parts for name in part["probs"]}):
            probs = np.array([part["probs"][judge] for part in parts])
            right = probs.argmax(axis=1) == intended
            metrics[f"emoacc/{judge}"] = mean_interval(right, seed=seed)
            emotions[row][judge] = score_emotions(probs, intended).as_dict()
        if row != "truth" and (distance := _crowd(records, row, seed)):
            metrics["frechet"] = distance
        rows[row] = {key: value.as_dict() for key, value in metrics.items()}
    return {"rows": rows, "emotions": emotions}


def crowd_features(records: list[dict], row: str) -> list[np.ndarray]:
    """Features of a row, one (n, D) float64 array a clip."""
    packed = [record["rows"][row]["features"] for record in records]
    return [_unpacked(one) for one in packed if one]


def few_samples(records: list[dict]) -> list[str]:
    """A note when there are too few frames for a Fréchet distance to mean much."""
    features = crowd_features(records, "truth")
    if not features:
        return []
    n_samples, n_features = sum(map(len, features)), features[0].shape[1]
    if visual.enough_for_frechet(n_samples, n_features):
        return []
    return [
        f"The Fréchet distance rests on {n_samples} frames for {n_features} features: too few;"
        " compare it only with results on the same clips."
    ]


def _means(clips: list[dict[str, float]], seed: int) -> dict[str, Interval]:
    found = {}
    for key in sorted({key for clip in clips for key in clip} - COUNTS):
        there = [clip for clip in clips if key in clip]
        values = [clip[key] for clip in there]
        if key not in SHARES:
            found[key] = mean_interval(values, seed=seed)
            continue
        events = [clip[SHARES[key]] for clip in there]
        if sum(events) > 0:
            found[key] = mean_interval(values, weights=events, seed=seed)
    return found


def _crowd(records: list[dict], row: str, seed: int) -> Interval | None:
    """Fréchet distance of a row's frames from the true ones."""
    ours, true = crowd_features(records, row), crowd_features(records, "truth")
    if len(ours) < 2:
        return None

    def distance(clips: np.ndarray) -> float:
        picked = [np.concatenate([side[i] for i in clips]) for side in (ours, true)]
        return visual.frechet_distance(*picked)

    found = jackknife_interval(distance, len(ours), seed=seed)
    return replace(found, low=max(found.low, 0.0))


def _packed(features: np.ndarray | None) -> dict | None:
    if features is None:
        return None
    data = base64.b64encode(features.astype("<f2").tobytes()).decode()
    return {"shape": list(features.shape), "float16": data}


def _unpacked(packed: dict) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(packed["float16"]), "<f2")
    return data.reshape(packed["shape"]).astype(np.float64)
