"""Problem 3, the classifier: your own batch normalisation, dropout and Adam, and the predictions handed in."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import FLOAT32, as_array, close, count_parameters, parameters_of, points, require
from autograder.checks.inside import inside, table

DROPPED = "Dropped entries are 0, the others are divided by 1 − p, and each is dropped by itself."
# One Adam step for each row of gradients, where the student's code runs; a parameter cannot cross the wall and stay one.
ADAM = """
def run(make, start, rows, settings):
    import torch
    params = [torch.nn.Parameter(value.clone()) for value in start]
    rule = make(params, **settings)
    after = []
    for row in rows:
        rule.zero_grad()
        for param, grad in zip(params, row):
            param.grad = None if grad is None else grad.clone()
        rule.step()
        after.append([param.detach().clone() for param in params])
    return after
"""


def set_up(layer, **values):
    """Put values into a layer's state by name, as float64, and leave the rest."""
    state = parameters_of(layer, name="BatchNorm")
    missing = [name for name in values if name not in state]
    there = ", ".join(state) or "nothing"
    require(not missing, f"The state of BatchNorm has no {', '.join(missing)}; it has {there}.")
    layer.double()
    layer.load_state_dict({name: torch.tensor(values.get(name, value)) for name, value in state.items()})


@points(1, "q3_1")
def check_reported_parameters_are_those_of_net(student, report):
    """dogs.parameters of report.toml is the number of parameters of Net, running averages not counted."""
    count = count_parameters(parameters_of(student.dogs.Net(), name="Net"))
    stated = report.number("dogs.parameters", 1)
    require(stated == count, f"report.toml says {stated:,.0f} parameters; Net has {count:,}.")


@points(2, "q3_1")
def check_batchnorm_normalises_by_the_batch(student, rng):
    """In training BatchNorm gives each channel the mean and variance of its weight and bias, over batch and places."""
    for shape in ((6, 4, 5, 3), (9, 4)):
        layer = student.dogs.BatchNorm(4)
        weight, bias = rng.normal(size=4), rng.normal(size=4)
        set_up(layer, weight=weight, bias=bias)
        layer.train()
        x = torch.tensor(3 + 2 * rng.normal(size=shape))
        want = functional.batch_norm(x, None, None, torch.tensor(weight), torch.tensor(bias), training=True)
        hint = "Mean and variance of a channel are over all samples and places, with ε = 1e-5 inside the root."
        close(layer(x), want, "BatchNorm(4)(x)", hint=hint)


@points(1.5, "q3_1")
def check_dropout_keeps_the_mean(student):
    """In training Dropout(0.3) drops three entries in ten, anew at each call, and divides the others by 0.7."""
    layer = student.dogs.Dropout(0.3)
    layer.train()
    x = torch.linspace(1, 2, 20_000).reshape(100, 200)
    first, second = (as_array(layer(x), "Dropout(0.3)(x)") for _ in range(2))
    require(first.shape == x.shape, f"Dropout(0.3)(x) has shape {first.shape}; x has {tuple(x.shape)}.")
    kept = first != 0
    close(first[kept], (x.numpy() / 0.7)[kept], "an entry that is kept", hint=DROPPED, **FLOAT32)
    # Four standard errors of 20,000 draws are 0.013.
    dropped = 1 - kept.mean()
    require(bool(abs(dropped - 0.3) < 0.02), f"{dropped:.1%} of the entries are dropped; 30 % was asked for.", DROPPED)
    require(bool((kept != (second != 0)).any()), "Two calls drop the same entries.", "Draw anew in forward.")


@points(1.5, "q3_1")
def check_adam_corrects_its_bias_at_the_first_step(student, rng):
    """Adam's first step moves every entry by lr against its gradient's sign, however small the gradient is."""
    start, grad = torch.tensor(rng.normal(size=(3, 4))), torch.tensor(rng.normal(size=(3, 4)) * 0.01)
    run = inside(student, ADAM, "run")
    found = run(student.dogs.Adam, [start], [[grad]], {"lr": 0.1})[0][0]
    want = start - 0.1 * grad / (grad.abs() + 1e-8)
    hint = "Both moments begin at zero, so divide them by 1 − β^t, with t = 1 at the first step; ε is outside the root."
    close(found, want, "the parameter after one step", hint=hint)


def predictions(student):
    """The labels in predictions.csv, (300,), once their form is right."""
    found = table(student, student.dogs, "predictions.csv", ("id", "label"))
    require(found["id"] == list(range(300)), "predictions.csv needs a row for each id from 0 to 299, in this order.")
    labels = np.array(found["label"])
    require(bool(np.isin(labels, (0, 1)).all()), "predictions.csv: a label is 0 for a cat or 1 for a dog.")
    return labels.astype(int)


@points(1, "q3_1")
def check_predictions_have_the_right_form(student):
    """predictions.csv has the line id,label, then a label 0 or 1 for each of the 300 test images, both kinds of them."""
    labels = predictions(student)
    require(0 < labels.sum() < 300, "predictions.csv gives every image the same label.", "Was the network trained?")
