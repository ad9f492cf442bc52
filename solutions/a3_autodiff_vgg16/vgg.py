"""Question 3: VGG-16 for CIFAR-10. `python vgg.py` downloads the images, trains, and draws the six that you report."""

import torch
from torch import nn
from torch.nn import functional

# What main() trains with. The sheet's values are a start; change them as you like, and report what you used.
RECIPE = {"optimizer": "Adam", "learning_rate": None, "weight_decay": None, "batch_size": None, "epochs": None}
# BEGIN SOLUTION the sheet's recipe
RECIPE = {"optimizer": "Adam", "learning_rate": 1e-4, "weight_decay": 1e-3, "batch_size": 256, "epochs": 10}
# END SOLUTION


def vgg16():
    """A new network: normalised images (N, 3, 32, 32) in, logits (N, 10) out.

    Thirteen convolutions of 3 × 3 with padding 1, each followed by ReLU, in five blocks that end in a 2 × 2 max pool:

        64 64 | 128 128 | 256 256 256 | 512 512 512 | 512 512 512

    then three linear layers, 512 → 512 → 512 → 10, with ReLU between them. 15,245,130 parameters.
    """
    # BEGIN SOLUTION
    return _layers(batch_norm=False, dropout=0.0)


def _layers(batch_norm, dropout):
    modules, channels = [], 3
    for widths in [(64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)]:
        for width in widths:
            modules.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
            modules += [nn.BatchNorm2d(width), nn.ReLU()] if batch_norm else [nn.ReLU()]
            channels = width
        modules.append(nn.MaxPool2d(2))
    modules.append(nn.Flatten())
    for _ in range(2):
        modules += [nn.Linear(512, 512), nn.ReLU()]
        modules += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*modules, nn.Linear(512, 10))
    # END SOLUTION


def vgg16_regularized():
    """For the bonus: vgg16 with batch normalisation after each convolution and dropout after the linear layers.

    Dropout has p = 0.5 and comes after the first two linear layers; behind the last one it is accepted as well.
    """
    # BEGIN SOLUTION
    return _layers(batch_norm=True, dropout=0.5)
    # END SOLUTION


def channel_statistics(images):
    """The mean and the standard deviation of each channel over all images (N, C, H, W) and all their pixels.

    Returns two tensors of shape (C,), for any number and size of images and any number of channels.
    """
    # BEGIN SOLUTION
    return images.mean(dim=(0, 2, 3)), images.std(dim=(0, 2, 3), correction=0)
    # END SOLUTION


def normalize(images, means, stds):
    """Images (N, C, H, W) with `means` (C,) taken off their channels and divided by `stds` (C,), in new memory."""
    # BEGIN SOLUTION
    return (images - means[:, None, None]) / stds[:, None, None]
    # END SOLUTION


def make_optimizer(model, recipe):
    """The torch.optim optimiser that `recipe` names, over all parameters of `model`: its rate and weight decay set.

    - recipe: a dict as RECIPE above; it may have other values than yours
    """
    # BEGIN SOLUTION
    kind = getattr(torch.optim, recipe["optimizer"])
    return kind(model.parameters(), lr=recipe["learning_rate"], weight_decay=recipe["weight_decay"])
    # END SOLUTION


def train(model, loader, optimizer, epochs, device="cpu"):
    """Train `model` in mode train, for so many passes over `loader`; returns the training losses, a list of floats.

    - loader: yields (images, labels), which must go to `device`, where `model` is
    - returned: the mean loss of every epoch, or the loss of every batch; cross-entropy
    """
    # BEGIN SOLUTION
    history = []
    for epoch in range(epochs):
        model.train()
        total, seen = 0.0, 0
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total, seen = total + loss.item() * len(labels), seen + len(labels)
        history.append(total / seen)
        print(f"epoch {epoch + 1}: mean loss {history[-1]:.4f}", flush=True)
    return history
    # END SOLUTION


def show_cases(model, images, labels):
    """Three images that `model`, in mode eval, gets right, and three that it gets wrong; fewer where there are fewer.

    Returns a list of dicts, the right ones first:

    - "index": which of images (N, 3, 32, 32) it is, an int
    - "label": what labels (N,) say that it is, an int
    - "probabilities": ten floats that add up to 1, what the model gives each class
    """
    # BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        probabilities = torch.cat([functional.softmax(model(part), dim=1) for part in images.split(200)])
    right = probabilities.argmax(dim=1) == labels
    chosen = [*right.nonzero().flatten()[:3].tolist(), *(~right).nonzero().flatten()[:3].tolist()]
    return [{"index": i, "label": int(labels[i]), "probabilities": probabilities[i].tolist()} for i in chosen]
    # END SOLUTION


def main():
    """Train on CIFAR-10 with RECIPE, save vgg.pt, print what report.toml asks for: minutes on a GPU, hours without."""
    from torch.utils.data import DataLoader, TensorDataset
    from torchvision.datasets import CIFAR10

    device = "cuda" if torch.cuda.is_available() else "cpu"
    sets = [CIFAR10("data", train=train, download=True) for train in (True, False)]
    raw, labels = zip(
        *[(torch.tensor(s.data).permute(0, 3, 1, 2) / 255, torch.tensor(s.targets)) for s in sets], strict=True
    )
    constants = channel_statistics(raw[0])
    x_train, x_test = [normalize(images, *constants) for images in raw]

    model = vgg16().to(device)
    loader = DataLoader(TensorDataset(x_train, labels[0]), batch_size=RECIPE["batch_size"], shuffle=True)
    print("losses =", train(model, loader, make_optimizer(model, RECIPE), RECIPE["epochs"], device))
    model.to("cpu").eval()
    with torch.no_grad():
        for name, images, truth in (("train", x_train, labels[0]), ("test", x_test, labels[1])):
            guesses = torch.cat([model(part).argmax(dim=1) for part in images.split(500)])
            print(f"{name}_accuracy = {(guesses == truth).float().mean():.4f}")
    state = model.state_dict().items()
    torch.save({name: array.half() if array.is_floating_point() else array for name, array in state}, "vgg.pt")
    cases = show_cases(model, x_test, labels[1])
    for case in cases:
        shares = [round(share, 4) for share in case["probabilities"]]
        print(f"[[vgg.cases]]\nindex = {case['index']}\nlabel = {case['label']}\nprobabilities = {shares}")
    draw(raw[1], cases, sets[1].classes)


def draw(images, cases, classes, path="cases.png"):
    """A figure of `cases`: each image, as it was before it was normalised, beside a bar for each class."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(len(cases), 2, figsize=(7, 1.6 * len(cases)), squeeze=False)
    for (left, right), case in zip(axes, cases, strict=True):
        left.imshow(images[case["index"]].permute(1, 2, 0))
        left.set_title(classes[case["label"]], fontsize=8)
        left.axis("off")
        right.barh(classes, case["probabilities"])
        right.tick_params(labelsize=6)
        right.set_xlim(0, 1)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
