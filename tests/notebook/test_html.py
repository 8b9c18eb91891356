"""Small HTML: safe, complete, readable."""

import pytest

from emolib.base.emotions import COLOURS, EMOTIONS
from emolib.generate import emotion_weights
from emolib.notebook.widgets import line, shares_bar, walk_bar


def test_words_are_escaped_and_tones_known():
    assert "&lt;b&gt;" in line("<b>", "bad") and "emolib-bad" in line("x", "bad")
    assert line("") == ""
    with pytest.raises(ValueError, match="tone"):
        line("x", "loud")


def test_bars_show_what_there_is():
    one = shares_bar(emotion_weights("HAP"))
    assert one.count("<span") == 1 and "happiness 100%" in one
    even = shares_bar(emotion_weights(mixture=dict.fromkeys(EMOTIONS, 1)))
    assert even.count("<span") == 6 and even.count("17%") == 6
    walk = walk_bar(["NEU", "HAP"])
    assert walk.index(COLOURS["NEU"]) < walk.index(COLOURS["HAP"])
    assert walk_bar(["SAD"]).count(COLOURS["SAD"]) == 2
    assert walk_bar([]) == ""
