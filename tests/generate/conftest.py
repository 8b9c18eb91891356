"""A tiny talking face, a short film and a voice that the tests of generation share."""

import numpy as np
import pytest
import torch
from face_scenes import clip_of
from talkers import checkpoint_of, places, voice

from emolib.generate import TalkingFace
from emolib.media.audio import write_wav
from emolib.media.video import write_video


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test sees what another one remembered."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("EMOLIB_PROGRESS", "0")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors are faster on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A shaken composite generator: sound, picture and emotion all change its answer."""
    return checkpoint_of(tmp_path_factory.mktemp("weights") / "shaken.safetensors")


@pytest.fixture(scope="session")
def talker(checkpoint):
    return TalkingFace.load(checkpoint, device="cpu")


@pytest.fixture(scope="session")
def newborn(tmp_path_factory):
    """A composite generator before training: by design almost a copy of its reference."""
    path = tmp_path_factory.mktemp("weights") / "newborn.safetensors"
    return TalkingFace.load(checkpoint_of(path, shaken=False), device="cpu")


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
