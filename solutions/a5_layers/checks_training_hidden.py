"""Trains the models again, features, samples and classes renamed; the Solver; what regularises a network."""

import numpy as np

from autograder.checks import (
    Failure,
    accuracy,
    as_array,
    close,
    entry,
    points,
    require,
    settings,
    shape_of,
    tiers,
    unpack,
)
from autograder.checks.inside import inside

LIMITS = {"weight_scale": float, "reg": float, "hidden_dim": (1, 256)}
FILTERS = LIMITS | {"num_filters": (1, 16), "filter_size": (1, 9)}
OTHER = "The visible check trains on the set as it is; this one on the same with other names, which must not matter."


def chosen(student, ref, name, model, epochs):
    """The settings of a training run, held to the handout's limits; the solution's where there are none."""
    solver = {"optim_config": dict, "update_rule": str, "lr_decay": float}
    solver |= {"batch_size": (1, 500), "num_epochs": (1, epochs)}
    own = getattr(ref.experiments, name)()
    free = "model" if name == "cnn_regularized" else ""
    return settings(student, f"experiments.{name}", own, {"model": model, "solver": solver}, free=free)


def renamed(rng, d, move):
    """(what a Solver is told, test features, test labels): other class numbers, other orders, features by `move`."""
    classes = rng.permutation(d.y_train.max() + 1)
    told = {}
    for part in ("train", "val", "test"):
        x, y = getattr(d, f"x_{part}"), getattr(d, f"y_{part}")
        order = rng.permutation(len(x))
        told[f"X_{part}"], told[f"y_{part}"] = move(x[order]), classes[y[order]]
    return told, told.pop("X_test"), told.pop("y_test")


def shuffled(rng, d):
    """`renamed` with every sample a row, and the columns in another order."""
    columns = rng.permutation(d.x_train[0].size)
    return renamed(rng, d, lambda x: x.reshape(len(x), -1)[:, columns])


def halved(rng, d):
    """`renamed` with images of 14 × 14, each pixel the mean of 2 × 2."""
    return renamed(rng, d, lambda x: x.reshape(-1, 1, 14, 2, 14, 2).mean((3, 5)))


def trained(student, make, how, told):
    """A model that the submission's Solver has trained."""
    with student.briefly():  # what never returns is found out in seconds
        make(**how["model"]).loss(told["X_train"][:2], told["y_train"][:2])
    model = make(**how["model"])
    student.solver.Solver(model, told, verbose=False, **how["solver"]).train()
    return model


def linear(student, ref, name, make, told, epochs):
    """A model without a hidden layer, trained by the experiment `name`."""
    how = chosen(student, ref, name, LIMITS | {"hidden_dim": None}, epochs)
    features = told["X_train"].shape[1]
    how["model"] = {"input_dim": features} | how["model"] | {"hidden_dim": None}
    model = trained(student, make, how, told)
    said = "The trained model is not linear."
    p = model.params
    require(isinstance(p, dict) and set(p) == {"W1", "b1"}, said, hidden=said)
    require(shape_of(p["W1"], "W1")[0] == features, said, hidden=said)
    return model


def with_hidden_layer(student, ref, name, make, told, epochs):
    """A model with a hidden layer, trained by the experiment `name`."""
    how = chosen(student, ref, name, LIMITS, epochs)
    how["model"] = {"input_dim": told["X_train"].shape[1]} | how["model"]
    model = trained(student, make, how, told)
    p = model.params
    said = "The trained model has no hidden layer: its params hold no W2."
    require(isinstance(p, dict) and "W2" in p, said, hidden=said)
    units, most = shape_of(p["W2"], "W2")[0], LIMITS["hidden_dim"][1]
    said = "The trained model has another number of hidden units than its settings say, or more than are allowed."
    require(units == how["model"].get("hidden_dim", units) and units <= most, said, hidden=said)
    return model


# The tiers, and what was measured for them, are those of the visible checks. Renaming changes nothing for a model that
# starts at random.


@points(1, "q2_3", seconds=30)
def check_logistic_linear_learns_binary_renamed(student, rng, data, ref):
    """A linear LogisticClassifier learns binary as well when features, samples and classes change places."""
    told, x, y = shuffled(rng, data("binary"))
    model = linear(student, ref, "logistic_linear", student.logistic.LogisticClassifier, told, epochs=200)
    return tiers(accuracy(model.loss(x), y), {0.80: 0.5, 0.91: 1.0}, hint=OTHER)


