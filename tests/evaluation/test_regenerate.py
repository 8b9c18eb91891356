"""What the generator is asked in evaluation: which clip, which frames, which sound."""

from collections import Counter

import numpy as np
import pytest
import torch
from small_world import make_world
from torch import nn

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.store import ClipStore
from emolib.evaluation.regenerate import plan_tasks, regenerate
from emolib.media.mel import mel_windows
from emolib.models.checkpoint import InputRules
from emolib.models.generator import Generator, GeneratorConfig


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"), sentences=("IEO", "MTI", "TIE"))


def test_a_source_is_the_same_actor_with_other_words_and_another_emotion(world):
    store = ClipStore(world[0])
    tasks = plan_tasks(store, seed=3)
    assert [task.target_idx for task in tasks] == list(range(36))
    for task in tasks:
        target, source = store[task.target_idx], store[task.source_idx]
        assert source.actor == target.actor
        assert source.emotion != target.emotion
        assert source.sentence != target.sentence
        assert task.n_frames == min(len(target.frames), len(source.frames))
        if target.sentence != "IEO":  # twelve frames: the shorter sentence would cut it off
            assert task.n_frames == 12
    assert tasks == plan_tasks(store, seed=3)
    assert tasks != plan_tasks(store, seed=4)


def test_a_limit_takes_every_emotion_equally_often(world):
    store = ClipStore(world[0])
    tasks = plan_tasks(store, limit=12, seed=1)
    assert Counter(store[task.target_idx].emotion for task in tasks) == dict.fromkeys(EMOTIONS, 2)
    actors = Counter(store[task.target_idx].actor for task in tasks)
    assert actors == dict.fromkeys(actors, 6)
    indices = [task.target_idx for task in tasks]
    assert indices == sorted(indices)
    with pytest.raises(DatasetError, match="no clip is audible"):
        plan_tasks(store.select(np.zeros(36, bool)))


@pytest.mark.parametrize("sources", ["same_emotion", "neutral"])
def test_a_source_of_the_asked_kind_says_something_else(world, sources):
    store = ClipStore(world[0])
    for task in plan_tasks(store, sources):
        target, source = store[task.target_idx], store[task.source_idx]
        wanted = target.emotion if sources == "same_emotion" else "NEU"
        assert (source.actor, source.emotion) == (target.actor, wanted)
        assert source.sentence != target.sentence


@pytest.mark.parametrize(
    ("sources", "column", "kept", "said"),
    [
        ("same_emotion", "sentence", ["IEO"], "one sentence only"),
        ("neutral", "emotion", ["HAP", "SAD"], r"no neutral clip.*--sources other_emotion"),
        ("other_emotion", "emotion", ["HAP"], r"one emotion only.*--checkpoint"),
    ],
)
def test_an_actor_without_such_a_source_is_named_with_what_can_be_measured(
    world, sources, column, kept, said
):
    store = ClipStore(world[0])
    with pytest.raises(DatasetError, match=said):
        plan_tasks(store.select(store.clips[column].isin(kept)), sources)


def test_without_labels_all_six_are_asked_of_another_clip(world):
    store = ClipStore(world[0])
    store.clips["emotion"] = ""
    tasks = plan_tasks(store, limit=2)
    assert [task.emotion for task in tasks] == [*EMOTIONS, *EMOTIONS]
    assert len({task.name for task in tasks}) == 12
    for task in tasks:
        target, source = store[task.target_idx], store[task.source_idx]
        assert source.actor == target.actor
        assert source.name != target.name
        assert task.shift == 0


def test_a_clip_that_is_its_own_source_is_changed_from_its_other_half(world):
    alone = ClipStore(world[0]).select(np.arange(36) == 3)
    alone.clips["emotion"] = ""
    for tasks, asked in ((plan_tasks(alone), EMOTIONS), (plan_tasks(alone, "same_clip"), ["NEU"])):
        assert [task.emotion for task in tasks] == list(asked)
        assert {(task.source_idx, task.shift, task.n_frames) for task in tasks} == {(0, 5, 10)}
    labelled = ClipStore(world[0])
    for task in plan_tasks(labelled, "same_clip"):
        assert (task.source_idx, task.shift) == (task.target_idx, task.n_frames // 2)
        assert task.emotion == labelled[task.target_idx].emotion


class Recorder(nn.Module):
    """Gives the reference back and keeps what it was shown."""

    def __init__(self, emotion="SEQ"):
        super().__init__()
        self.config, self.shown = GeneratorConfig(emotion=emotion), []
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, mel, faces, emotion):
        self.shown.append((mel, faces, emotion))
        return faces[:, :, 3:]


def test_each_frame_gets_itself_as_reference_its_own_sound_and_the_label(world):
    clip = ClipStore(world[0])[0]
    network = Recorder()
    made = regenerate(network, clip.frames, clip.mel, "SAD", batch_size=4)
    np.testing.assert_array_equal(made, clip.frames)
    assert [mel.shape[1] for mel, _, _ in network.shown] == [4, 4, 2]
    heard = torch.cat([mel for mel, _, _ in network.shown], 1)
    for k in (0, 5, 9):
        np.testing.assert_array_equal(heard[0, k, 0], mel_windows(clip.mel, [k])[0, 0])
    assert all(faces[:, :, :3].abs().max() == 0 for _, faces, _ in network.shown)
    assert network.shown[0][2].tolist() == [[0, 0, 0, 0, 0, 1]]


def test_a_network_without_emotion_sees_the_upper_half(world):
    clip = ClipStore(world[0])[0]
    network = Recorder(emotion=None)
    regenerate(network, clip.frames, clip.mel, "SAD", InputRules("half", "released_training"))
    mel, faces, emotion = network.shown[0]
    assert emotion is None
    assert (faces[:, :, :3, :48] == faces[:, :, 3:, :48]).all()
    assert faces[:, :, :3, 48:].abs().max() == 0
    wanted = mel_windows(clip.mel, [3], alignment="released_training")[0, 0]
    np.testing.assert_array_equal(mel[0, 3, 0], wanted)


def test_chunks_do_not_change_what_is_made(world):
    clip = ClipStore(world[0])[0]
    torch.manual_seed(0)
    network = Generator(GeneratorConfig(width=1 / 8)).eval()
    whole = regenerate(network, clip.frames, clip.mel, "HAP")
    parts = regenerate(network, clip.frames, clip.mel, "HAP", batch_size=3)
    assert np.abs(whole.astype(int) - parts).max() <= 1
