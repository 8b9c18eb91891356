"""Do real-trained eyes read our people? Tunes expression recipes, and measures them on others.

The judge is face-api's expression network, trained on photographs of real people. It is USED FOR
TUNING here (`tune`), so what it says of our people (`evaluate`) is no independent proof of
readability: `evaluate` uses people of other seeds, but the same judge. Recipes were tuned on seeds
0 to 61; 1000 to 1039 and 2000 to 2039 were looked at in between; 3000 to 3039 only at the end.
The judge knows a seventh class, "surprised", that CREMA-D lacks: its logit is dropped and the other
six are renormalised.

    python scripts/judge_people.py evaluate --seeds 3000:3040 --sheet sheet.png
    python scripts/judge_people.py tune ANG 0 --seeds 0:20 --rounds 12

A clip is named by the mean of the probabilities over the apex frames (envelope at least 90 %) of a
spoken sentence, every fourth frame. The crop is what face-api's own `align` cuts from 68
landmarks: a square with side (eyes to mouth) / 0.45, the landmarks' centre at (0.5, 0.43) of it;
`--margin` widens it (0.05 read our tuning people best, of -0.2 to 0.4). With `--detector` the box
comes from our face detector instead.
"""

from __future__ import annotations

import argparse
import json

import cv2
import numpy as np
import torch

from emolib.base.emotions import EMOTIONS
from emolib.base.runtime import progress
from emolib.models.face_nets import ExpressionNet
from emolib.synthetic.expressions import (
    ARTICULATION,
    MAX_UNIT,
    RECIPES,
    Style,
    envelope,
    recipe_units,
)
from emolib.synthetic.people import Person, Stage
from emolib.synthetic.performance import blend, perform
from emolib.synthetic.sentences import SENTENCES
from emolib.synthetic.speech import Voice, prosody_for, speak
from emolib.synthetic.visemes import Articulation, articulate

CROP_PX = 112
SAYING = ("MTI", "IEO", "TIE", "DFA")  # one sentence a person, in turn

# What the search may use for each emotion, and up to how much: action units FACS names for it.
PALETTE = {
    "ANG": {
        **{"browDown": 1.2, "eyeWide": 0.8, "eyeSquint": 0.8, "noseSneer": 0.9, "cheekSquint": 0.4},
        **{"mouthUpperUp": 0.7, "mouthLowerDown": 0.8, "mouthFunnel": 0.4, "jawForward": 0.6},
        **{"mouthPress": 0.8, "mouthFrown": 0.7, "mouthRollUpper": 0.5, "mouthRollLower": 0.4},
        **{"mouthStretch": 0.6, "jawOpen": 0.2, "mouthShrugLower": 0.5},
    },
    "DIS": {
        **{
            "eyeBlink": 0.25,
            "noseSneer": 1.2,
            "mouthUpperUp": 1.0,
            "browDown": 0.8,
            "eyeSquint": 0.8,
        },
        **{"mouthFrown": 0.8, "mouthShrugLower": 0.7, "cheekSquint": 0.9, "mouthLowerDown": 0.6},
        **{"mouthShrugUpper": 0.6, "jawOpen": 0.15, "tongueOut": 0.2, "mouthStretch": 0.4},
    },
    "FEA": {
        **{"browInnerUp": 1.2, "browOuterUp": 0.8, "browDown": 0.8, "eyeWide": 1.1},
        **{"mouthStretch": 1.2, "mouthLowerDown": 0.9, "jawOpen": 0.3, "mouthUpperUp": 0.4},
        **{"mouthFrown": 0.5, "mouthShrugLower": 0.3},
    },
    "HAP": {
        **{"mouthSmile": 0.95, "mouthDimple": 0.7, "cheekSquint": 1.0, "eyeSquint": 0.6},
        **{"mouthUpperUp": 0.6, "jawOpen": 0.2, "browOuterUp": 0.3, "mouthLowerDown": 0.4},
    },
    "SAD": {
        **{
            "eyeBlink": 0.4,
            "browInnerUp": 1.2,
            "browDown": 0.6,
            "mouthFrown": 1.2,
            "mouthShrugLower": 0.9,
        },
        **{"eyeSquint": 0.6, "mouthPress": 0.5, "cheekSquint": 0.4, "mouthRollLower": 0.4},
        **{"mouthStretch": 0.3},
    },
}


def crop(frame: np.ndarray, points: np.ndarray, margin: float) -> np.ndarray:
    """Face square (112, 112, 3) around 68 landmarks, as face-api's `align` cuts it."""
    eyes = [points[36:42].mean(0), points[42:48].mean(0)]
    mouth = points[48:68].mean(0)
    reach = np.mean([np.linalg.norm(mouth - eye) for eye in eyes])
    centre = np.mean([*eyes, mouth], axis=0)
    side = reach / 0.45
    corner = centre - np.array([0.5, 0.43]) * side
    return cut(frame, np.array([*corner, *(corner + side)]), margin)


