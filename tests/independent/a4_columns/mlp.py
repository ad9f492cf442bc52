# Columns everywhere: X is (784, N), labels are one-hot (10, N), W is (out, in), b is (out, 1). No classes, ReLU.
import numpy as np

SIZES = (784, 500, 500, 10)


def start(how, seed):
    state = np.random.RandomState(seed)
    net = {"how": how}
    for layer, (below, above) in enumerate(zip(SIZES[:-1], SIZES[1:]), 1):
        d = (6.0 / (below + above)) ** 0.5
        draw = {
            "zero": lambda: np.zeros((above, below)),
            "normal": lambda: state.randn(above, below),
            "glorot": lambda: d * (2 * state.rand(above, below) - 1),
        }[how]
        net[f"W{layer}"] = draw().astype(np.float32)
        net[f"b{layer}"] = np.zeros((above, 1), np.float32)
    return net


def propagate(net, columns):
    out = {"h0": columns.astype(net["W1"].dtype)}
    for layer in (1, 2, 3):
        z = np.dot(net[f"W{layer}"], out[f"h{layer - 1}"]) + net[f"b{layer}"]
        out[f"h{layer}"] = np.clip(z, 0, None) if layer < 3 else z
    top = out["h3"].max(0)
    out["log_p"] = out["h3"] - top - np.log(np.exp(out["h3"] - top).sum(0))
    return out


def one_hot(y):
    return (np.arange(10)[:, None] == np.asarray(y)[None, :]).astype(float)


def cost(net, columns, targets):
    return -(targets * propagate(net, columns)["log_p"]).sum() / targets.shape[1]


def learn(net, columns, targets, rate):
    # Only an update, and no gradients to be had: they are gone when the next layer is reached.
    out = propagate(net, columns)
    error = (np.exp(out["log_p"]) - targets) / targets.shape[1]
    for layer in (3, 2, 1):
        below = out[f"h{layer - 1}"]
        back = net[f"W{layer}"].T.dot(error) * np.sign(below)
        net[f"W{layer}"] = net[f"W{layer}"] - rate * error.dot(below.T)
        net[f"b{layer}"] = net[f"b{layer}"] - rate * error.sum(1, keepdims=True)
        error = back
