import torch
import torch.nn as nn


class CNN(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 24, (3, 5), padding=(1, 2)),
            nn.MaxPool2d(3),
            nn.ELU(),
            nn.Conv2d(24, 40, 3),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(40 * 16, 512),
            nn.ELU(),
            nn.Linear(512, 10),
        )


def wrong(net, x, y):
    net.train(False)
    with torch.inference_mode():
        return 1 - float(net(x).max(1).indices.eq(y).double().mean())


def fit(x, y, x_valid, y_valid, epochs):
    net, cross_entropy = CNN(), nn.CrossEntropyLoss()
    rule = torch.optim.Adam(net.parameters(), 1e-3)
    record = dict(train_error=[], valid_error=[])
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=20, shuffle=True)
    for _ in range(epochs):
        net.train()
        for images, labels in loader:
            rule.zero_grad()
            cross_entropy(net(images), labels).backward()
            rule.step()
        record["train_error"] += [wrong(net, x, y)]
        record["valid_error"] += [wrong(net, x_valid, y_valid)]
    return [net, record]
