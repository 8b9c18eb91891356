"""Checks of notebook 05: solutions pass, typical mistakes get a useful word."""

import torch

from emolib.notebook.checks.nb05 import check_blend, check_decode, check_seq


def joined(sound, emotion, encoder, repeat=lambda e, T: e.repeat_interleave(T, 0), first="sound"):
    label = encoder(repeat(emotion, len(sound) // len(emotion)))[..., None, None]
    return torch.cat([sound, label] if first == "sound" else [label, sound], 1)


def test_seq():
    assert check_seq(joined)
    mixed = check_seq(lambda *given: joined(*given, repeat=lambda e, T: e.repeat(T, 1)))
    assert "mixed" in mixed.message
    assert "sound first" in check_seq(lambda *given: joined(*given, first="label")).message
    assert "shape" in check_seq(lambda sound, emotion, encoder: sound).message
    assert "wrong numbers" in check_seq(lambda s, e, encoder: torch.cat([s, s], 1)).message
    assert check_seq(...).state == "not attempted"


def test_decode():
    def solution(x, blocks, skips):
        for block, skip in zip(blocks, reversed(skips), strict=True):
            x = torch.cat([block(x), skip], 1)
        return x

    def popping(x, blocks, skips):
        for block in blocks:
            x = torch.cat([block(x), skips.pop()], 1)
        return x

    def short(x, blocks, skips):
        x = blocks[0](x)
        for block, skip in zip(blocks[1:], reversed(skips[1:]), strict=True):
            x = block(torch.cat([x, skip], 1))
        return x

    def turned(x, blocks, skips):
        return solution(x, blocks, skips).roll(3, 1)

    assert check_decode(solution)
    assert "empty" in check_decode(popping).message
    assert "last skip" in check_decode(short).message
    assert "then the skip" in check_decode(turned).message
    assert (
        "raised" in check_decode(lambda x, blocks, skips: solution(x, blocks, skips[::-1])).message
    )


def test_blend():
    assert check_blend(lambda colour, w, warped: w * colour + (1 - w) * warped)
    assert (
        "other way" in check_blend(lambda colour, w, warped: w * warped + (1 - w) * colour).message
    )
    assert "add up" in check_blend(lambda colour, w, warped: w * colour + warped).message
    assert "shape" in check_blend(lambda colour, w, warped: w).message
