import numpy as np
import torch

from autograder.checks import (
    accuracy,
    close,
    count_parameters,
    equal,
    parameters_of,
    points,
    rebuild,
    require,
    tiers,
    unchanged,
)


@points(3, "double")
def check_double_of_draws(student, rng, ref):
    """double(x) is twice x, which stays as it was."""
    x = rng.normal(size=(5, 3))
    got, (after,) = student.work.double.watch(x)
    unchanged(after, x, "x", of="double")
    close(got, ref.work.double(x), "double(x)")


@points(1, "numbers")
def check_count_of_draws(student, rng):
    """count(x) is how many entries are positive, whatever they are."""
    x = rng.normal(size=40)
    equal(student.work.count(x), int((x > 0).sum()), "count(x)")


@points(2, "numbers")
def check_loss(student, rng):
    """loss(x, y) is the mean squared difference."""
    x, y = rng.normal(size=(2, 30))
    close(student.work.loss(x, y), np.square(x - y).mean(), "loss(x, y)")


@points(2, "meter")
def check_meter(student, rng):
    """A Meter adds up, and says the same when asked again."""
    meter = student.work.Meter()
    draws = [float(draw) for draw in rng.normal(size=6)]
    for draw in draws:
        meter.add(draw)
    for _ in range(2):
        close(meter.total, sum(draws), "meter.total")


@points(2, "triple")
def check_triple(student, rng):
    """triple(t) is three times the tensor t."""
    t = torch.tensor(rng.normal(size=(4, 2)))
    close(student.work.triple(t), 3 * t, "triple(t)")


@points(4, "train")
def check_train(student, rng):
    """A trained model knows on which side of a plane a point lies."""
    plane = rng.normal(size=3)
    x = rng.normal(size=(300, 3))
    y = (x @ plane > 0).astype(int)
    model = student.work.train(x[:200], y[:200])
    return tiers(accuracy(model.scores(x[200:]), y[200:]), {0.9: 0.5, 0.95: 1.0}, hint="Least squares will do.")


@points(3, "net")
def check_net(student, rng):
    """A Net has eight parameters and computes with nothing else."""
    net = student.work.Net()
    count = count_parameters(parameters_of(net, "params"))
    require(count == 8, f"The net has {count} parameters, not 8.", hidden="The net has not 8 parameters.")
    rebuild(
        net,
        rng.normal(size=(7, 3)),
        lambda params, x: x @ params["w"] + params["b"],
        rng,
        attribute="params",
        call=lambda net, x: net.forward(x),
        name="the net",
    )
