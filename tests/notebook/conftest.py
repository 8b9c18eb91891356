"""A tiny talking face, a voice and a silent film that the studio's tests share."""

import numpy as np
import pytest
import torch
from shaken import shake

from emolib.generate import TalkingFace
from emolib.media.audio import write_wav
from emolib.media.video import read_frames, write_video
from emolib.models.checkpoint import save_checkpoint
from emolib.models.generator import Generator, GeneratorConfig
from emolib.notebook.cast import sample_faces


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test sees what another one remembered."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def talker_of(tmp_path_factory):
    """Makes generators of almost no width, shaken so that every input changes their answer."""

    def make(**config):
        torch.manual_seed(0)
        generator = shake(Generator(GeneratorConfig(width=1 / 32, head="composite", **config)))
        path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
        save_checkpoint(path, generator, recipe="IMPROVED")
        return TalkingFace.load(path, device="cpu")

    return make


@pytest.fixture(scope="session")
def talker(talker_of):
    return talker_of()


@pytest.fixture(scope="session")
def face():
    """A video of a sample person."""
    return sample_faces()[0].path


@pytest.fixture(scope="session")
def voice(tmp_path_factory):
    """0.4 s of syllables: ten frames."""
    samples = np.random.default_rng(0).uniform(-0.2, 0.2, 6400).astype(np.float32)
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", samples)


@pytest.fixture(scope="session")
def spoken_face(tmp_path_factory, face):
    """0.6 s of the person, with a sound of their own."""
    samples = np.random.default_rng(1).uniform(-0.2, 0.2, 9600).astype(np.float32)
    path = tmp_path_factory.mktemp("spoken") / "spoken.mp4"
    return write_video(path, read_frames(face, max_seconds=0.6), audio=samples)


@pytest.fixture(scope="session")
def silent_face(tmp_path_factory, face):
    """Five frames of the person, without a sound track."""
    path = tmp_path_factory.mktemp("silent") / "silent.mp4"
    return write_video(path, read_frames(face, max_seconds=0.2))
