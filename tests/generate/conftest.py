"""A talking face without training, a short film and a voice that the tests of generation share."""

import numpy as np
import pytest
from face_scenes import clip_of
from small_files import checkpoint, own_cache, save_network, talker  # noqa: F401
from talkers import places, voice

from emolib.generate import TalkingFace
from emolib.media.audio import write_wav
from emolib.media.video import write_video


@pytest.fixture(scope="session")
def newborn(tmp_path_factory):
    """A composite generator before training: by design almost a copy of its reference."""
    path = tmp_path_factory.mktemp("weights") / "newborn.safetensors"
    return TalkingFace.load(save_network(path, shaken=False), device="cpu")


@pytest.fixture(scope="session")
def scene():
    """(10, 240, 320, 3) uint8: one face that drifts to the right."""
    return np.stack(list(clip_of(places(10))))


@pytest.fixture(scope="session")
def film(tmp_path_factory, scene):
    """The scene as a file with sound."""
    return write_video(tmp_path_factory.mktemp("film") / "face.mp4", scene, audio=voice())


@pytest.fixture(scope="session")
def speech(tmp_path_factory):
    """0.6 s of voice: longer than the film."""
    return write_wav(tmp_path_factory.mktemp("speech") / "speech.wav", voice(0.6, seed=1))
