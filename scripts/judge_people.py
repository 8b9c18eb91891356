"""Do eyes that know real people read ours, and do our faces do what real faces do?

Two judges, neither trained on our people. face-api's expression network, trained on photographs,
names an emotion; its seventh class, "surprised", which CREMA-D lacks, is dropped and the other six
are renormalised. The blendshape network (`media.face_units`) names nothing: it says how far each
face unit moves against the same person's neutral clip, and the same is measured on real people.
The recipes of `synthetic.expressions` follow the second. They were tuned on seeds below 1000; 3000
to 3039, 5200 to 5239, 5300 to 5339 and 5400 to 5439 were looked at only at the end.

    python scripts/judge_people.py real CREMA-D/VideoFlash london grid --save real.json
    python scripts/judge_people.py ours --seeds 0:12 --level XX --sheet sheet.png --real real.json

A clip is judged by the mean over the frames at full strength of a spoken sentence, every fourth.
The crop is what face-api's own `align` cuts from 68 landmarks: a square with side (eyes to mouth) /
0.45, the landmarks' centre at (0.5, 0.43) of it, widened by a twentieth.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import torch

from emolib.base.emotions import EMOTIONS
from emolib.base.results import load_result, save_result
from emolib.base.runtime import progress, run_record
from emolib.media.image import read_still
from emolib.media.mesh import FaceUnits
from emolib.media.video import read_frames
from emolib.models.face_nets import ExpressionNet
from emolib.synthetic.expressions import Style
from emolib.synthetic.head import STEMS, by_stem, sides
from emolib.synthetic.people import Person, Stage
from emolib.synthetic.performance import perform
from emolib.synthetic.prosody import prosody_for
from emolib.synthetic.sentences import SENTENCES
from emolib.synthetic.speech import Voice, speak

CROP_PX, MARGIN = 112, 1.05
SAYING = ("MTI", "IEO", "TIE", "DFA")  # one sentence a person, in turn


def crop(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Face square (112, 112, 3) around 68 landmarks, as face-api's `align` cuts it."""
    eyes = [points[36:42].mean(0), points[42:48].mean(0)]
    mouth = points[48:68].mean(0)
    side = np.mean([np.linalg.norm(mouth - eye) for eye in eyes]) / 0.45
    x, y = np.mean([*eyes, mouth], axis=0) + np.array([0, 0.07]) * side
    scale = CROP_PX / (side * MARGIN)
    matrix = np.array([[scale, 0, CROP_PX / 2 - x * scale], [0, scale, CROP_PX / 2 - y * scale]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (CROP_PX, CROP_PX)
    return cv2.warpAffine(frame, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


@torch.inference_mode()
def judge(net: ExpressionNet, faces: list[np.ndarray]) -> np.ndarray:
    """(6,) mean probabilities of 112 px faces, in `EMOTIONS` order."""
    batch = torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2).float() / 255
    return net.emotion_probs(batch).numpy().mean(0)


def film(stage: Stage, voice: Voice, text: str, code: str, seed: int, args):
    """Pictures and 112 px faces of the frames at full strength, and where the sentence's middle is.

    Neutral has no strength: all but its first and last frames.
    """
    prosody = prosody_for("NEU" if args.paired else code, args.level)
    speech = speak(text, voice, prosody=prosody)
    acted = perform(speech, code, args.level, seed=seed, fps=25, paired=args.paired)
    at = np.flatnonzero(acted.strength >= 0.9 * acted.strength.max())[4 : -4 : args.every]
    pictures = [stage.render(acted.weights[k], acted.pose[k]) for k in at]
    points = [stage.landmarks(acted.weights[k], acted.pose[k]) for k in at]
    faces = [crop(picture, p) for picture, p in zip(pictures, points, strict=True)]
    shut = acted.weights[at][:, sides("eyeBlink")].mean(1)  # a blink shows nothing
    return pictures, faces, int((np.abs(at / len(acted) - 0.45) + shut).argmin())


def ours(args) -> None:
    """Confusion of intended against named emotion, and the change of each unit by emotion."""
    net, measure, seeds, begun = (
        ExpressionNet.load(),
        FaceUnits(),
        seed_range(args.seeds),
        time.time(),
    )
    confusion, sheet = np.zeros((6, 6), int), []
    change, by_style, worst = defaultdict(list), defaultdict(lambda: [0, 0]), []
    for n, seed in enumerate(progress(seeds, desc="people")):
        person, style = Person.from_seed(seed), Style.from_seed(seed)
        stage, voice = Stage(person, 480, 360), Voice.from_seed(seed, person.sex)
        row, units, hits = [], {}, 0
        for true, code in enumerate(EMOTIONS):
            text = SENTENCES[SAYING[n % len(SAYING)]].text
            pictures, faces, middle = film(stage, voice, text, code, seed, args)
            named = int(judge(net, faces).argmax())
            confusion[true, named] += 1
            hits += named == true
            by_style[f"{code}{style.variant[code]}"][0] += named == true
            by_style[f"{code}{style.variant[code]}"][1] += 1
            units[code] = by_stem(np.nanmean(measure(pictures), axis=0))
            row.append(marked(faces[middle], EMOTIONS[named], named == true))
        for code in EMOTIONS:
            change[code].append(units[code] - (units["NEU"] if code != "NEU" else 0))
        sheet.append(np.concatenate(row, 1))
        worst += [seed] if hits < 4 else []
    print("intended \\ named", *EMOTIONS, sep="\t")
    for code, counts in zip(EMOTIONS, confusion, strict=True):
        print(code, *counts, f"{counts[EMOTIONS.index(code)] / counts.sum():.3f}", sep="\t")
    right = confusion.trace() / confusion.sum()
    print(f"all: {right:.3f} of {confusion.sum()} clips, {len(seeds)} people")
    print("by style:", {name: f"{a}/{b}" for name, (a, b) in sorted(by_style.items())})
    print("people read worst:", worst)
    if args.sheet:
        columns = np.array_split(np.stack(sheet), args.columns)
        tall = max(len(column) for column in columns)
        blank = np.zeros_like(sheet[0])[None]
        columns = [np.concatenate([c, *[blank] * (tall - len(c))]) for c in columns]
        cv2.imwrite(args.sheet, np.hstack([np.vstack(c) for c in columns])[..., ::-1])
    numbers = {"level": args.level, "paired": args.paired, "seeds": args.seeds}
    numbers |= {"emotions": EMOTIONS, "confusion": confusion.tolist()}
    numbers["change"] = {code: summary(np.array(rows)) for code, rows in change.items()}
    beside = load_result(args.real)["numbers"]["change"] if args.real else {}
    finish(args, numbers, "synthetic", begun, beside)


def real(args) -> None:
    """The change of each unit in CREMA-D's actors and London's smiles, and GRID's calm talkers."""
    measure, begun, change = FaceUnits(), time.time(), defaultdict(list)
    actors = sorted({file.name[:8] for file in args.cremad.glob("*.flv")})
    for actor in progress(actors, desc="CREMA-D"):
        units = {}
        for code in EMOTIONS:
            (file,) = args.cremad.glob(f"{actor}_{code}_*.flv")
            rows = measure(read_frames(file))
            fifth = len(rows) // 5
            units[code] = by_stem(np.nanmean(rows[fifth:-fifth], axis=0))
        for code in EMOTIONS:
            change[code].append(units[code] - (units["NEU"] if code != "NEU" else 0))
    for smiling in sorted(args.london.glob("*_smiling.jpg")):
        calm = smiling.with_name(smiling.name.replace("smiling", "neutral"))
        rest, smile = measure([read_still(calm)])[0], measure([read_still(smiling)])[0]
        change["London smile"].append(by_stem(smile - rest))
        change["London neutral"].append(by_stem(rest))
    for file in progress(sorted(args.grid.rglob("*.mpg")), desc="GRID"):
        change["GRID neutral"].append(by_stem(np.nanmean(measure(read_frames(file)), axis=0)))
    measured = {name: summary(np.array(rows)) for name, rows in change.items()}
    finish(args, {"change": measured}, "CREMA-D, Face Research Lab London Set, GRID", begun, {})


def summary(rows: np.ndarray) -> dict:
    """Mean and spread over people of rows (people, stems): unit -> [mean, standard deviation]."""
    pairs = np.stack([np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)], axis=1).round(3)
    return {"people": len(rows), **dict(zip(STEMS, pairs.tolist(), strict=True))}


def table(measured: dict, beside: dict) -> str:
    """Units that move anywhere, as Markdown: mean ± spread (mean of the same name `beside`)."""
    lines = ["| unit | " + " | ".join(measured) + " |", "|---" * (len(measured) + 1) + "|"]
    for stem in STEMS:
        means = [numbers[stem][0] for numbers in measured.values()]
        others = [beside[name][stem][0] if name in beside else 0 for name in measured]
        if max(np.abs(means + others)) < 0.04:
            continue
        cells = [
            f"{mean:+.2f} ± {spread:.2f}" + (f" ({other:+.2f})" if name in beside else "")
            for (mean, spread), other, name in zip(
                (numbers[stem] for numbers in measured.values()), others, measured, strict=True
            )
        ]
        lines.append(f"| {stem} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def finish(args, numbers: dict, corpus: str, begun: float, beside: dict) -> None:
    """Print the table; save the numbers as a result, and the table beside it."""
    told = table(numbers["change"], beside)
    print("\n" + told)
    if args.save:
        record = run_record(corpus=corpus, seed=None, seconds=time.time() - begun)
        save_result(args.save, numbers, record)
        args.save.with_suffix(".md").write_text(told + "\n", encoding="utf-8")


def marked(face: np.ndarray, word: str, right: bool) -> np.ndarray:
    """The face with a word in its corner, green where it is right."""
    colour = (90, 255, 90) if right else (255, 70, 70)
    return cv2.putText(face.copy(), word, (2, 11), 0, 0.38, colour, 1)


def seed_range(text: str) -> list[int]:
    """ "0:20" or "3,5,8"."""
    if ":" in text:
        return list(range(*map(int, text.split(":"))))
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("ours", help="both judges on rendered people of these seeds")
    one.add_argument("--seeds", default="0:12")
    one.add_argument("--level", default="XX")
    one.add_argument("--every", type=int, default=4, help="frames from one look to the next")
    one.add_argument("--paired", action="store_true")
    one.add_argument("--real", type=Path, help="result of `real`, to print beside")
    one.add_argument("--sheet", help="PNG to write")
    one.add_argument("--columns", type=int, default=2)
    one.set_defaults(run=ours)
    two = commands.add_parser("real", help="the blendshape network on real people")
    two.add_argument("cremad", type=Path, help="folder with CREMA-D's .flv files")
    two.add_argument("london", type=Path, help="folder with NNN_neutral.jpg and NNN_smiling.jpg")
    two.add_argument("grid", type=Path, help="folder with GRID's .mpg files, or folders of them")
    two.set_defaults(run=real)
    for command in (one, two):
        command.add_argument("--save", type=Path, help="result JSON to write")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
