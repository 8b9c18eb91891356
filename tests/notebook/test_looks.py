"""Small HTML and pictures: safe, complete, readable."""

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from emolib.base.emotions import COLOURS, EMOTIONS
from emolib.generate import emotion_weights
from emolib.notebook import looks


@pytest.mark.parametrize("shape", [(360, 480, 3), (1000, 10, 3), (1, 1, 3)])
def test_a_picture_keeps_its_shape(shape):
    data = looks.jpeg(np.full(shape, 99, np.uint8), 120)
    width, height = Image.open(io.BytesIO(data)).size
    assert max(width, height) == 120
    assert abs(width / height - shape[1] / shape[0]) <= 0.02 * shape[1] / shape[0] + 0.1


def test_a_sound_is_cut_to_what_is_listened_to():
    samples = np.full(16_000 * 40, 0.5, np.float32)
    back, rate_hz = soundfile.read(io.BytesIO(looks.wav(samples)))
    assert rate_hz == 16_000 and len(back) == looks.HEARD_S * rate_hz
    assert abs(back - 0.5).max() < 1e-3


def test_words_are_escaped_and_tones_known():
    assert "&lt;b&gt;" in looks.line("<b>", "bad") and "emolib-bad" in looks.line("x", "bad")
    assert looks.line("") == ""
    with pytest.raises(ValueError, match="tone"):
        looks.line("x", "loud")


def test_letters_stand_out_on_every_colour():
    assert looks.text_on("#FFFFFF") == looks.INK and looks.text_on("#000000") == looks.PAPER
    assert looks.text_on(COLOURS["HAP"]) == looks.INK
    assert looks.text_on(COLOURS["SAD"]) == looks.PAPER


def test_bars_show_what_there_is():
    one = looks.shares_bar(emotion_weights("HAP"))
    assert one.count("<span") == 1 and "happiness 100%" in one
    even = looks.shares_bar(emotion_weights(mixture=dict.fromkeys(EMOTIONS, 1)))
    assert even.count("<span") == 6 and even.count("17%") == 6
    walk = looks.walk_bar(["NEU", "HAP"])
    assert walk.index(COLOURS["NEU"]) < walk.index(COLOURS["HAP"])
    assert looks.walk_bar(["SAD"]).count(COLOURS["SAD"]) == 2
    assert looks.walk_bar([]) == ""
