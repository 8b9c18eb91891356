"""Face + sound + emotion → clip: what a person comes for.

    face = TalkingFace.load("lite")
    clip = face.generate("me.mp4", "speech.wav", "happiness")
    clip.save("out.mp4")

`talking_face` is the door. Behind it: `request` (what is asked for, checked), `mixture` (an emotion
as six weights), `plan` (which picture is shown when), `source` (pictures read in any order in
little memory), `place` (where the face is, remembered by content), `paint` (the network's maps onto
the picture), `steady` (the maps calmed in time), `stream` (all of it, batch by batch). Paper: §3,
§4, the web interface of §6.
"""

from emolib.generate.clip import Clip
from emolib.generate.mixture import emotion_weights
from emolib.generate.plan import FITS, fit_frames
from emolib.generate.request import MISSING, Request
from emolib.generate.stream import FrameStream
from emolib.generate.talking_face import TalkingFace

__all__ = [
    "FITS",
    "MISSING",
    "Clip",
    "FrameStream",
    "Request",
    "TalkingFace",
    "emotion_weights",
    "fit_frames",
]
