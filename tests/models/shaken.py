"""Networks for tests: random, but with batch norms that do something."""

import torch
from torch import nn


def shake(model: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and batch-norm statistics, in place; returns the model in eval mode."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                fan_in = module.weight[0].numel()
                if isinstance(module, nn.ConvTranspose2d):
                    fan_in = module.weight[:, 0].numel()
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=random)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1, generator=random)
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=random)
                module.bias.normal_(0, 0.1, generator=random)
                module.running_mean.normal_(0, 0.1, generator=random)
                module.running_var.uniform_(0.5, 1.5, generator=random)
    return model.eval()


def rand(*shape, seed=0):
    """Uniform numbers in [0, 1], the same for the same seed."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))
