"""Checks for notebook 06, full training."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_d_step(d_step: Callable[[nn.Module, torch.optim.Optimizer, dict], float]) -> Verdict:
    """`d_step(D, adam, batch)`: one update of the discriminator, on true frames."""
    D = nn.Sequential(nn.Flatten(), nn.LazyLinear(6))
    true, made = torch.rand(2, 4, 5, 3, 2, 2)
    D(true)  # the lazy layer takes its shape
    batch = {"target_frames": true, "reference_frames": made, "emotion_idx": torch.arange(4)}

    def after(step) -> torch.Tensor:
        net = copy.deepcopy(D)
        adam = torch.optim.Adam(net.parameters(), 1e-2)
        net(10 * true).sum().backward()  # as if something had been left over
        step(net, adam, batch)
        return net[1].weight.detach()

    def by_hand(frames: torch.Tensor, fresh: bool = True):
        def step(net, adam, batch):
            if fresh:
                adam.zero_grad()
            F.cross_entropy(net(frames), batch["emotion_idx"]).backward()
            adam.step()

        return step

    answer = after(d_step)
    if torch.equal(answer, D[1].weight):
        return not_yet("no weight has changed: is `adam.step()` called?")
    if torch.allclose(answer, after(by_hand(true)), atol=1e-7):
        return right("it learns from true frames only: no adversary of the generator")
    if torch.allclose(answer, after(by_hand(true, fresh=False)), atol=1e-7):
        return not_yet("gradients left over from before are still in it: zero them first")
    if torch.allclose(answer, after(by_hand(made)), atol=1e-7):
        return not_yet("these are not the true frames")
    return not_yet("another loss: cross-entropy of D's logits on the true frames with emotion_idx")


@exercise
def check_alpha_state(
    alphas_of: Callable[[Sequence[float], float, float, bool], tuple[list[float], bool]],
) -> Verdict:
    """`alphas_of(losses, below, full, is_open)`: α after each evaluation, and the state."""
    losses, below, full = [1.3, 0.9, 0.75, 0.70, 1.1, 0.8], 0.75, 0.03
    answer, is_open = alphas_of(list(losses), below, full)
    answer = [float(value) for value in answer]
    if len(answer) != len(losses):
        return not_yet(f"{len(answer)} values for {len(losses)} evaluations")
    if answer == [full if loss < below else 0.0 for loss in losses]:
        return not_yet("it closes again when the loss rises; the rule opens once, for good")
    if answer[2] == full:
        return not_yet("0.75 is not below 0.75")
    if answer != [0.0, 0.0, 0.0, full, full, full] or is_open is not True:
        return not_yet(f"losses {losses}: you say {answer}, open at the end: {is_open}")
    if any(alphas_of([0.9, 0.8], below, full)[0]):
        return not_yet("a second run begins closed: is something kept from the first?")
    first, state = alphas_of(losses[:4], below, full)
    second, _ = alphas_of(losses[4:], below, full, state)
    if [*first, *second] != answer:
        return not_yet("the resumed part begins closed, although the gate was open: use `is_open`")
    return right("the same with and without a pause, because the state is handed on")


@exercise
def check_follow(follow: Callable[[nn.Module, nn.Module, float], None]) -> Verdict:
    """`follow(slow, now, decay)`: one step of an exponential moving average, in place."""
    slow, now = nn.Linear(3, 2), nn.Linear(3, 2)
    old, new = slow.weight.detach().clone(), now.weight.detach().clone()
    bias = 0.9 * slow.bias.detach() + 0.1 * now.bias.detach()
    follow(slow, now, 0.9)
    if not torch.equal(now.weight, new):
        return not_yet("`now` has changed: only the slow copy moves")
    if torch.allclose(slow.weight, 0.1 * old + 0.9 * new):
        return not_yet("the other way round: decay is the share that stays")
    if not torch.allclose(slow.weight, 0.9 * old + 0.1 * new):
        return not_yet("slow should be decay · slow + (1 − decay) · now")
    if not torch.allclose(slow.bias, bias):
        return not_yet("all parameters follow, the bias too")
    return right("smoother than any single step, and what gets saved")
