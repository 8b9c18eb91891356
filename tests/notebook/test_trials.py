"""Trials keep takes and people apart, and one network answers for both."""

import numpy as np
import pytest
import torch

from emolib.models.emotion import EmotionDiscriminatorConfig, scramble_like_released
from emolib.notebook.data import course_store
from emolib.notebook.trials import ask, folded, learn, make_trial, people_and_folding, score

TINY = EmotionDiscriminatorConfig(width=1 / 16)


@pytest.fixture(scope="module")
def store():
    torch.set_num_threads(1)
    return course_store()


def takes(clips):
    return {(row.actor, row.sentence) for row in clips.clips.itertuples()}


def test_new_people_are_nowhere_else_and_known_takes_are_not_learned(store):
    trial = make_trial(store, ["9002"], ["9001", "9003", "9004"])
    assert takes(trial.new) == {("9002", "IEO"), ("9002", "MTI")}
    assert takes(trial.known) == {("9001", "IEO"), ("9003", "MTI"), ("9004", "IEO")}
    assert takes(trial.train) == {("9001", "MTI"), ("9003", "IEO"), ("9004", "MTI")}
    assert len(trial.train) == len(trial.known) == 18 and len(trial.new) == 12
    other = make_trial(store, ["9002"], ["9001", "9003", "9004"], turn=1)
    assert takes(other.known) == takes(trial.train)


def test_learning_is_repeatable_and_learns(store):
    trial = make_trial(store, ["9002"], ["9001"])
    nets = [learn(trial.train, TINY, steps=2, batch_size=4, seed=3) for _ in range(2)]
    for a, b in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(a, b)
    few = store.select(store.clips["actor"].eq("9001") & store.clips["sentence"].eq("IEO"))
    net = learn(few, TINY, steps=25, batch_size=6, rate=4e-3)
    assert score(net, few, stride=50).accuracy > 0.5


def test_asking_gives_a_row_of_probabilities_a_clip(store):
    net = learn(store, TINY, steps=1, batch_size=2)
    few = store.select(np.arange(len(store)) < 3)
    probs = ask(net, few, stride=50)
    assert probs.shape == (3, 6)
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-6)


def test_the_other_folding_has_the_same_weights(store):
    net = learn(store, TINY, steps=1, batch_size=2)
    other = folded(net, scrambled=True)
    frames = torch.rand(1, 5, 3, 96, 96)
    scrambled = scramble_like_released(frames).unflatten(0, (1, 5))
    with torch.no_grad():
        torch.testing.assert_close(other(frames), net(scrambled))
    assert not net.config.released_code_quirks  # the given one is left as it was


def test_the_whole_comparison_on_the_sample(store):
    found = people_and_folding(store, width=1 / 16, steps=2, batch_size=2, stride=60)
    assert list(found["people"]) == ["3"] and found["n_new"] == 1
    (row,) = found["people"].values()
    assert row["new"]["n"] == 12 and row["known"]["n"] == 6
    assert set(found["folding"]) == set(found["folding"]["right"]) == {"right", "scrambled"}
    assert found["folding"]["right"]["right"] == row["new"]["mean"]
