"""The head asset: what it holds, that units and shapes move it as they should."""

import hashlib
import re
import zipfile

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.base.files import ASSETS
from emolib.synthetic import head as h


@pytest.fixture(scope="module")
def head():
    return h.load_head()


def moved(head, name, amount=1.0):
    start, end = head.unit_start[h.UNIT_INDEX[name] :][:2]
    out = head.canonical.copy()
    out[head.unit_vertex[start:end]] += amount * head.unit_delta[start:end]
    return out


def mark(vertices, number):
    return vertices[h.LANDMARKS[number]]


def test_the_asset_is_the_one_in_the_notice_small_and_without_time_stamps():
    data = (ASSETS / "head.npz").read_bytes()
    notice = (ASSETS / "NOTICE.md").read_text(encoding="utf-8")
    section = notice.split("`head.npz`")[1].split("\n## ")[0]
    assert hashlib.sha256(data).hexdigest() in re.findall(r"[0-9a-f]{64}", section)
    assert len(data) < 3_000_000
    with zipfile.ZipFile(ASSETS / "head.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_fifty_two_units_each_move_something(head):
    assert len(h.UNITS) == len(set(h.UNITS)) == 52
    assert head.unit_start.shape == (53,)
    assert (np.diff(head.unit_start) > 50).all()
    assert np.isfinite(head.unit_delta).all() and np.abs(head.unit_delta).max() < 0.7


def test_jaw_opens_the_mouth(head):
    rest, wide = head.canonical, moved(head, "jawOpen")
    gap = lambda v: mark(v, 62)[1] - mark(v, 66)[1]  # noqa: E731
    assert gap(wide) > gap(rest) + 0.2
    assert mark(wide, 8)[1] < mark(rest, 8)[1] - 0.2


def test_frown_lowers_and_gathers_the_inner_brows(head):
    down = moved(head, "browDownLeft") + moved(head, "browDownRight") - head.canonical
    for number in (21, 22):
        assert mark(down, number)[1] < mark(head.canonical, number)[1] - 0.05
    apart = lambda v: mark(v, 22)[0] - mark(v, 21)[0]  # noqa: E731
    assert apart(down) < apart(head.canonical)


def test_left_is_the_persons_left(head):
    smile = moved(head, "mouthSmileLeft")
    left = np.linalg.norm(mark(smile, 54) - mark(head.canonical, 54))
    right = np.linalg.norm(mark(smile, 48) - mark(head.canonical, 48))
    assert mark(head.canonical, 54)[0] > 0 and left > 5 * right


def test_landmarks_are_mirror_images(head):
    points = head.canonical[h.LANDMARKS]
    pairs = [(i, 16 - i) for i in range(8)] + [(17 + i, 26 - i) for i in range(5)]
    left, right = (36, 37, 38, 39, 40, 41, 48, 60, 31), (45, 44, 43, 42, 47, 46, 54, 64, 35)
    for a, b in [*pairs, *zip(left, right, strict=True)]:
        assert np.allclose(points[a] * (-1, 1, 1), points[b], atol=2e-3), (a, b)


def test_identity_keeps_the_eyes_in_place_and_changes_the_face(head):
    macros = (("caucasian-male-young", 1.0),)
    plain = head.identity(macros, ())
    nosy = head.identity(macros, (("nose/nose-scale-vert-incr", 1.0),))
    eyes = np.isin(head.part_of, (h.EYE_L, h.EYE_R))
    assert np.allclose(plain[eyes, 1:].mean(0), nosy[eyes, 1:].mean(0), atol=1e-4)
    assert np.abs(nosy - plain).max() > 0.02
    assert not np.shares_memory(plain, head.canonical)
    with pytest.raises(ConfigError, match="nose/nope"):
        head.identity((), (("nose/nope", 1.0),))


def test_texture_coordinates_cover_the_square(head):
    assert head.uv.min() >= 0 and head.uv[..., 1].max() <= 1
    assert np.ptp(head.uv[..., 0], axis=1).max() <= 0.75
    assert head.light.min() >= 0 and head.light.max() <= 1
