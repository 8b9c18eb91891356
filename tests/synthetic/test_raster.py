"""The rasteriser against closed forms on a handful of triangles."""

import numpy as np

from emolib.synthetic import motion, raster, surfaces
from emolib.synthetic.painting import as_painting, strokes


def canvas():
    return np.full((32, 32), raster.FAR, np.float32), np.full((32, 32), raster.EMPTY, np.int32)


def square(x0, y0, x1, y1, z):
    """Two triangles facing the camera (samples, y down)."""
    points = np.array([(x0, y0, z), (x0, y1, z), (x1, y1, z), (x1, y0, z)], np.float32)
    return points, np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def test_a_square_covers_exactly_its_samples():
    points, triangles = square(4, 6, 20, 18, 0.5)
    depth, ids = canvas()
    raster.draw(points, triangles, 7, False, depth, ids)
    wanted = np.zeros((32, 32), bool)
    wanted[6:18, 4:20] = True
    assert ((ids != raster.EMPTY) == wanted).all()
    assert set(np.unique(ids[wanted])) == {7, 8}
    assert np.allclose(depth[wanted], 0.5, atol=1e-5)
    points, triangles = square(-50, -50, 10, 10, 0.5)  # most of it outside the picture
    depth, ids = canvas()
    raster.draw(points, triangles, 0, False, depth, ids)
    assert (ids != raster.EMPTY).sum() == 100


def test_the_nearer_surface_wins_whatever_the_order():
    back, triangles = square(0, 0, 32, 32, 0.0)
    front, _ = square(8, 8, 24, 24, 1.0)
    first, second = canvas(), canvas()
    raster.draw(back, triangles, 0, False, *first)
    raster.draw(front, triangles, 2, False, *first)
    raster.draw(front, triangles, 2, False, *second)
    raster.draw(back, triangles, 0, False, *second)
    assert (first[1] == second[1]).all()
    assert (first[1][8:24, 8:24] >= 2).all() and (first[1][:8] < 2).all()


def test_the_back_of_a_surface_is_not_drawn():
    points, triangles = square(4, 4, 20, 20, 0.5)
    depth, ids = canvas()
    raster.draw(points, triangles[:, ::-1].copy(), 0, False, depth, ids)
    assert (ids == raster.EMPTY).all()
    raster.draw(points, triangles[:, ::-1].copy(), 0, True, depth, ids)
    assert (ids != raster.EMPTY).sum() == 256


def test_strands_let_the_background_through():
    points, triangles = square(0, 0, 32, 32, 0.5)
    strand = np.array([(0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 0)], np.float32)
    cover = np.zeros((8, 32), np.uint8)
    cover[:, :16] = 1  # the left half of the ribbon has hair
    depth, ids = canvas()
    raster.draw_strands(points, triangles, strand, 0, cover, depth, ids)
    assert (ids[:, :15] != raster.EMPTY).all() and (ids[:, 17:] == raster.EMPTY).all()


def test_normals_of_a_tilted_plane():
    points = np.array([(0, 0, 0), (1, 0, 1), (0, 1, 0)], np.float32)
    out = np.zeros_like(points)
    motion.smooth_normals(points, np.array([(0, 1, 2)], np.int32), out)
    assert np.allclose(out, np.array([-1, 0, 1]) / np.sqrt(2), atol=1e-6)


def test_units_add_up():
    rest = np.zeros((3, 3), np.float32)
    start, vertex = np.array([0, 1, 3]), np.array([0, 0, 2], np.int32)
    delta = np.array([(1, 0, 0), (0, 2, 0), (0, 0, 3)], np.float32)
    out = np.empty_like(rest)
    motion.deform(rest, start, vertex, delta, np.array([0.5, 0.25], np.float32), out)
    assert np.allclose(out, [(0.5, 0.5, 0), (0, 0, 0), (0, 0, 0.75)])


def test_a_square_throws_a_shadow_on_what_lies_behind():
    points, triangles = square(8, 8, 24, 24, 1.0)
    depth, ids = canvas()
    raster.draw(points, triangles, 0, True, depth, ids)
    light = np.eye(3, 4, dtype=np.float32)
    at = lambda x, y, z: surfaces.lit_by_key(  # noqa: E731
        np.float32(x), np.float32(y), np.float32(z), light, depth, np.float32(0.03)
    )
    assert at(16, 16, 0.0) == 0
    assert at(16, 16, 1.0) == 1  # not on itself
    assert at(4, 4, 0.0) == 1
    assert 0 < at(8, 16, 0.0) < 1  # a soft edge


def test_projection_enlarges_what_is_near():
    points = np.array([(1, 0, 0), (1, 0, 5), (0, 0.5, 0)], np.float32)
    camera = np.array([20, 100, 50, 60, 0.5], np.float32)
    out = np.empty_like(points)
    motion.project(points, camera, out)
    assert np.isclose(out[0, 0], 150) and out[1, 0] > out[0, 0]
    assert np.allclose(out[2, :2], (50, 60))


def test_strokes_flatten_noise_and_keep_edges():
    picture = np.zeros((60, 80, 3), np.float32)
    picture[:, 40:] = 200
    noisy = picture + np.random.default_rng(0).normal(0, 10, picture.shape).astype(np.float32)
    painted = strokes(noisy, 4)
    assert painted[:, :30].std() < 0.5 * noisy[:, :30].std()
    assert (painted[10:50, 42] - painted[10:50, 37]).min() > 150


def test_a_painting_has_its_size_and_its_seed():
    picture = np.random.default_rng(1).integers(0, 256, (50, 64, 3), dtype=np.uint8)
    given = picture.copy()
    painted = as_painting(picture, seed=3)
    assert painted.shape == picture.shape and painted.dtype == np.uint8
    assert (painted == as_painting(picture, seed=3)).all()
    assert (painted != as_painting(picture, seed=4)).any()
    assert (picture == given).all()
