"""Do networks trained on real people take the synthetic ones for people?

    python benchmarks/people_seen.py --people 50

Speaking clips with head motion, every emotion in turn. The share of frames in which the detector
finds the face (its box overlaps the true one), and distances of face-api's identity network between
frames of one person in different emotions and between different people.
"""

from __future__ import annotations

import argparse
from itertools import combinations

import cv2
import numpy as np
import torch

from emolib.base.emotions import EMOTIONS
from emolib.base.runtime import progress
from emolib.media.face import iou
from emolib.media.faces import make_detector
from emolib.models.face_nets import SAME_PERSON, IdentityNet, identity_distance
from emolib.synthetic.film import FilmSettings, film_clip
from emolib.synthetic.take import FIRST_ACTOR

OVERLAP = 0.3  # of the detected box with the square around the true landmarks
MARGIN = 0.35  # around the landmarks for the identity network, of their extent
PERCENTILES = (5, 25, 50, 75, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=int, default=5, help="every n-th frame")
    parser.add_argument("--randomise", default="", help="as of emolib synth; world: all")
    options = parser.parse_args()
    varied = tuple(part for part in options.randomise.split(",") if part)
    settings = FilmSettings(seed=options.seed, fps=25, randomise=varied)
    detector = make_detector()
    identity = IdentityNet.load()
    found: list[bool] = []
    descriptors: list[torch.Tensor] = []  # one (6, 128) a person: one frame of each emotion
    for actor in progress(range(FIRST_ACTOR, FIRST_ACTOR + options.people)):
        faces = []
        for emotion in EMOTIONS:
            take = film_clip(actor, "IWW", emotion, "XX", settings)
            points = take.landmarks()  # (N, 68, 2)
            for k, frame in enumerate(take.frames()):
                if k % options.every:
                    continue
                square = _square(points[k])
                boxes = [face.box for face in detector.detect(frame)]
                found.append(bool(boxes) and iou(square, np.stack(boxes)).max() > OVERLAP)
                if k == options.every * (len(take) // (2 * options.every)):
                    faces.append(_crop(frame, square))
        with torch.inference_mode():
            descriptors.append(identity(torch.stack(faces)))  # (6, 128)
    print(f"{options.people} people, {len(found)} frames, found in {100 * np.mean(found):6.2f} %")
    same = [
        float(identity_distance(person[a], person[b]))
        for person in descriptors
        for a, b in combinations(range(len(EMOTIONS)), 2)
    ]
    others = [
        float(identity_distance(a[emotion], b[emotion]))
        for a, b in combinations(descriptors, 2)
        for emotion in range(len(EMOTIONS))
    ]
    print(f"identity distance, percentiles {PERCENTILES}, share below {SAME_PERSON}")
    for name, distances in (("same person", same), ("different people", others)):
        numbers = " ".join(f"{p:.2f}" for p in np.percentile(distances, PERCENTILES))
        print(f"{name:17s} {numbers}   {100 * np.mean(np.array(distances) < SAME_PERSON):.1f} %")


def _square(points: np.ndarray) -> np.ndarray:
    """x0 y0 x1 y1 of the square around 68 landmarks, brows to chin, with the usual margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    centre, half = (low + high) / 2, (high - low).max() / 2 * (1 + MARGIN / 2)
    return np.concatenate([centre - half, centre + half])


def _crop(frame: np.ndarray, square: np.ndarray) -> torch.Tensor:
    """The square as (3, 150, 150) float in [0, 1]."""
    scale = 150 / (square[2] - square[0])
    matrix = np.array([[scale, 0, -scale * square[0]], [0, scale, -scale * square[1]]])
    face = cv2.warpAffine(frame, matrix, (150, 150), borderMode=cv2.BORDER_REPLICATE)
    return torch.from_numpy(face).permute(2, 0, 1).float() / 255


if __name__ == "__main__":
    main()
