"""A tiny talking face and small films and sounds, for the tests of studio, page and notebook."""

from itertools import islice

import cv2
import numpy as np
import pytest
import torch
from shaken import shake

from emolib.generate import TalkingFace
from emolib.media.audio import write_wav
from emolib.media.video import read_frames, write_video
from emolib.models.checkpoint import save_checkpoint
from emolib.models.generator import Generator, GeneratorConfig
from emolib.studio.catalogue import sample_catalogue


def save_network(path, *, shaken=True, recipe="IMPROVED", inputs=None, **config):
    """A generator of almost no width: shaken, so that every input matters, or as it starts out."""
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(**{"width": 1 / 32, "head": "composite"} | config))
    shaken = shake(generator) if shaken else generator
    save_checkpoint(path, shaken, recipe=recipe, inputs=inputs)
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test sees what another one remembered."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("EMOLIB_CACHE", str(folder))
    monkeypatch.setenv("EMOLIB_PROGRESS", "0")
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return save_network(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture(scope="session")
def talker(checkpoint):
    torch.set_num_threads(1)
    return TalkingFace.load(checkpoint, device="cpu")


@pytest.fixture(scope="session")
def tone(tmp_path_factory):
    """One second of sound."""
    samples = 0.2 * np.sin(np.arange(16_000) / 20)
    return write_wav(tmp_path_factory.mktemp("sound") / "tone.wav", samples.astype(np.float32))


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Eight pictures of 64×48 with 0.4 s of sound, and no face."""
    frames = np.random.default_rng(0).integers(0, 255, (8, 48, 64, 3), np.uint8)
    samples = 0.2 * np.sin(np.arange(6400) / 20).astype(np.float32)
    return write_video(tmp_path_factory.mktemp("film") / "clip.mp4", frames, audio=samples)


@pytest.fixture(scope="session")
def face():
    """A video of a sample person."""
    return sample_catalogue().faces["9001"].path


@pytest.fixture(scope="session")
def frames(face):
    """Six small pictures of that person."""
    film = islice(read_frames(face), 6)
    return [cv2.resize(frame, (240, 180), interpolation=cv2.INTER_AREA) for frame in film]


@pytest.fixture(scope="session")
def voice(tmp_path_factory):
    """0.24 s of syllables: six frames."""
    samples = np.random.default_rng(0).uniform(-0.2, 0.2, 3840).astype(np.float32)
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", samples)


@pytest.fixture(scope="session")
def film(tmp_path_factory, frames):
    """The small pictures as a film with a sound of its own."""
    samples = np.random.default_rng(1).uniform(-0.2, 0.2, 3840).astype(np.float32)
    return write_video(tmp_path_factory.mktemp("own") / "film.mp4", frames, audio=samples)


@pytest.fixture(scope="session")
def silent_film(tmp_path_factory, frames):
    """The same without a sound track."""
    return write_video(tmp_path_factory.mktemp("silent") / "silent.mp4", frames)
