import torch
from torch.nn import functional as F


class CNN(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.f1 = torch.nn.Parameter(torch.randn(20, 1, 5, 5) / 5)
        self.f2 = torch.nn.Parameter(torch.randn(50, 20, 5, 5) / 22)
        self.w1 = torch.nn.Parameter(torch.randn(800, 600) / 28)
        self.w2 = torch.nn.Parameter(torch.randn(600, 10) / 35)
        self.b1, self.b2 = (torch.nn.Parameter(torch.zeros(n)) for n in (600, 10))

    def forward(self, x):
        x = F.max_pool2d(torch.conv2d(x, self.f1).tanh(), 2)
        x = F.max_pool2d(torch.conv2d(x, self.f2).tanh(), 2)
        x = torch.relu(x.reshape(len(x), 800) @ self.w1 + self.b1)
        return x @ self.w2 + self.b2


@torch.no_grad()
def share(net, x, y):
    return sum(int((net(a).argmax(-1) != b).sum()) for a, b in zip(x.split(500), y.split(500))) / len(x)


def fit(x, y, x_valid, y_valid, epochs):
    net = CNN()
    speed = [torch.zeros_like(p) for p in net.parameters()]
    errors = {"train_error": [], "valid_error": []}
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(20):
            loss = -F.log_softmax(net(x[rows]), 1)[range(len(rows)), y[rows]].mean()
            for p, v, g in zip(net.parameters(), speed, torch.autograd.grad(loss, list(net.parameters()))):
                v.mul_(0.9).add_(g)
                p.data.sub_(0.03 * v)
        errors["train_error"].append(share(net, x, y))
        errors["valid_error"].append(share(net, x_valid, y_valid))
    return net, errors
