"""Everything by torch's autograd in float64."""

import torch


def _chain(x, w):
    for weight in w:
        x = torch.sigmoid(weight * x)
    return x


def _tensor(x):
    return torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_()


def sigmoid_slope(x):
    x = _tensor(x)
    return torch.autograd.grad(torch.sigmoid(x).sum(), x)[0]


def sigmoid_slope_range():
    return {"maximum": (0.25, True), "at": 0.0, "infimum": (0.0, False)}


def dy_dx(x, w):
    x = _tensor(x)
    return torch.autograd.grad(_chain(x, torch.as_tensor(w, dtype=torch.float64)), x)[0]


def largest_slope(w):
    return torch.as_tensor(w, dtype=torch.float64).abs().prod().item() / 1024


def exploding():
    return 1e-5, torch.tensor([4000.0, 1.0, 1.0, 1.0, 1.0])