def cut(frame: np.ndarray, box: np.ndarray, margin: float) -> np.ndarray:
    """Square of a box (x0, y0, x1, y1), widened by `margin` of its side, at 112 px."""
    centre, side = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * (1 + margin)
    scale = CROP_PX / side
    matrix = np.array([[scale, 0, CROP_PX / 2 - centre[0] * scale], [0, 0, 0]])
    matrix[1] = [0, scale, CROP_PX / 2 - centre[1] * scale]
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(
        frame, matrix, (CROP_PX, CROP_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


@torch.inference_mode()
def judge(net: ExpressionNet, faces: list[np.ndarray]) -> np.ndarray:
    """(B, 6) probabilities in `EMOTIONS` order."""
    batch = torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2).float() / 255
    return net.emotion_probs(batch).numpy()


def evaluate(args) -> None:
    """Confusion of intended against named emotion."""
    net, seeds = ExpressionNet.load(), seed_range(args.seeds)
    detector = None
    if args.detector:
        from emolib.media.faces import make_detector

        detector = make_detector()
    confusion = np.zeros((6, 6), int)
    certain = np.zeros((6, 6))
    sheet, per_person, by_variant = [], [], {}
    for n, seed in enumerate(progress(seeds, desc="people")):
        person = Person.from_seed(seed)
        stage = Stage(person, 480, 360)
        voice = Voice.from_seed(seed, person.sex)
        row, hits = [], 0
        for true, code in enumerate(EMOTIONS):
            if code not in args.emotions.split(","):
                continue
            prosody = prosody_for("NEU" if args.paired else code, args.level)
            text = SENTENCES[SAYING[n % len(SAYING)]].text
            speech = speak(text, voice, prosody=prosody)
            acted = perform(speech, code, args.level, seed=seed, fps=25, paired=args.paired)
            times_s = (np.arange(len(acted)) + 0.5) / acted.fps
            frames = np.flatnonzero(envelope(times_s, speech.duration_s) >= 0.9)[1 :: args.every]
            faces = []
            for k in frames:
                picture = stage.render(acted.weights[k], acted.pose[k])
                if detector is None:
                    points = stage.landmarks(acted.weights[k], acted.pose[k])
                    faces.append(crop(picture, points, args.margin))
                else:
                    faces.append(cut(picture, detector.detect(picture)[0].box, args.margin))
            probs = judge(net, faces).mean(0)
            confusion[true, probs.argmax()] += 1
            certain[true] += probs / len(seeds)
            hit = int(probs.argmax() == true)
            hits += hit
            counts = by_variant.setdefault((code, Style.from_seed(seed).variant[code]), [0, 0])
            counts[0] += hit
            counts[1] += 1
            mark = faces[int(np.argmin(np.abs(frames - len(acted) * 0.45)))].copy()
            cv2.putText(
                mark, EMOTIONS[probs.argmax()], (2, 11), 0, 0.38,
                (90, 255, 90) if probs.argmax() == true else (255, 70, 70), 1,
            )  # fmt: skip
            row.append(mark)
        sheet.append(np.concatenate(row, 1))
        per_person.append(hits)
    print("intended \\ named", *EMOTIONS, sep="\t")
    for code, counts, mean in zip(EMOTIONS, confusion, certain, strict=True):
        print(code, *counts, "| mean p", *np.round(mean, 2), sep="\t")
    share = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    print("named right:", dict(zip(EMOTIONS, share.round(3).tolist(), strict=True)))
    right = confusion.trace() / confusion.sum()
    print(f"all: {right:.3f} of {confusion.sum()} clips, {len(seeds)} people")
    print("by variant:", {f"{c}{v}": f"{a}/{b}" for (c, v), (a, b) in sorted(by_variant.items())})
    print("people read worst:", [s for s, h in zip(seeds, per_person, strict=True) if h < 4])
    if args.sheet:
        half = (len(sheet) + args.columns - 1) // args.columns
        while len(sheet) % half:
            sheet.append(np.zeros_like(sheet[0]))
        columns = [np.concatenate(sheet[i : i + half]) for i in range(0, len(sheet), half)]
        cv2.imwrite(args.sheet, np.concatenate(columns, 1)[..., ::-1])


def tune(args) -> None:
    """Search the amounts of one recipe: an evolution strategy with a pull to where it began.

    Score: mean log probability of the intended emotion over people, visemes and small poses, less
    `--pull` times the mean squared distance from the recipe in the file, less a little for every
    unit used (plain faces look natural).
    """
    rng, net = np.random.default_rng(args.seed), ExpressionNet.load()
    palette = PALETTE[args.emotion]
    names, limit = list(palette), np.array(list(palette.values()))
    start = np.array([RECIPES[args.emotion][args.variant].get(n, 0.0) for n in names])
    scenes = [Scene(seed, rng) for seed in seed_range(args.seeds)]
    target = EMOTIONS.index(args.emotion)

    def score(amounts: np.ndarray) -> float:
        felt = recipe_units(dict(zip(names, amounts, strict=True)))
        faces = [face for scene in scenes for face in scene.faces(felt, args.emotion, args.margin)]
        probs = judge(net, faces)[:, target]
        readable = np.log(np.clip(probs, 0.02, 0.9)).mean()
        return readable - args.pull * ((amounts - start) ** 2).mean() - 0.02 * amounts.sum()

    mean, width = start.copy(), np.full(len(names), 0.18)
    best, best_score = mean, score(mean)
    print("start", round(best_score, 3))
    for generation in range(args.rounds):
        tried = np.clip(mean + width * rng.normal(size=(args.children, len(names))), 0, limit)
        scores = np.array([score(t) for t in tried])
        order = scores.argsort()[::-1][: args.children // 3]
        if scores[order[0]] > best_score:
            best, best_score = tried[order[0]], scores[order[0]]
        parents = np.vstack([tried[order], best])
        width = 0.6 * width + 0.4 * np.maximum(parents.std(0), 0.03)
        mean = parents.mean(0)
        print(generation, round(best_score, 3), flush=True)
    last = score(mean)
    best = mean if last > best_score - 0.01 else best
    recipe = {n: round(float(a), 2) for n, a in zip(names, best, strict=True) if a >= 0.04}
    print(json.dumps({args.emotion: {str(args.variant): recipe}}))


class Scene:
    """A person at two moments of a sentence, ready to wear any expression."""

    def __init__(self, seed: int, rng):
        person = Person.from_seed(seed)
        self.stage, self.style = Stage(person, 300, 226), Style.from_seed(seed)
        speech = speak(SENTENCES[SAYING[seed % 4]].text, Voice.from_seed(seed, person.sex))
        said = articulate(speech, 25)
        talking = np.flatnonzero((said.viseme > 1) & (said.loudness > 0.4))
        k = rng.choice(talking, 1)
        quiet = np.flatnonzero(said.viseme == 0)[:1]
        at = np.concatenate([k, quiet])
        self.said = Articulation(
            said.channels[at], said.closure[at], said.viseme[at], said.loudness[at]
        )
        self.poses = rng.normal(0, [0.08, 0.05, 0.03, 0, 0, 0], (len(at), 6)).astype(np.float32)

    def faces(self, felt: np.ndarray, emotion: str, margin: float) -> list[np.ndarray]:
        """112 px crops of both moments with unit weights `felt` (52,) worn in the person's way."""
        worn = np.clip(felt * self.style.gain * self.style.expressive * 0.95, 0, MAX_UNIT)
        jaw = ARTICULATION[emotion]
        weights = blend(np.tile(worn, (len(self.poses), 1)), self.said, jaw).astype(np.float32)
        out = []
        for w, pose in zip(weights, self.poses, strict=True):
            out.append(crop(self.stage.render(w, pose), self.stage.landmarks(w, pose), margin))
        return out


def seed_range(text: str) -> list[int]:
    """ "0:20" or "3,5,8"."""
    if ":" in text:
        first, last = (int(part) for part in text.split(":"))
        return list(range(first, last))
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("evaluate", help="confusion on people of these seeds")
    one.add_argument("--seeds", default="3000:3040")
    one.add_argument("--emotions", default=",".join(EMOTIONS))
    one.add_argument("--level", default="HI")
    one.add_argument("--every", type=int, default=4, help="frames from one look to the next")
    one.add_argument("--paired", action="store_true")
    one.add_argument("--detector", action="store_true", help="boxes from our face detector")
    one.add_argument("--margin", type=float, default=0.05)
    one.add_argument("--sheet", help="PNG to write")
    one.add_argument("--columns", type=int, default=2)
    one.set_defaults(run=evaluate)
    two = commands.add_parser("tune", help="search one recipe on people of these seeds")
    two.add_argument("emotion", choices=sorted(PALETTE))
    two.add_argument("variant", type=int)
    two.add_argument("--seeds", default="0:14")
    two.add_argument("--rounds", type=int, default=10)
    two.add_argument("--children", type=int, default=12)
    two.add_argument("--pull", type=float, default=3.0)
    two.add_argument("--margin", type=float, default=0.05)
    two.add_argument("--seed", type=int, default=0)
    two.set_defaults(run=tune)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
