"""Question 2: a multi-layer perceptron that reads handwritten digits. `python mnist.py` trains it and says how well."""

import torch
from torch import nn
from torch.nn import functional

# What main() trains with, and what you report: Adam's learning rate, images a batch, passes over the training set.
RECIPE = {"learning_rate": None, "batch_size": None, "epochs": None}
# BEGIN SOLUTION the sheet's recipe
RECIPE = {"learning_rate": 1e-3, "batch_size": 100, "epochs": 10}
# END SOLUTION


def mlp():
    """A new network: images (N, 1, 28, 28) or (N, 784) in, logits (N, 10) out.

    784 → 512 → 256 → 10 with ReLU between the layers: 535,818 parameters.
    """
    # BEGIN SOLUTION
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)
    )
    # END SOLUTION


def train(model, images, labels, recipe):
    """Train `model`, in mode train, by Adam on the mean cross-entropy; returns a list of one number an epoch.

    - images (N, ...), labels (N,): tensors, which stay as they are
    - recipe: a dict as RECIPE above; it may have other values than yours

    In each epoch every image is used once, in a new random order, `batch_size` at a time; a last batch may be smaller.
    The numbers are the mean training losses of the epochs, as Python floats.
    """
    # BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe["learning_rate"])
    history = []
    model.train()
    for _ in range(recipe["epochs"]):
        total = 0.0
        for batch in torch.randperm(len(images)).split(recipe["batch_size"]):
            loss = functional.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        history.append(total / len(images))
    return history
    # END SOLUTION


def accuracy(model, images, labels):
    """The share of images (N, ...) that `model`, in mode eval, gives the largest logit to the right label (N,)."""
    # BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        guesses = torch.cat([model(part).argmax(dim=1) for part in images.split(500)])
    return (guesses == labels).float().mean().item()
    # END SOLUTION


def main():
    """Train with RECIPE, save mlp.pt, and print what report.toml asks for; downloads MNIST into the folder data."""
    from torchvision.datasets import MNIST

    sets = [MNIST("data", train=train, download=True) for train in (True, False)]
    (x_train, y_train), (x_test, y_test) = [(s.data[:, None] / 255, s.targets) for s in sets]
    model = mlp()
    print("losses =", [round(loss, 4) for loss in train(model, x_train, y_train, RECIPE)])
    torch.save(model.state_dict(), "mlp.pt")
    print(f"train_accuracy = {accuracy(model, x_train, y_train):.4f}  # of {len(x_train):,} digits")
    print(f"test_accuracy = {accuracy(model, x_test, y_test):.4f}  # of {len(x_test):,} digits")


if __name__ == "__main__":
    main()