@points(0.5, "q2_4", seconds=30)
def check_logistic_hidden_learns_binary_renamed(student, rng, data, ref):
    """A LogisticClassifier with a hidden layer learns binary when features, samples and classes change places."""
    told, x, y = shuffled(rng, data("binary"))
    model = with_hidden_layer(student, ref, "logistic_hidden", student.logistic.LogisticClassifier, told, epochs=200)
    return tiers(accuracy(model.loss(x), y), {0.80: 0.5, 0.91: 1.0}, hint=OTHER)


@points(1.25, "q3_3", seconds=30)
def check_svm_linear_learns_binary_renamed(student, rng, data, ref):
    """A linear SVM learns binary as well when features, samples and classes change places."""
    told, x, y = shuffled(rng, data("binary"))
    model = linear(student, ref, "svm_linear", student.svm.SVM, told, epochs=200)
    return tiers(accuracy(model.loss(x), y), {0.80: 0.5, 0.91: 1.0}, hint=OTHER)


@points(0.5, "q3_4", seconds=30)
def check_svm_hidden_learns_binary_renamed(student, rng, data, ref):
    """An SVM with a hidden layer learns binary as well when features, samples and classes change places."""
    told, x, y = shuffled(rng, data("binary"))
    model = with_hidden_layer(student, ref, "svm_hidden", student.svm.SVM, told, epochs=200)
    return tiers(accuracy(model.loss(x), y), {0.80: 0.5, 0.91: 1.0}, hint=OTHER)


@points(1.25, "q4_3", seconds=60)
def check_softmax_linear_learns_digits_renamed(student, rng, data, ref):
    """A linear SoftmaxClassifier learns the digits as well when pixels, samples and classes change places."""
    told, x, y = shuffled(rng, data("digits"))
    model = linear(student, ref, "softmax_linear", student.softmax.SoftmaxClassifier, told, epochs=30)
    return tiers(accuracy(model.loss(x), y), {0.80: 0.5, 0.87: 1.0}, hint=OTHER)


@points(0.5, "q4_4", seconds=60)
def check_softmax_hidden_learns_digits_renamed(student, rng, data, ref):
    """A SoftmaxClassifier with a hidden layer learns the digits when pixels, samples and classes change places."""
    told, x, y = shuffled(rng, data("digits"))
    model = with_hidden_layer(student, ref, "softmax_hidden", student.softmax.SoftmaxClassifier, told, epochs=30)
    return tiers(accuracy(model.loss(x), y), {0.86: 0.5, 0.905: 1.0}, hint=OTHER)


@points(0.5, "q5_3", seconds=180)
def check_convnet_learns_digits_renamed(student, rng, data, ref):
    """A ConvNet learns the halved digits as well when samples and classes change places."""
    told, x, y = halved(rng, data("digits"))
    how = chosen(student, ref, "cnn", FILTERS, epochs=8)
    how["model"]["input_dim"] = (1, 14, 14)
    model = trained(student, student.cnn.ConvNet, how, told)
    return tiers(accuracy(model.loss(x), y), {0.86: 0.5, 0.91: 1.0}, hint=OTHER)


# Question 2.3, the Solver that was given


