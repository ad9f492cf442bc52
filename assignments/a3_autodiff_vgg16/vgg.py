"""Question 3: VGG-16 for CIFAR-10. `python vgg.py` downloads the images, trains, and draws the six that you report."""

import torch
from torch import nn
from torch.nn import functional

# What main() trains with. The sheet's values are a start; change them as you like, and report what you used.
RECIPE = {"optimizer": "Adam", "learning_rate": None, "weight_decay": None, "batch_size": None, "epochs": None}
# TODO: the sheet's recipe


def vgg16():
    """A new network: normalised images (N, 3, 32, 32) in, logits (N, 10) out.

    Thirteen convolutions of 3 × 3 with padding 1, each followed by ReLU, in five blocks that end in a 2 × 2 max pool:

        64 64 | 128 128 | 256 256 256 | 512 512 512 | 512 512 512

    then three linear layers, 512 → 512 → 512 → 10, with ReLU between them. 15,245,130 parameters.
    """
    # TODO: vgg16
    raise NotImplementedError("vgg16")


def vgg16_regularized():
    """For the bonus: vgg16 with batch normalisation after each convolution and dropout after the linear layers.

    Dropout has p = 0.5 and comes after the first two linear layers; behind the last one it is accepted as well.
    """
    # TODO: vgg16_regularized
    raise NotImplementedError("vgg16_regularized")


def channel_statistics(images):
    """The mean and the standard deviation of each channel over all images (N, C, H, W) and all their pixels.

    Returns two tensors of shape (C,), for any number and size of images and any number of channels.
    """
    # TODO: channel_statistics
    raise NotImplementedError("channel_statistics")


def normalize(images, means, stds):
    """Images (N, C, H, W) with `means` (C,) taken off their channels and divided by `stds` (C,), in new memory."""
    # TODO: normalize
    raise NotImplementedError("normalize")


def make_optimizer(model, recipe):
    """The torch.optim optimiser that `recipe` names, over all parameters of `model`: its rate and weight decay set.

    - recipe: a dict as RECIPE above; it may have other values than yours
    """
    # TODO: make_optimizer
    raise NotImplementedError("make_optimizer")


def train(model, loader, optimizer, epochs, device="cpu"):
    """Train `model` in mode train, for so many passes over `loader`; returns the training losses, a list of floats.

    - loader: yields (images, labels), which must go to `device`, where `model` is
    - returned: the mean loss of every epoch, or the loss of every batch; cross-entropy
    """
    # TODO: train
    raise NotImplementedError("train")


def show_cases(model, images, labels):
    """Three images that `model`, in mode eval, gets right, and three that it gets wrong; fewer where there are fewer.

    Returns a list of dicts, the right ones first:

    - "index": which of images (N, 3, 32, 32) it is, an int
    - "label": what labels (N,) say that it is, an int
    - "probabilities": ten floats that add up to 1, what the model gives each class
    """
    # TODO: show_cases
    raise NotImplementedError("show_cases")


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
