"""A clip store, its corpus folder and small networks: a real face whose mouth and tint we set."""

import hashlib
import json

import cv2
import numpy as np
import torch
from skimage import data

from emolib.base.emotions import EMOTIONS
from emolib.data.parts import FORMAT, pack
from emolib.evaluation.landmarks import IBUG
from emolib.media.audio import write_wav
from emolib.media.faces import crop_face
from emolib.media.mel import melspectrogram
from emolib.media.video import write_video
from emolib.models.checkpoint import InputRules, save_checkpoint
from emolib.models.emotion import (
    EmotionClassifier,
    EmotionClassifierConfig,
    EmotionDiscriminator,
    EmotionDiscriminatorConfig,
)
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import SyncNet, SyncNetConfig

ASTRONAUT = data.astronaut()
BOX = (100, 50, 220, 170)
N_FRAMES = {"IEO": 10, "MTI": 12, "TIE": 12}
TINTS = {"ANG": (40, 0, 0), "DIS": (0, 40, 0), "FEA": (0, 0, 40), "HAP": (40, 40, 0)}
TINTS |= {"NEU": (0, 0, 0), "SAD": (0, 40, 40)}


RECORD = {"corpus": "people", "profile": "lite", "seed": 0, "emolib": "0"}


def a_result(method, actors=("1", "1"), columns=None, named=None, emotion=None, **numbers):
    """A result in the shape of `emolib evaluate`: its clips, with numbers and named emotions."""
    n = len(actors)
    names = [f"{actor}_{k}" for k, actor in enumerate(actors)]
    clips = {"clip": names, "actor": list(actors), "emotion": emotion or ["HAP"] * n}
    clips |= {"source": ["s"] * n, "generated": columns or {}, "named": {"generated": named or {}}}
    told = {"method": method, "rows": {}, "labels": {}, "emotion_input": True, "clips": clips}
    told |= {"sources": "other_emotion", "step": 9000, "n_clips": n, "n_actors": len(set(actors))}
    return {"record": dict(RECORD), "numbers": told | numbers}


def face(emotion, opening, shift):
    """(96, 96, 3) uint8: an astronaut, tinted by emotion, with a dark mouth `opening` px high."""
    box = np.array([161.7, 62.0, 285.2, 185.5]) + np.array([shift, 0, shift, 0])
    picture = crop_face(ASTRONAUT, box, 96).astype(int)
    row = 72
    picture[row : row + int(opening), 40:60] = 20
    return (picture + TINTS[emotion]).clip(0, 255).astype(np.uint8)


def face68(lips=10.0, lids=6.0, roll=0.0, scale=1.0):
    """68 points with eyes 100 px apart at the outer corners, and these gaps in pixels."""
    points = np.zeros((68, 2))
    points[36], points[39], points[42], points[45] = (0, 0), (30, 0), (70, 0), (100, 0)
    for upper, lower in IBUG.lids:
        x = 10.0 if upper < 42 else 80.0
        points[upper], points[lower] = (x, -lids / 2), (x, lids / 2)
    points[62], points[66] = (50, 60), (50, 60 + lips)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    return scale * points @ turn.T