@points(0.25, "q2_3")
def check_solver_still_does_what_it_did(student, rng):
    """The Solver refuses arguments it does not know, counts right answers, and ends with the best parameters."""
    x, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    x[:, 0] += 6 * y - 3
    model = student.logistic.LogisticClassifier(input_dim=3)
    model.params = {"W1": np.array([[1.0], [0.0], [0.0]]), "b1": np.zeros(1)}
    # It is trained towards the wrong answers, so that the first parameters are the best that it will see.
    told = {"X_train": x, "y_train": 1 - y, "X_val": x, "y_val": y}
    how = {"optim_config": {"learning_rate": 0.2}, "batch_size": 10, "num_epochs": 12, "verbose": False}
    refuses(student, model, told)

    solver = student.solver.Solver(model, told, **how)
    solver.train()

    said = "loss_history holds another number of losses than there were steps."
    require(len(solver.loss_history) == 12 * (60 // 10), said, hidden=said)
    best = max(solver.val_acc_history)
    said = "best_val_acc is not the best of val_acc_history."
    require(abs(solver.best_val_acc - best) < 1e-9, said, hidden=said)
    said = "After training, the model does not hold the parameters that did best on the validation set."
    require(abs(accuracy(model.loss(x), y) - best) < 1e-9, said, hidden=said)
    counts(model, solver, x, y)


def refuses(student, model, told):
    """An argument that the Solver does not know is a ValueError."""
    said = "The Solver takes an argument that it does not know, and so hides a misspelt one."
    try:
        student.solver.Solver(model, told, learning_rat=0.1)
    except Exception as error:
        require(getattr(error, "type", "") == "ValueError", said, hidden=said)
    else:
        raise Failure(said, hidden=said)


def counts(model, solver, x, y):
    """check_accuracy is the accuracy of the scores; a score of 0 stands for class 0."""
    for params, rows in (({"W1": np.array([[1.0], [2.0], [-1.0]]), "b1": np.ones(1)}, 60), (None, 37)):
        model.params = params or {"W1": np.zeros((3, 1)), "b1": np.zeros(1)}
        want = accuracy(model.loss(x[:rows]), y[:rows])
        found = solver.check_accuracy(x[:rows], y[:rows], batch_size=8)
        close(found, want, "what check_accuracy returns", hint="The Solver is given; leave it as it was.")


# Question 5.4: what makes the network regularised


def regularized(student):
    """A small network with dropout and batch normalisation, by any of the names that the handout accepts."""
    sizes = {"input_dim": (1, 6, 6), "num_filters": 2, "filter_size": 3, "hidden_dim": 20, "weight_scale": 0.5}
    others = [name for name in student.builtins.dir(student.cnn) if name[:1].isupper()]
    first = None
    for name in dict.fromkeys(["RegularizedConvNet", "ConvNet", *others]):
        more = {} if name == "RegularizedConvNet" else {"use_batchnorm": True}
        try:
            return getattr(student.cnn, name)(**sizes, dropout=0.5, **more)
        except Exception as error:
            if getattr(error, "type", "TypeError") not in ("TypeError", "NotImplementedError"):
                raise
            if getattr(error, "type", "") == "NotImplementedError":
                first = first or error
    if first is not None:
        raise first
    says = "cnn.py has no RegularizedConvNet, and no ConvNet that takes dropout and use_batchnorm."
    raise Failure(says, hidden=says)


def scored(model, x):
    """The model's scores of x, (N, 10)."""
    scores = as_array(model.loss(x), "scores")
    said = "The scores of the network are not ten finite numbers an image."
    good = scores.shape == (len(x), 10) and scores.dtype.kind == "f" and np.isfinite(scores).all()
    require(good, said, hidden=said)
    return scores.astype(float)


TRAIN = """
def train(model, x, y):
    for _ in range(25):
        model.loss(x.copy(), y.copy())
"""


def settled(student, model, x, y):
    """The model's scores of x after training steps on x alone, when running averages move no more."""
    scores, train = scored(model, x), inside(student, TRAIN, "train")  # the gradients of so many steps are heavy
    for _ in range(16):
        train(model, x, y)
        before, scores = scores, scored(model, x)
        if np.abs(scores - before).max() < 0.01 * np.abs(scores).max():
            break
    return scores


@points(0.25, "q5_4")
def check_regularized_convnet_normalises(student, rng):
    """The network has a batch normalisation: its running averages follow training, and tests use them."""
    model, x, y = regularized(student), rng.normal(size=(10, 1, 6, 6)), np.arange(10)
    fresh = scored(model, x)
    before = settled(student, model, x, y)
    hint = "Keep one bn_param for the whole life of the network; a test reads what training wrote into it."
    said = "Training steps leave no trace in a test: running averages are not kept."
    require(not np.allclose(fresh, before), said, hint, hidden=said)

    filters = as_array(entry(model.params, "W1", "params"), "W1")
    model.params = dict(model.params) | {"W1": 7 * filters}
    after = settled(student, model, x, y)

    # What a batch norm divides by grows as its input does, so that seven times the filters change nothing after it;
    # without one every score that biases do not make is seven times as large. Averages of averages leave some noise.
    said = "Larger filters make larger scores: there is no batch normalisation behind them."
    off = np.abs(after - before).max() / np.abs(before).max()
    require(off < 0.25, said, "It stands between the first fully-connected layer and its ReLU.", hidden=said)


@points(0.25, "q5_4")
def check_regularized_convnet_drops_units(student, rng):
    """The network has a dropout: the same batch costs a different loss at each training step, and tests do not vary."""
    model, x, y = regularized(student), rng.normal(size=(20, 1, 6, 6)), np.arange(20) % 10
    answers = [unpack(a, "loss", "grads", of="loss with labels") for a in model.loss.many([(x, y)] * 5)]
    losses = np.array([as_array(loss, "loss").sum(dtype=float) for loss, _ in answers])
    said = "The same batch costs the same loss at every training step: nothing is dropped."
    require(np.ptp(losses) > 1e-6 * np.abs(losses).max(), said, "loss with labels is a training step.", hidden=said)

    first = scored(model, x)
    hint = "Without labels nothing may be dropped, and no running average moves."
    for _ in range(2):
        close(model.loss(x), first, "the scores of the same test", hint=hint)
