"""A small VGG for CIFAR-10 in PyTorch: `python vgg.py` downloads the images, trains and prints the test accuracy."""

import torch
from torch import nn

EPOCHS = 10


class VGG(nn.Module):
    """The VGG-11 layout with an eighth of the usual channels. Images (N, 3, 32, 32) in, scores (N, 10) out.

    `self.conv` is an nn.Sequential of 3×3 convolutions with padding 1, each followed by ReLU, and 2×2 max pools:

        3→8, pool, 8→16, pool, 16→32, 32→32, pool, 32→64, 64→64, pool, 64→64, 64→64, pool

    `self.fc` is an nn.Sequential of two linear layers with ReLU between them: 64→64→10.
    Together they have 149,370 parameters.
    """

    def __init__(self):
        super().__init__()
        # TODO: the layers of VGG
        raise NotImplementedError("the layers of VGG")

    def forward(self, x):
        """Scores (N, 10) of images x (N, 3, 32, 32), before the softmax."""
        # TODO: the forward pass of VGG
        raise NotImplementedError("the forward pass of VGG")


def train(trainloader, net, criterion, optimizer, device):
    """Train net for EPOCHS passes over trainloader, in mode train.

    - trainloader: yields (images, labels)
    - criterion: called as criterion(scores, labels)
    - device: where net already is, and the batches must go
    """
    for epoch in range(EPOCHS):
        # TODO: an epoch of training VGG
        raise NotImplementedError("an epoch of training VGG")


def test(testloader, net, device):
    """Share of testloader's images that net classifies correctly, between 0 and 1; net is in mode eval meanwhile."""
    # TODO: the test of VGG
    raise NotImplementedError("the test of VGG")


def main():
    """Download CIFAR-10, train, and print the test accuracy: 65 % or more, after some minutes on a CPU."""
    import torchvision
    from torchvision import transforms

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    scale = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    loaders = []
    for is_train in (True, False):
        images = torchvision.datasets.CIFAR10("cifar10", train=is_train, download=True, transform=scale)
        loaders.append(torch.utils.data.DataLoader(images, batch_size=100, shuffle=is_train))

    net = VGG().to(device)
    train(loaders[0], net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=1e-3), device)
    print(f"test accuracy {test(loaders[1], net, device):.2%}")


if __name__ == "__main__":
    main()