def make_world(
    root, actors=("9001", "9002"), sentences=("IEO", "MTI"), paired=True, films=False, test=1
):
    """`root/store` and `root/corpus`; the last `test` actors are the test split.

    `films`: real videos, the crops at (100, 50) in a grey picture; else files that are none.
    """
    corpus, rows, arrays = root / "corpus", [], []
    for actor in actors:
        for sentence in sentences:
            n_frames = N_FRAMES[sentence]
            rng = np.random.default_rng(len(sentence) + int(actor) + ord(sentence[0]))
            openings = rng.integers(0, 9, n_frames)
            buzz = rng.standard_normal(n_frames * 640) * np.repeat(0.02 * (1 + openings), 640)
            sound = buzz.clip(-1, 1).astype(np.float32)
            for emotion in EMOTIONS:
                name = f"{actor}_{sentence}_{emotion}_XX"
                video = corpus / "VideoFlash" / f"{name}.flv"
                video.parent.mkdir(parents=True, exist_ok=True)
                write_wav(corpus / "AudioWAV" / f"{name}.wav", sound)
                write_truth(corpus / "Truth" / f"{name}.npz", openings)
                frames = np.stack([face(emotion, h, 0.3 * k) for k, h in enumerate(openings)])
                if films:
                    write_film(video, frames)
                else:
                    video.write_text(name)
                mel = melspectrogram(sound).T
                split = "test" if actor in actors[-test:] else "train"
                rows.append(row_of(actor, sentence, emotion, n_frames, len(mel), split))
                boxes = np.tile(np.float32(BOX), (n_frames, 1))
                arrays.append({"frames": frames, "mel": mel, "boxes": boxes})
    settings = {"settings": {"paired": paired}}
    (corpus / "corpus.json").write_text(json.dumps(settings))
    people = [f"{actor},40,Male,x,y" for actor in actors]
    demographics = "\n".join(["ActorID,Age,Sex,Race,Ethnicity", *people])
    (corpus / "VideoDemographics.csv").write_text(demographics)
    store = root / "store"
    store.mkdir()
    pack(store, rows, arrays, 96)
    counts = {key: sum(row[f"n_{key}"] for row in rows) for key in ("frames", "mels")}
    counts["clips"] = len(rows)
    info = {"format": FORMAT, "corpus": "astronauts", "paired": paired, "emotions": list(EMOTIONS)}
    info |= {"settings": {"crop_px": 96, "root": str(root)}, "counts": counts}
    (store / "store.json").write_text(json.dumps(info))
    return store, corpus


def write_film(path, faces):
    """A video of these faces at `BOX` of a grey picture."""
    film = np.full((len(faces), 200, 320, 3), 128, np.uint8)
    x0, y0, x1, y1 = (int(edge) for edge in BOX)
    film[:, y0:y1, x0:x1] = [cv2.resize(one, (x1 - x0, y1 - y0)) for one in faces]
    write_video(path, film)


def row_of(actor, sentence, emotion, n_frames, n_mels, split):
    name = f"{actor}_{sentence}_{emotion}_XX"
    row = {"clip": name, "actor": actor, "sentence": sentence, "emotion": emotion, "level": "XX"}
    row |= {"split": split, "n_frames": n_frames, "n_mels": n_mels, "fps": 25, "silent": 0}
    row |= {"source": f"VideoFlash/{name}.flv"}
    return row | {"sha256": hashlib.sha256(name.encode()).hexdigest()}


def write_truth(path, openings, fps=30.0):
    """Truth at 30 frames/s of a mouth that is set at 25: a p, b or m wherever it is shut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    n = int(np.ceil(len(openings) * fps / 25))
    at = np.floor((np.arange(n) + 0.5) / fps * 25).astype(int).clip(0, len(openings) - 1)
    landmarks = np.stack([face68(lips=3.0 * h) for h in np.asarray(openings)[at]])
    viseme = np.where(np.asarray(openings)[at] == 0, 1, 12).astype(np.uint8)
    np.savez(path, landmarks=landmarks.astype(np.float32), viseme=viseme, fps=np.float64(fps))


def make_checkpoints(folder):
    """Untrained networks at an eighth of the width: generator, expert, classifier."""
    torch.manual_seed(0)
    networks = {
        "generator": (Generator(GeneratorConfig(width=1 / 8, head="composite")), "IMPROVED"),
        "base": (Generator(GeneratorConfig(width=1 / 8, emotion=None)), "WAV2LIP"),
        "expert": (SyncNet(SyncNetConfig(width=1 / 8)), "PAPER"),
        "classifier": (EmotionClassifier(EmotionClassifierConfig(width=1 / 16)), "IMPROVED"),
        "emotion": (EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8)), "PAPER"),
    }
    paths = {}
    for name, (network, recipe) in networks.items():
        paths[name] = folder / f"{name}.safetensors"
        fed = InputRules("half") if name == "base" else None
        save_checkpoint(paths[name], network.eval(), recipe=recipe, corpus="nothing", inputs=fed)
    return paths
