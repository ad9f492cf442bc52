"""Question 3 in the shape of torchvision's VGG: features from a configuration, then a classifier."""

import torch
import torch.nn as nn

RECIPE = {"optimizer": "AdamW", "learning_rate": 3e-4, "weight_decay": 0.05, "batch_size": 128, "epochs": 20}
CFG = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


class VGG(nn.Module):
    def __init__(self, norm=False, p=None):
        super().__init__()
        self.features = nn.Sequential()
        width = 3
        for i, v in enumerate(CFG):
            if v == "M":
                self.features.add_module(f"pool{i}", nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            self.features.add_module(f"conv{i}", nn.Conv2d(width, v, 3, padding="same", bias=not norm))
            if norm:
                self.features.add_module(f"norm{i}", nn.BatchNorm2d(v))
            self.features.add_module(f"relu{i}", nn.ReLU(inplace=True))
            width = v
        drop = (lambda: nn.Dropout(p)) if p else nn.Identity
        self.classifier = nn.Sequential(
            nn.Linear(512, 512), nn.ReLU(True), drop(), nn.Linear(512, 512), nn.ReLU(True), drop(), nn.Linear(512, 10)
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def vgg16():
    return VGG()


def vgg16_regularized():
    return VGG(norm=True, p=0.5)


def channel_statistics(images):
    flat = images.permute(1, 0, 2, 3).flatten(1)
    return [flat.mean(1), flat.std(1)]


def normalize(images, means, stds):
    from torchvision.transforms import Normalize

    return Normalize(means.tolist(), stds.tolist())(images)


def make_optimizer(model, recipe):
    kinds = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}
    return kinds[recipe["optimizer"]](model.parameters(), recipe["learning_rate"], weight_decay=recipe["weight_decay"])


def train(model, loader, optimizer, epochs, device="cpu"):
    criterion = nn.CrossEntropyLoss().to(device)
    losses = []
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            loss = criterion(model(x.to(device)), y.to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def show_cases(model, images, labels):
    model.eval()
    found = {True: [], False: []}
    with torch.inference_mode():
        for i in range(len(images)):
            p = model(images[i : i + 1]).softmax(-1)[0]
            side = found[bool(p.argmax() == labels[i])]
            if len(side) < 3:
                side.append({"index": i, "label": labels[i].item(), "probabilities": p.numpy()})
    return found[True] + found[False]
