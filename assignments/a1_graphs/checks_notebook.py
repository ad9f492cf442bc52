"""Exercise 1.4: the notebook's split, loaders, figure, network, validation step, and what the network has learned."""

import math

import numpy as np

from autograder.checks import Failure, accuracy, as_array, close, equal, held, parameters_of, points, require, tiers

# The images at −1 … 1, as the notebook's transform gives them.
HALF = 0.5


def length(book, name):
    """How many images a data set or a loader of the notebook hands out."""
    held = getattr(book, name)
    try:
        return len(held)
    except TypeError:
        raise Failure(f"{name} has no length: is it a data set or a DataLoader?", hidden=f"{name} has no length.") from None


def scores(model, images):
    """Log-probabilities (N, 10) of images (N, 1, 28, 28) from 0 to 1, in eval mode."""
    import torch

    held(model, "the model").eval()
    return model(torch.tensor((images.reshape(len(images), -1) - HALF) / HALF, dtype=torch.float32))


def tested(model, data):
    """The accuracy on the 1,000 digits that the notebook's testset holds."""
    digits = data("digits")
    x, y = np.concatenate([digits.x_val, digits.x_test]), np.concatenate([digits.y_val, digits.y_test])
    return accuracy(scores(model, x), y, "the model's output", "One row of 10 log-probabilities for each image.")


@points(0.25, "q1_4")
def check_split_is_80_to_20(student):
    """trainset and valset share the training images, 80 to 20, and no image is in both."""
    book = student.exercise_1
    train, val = book.trainset.indices, book.valset.indices
    require(
        type(train) is list and type(val) is list and all(type(n) is int for n in (*train, *val)),
        "trainset and valset do not know which images they took.",
        "random_split returns both sets, in the order of the sizes that it is given.",
    )
    whole = length(book.trainset, "dataset")
    equal((len(train), len(val)), (whole * 8 // 10, whole - whole * 8 // 10), "the sizes of trainset and valset")
    require(
        sorted((*train, *val)) == list(range(whole)),
        "Some images are in both sets, or in none.",
        "One call of random_split gives both sets.",
    )


@points(0.25, "q1_4")
def check_loaders_hand_out_batches_of_64(student):
    """trainloader, valloader and testloader hand out their sets in batches of 64."""
    book = student.exercise_1
    for which in ("train", "val", "test"):
        loader = getattr(book, f"{which}loader")
        equal(loader.batch_size, 64, f"{which}loader.batch_size")
        images = length(book, f"{which}set")
        equal(length(loader, "dataset"), images, f"the number of images behind {which}loader")
        equal(len(loader), math.ceil(images / 64), f"the number of batches of {which}loader", "The last one is smaller.")


@points(0.25, "q1_4")
def check_a_figure_of_64_digits(student, figures):
    """The notebook shows a figure of 8 by 8 digits."""
    shown = [np.asarray(picture, dtype=float) for picture in figures("exercise_1")]
    require(len(shown) > 0, "The notebook shows no figure.", "plt.show() at the end of a cell.")
    require(
        any(is_grid(picture) for picture in shown),
        "None of the notebook's figures shows 8 rows and 8 columns of images.",
        "plt.subplots(8, 8), and an image on each of its axes.",
    )


def is_grid(picture, side=8):
    """Whether nearly every field of an 8 × 8 grid over what is drawn has ink; a title may take up one row of them.

    One image drawn large leaves whole fields empty. Whether the 64 fields are 64 digits, a person sees.
    """
    grey = picture.reshape(*picture.shape[:2], -1).mean(2)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(rim))
    rows, columns = (np.flatnonzero(ink.max(axis) > 0.1 * ink.max()) for axis in (1, 0))
    if not ink.any() or min(np.ptp(rows), np.ptp(columns)) < 4 * side:
        return False
    drawn = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    fields = [field for band in np.array_split(drawn, side) for field in np.array_split(band, side, axis=1)]
    return bool(sum(np.ptp(field) > 0.3 * np.ptp(drawn) for field in fields) >= side * (side - 1))


@points(0.25, "q1_4")
def check_log_probabilities(student, rng):
    """CustomModel gives log-probabilities: the exponentials of a row add up to 1, and rows do not mix."""
    import torch

    model = held(held(student.exercise_1.CustomModel, "CustomModel")(), "CustomModel()")
    model.eval()
    x = torch.tensor(rng.normal(size=(5, 784)), dtype=torch.float32)
    out = as_array(model(x), "CustomModel()(x)")
    equal(tuple(out.shape), (5, 10), "the shape of CustomModel()(x)", "(B, 784) becomes (B, 10).")
    reason = "float32 keeps seven digits"
    close(
        np.exp(out.astype(float)).sum(1), np.ones(5), "the sum of exp(CustomModel()(x)) over a row",
        rtol=1e-4, reason=reason, hint="LogSoftmax over the digits, which are dim=1, as the last layer.",
    )  # fmt: skip
    close(
        model(x[1:3]), out[1:3], "CustomModel()(x[1:3])",
        rtol=1e-4, floor=1e-5, reason=reason, hint="An image's row does not depend on the others of its batch.",
    )  # fmt: skip


@points(0.5, "q1_4")
def check_the_model_has_learned(student, data):
    """model, trained by the notebook, gets 86 % of the test digits right (75 % for half of the points)."""
    hint = "Does train_step get what it should, and does forward use every layer?"
    return tiers(tested(student.exercise_1.model, data), {0.75: 0.5, 0.86: 1.0}, hint=hint)


@points(1.5, "q1_4_bonus")
def check_bonus_is_better_than_95_percent(student, data):
    """The bonus's model, not the one given or not trained as given, gets more than 95 % of the test digits right."""
    require(
        changed(student),
        "Network and training are the ones that were given.",
        "Another architecture, optimizer, learning rate, batch size or number of epochs.",
    )
    hint = "Neighbouring pixels belong together: which layer knows that? How many images does the network see?"
    return tiers(tested(bonus(student, "model"), data), {0.9501: 1.0}, hint=hint)


def bonus(student, name):
    """`bonus_<name>` of the notebook; without a bonus section the notebook's own `<name>`, or None."""
    for known in (f"bonus_{name}", name):
        if student.has(f"exercise_1.{known}") and (found := getattr(student.exercise_1, known)) is not None:
            return found
    return None


def changed(student):
    """Whether architecture, optimizer, batch size or epochs of the bonus differ from what the notebook gives."""
    book = student.exercise_1
    shapes = [value.shape for value in parameters_of(held(bonus(student, "model"), "model"), name="the bonus's model").values()]
    if shapes != [(128, 784), (128,), (64, 128), (64,), (10, 64), (10,)]:
        return True
    epochs = bonus(student, "epochs")
    if type(epochs) is int and epochs != 15:
        return True
    if book.trainloader.batch_size != 64:
        return True
    settings = held(bonus(student, "optimizer"), "optimizer").defaults
    given = {"lr": 0.003, "momentum": 0.9, "weight_decay": 0, "nesterov": False}
    return type(settings) is dict and any(settings.get(key) != value for key, value in given.items())
