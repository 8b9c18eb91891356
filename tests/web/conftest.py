"""A server in this process, and small files to send it."""

import numpy as np
import pytest
from web_clients import client_of

from emolib.media.audio import write_wav
from emolib.media.video import write_video


@pytest.fixture
def client(tmp_path):
    with client_of(tmp_path / "state") as client:
        yield client


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A network as small as they come, as it starts out."""
    import torch

    from emolib.models.checkpoint import save_checkpoint
    from emolib.models.generator import Generator, GeneratorConfig

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, Generator(GeneratorConfig(width=1 / 32, head="composite")))
    return path


@pytest.fixture(scope="session")
def tone(tmp_path_factory):
    """One second of sound."""
    samples = 0.2 * np.sin(np.arange(16_000) / 20)
    return write_wav(tmp_path_factory.mktemp("sound") / "tone.wav", samples.astype(np.float32))


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Eight pictures of 64×48 with 0.4 s of sound."""
    frames = np.random.default_rng(0).integers(0, 255, (8, 48, 64, 3), np.uint8)
    samples = 0.2 * np.sin(np.arange(6400) / 20).astype(np.float32)
    return write_video(tmp_path_factory.mktemp("film") / "clip.mp4", frames, audio=samples)
