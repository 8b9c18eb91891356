"""A small corpus in CREMA-D's layout, of one real face (NASA's portrait of Eileen Collins).

The face moves a little from frame to frame, with a colour cast an actor and a tint an emotion, so
all files differ. It serves the mechanics of preparation; the people are not different people.
"""

from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from emolib.base.emotions import EMOTIONS
from emolib.media.audio import write_wav
from emolib.media.video import write_video

SIZE = (160, 200)  # height, width
N_FRAMES = 8


def face_frames(n_frames=N_FRAMES, cast=0, tint=0, size=SIZE, faces=1):
    """(H, W, 3) uint8 frames with a face of about 75 px that drifts to the right."""
    portrait = cv2.resize(astronaut()[0:256, 100:356], (120, 120), interpolation=cv2.INTER_AREA)
    for k in range(n_frames):
        frame = np.full((*size, 3), (60, 120 + tint, 70), np.uint8)
        for place in range(faces):
            left = 20 + k + place * 130
            frame[20:140, left : left + 120] = portrait
        yield np.clip(frame.astype(int) + cast, 0, 255).astype(np.uint8)


def sound(n_frames=N_FRAMES, seed=0, level=0.2):
    """(n,) float32 as long as the frames: noise that swells and fades, different for each seed."""
    n = n_frames * 640
    rng = np.random.default_rng(seed)
    swell = np.abs(np.sin(np.arange(n) / 1500 + seed))
    return (level * swell * rng.uniform(-1, 1, n)).astype(np.float32)


def add_clip(root: Path, name: str, seed=0, n_frames=N_FRAMES, level=0.2, wav=True, **looks):
    """One clip of the corpus: the FLV and its WAV."""
    samples = sound(n_frames, seed, level)
    frames = face_frames(n_frames, **looks)
    path = root / "VideoFlash" / f"{name}.flv"
    write_video(path, frames, 25, samples, overwrite=True)
    if wav:
        write_wav(root / "AudioWAV" / f"{name}.wav", samples)
    return path


def make_corpus(root: Path, actors=("1001", "1011"), sentences=("IEO",), emotions=EMOTIONS) -> Path:
    """A corpus of `actors` × `sentences` × `emotions`."""
    (root / "AudioWAV").mkdir(parents=True)
    seed = 0
    for number, actor in enumerate(actors):
        for sentence in sentences:
            for tint, emotion in enumerate(emotions):
                seed += 1
                add_clip(root, f"{actor}_{sentence}_{emotion}_XX", seed, cast=8 * number, tint=tint)
    rows = [f"{actor},30,{'Female' if int(actor) % 2 else 'Male'},," for actor in actors]
    table = "\n".join(["ActorID,Age,Sex,Race,Ethnicity", *rows])
    (root / "VideoDemographics.csv").write_text(table + "\n")
    return root
