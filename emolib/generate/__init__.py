"""Face + sound + emotion → film.

    face = TalkingFace.load("lite")
    clip = face.generate("me.mp4", "speech.wav", "happiness")
    clip.save("out.mp4")

An `order` says what is wanted. `talking_face` takes it:
it opens a `film` (the sound and the face's track from `inputs`, pictures in the order of
`schedule`), which `render` makes batch by batch. Paper: §3, §4, the web interface of §6.
"""

from emolib.generate.film import Clip, FrameStream
from emolib.generate.order import FITS, MISSING, Order, SpokenText, emotion_weights
from emolib.generate.schedule import fit_frames
from emolib.generate.talking_face import TalkingFace

__all__ = [
    "FITS",
    "MISSING",
    "Clip",
    "FrameStream",
    "Order",
    "SpokenText",
    "TalkingFace",
    "emotion_weights",
    "fit_frames",
]
