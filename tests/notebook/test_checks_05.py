"""Checks of notebook 05: solutions pass, typical mistakes get a useful word."""

from emolib.notebook.checks.nb05 import check_block_parameters, check_film, check_macs


def test_block_parameters():
    assert check_block_parameters(lambda i, o, k: i * o * k * k + 3 * o)
    assert "batch norm" in check_block_parameters(lambda i, o, k: i * o * k * k).message
    assert "short" in check_block_parameters(lambda i, o, k: i * o * k * k + o).message
    assert not check_block_parameters(lambda i, o, k: 7)
    assert check_block_parameters(...).state == "not attempted"


def test_macs():
    def solution(c_in, c_out, kernel, side_in, transposed):
        side = side_in if transposed else side_in // 2
        return c_in * c_out * kernel**2 * side**2

    assert check_macs(solution)
    wrong = check_macs(lambda i, o, k, s, t: i * o * k**2 * s**2)
    assert "four times" in wrong.message
    assert not check_macs(lambda i, o, k, s, t: 1)


def test_film():
    assert check_film(lambda x, a, b: x * (1 + a[..., None, None]) + b[..., None, None])
    assert (
        "1 + scale"
        in check_film(lambda x, a, b: x * a[..., None, None] + b[..., None, None]).message
    )
    assert "raised" in check_film(lambda x, a, b: x * a).message
    assert not check_film(lambda x, a, b: x.mul_(1))
    assert "has its own" in check_film(lambda x, a, b: x).message
