"""The mouth: teeth that stay behind the lips, have a believable colour, and move with the jaw."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from emolib.synthetic.head import recipe_units
from emolib.synthetic.people import Person, Stage

STILL = np.zeros(6, np.float32)
SMILE = {"mouthSmile": 0.9, "mouthUpperUp": 0.5, "mouthLowerDown": 0.3, "jawOpen": 0.08}


def units(**amounts):
    return recipe_units(amounts).astype(np.float32)


def opening_of(stage, weights):
    """(H, W) uint8: 1 between the inner lips."""
    opening = np.zeros((stage.height_px, stage.width_px), np.uint8)
    points = np.rint(stage.landmarks(weights, STILL)[60:68]).astype(np.int32)
    return cv2.fillPoly(opening, [points], 1)


def toothed(stage, weights, pose=STILL):
    """The frame, and where enamel shows in it: what changes when enamel is painted black."""
    person = stage.person
    black = replace(person, teeth=replace(person.teeth, enamel=(0.0, 0.0, 0.0)))
    frame = stage.render(weights, pose)
    without = Stage(black, stage.width_px, stage.height_px).render(weights, pose)
    return frame, np.abs(frame.astype(int) - without).sum(2) > 20


@pytest.mark.parametrize("seed", [3, 7, 305])
def test_teeth_show_between_the_lips_and_nowhere_else(seed):
    stage = Stage(Person.from_seed(seed))
    for weights in (units(**SMILE), units(jawOpen=0.62), units(mouthPucker=0.8)):
        _, teeth = toothed(stage, weights)
        around = cv2.dilate(opening_of(stage, weights), np.ones((9, 9)))
        assert not (teeth & (around == 0)).any()


def test_teeth_are_ivory_and_the_throat_is_dark_and_red():
    stage = Stage(Person.from_seed(11))
    weights = units(jawOpen=0.6, mouthLowerDown=0.4)
    frame, teeth = toothed(stage, weights)
    red, green, blue = frame[teeth].mean(0)
    assert red > green > blue > 60
    inside = frame[(cv2.erode(opening_of(stage, weights), np.ones((5, 5))) > 0) & ~teeth]
    throat = np.sort(inside.sum(1))[: len(inside) // 4].mean()
    assert throat < 0.45 * (red + green + blue)
    assert inside[:, 0].mean() > 1.3 * inside[:, 1].mean()


def test_the_lower_row_moves_with_the_jaw():
    stage = Stage(Person.from_seed(11))
    lowest = []
    for jaw in (0.25, 0.6):
        _, teeth = toothed(stage, units(jawOpen=jaw, mouthLowerDown=0.5, mouthUpperUp=0.3))
        lowest.append(np.flatnonzero(teeth.any(1))[-1])
    assert lowest[1] > lowest[0] + 4


def test_mouths_differ_between_people():
    people = [Person.from_seed(seed) for seed in range(40)]
    teeth = np.array([p.teeth.enamel for p in people])
    assert (np.diff(teeth, axis=1) < 0).all()  # warm: red over green over blue
    assert np.ptp(teeth[:, 2] / teeth[:, 0]) > 0.1
    redness = [p.skin.lips[0] / p.skin.lips[1] - p.skin.tone[0] / p.skin.tone[1] for p in people]
    assert min(redness) > 0 and np.ptp(redness) > 0.3
