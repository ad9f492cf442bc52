"""Exercise 1.4: the seed of the split, shuffling, the network of the diagram, the validation step, and the bonus."""

import numpy as np

from autograder.checks import (
    Failure,
    accuracy,
    as_array,
    close,
    count_parameters,
    equal,
    held,
    hides_nothing,
    parameters_of,
    points,
    rebuild,
    require,
    seen,
)

FLOAT32 = "float32 keeps seven digits, and a loss is a mean of some"


def tested(model, data):
    """The accuracy on the 1,000 digits that the notebook's testset holds."""
    import torch

    digits = data("digits")
    x, y = np.concatenate([digits.x_val, digits.x_test]), np.concatenate([digits.y_val, digits.y_test])
    held(model, "the model").eval()
    flat = torch.tensor((x.reshape(len(x), -1) - 0.5) / 0.5, dtype=torch.float32)
    return accuracy(model(flat), y, "the model's output")


@points(0.25, "q1_4")
def check_split_has_the_seed(student):
    """The split is the one that random_split makes with a generator of seed 42."""
    import torch

    train, val = student.exercise_1.trainset.indices, student.exercise_1.valset.indices
    require(type(train) is list and type(val) is list, "trainset or valset does not know which images it took.")
    want = torch.randperm(len(train) + len(val), generator=torch.Generator().manual_seed(42)).tolist()
    require(
        [*train, *val] == want,
        "The split is another than with the generator given, used for the first time.",
        "generator=generator, and nothing else draws from it before.",
        "The split is another than with the generator given, used for the first time.",
    )


@points(0.25, "q1_4")
def check_which_loaders_shuffle(student):
    """trainloader and valloader shuffle in every epoch, testloader keeps the order."""
    for which, shuffles in (("train", True), ("val", True), ("test", False)):
        kind = getattr(student.exercise_1, f"{which}loader").sampler.type_name
        equal(kind.endswith("RandomSampler"), shuffles, f"whether {which}loader shuffles", hint="The option shuffle.")


@points(0.25, "q1_4")
def check_network_of_the_diagram(student, rng, data):
    """CustomModel is the network of the diagram with its 109,386 parameters, and nothing beside them."""
    model = held(held(student.exercise_1.CustomModel, "CustomModel")(), "CustomModel()")
    arrays = parameters_of(model, name="CustomModel")
    x = rng.normal(size=(4, 784)).astype(np.float32)
    hint = "Weights of 784 · 128 + 128 · 64 + 64 · 10, and a bias for each unit; a ReLU after each hidden layer."
    if [value.shape for value in arrays.values()] == [(128, 784), (128,), (64, 128), (64,), (10, 64), (10,)]:
        rebuild(model, x, diagram, rng, name="CustomModel", hint=hint)
        return seen("the network of the diagram, with 109,386 parameters")
    # Before the bonus had a place of its own, whoever went for it changed this class.
    if not student.has("exercise_1.bonus_model") and tested(student.exercise_1.model, data) > 0.95:
        hides_nothing(model, x, call=flat, name="CustomModel")
        return seen("a network of one's own that is better than 95 %, as the bonus asks for")
    raise Failure(
        f"CustomModel has {count_parameters(arrays):,} parameters in layers that are not the diagram's.",
        hint,
        "The parameters of CustomModel are not those of the diagram's layers.",
    )


def flat(model, x):
    import torch

    return model(torch.tensor(x))


def diagram(parameters, x):
    """Log-probabilities of 784 – 128 – 64 – 10, from weights and biases in the order of the layers."""
    w1, b1, w2, b2, w3, b3 = (value.astype(np.float64) for value in parameters.values())
    h = np.maximum(x @ w1.T + b1, 0)
    z = np.maximum(h @ w2.T + b2, 0) @ w3.T + b3
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


@points(0.25, "q1_4")
def check_val_step_returns_the_loss(student, rng):
    """val_step returns the mean loss of the batch that it is given, of 7 images and of 3."""
    import torch

    book = student.exercise_1
    model, criterion, optimizer = prepared(book)
    for size in (7, 3):
        x = torch.tensor(rng.normal(size=(size, 784)), dtype=torch.float32)
        y = torch.tensor(rng.integers(0, 10, size))
        out = as_array(model(x), "CustomModel()(x)").astype(float)
        loss = as_array(
            held(book.val_step, "val_step")(x, y, model, optimizer, criterion), "val_step's loss", "Return the loss."
        )
        require(loss.size == 1, "val_step does not return one number.", "The criterion gives the mean of the batch.")
        close(
            loss.reshape(()), -out[np.arange(size), y.numpy()].mean(), "val_step's loss",
            rtol=1e-4, reason=FLOAT32, hint="The criterion of model(x) and y: the arguments, no globals.",
        )  # fmt: skip


@points(0.25, "q1_4")
def check_val_step_changes_nothing(student, rng):
    """val_step leaves the weights alone, and no gradient behind."""
    import torch

    book = student.exercise_1
    model, criterion, optimizer = prepared(book)
    before = parameters_of(model, name="CustomModel")
    x, y = torch.tensor(rng.normal(size=(6, 784)), dtype=torch.float32), torch.tensor(rng.integers(0, 10, 6))
    held(book.val_step, "val_step")(x, y, model, optimizer, criterion)
    same(parameters_of(model), before, "val_step changes the weights.")
    # A step uses whatever gradients are there.
    optimizer.step()
    same(parameters_of(model), before, "val_step leaves gradients behind: a step after it moves the weights.")


def prepared(book):
    """A fresh model, the loss, and an optimizer with a learning rate at which no step is overlooked."""
    model = held(held(book.CustomModel, "CustomModel")(), "CustomModel()")
    model.eval()
    return model, book.torch.nn.NLLLoss(), book.torch.optim.SGD(model.parameters(), lr=1.0)


def same(after, before, said):
    moved = after.keys() != before.keys() or any(not np.array_equal(after[key], before[key]) for key in before)
    require(not moved, said, "Validation only looks: no backward, no step.", said)


@points(0.5, "q1_4_bonus", after="check_bonus_is_better_than_95_percent")
def check_bonus_looks_at_one_image_at_a_time(student, rng, data):
    """The bonus's model says of an image alone what it says among others; all it knows is in its parameters."""
    import torch

    there = student.has("exercise_1.bonus_model") and student.exercise_1.bonus_model is not None
    model = held(student.exercise_1.bonus_model if there else student.exercise_1.model, "the model")
    images = data("digits").x_test[rng.permutation(500)[:40]].reshape(40, -1).astype(np.float32)
    x = (images - 0.5) / 0.5
    model.eval()
    together = as_array(model(torch.tensor(x)), "the output of 40 images").astype(float)
    singles = model.many([(torch.tensor(x[n : n + 1]),) for n in range(40)])
    alone = [as_array(one, "the output of one image").reshape(-1) for one in singles]
    close(
        np.array(alone), together, "the outputs of 40 images, one by one",
        rtol=1e-3, floor=1e-4, reason="float32, in another order", hint="In eval mode nothing is drawn by chance.",
    )  # fmt: skip
    hides_nothing(model, x, call=flat, name="the bonus's model")
