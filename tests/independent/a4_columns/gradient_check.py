import mlp
import numpy as np


def finite_differences(f, theta, N):
    steps = np.eye(len(theta)) / N
    return np.array([(f(theta + s) - f(theta - s)) * N / 2 for s in steps])


def check(model, x, y):
    # The first layer, as the original sheet has it; W is (out, in), so θ are ten pixels' weights to one unit.
    columns, targets = x.T, mlp.one_hot(y)
    kept = {name: value.copy() for name, value in model.items() if name != "how"}
    mlp.learn(model, columns, targets, 1.0)
    slopes = (kept["W1"] - model["W1"])[0, :10]

    def at(theta):
        model.update({name: value.copy() for name, value in kept.items()})
        model["W1"][0, :10] = theta
        return mlp.cost(model, columns, targets)

    Ns = (10, 50, 100, 500, 1000, 100000)
    found = [np.max(np.abs(finite_differences(at, kept["W1"][0, :10], N) - slopes)) for N in Ns]
    model.update(kept)
    return Ns, np.array(found)
