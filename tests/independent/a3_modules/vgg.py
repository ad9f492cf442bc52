"""Question 3 in a loop over layers of one's own, with batch normalisation after the ReLU and dropout everywhere."""

import math

import torch
from torch import nn

from mnist import Affine, cross_entropy

RECIPE = {"optimizer": "SGD", "learning_rate": 0.05, "weight_decay": 5e-4, "batch_size": 64, "epochs": 3}
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


class Stage(nn.Module):
    """One convolution and what follows it."""

    def __init__(self, into, out, norm):
        super().__init__()
        self.b = nn.Parameter(torch.zeros(out))
        self.w = nn.Parameter(torch.randn(out, into, 3, 3) * math.sqrt(2 / (9 * into)))
        self.norm = nn.BatchNorm2d(out) if norm else None

    def forward(self, x):
        x = nn.functional.conv2d(x, self.w, self.b, stride=1, padding=1).clamp(min=0)
        return x if self.norm is None else self.norm(x)


class Drop(nn.Module):
    def forward(self, x):
        return x * (torch.rand_like(x) < 0.5) * 2 if self.training else x


class Network(nn.Module):
    def __init__(self, regular):
        super().__init__()
        self.regular = regular
        self.drop = Drop()
        self.heads = nn.ModuleList([Affine(512, 512), Affine(512, 512), Affine(512, 10)])
        self.blocks = nn.ModuleList()
        into = 3
        for count, width in BLOCKS:
            block = nn.ModuleList()
            for _ in range(count):
                block.append(Stage(into, width, regular))
                into = width
            self.blocks.append(block)

    def forward(self, x):
        for block in self.blocks:
            for stage in block:
                x = stage(x)
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))
        x = x.reshape(len(x), 512)
        for place, head in enumerate(self.heads):
            x = head(x) if place == 0 else head(torch.relu(x))
            x = self.drop(x) if self.regular else x
        return x


def vgg16():
    return Network(False)


def vgg16_regularized():
    return Network(True)


def channel_statistics(images):
    means, stds = [], []
    for channel in range(images.shape[1]):
        pixels = images[:, channel].double()
        mean = pixels.sum() / pixels.numel()
        means.append(mean)
        stds.append(((pixels - mean) ** 2).mean().sqrt())
    return torch.stack(means), torch.stack(stds)


def normalize(images, means, stds):
    result = torch.empty_like(images)
    for channel, (mean, std) in enumerate(zip(means, stds)):
        result[:, channel] = (images[:, channel] - mean) / std
    return result


def make_optimizer(model, recipe):
    settings = {"lr": recipe["learning_rate"], "weight_decay": recipe["weight_decay"]}
    return vars(torch.optim)[recipe["optimizer"]]([{"params": list(model.parameters()), **settings}])


def train(model, loader, optimizer, epochs, device="cpu"):
    model.to(device).train()
    monitor = []
    for _ in range(epochs):
        epoch = []
        for images, labels in loader:
            loss = cross_entropy(model(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            epoch.append(loss.item())
        monitor.append(math.fsum(epoch) / len(epoch))
    return monitor


def show_cases(model, images, labels):
    model.train(False)
    with torch.no_grad():
        odds = [model(part).double().exp() for part in images.split(64)]
    chances = torch.cat([part / part.sum(dim=1, keepdim=True) for part in odds])
    guesses = chances.argmax(dim=1)
    right = [i for i in range(len(labels)) if guesses[i] == labels[i]]
    wrong = [i for i in range(len(labels)) if guesses[i] != labels[i]]
    return [
        {"index": i, "label": int(labels[i]), "guess": int(guesses[i]), "probabilities": chances[i].tolist()}
        for i in right[-3:] + wrong[-3:]
    ]
