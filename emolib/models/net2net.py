"""A small network's weights as the start of a larger one, which then gives the same answers.

Source: the idea is that of Net2Net (Chen et al. 2016); here new channels start unheard instead of
as copies.
"""

from __future__ import annotations

from os import PathLike

from torch import Tensor

from emolib.base.errors import CheckpointError

# Of a config: what may be less in the small one. A network without emotion may grow one: its
# encoder's answer joins as new channels at the end.
MAY_GROW = ("head_channels", "multi_scale_sound", "emotion")
NEW = "emotion_encoder."  # layers that the small network may lack


def net2net(
    small: dict[str, Tensor], large: dict[str, Tensor], *, file: str | PathLike | None = None
) -> dict[str, Tensor]:
    """The state `large` with every tensor of `small` in its first corner.

    What a known channel hears of new channels starts at 0; new channels keep their own start. The
    answers stay the same where the configs differ in `MAY_GROW` alone: elsewhere (another width)
    layers are joined in ways that a corner does not keep.

    Raises:
        CheckpointError: other tensors, or one that is larger in `small`.
    """
    names = sorted(set(small) ^ set(large))
    names = [name for name in names if name in small or not name.startswith(NEW)]
    problems = [f"only one of the two has {name}" for name in names] or [
        f"{name} is {tuple(small[name].shape)}, not within {tuple(large[name].shape)}"
        for name in large
        if name in small
        if small[name].ndim != large[name].ndim
        or any(a > b for a, b in zip(small[name].shape, large[name].shape, strict=True))
    ]
    if problems:
        raise CheckpointError(
            f"holds another architecture: {'; '.join(problems[:3])}",
            file=file,
            expected="the same layers, each as wide as here or narrower",
        )
    state = {}
    for name, tensor in large.items():
        state[name] = tensor.clone()
        known = small.get(name)
        if known is None:
            continue
        if known.ndim > 1:
            state[name][: len(known)] = 0
        state[name][tuple(slice(n) for n in known.shape)] = known
    return state
