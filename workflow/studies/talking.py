"""Talking faces in a row: the paper's Figures 3, 10 and 11.

Three faces that no network has been trained on: somebody filmed elsewhere (other light, room and
camera), a painting, and a person of the sample corpus, for whom the true answer is known. Each
network makes them say one sentence with one emotion; ours shows the other emotions too. The paper
used a face from the internet and a cartoon; ours are synthetic, the painting is a stylised render.

Paper: §5.1 and appendix E, figures 3, 10, 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from studies.bench import Bench

from emolib.base.emotions import EMOTIONS
from emolib.evaluation.emotion import ExpressionJudge
from emolib.generate import TalkingFace
from emolib.media.audio import load_audio
from emolib.media.compose import CropTransform
from emolib.media.video import read_frames
from emolib.models.face_nets import ExpressionNet
from emolib.synthetic.painting import as_painting
from emolib.synthetic.take import FilmSettings, Take, film_clip

EVERY = 5  # frames from one shown to the next, as in the paper
N_COLUMNS = 8
CELL_PX = 104
CELL_ROOM = 1.16  # of the face square: what a cell shows
STRIP_QUALITY = 82
SEED, STRANGER, SITTER = 41, 9009, 9025  # people of no corpus
SAID, SHOWN = "IEO", "MTI"  # the sentence to say; the one the calm face is filmed with
TEST_SUBJECT = "9001"  # of the sample


@dataclass(frozen=True, eq=False)
class Subject:
    """A face to make talk.

    Attributes:
        pictures: (T, H, W, 3) or one (H, W, 3) uint8 RGB at 25 frames/s.
        voice: (n,) float at 16 kHz.
        emotion: what every network is asked for.
        truth: (T, H, W, 3) the very answer, where it is known.
        corpus: where the face comes from, for captions.
    """

    pictures: np.ndarray
    voice: np.ndarray
    emotion: str
    corpus: str
    truth: np.ndarray | None = None


def make_stranger(bench: Bench) -> None:
    """Somebody filmed elsewhere."""
    shown, said = (_take(STRANGER, sentence) for sentence in (SHOWN, SAID))
    frames = np.stack(list(shown.frames()))
    where = f"synthetic person of seed {SEED}"
    make_rows(bench, Subject(frames, said.speech.samples, "HAP", where))


def make_painting(bench: Bench) -> None:
    """A portrait: one picture."""
    picture = as_painting(next(_take(SITTER, SHOWN).frames()), SEED)
    voice = _take(SITTER, SAID).speech.samples
    make_rows(bench, Subject(picture, voice, "SAD", "a stylised render, synthetic"))


def make_test_subject(bench: Bench) -> None:
    """A person of the sample corpus, whose true answer is known."""
    clips = {clip.name: clip for clip in bench.corpus.clips()}
    calm, true = (
        clips[f"{TEST_SUBJECT}_{sentence}_{code}_XX"]
        for sentence, code in ((SHOWN, "NEU"), (SAID, "ANG"))
    )
    frames, truth = (np.stack(list(read_frames(clip.video))) for clip in (calm, true))
    make_rows(bench, Subject(frames, load_audio(true.audio), "ANG", "synthetic sample", truth))


def make_real_actor(bench: Bench) -> None:
    """CREMA-D's actor: every network asked for disgust, as the paper's Figure 11."""
    clips = {clip.emotion: clip for clip in bench.corpus.clips()}
    calm, true = clips["NEU"], clips["DIS"]
    frames, truth = (np.stack(list(read_frames(clip.video))) for clip in (calm, true))
    where = f"CREMA-D, actor {calm.actor}"
    make_rows(bench, Subject(frames, load_audio(true.audio), "DIS", where, truth))


def make_true_and_generated(bench: Bench) -> None:
    """CREMA-D's actor in six emotions: four frames of each true clip, and four of the calm clip
    made to say the same with the same emotion by the last generator of the table."""
    clips = {clip.emotion: clip for clip in bench.corpus.clips()}
    recipe, path = list(bench.generators.items())[-1]
    talker, cells = TalkingFace.load(path, device=bench.device), []
    for code in EMOTIONS:
        made = [talker.generate(clips[c].video, clips[code].audio, code) for c in (code, "NEU")]
        true = np.stack(list(read_frames(clips[code].video)))
        for frames, clip in ((true, made[0]), (made[1].frames, made[1])):
            n = min(len(frames), len(clip.boxes))
            places = np.linspace(0.15 * n, 0.85 * n, 4).astype(int)
            cells += [_cell(frames[k], clip.boxes[k]) for k in places]
    numbers = {"emotions": list(EMOTIONS), "recipe": recipe, "step": talker.meta.steps}
    numbers |= {"columns": 8, "cell_px": CELL_PX}
    strip = {"n_columns": 8, "quality": STRIP_QUALITY}
    where = f"CREMA-D, actor {clips['NEU'].actor}"
    bench.save(numbers, frames=np.stack(cells), corpus=where, **strip)


def make_rows(bench: Bench, subject: Subject) -> None:
    """The result and its strip: rows of frames, the source on top."""
    judge = ExpressionJudge(ExpressionNet.load())
    rows, cells = [], []

    def add(label: str, frames: np.ndarray, boxes: np.ndarray, code: str | None, **more) -> None:
        pairs = zip(frames, boxes[: len(frames)], strict=True)  # a source may be shorter
        faces = np.stack([_cell(f, b) for f, b in pairs])
        probs = judge.probs(faces)
        told = {"label": label, "emotion": code, "named": EMOTIONS[int(probs.argmax())]}
        if code:
            told["judge_prob"] = round(float(probs[EMOTIONS.index(code)]), 4)
        rows.append(told | more)
        cells.extend(_cell(f, boxes[0]) for f in frames[::EVERY][:N_COLUMNS])

    made = {}
    for recipe, path in bench.generators.items():
        talker = TalkingFace.load(path, device=bench.device)
        codes = [subject.emotion]
        if recipe == "IMPROVED":
            codes += [code for code in ("HAP", "ANG", "SAD", "NEU") if code != subject.emotion]
        made[recipe] = talker.meta.steps, {c: _say(talker, subject, c) for c in codes}
    last = next(reversed(made.values()))[1][subject.emotion]
    n_frames, boxes = len(last.frames), last.boxes
    add("source", _source(subject, n_frames), boxes, None)
    if subject.truth is not None:
        n = min(n_frames, len(subject.truth))
        add("true answer", subject.truth[:n], boxes[:n], subject.emotion)
    for recipe, (step, clips) in made.items():
        for code, clip in clips.items():
            heard = code if recipe != "WAV2LIP" else None
            add(recipe, clip.frames, clip.boxes, heard, step=step)
    numbers = {"rows": rows, "columns": N_COLUMNS, "cell_px": CELL_PX, "every": EVERY}
    numbers |= {"sentence": SAID, "frames": n_frames, "asked": subject.emotion}
    strip = {"n_columns": N_COLUMNS, "quality": STRIP_QUALITY}
    bench.save(numbers, frames=np.stack(cells), corpus=subject.corpus, **strip)


def _take(actor: int, sentence: str) -> Take:
    settings = FilmSettings(
        480, 480, 25.0, seed=SEED, paired=True, randomise=("background", "light", "camera")
    )
    return film_clip(actor, sentence, "NEU", "XX", settings)


def _say(talker: TalkingFace, subject: Subject, code: str):
    return talker.generate(subject.pictures, subject.voice, code)


def _source(subject: Subject, n_frames: int) -> np.ndarray:
    if subject.pictures.ndim == 3:
        return np.repeat(subject.pictures[None], n_frames, axis=0)
    return subject.pictures[:n_frames]


def _cell(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The face with some room around it, (CELL_PX, CELL_PX, 3)."""
    centre, half = (box[:2] + box[2:]) / 2, CELL_ROOM * (box[2:] - box[:2]) / 2
    around = CropTransform.from_box(np.concatenate([centre - half, centre + half]))
    return around.crop(frame, CELL_PX)
