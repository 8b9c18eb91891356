"""Checks of notebook 06: solutions pass, typical mistakes get a useful word."""

import torch
import torch.nn.functional as F

from emolib.notebook.checks.nb06 import check_alpha_state, check_d_step, check_follow


def d_step(D, adam, batch, frames="target_frames", fresh=True, learn=True):
    loss = F.cross_entropy(D(batch[frames]), batch["emotion_idx"])
    if fresh:
        adam.zero_grad()
    loss.backward()
    if learn:
        adam.step()
    return float(loss.detach())


def test_d_step():
    assert check_d_step(d_step)
    assert "left over" in check_d_step(lambda *given: d_step(*given, fresh=False)).message
    assert "adam.step" in check_d_step(lambda *given: d_step(*given, learn=False)).message
    other = check_d_step(lambda *given: d_step(*given, frames="reference_frames"))
    assert "true frames" in other.message
    assert check_d_step(...).state == "not attempted"


def alphas_of(losses, below, full, is_open=False, forgets=False):
    found, is_open = [], is_open and not forgets
    for loss in losses:
        is_open = is_open or loss < below
        found.append(full if is_open else 0.0)
    return found, is_open


def test_alpha_state():
    assert check_alpha_state(alphas_of)
    assert "begins closed" in check_alpha_state(lambda *g: alphas_of(*g, forgets=True)).message
    flaps = check_alpha_state(lambda ls, b, f, o=False: ([f * (x < b) for x in ls], ls[-1] < b))
    assert "closes again" in flaps.message
    early = check_alpha_state(lambda ls, b, f, o=False: alphas_of(ls, b + 1e-9, f, o))
    assert "not below" in early.message
    assert "raised" in check_alpha_state(lambda losses: losses).message


def follow(slow, now, decay):
    with torch.no_grad():
        for a, b in zip(slow.parameters(), now.parameters(), strict=True):
            a.lerp_(b, 1 - decay)


def test_follow():
    assert check_follow(follow)
    assert "other way" in check_follow(lambda a, b, d: follow(a, b, 1 - d)).message
    assert "only the slow" in check_follow(lambda a, b, d: follow(b, a, d)).message
    assert "decay ·" in check_follow(lambda a, b, d: None).message
    weights_only = check_follow(lambda a, b, d: a.weight.data.lerp_(b.weight.data, 1 - d))
    assert "bias too" in weights_only.message
