"""Update rules: how a parameter moves, given its gradient.

Every rule is called as `next_w, config = rule(w, dw, config)`. `w` and `dw` have the same shape. `config` is a dict of
the rule's settings, and of what it remembers from one call to the next; there is one for each parameter. A rule fills
in the settings that are missing and leaves `w` and `dw` as they are.

`sgd` is given. The other three carry no points of their own: write them if you want to use them in experiments.py.
"""

import numpy as np


def sgd(w, dw, config=None):
    """Plain gradient descent.

    config: learning_rate (1e-2).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)

    next_w = w - config["learning_rate"] * dw
    return next_w, config


def sgd_momentum(w, dw, config=None):
    """Gradient descent with momentum: the step is a velocity that the gradient pushes and friction slows.

    config: learning_rate (1e-2), momentum (0.9; 0 gives sgd), velocity (the shape of w; starts at 0).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    velocity = config.get("velocity", np.zeros_like(w))

    # TODO: the update rule sgd_momentum
    raise NotImplementedError("the update rule sgd_momentum")

    config["velocity"] = velocity
    return next_w, config


def rmsprop(w, dw, config=None):
    """RMSProp: each entry's step is divided by the root of a moving average of its squared gradients.

    config: learning_rate (1e-2), decay_rate (0.99) of that average, epsilon (1e-8) added to the root,
    cache (the average, the shape of w; starts at 0).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    cache = config.get("cache", np.zeros_like(w))

    # TODO: the update rule rmsprop
    raise NotImplementedError("the update rule rmsprop")

    config["cache"] = cache
    return next_w, config


def adam(w, dw, config=None):
    """Adam: moving averages of the gradient and of its square, both corrected for having started at 0.

    config: learning_rate (1e-3), beta1 (0.9) and beta2 (0.999) of the averages, epsilon (1e-8) added to the root,
    m and v (the averages, the shape of w; start at 0), t (updates made so far; the first update counts as 1).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    m, v = config.get("m", np.zeros_like(w)), config.get("v", np.zeros_like(w))
    t = config.get("t", 0) + 1

    # TODO: the update rule adam
    raise NotImplementedError("the update rule adam")

    config.update(m=m, v=v, t=t)
    return next_w, config
