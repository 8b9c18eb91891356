"""Small HTML: safe, complete, readable."""

import pytest

from emolib.base.emotions import COLOURS, EMOTIONS
from emolib.generate import emotion_weights
from emolib.notebook import html


def test_words_are_escaped_and_tones_known():
    assert "&lt;b&gt;" in html.line("<b>", "bad") and "emolib-bad" in html.line("x", "bad")
    assert html.line("") == ""
    with pytest.raises(ValueError, match="tone"):
        html.line("x", "loud")


def test_bars_show_what_there_is():
    one = html.shares_bar(emotion_weights("HAP"))
    assert one.count("<span") == 1 and "happiness 100%" in one
    even = html.shares_bar(emotion_weights(mixture=dict.fromkeys(EMOTIONS, 1)))
    assert even.count("<span") == 6 and even.count("17%") == 6
    walk = html.walk_bar(["NEU", "HAP"])
    assert walk.index(COLOURS["NEU"]) < walk.index(COLOURS["HAP"])
    assert html.walk_bar(["SAD"]).count(COLOURS["SAD"]) == 2
    assert html.walk_bar([]) == ""
