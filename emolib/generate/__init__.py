"""Face + sound + emotion → film.

    face = TalkingFace.load("lite")
    clip = face.generate("me.mp4", "speech.wav", "happiness")
    clip.save("out.mp4")

An `order` says what is wanted. `talking_face` takes it:
it opens a `film` (the sound and the face's track from `inputs`, pictures in the order of
`schedule`), which `render` makes batch by batch. Paper: §3, §4, the web interface of §6.
"""

from importlib import import_module

_HOMES = {
    **dict.fromkeys(("Clip", "FrameStream"), "film"),
    **dict.fromkeys(("FITS", "MISSING", "Order", "SpokenText", "emotion_weights"), "order"),
    "fit_frames": "schedule",
    "TalkingFace": "talking_face",
}


def __getattr__(name: str):
    """A name from the module that holds it, loaded then: an order is made without torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
