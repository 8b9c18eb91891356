"""Clips as points: what is stored fits together, and noise does not look like people."""

import itertools

import numpy as np
import pytest
import torch
from studies.embeddings import PIXELS, embed, mean_picture

from emolib.base.emotions import EMOTIONS
from emolib.data.store import ClipArrays
from emolib.models.checkpoint import save_checkpoint
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig


def a_clip(actor, sentence, emotion, seed):
    """Six frames: a person's colour, an emotion's bright band, some noise."""
    rng = np.random.default_rng(seed)
    frames = np.full((6, 96, 96, 3), 40 + 60 * int(actor[-1]), float)
    band = 12 * EMOTIONS.index(emotion)
    frames[:, band : band + 12] += 50
    frames += rng.normal(0, 4, frames.shape)
    frames = frames.clip(0, 255).astype(np.uint8)
    mel, boxes = np.zeros((80, 20), np.float32), np.zeros((6, 4), np.float32)
    name = f"{actor}_{sentence}_{emotion}_XX"
    return ClipArrays(name, actor, sentence, emotion, frames, mel, boxes)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    root = tmp_path_factory.mktemp("bench")
    torch.manual_seed(0)
    network = EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8)).eval()
    save_checkpoint(root / "judge.safetensors", network, corpus="nothing")
    kinds = itertools.product(("9001", "9002"), ("IEO", "MTI"), EMOTIONS)
    clips = [a_clip(*kind, seed) for seed, kind in enumerate(kinds)]
    return clips, *embed({"emotion": root / "judge.safetensors"}, clips)


def test_every_space_at_hand_has_points_a_drawing_and_scores(embedded):
    clips, numbers, arrays = embedded
    assert numbers["spaces"] == ["discriminator", "expression", "pixels"]  # no classifier here
    assert numbers["clip"] == [clip.name for clip in clips]
    for space in numbers["spaces"]:
        assert arrays[space].shape[0] == arrays[f"tsne_{space}"].shape[0] == len(clips)
        assert set(numbers["separation"][space]) == {"emotion", "actor", "sentence"}
    assert arrays["pixels"].shape[1] == 3 * PIXELS**2
    assert sum(array.nbytes for array in arrays.values()) < 200_000


def test_pixels_tell_these_people_apart_and_sentences_not(embedded):
    scores = embedded[1]["separation"]["pixels"]
    assert scores["actor"]["purity"] == 1
    assert scores["sentence"]["purity"] < scores["sentence"]["purity_by_chance"] + 0.3


def test_the_mean_picture_is_the_mean():
    frames = np.zeros((4, 96, 96, 3), np.uint8)
    frames[:2] = 200
    assert mean_picture(frames) == pytest.approx(np.full(3 * PIXELS**2, 100 / 255), abs=1e-6)
