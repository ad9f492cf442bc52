import numpy as np


def finite_differences(f, theta, N):
    found = []
    for i in range(theta.size):
        unit = np.zeros_like(theta)
        unit[i] = 1.0 / N
        found.append((f(theta + unit) - f(theta - unit)) / (2.0 / N))
    return np.array(found)


def check(model, x, y):
    at = 784 * 700 + 700
    true = model.grads(x, y)["w2"].ravel()[:10]

    def f(ten):
        theta = model.theta.copy()
        theta[at : at + 10] = ten
        return model.loss(x, y, theta)

    Ns = [5 * 10**i for i in range(5)]
    return [Ns, [float(abs(finite_differences(f, model.theta[at : at + 10], N) - true).max()) for N in Ns]]
