"""A clip store with faces of a few strokes, where sound moves the mouth and emotion shows.

The mouth opens as far as the sound is loud; the brows' height and the skin's tint tell the emotion;
each person has a colour of their own. So each stage has something true to learn.
"""

from itertools import product

import numpy as np
from tiny_store import write_store

from emolib.base.config import AUDIO
from emolib.base.emotions import EMOTIONS

TINTS = np.array([[80, 0, 0], [0, 80, 0], [0, 0, 80], [80, 80, 0], [0, 80, 80], [80, 0, 80]])


def draw(openness, emotion: int, person: int) -> np.ndarray:
    """One 96×96 RGB face; `openness` of the mouth in [0, 1]."""
    picture = np.full((96, 96, 3), 60 + 15 * person, np.uint8)
    picture[16:90, 20:76] = 90 + TINTS[emotion] + 5 * person
    picture[36:42, 30:40] = picture[36:42, 56:66] = 20  # eyes
    brow = 32 - 2 * emotion
    picture[brow : brow + 3, 28:42] = picture[brow : brow + 3, 54:68] = 10
    half = 1 + round(9 * float(openness))
    picture[72 - half : 72 + half, 36:60] = (150, 20, 30)
    return picture


def make_drawn_store(
    folder, n_people=3, n_sentences=2, n_frames=24, emotions=EMOTIONS, labelled=True, silent=False
):
    """The last person is in the test split, the others in training.

    Args:
        labelled: false: as talkers of whom nobody says how they feel.
        silent: as still pictures.
    """
    clips = []
    n_mels = 1 + n_frames * 80 // 25
    sentences = [f"S{k:02d}" for k in range(n_sentences)]
    for person, (k, sentence), emotion in product(range(n_people), enumerate(sentences), emotions):
        rng = np.random.default_rng(k)  # a sentence sounds the same in all emotions
        steps = np.repeat(rng.random(1 + n_mels // 8), 8)[:n_mels]
        loud = np.convolve(steps, np.ones(5) / 5, "same") * (not silent)
        at = (np.arange(n_frames) * 3.2 + 1.6).astype(int)
        place = EMOTIONS.index(emotion)
        frames = np.stack([draw(loud[step], place, person) for step in at])
        mel = (-4 + 7 * loud[:, None] * np.linspace(1, 0.3, AUDIO.n_mels)).astype(np.float32)
        told = {"actor": str(9001 + person), "sentence": sentence, "silent": int(silent)}
        told["emotion"] = emotion if labelled else ""
        told["split"] = "test" if person == n_people - 1 else "train"
        clips.append((told, frames, mel))
    corpus = folder.name if silent or not labelled else "drawn"
    return write_store(folder, clips, corpus=corpus, paired=labelled)
