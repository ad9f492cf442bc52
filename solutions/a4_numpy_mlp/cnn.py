"""A convolutional network for digits in PyTorch, of about the size of your MLP."""

import torch
from torch import nn
from torch.nn import functional


class CNN(nn.Module):
    """Images (N, 1, 28, 28) to class scores (N, 10)."""

    def __init__(self):
        """Make the layers."""
        super().__init__()
        # BEGIN SOLUTION the layers of the CNN
        self.conv1 = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5, stride=2, padding=2)
        self.hidden = nn.Linear(32 * 7 * 7, 256)
        self.last = nn.Linear(256, 10)
        # END SOLUTION

    def forward(self, x):
        """The scores of a batch of images."""
        # BEGIN SOLUTION the CNN's forward pass
        x = functional.relu(self.conv1(x))
        x = functional.relu(self.conv2(x))
        x = functional.relu(self.hidden(x.flatten(1)))
        return self.last(x)
        # END SOLUTION


def error(model, x, y):
    """The share of images (N, 1, 28, 28) that the model gets wrong; the model is left in training mode."""
    # BEGIN SOLUTION error
    model.eval()
    with torch.no_grad():
        wrong = (model(x).argmax(1) != y).float().mean().item()
    model.train()
    return wrong
    # END SOLUTION


def fit(x, y, x_valid, y_valid, epochs):
    """Train a new CNN for so many epochs on images x (N, 1, 28, 28) float32 and labels y (N,), all tensors.

    Returns (model, history): history["train_error"] and history["valid_error"] are lists with the share of wrong
    answers on all training and all validation images at the end of each epoch.
    """
    # BEGIN SOLUTION fit
    model = CNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    history = {"train_error": [], "valid_error": []}
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(25):
            optimizer.zero_grad()
            functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        history["train_error"].append(error(model, x, y))
        history["valid_error"].append(error(model, x_valid, y_valid))
    return model, history
    # END SOLUTION
