"""Cats or dogs: a convolutional classifier in PyTorch with your own batch normalisation, dropout and Adam.

Of the library you may use what the course has covered: linear and convolutional layers, pooling, activations, losses
and plain SGD. BatchNorm, Dropout and every optimiser beyond SGD are yours to write.
"""

import torch
from torch import nn
from torch.nn import functional


class BatchNorm(nn.Module):
    """Normalises each channel of (N, C, H, W) or (N, C), then scales by `weight` and shifts by `bias`.

    In training by the batch's own mean and variance (divided by the number of values, not one less); the buffers
    `running_mean` and `running_var` move by the share `momentum` towards them. In evaluation by those two.
    """

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        """Make weight (ones), bias (zeros) and the running averages (zeros and ones), each of shape (channels,)."""
        super().__init__()
        # BEGIN SOLUTION parameters and buffers of BatchNorm
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        # END SOLUTION

    def forward(self, x):
        """The normalised batch, of x's shape."""
        # BEGIN SOLUTION forward of BatchNorm
        axes = [0, *range(2, x.dim())]
        shape = (1, -1) + (1,) * (x.dim() - 2)
        if self.training:
            mean, var = x.mean(axes), x.var(axes, unbiased=False)
            with torch.no_grad():
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (var - self.running_var)
        else:
            mean, var = self.running_mean, self.running_var
        normal = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return normal * self.weight.view(shape) + self.bias.view(shape)
        # END SOLUTION


class Dropout(nn.Module):
    """In training drops each entry with probability p and divides the others by 1 − p; in evaluation does nothing."""

    def __init__(self, p=0.5):
        """Keep p, the probability to drop."""
        super().__init__()
        # BEGIN SOLUTION what Dropout keeps
        self.p = p
        # END SOLUTION

    def forward(self, x):
        """The batch with some entries dropped, of x's shape."""
        # BEGIN SOLUTION forward of Dropout
        if not self.training:
            return x
        kept = torch.rand_like(x) >= self.p
        return x * kept / (1 - self.p)
        # END SOLUTION


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1) for a list of parameters."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        """Keep the parameters, the settings, and a first and second moment of zeros for each parameter."""
        # BEGIN SOLUTION the state of Adam
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.steps = 0
        self.first = [torch.zeros_like(p) for p in self.params]
        self.second = [torch.zeros_like(p) for p in self.params]
        # END SOLUTION

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        # BEGIN SOLUTION zero_grad
        for p in self.params:
            p.grad = None
        # END SOLUTION

    @torch.no_grad()
    def step(self):
        """Change every parameter that has a gradient, in place."""
        # BEGIN SOLUTION a step of Adam
        self.steps += 1
        one, two = self.betas
        for p, m, v in zip(self.params, self.first, self.second, strict=True):
            if p.grad is None:
                continue
            m.mul_(one).add_((1 - one) * p.grad)
            v.mul_(two).add_((1 - two) * p.grad**2)
            m_hat = m / (1 - one**self.steps)
            v_hat = v / (1 - two**self.steps)
            p -= self.lr * m_hat / (v_hat.sqrt() + self.eps)
        # END SOLUTION


class Net(nn.Module):
    """Images (N, 3, 24, 24) to scores (N, 2), of cat and of dog."""

    def __init__(self):
        """Make the layers."""
        super().__init__()
        # BEGIN SOLUTION the layers of Net
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 16, 3, padding=1), BatchNorm(16), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), BatchNorm(32), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 48, 3, padding=1), BatchNorm(48), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.drop = Dropout(0.2)
        self.last = nn.Linear(48 * 3 * 3, 2)
        # END SOLUTION

    def forward(self, x):
        """The scores of a batch of images."""
        # BEGIN SOLUTION forward of Net
        return self.last(self.drop(self.features(x).flatten(1)))
        # END SOLUTION


def train(x, y, epochs=5):
    """Train a new Net on images x (N, 3, 24, 24) float32 and labels y (N,), 0 for cats, both tensors; return it."""
    # BEGIN SOLUTION train
    model = Net()
    optimizer = Adam(model.parameters(), lr=4e-3)
    model.train()
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(50):
            images = x[rows] if epoch % 2 else x[rows].flip(3)  # a mirrored cat is a cat
            optimizer.zero_grad()
            functional.cross_entropy(model(images), y[rows]).backward()
            optimizer.step()
    model.eval()
    return model
    # END SOLUTION


def predict(model, x):
    """The probability that each image of x (N, 3, 24, 24) shows a dog, (N,)."""
    # BEGIN SOLUTION predict
    model.eval()
    with torch.no_grad():
        return functional.softmax(model(x), dim=1)[:, 1]
    # END SOLUTION
