"""Question 3: sizes and shapes of VGG-16, the constants, the recipe, a training that is watched, and the six images."""

import numpy as np
import torch

from autograder.checks import (
    as_array,
    count_by_shape,
    entry,
    equal,
    model_of,
    points,
    require,
    seen,
    shapes_of,
    unpack,
)

COUNTS = {
    15_245_130: "with biases in all layers",
    15_240_906: "without biases in the convolutions",
    15_253_578: "with batch normalisation",
    15_249_354: "with batch normalisation, and without biases in the convolutions",
}
OPTIMIZERS = ("Adam", "AdamW", "SGD", "RMSprop", "NAdam", "RAdam", "Adamax", "Adagrad")


# The network


@points(0.5, "q3_i")
def check_vgg16_gives_ten_logits(student, rng):
    """vgg16 takes images (N, 3, 32, 32) and gives ten finite logits for each."""
    model = model_of(student.vgg.vgg16(), "vgg16")
    model.eval()
    logits = as_array(model(torch.tensor(rng.normal(size=(2, 3, 32, 32))).float()), "the logits")
    equal(logits.shape, (2, 10), "the shape of the logits", hint="After five pools 32 × 32 is 1 × 1: 512 numbers.")
    require(bool(np.isfinite(logits).all()), "The logits are not all finite.")


@points(1, "q3_i")
def check_vgg16_has_15245130_parameters(student):
    """vgg16 has 15,245,130 parameters; convolutions without biases or with batch normalisation are accepted."""
    count = count_by_shape(shapes_of(student, student.vgg.vgg16(), "vgg16"))
    hint = "Thirteen convolutions make 14,714,688, three linear layers 530,442: which differ?"
    require(count in COUNTS, f"vgg16 has {count:,} parameters, not 15,245,130.", hint)
    return seen(f"{count:,} parameters, {COUNTS[count]}")


def statistics(student, images):
    """What channel_statistics gives, as two arrays with a number for each channel."""
    found = unpack(student.vgg.channel_statistics(torch.tensor(images)), "means", "stds", of="channel_statistics")
    channels = images.shape[1]
    for name, part in zip(("means", "stds"), found, strict=True):
        shape = as_array(part, name).shape
        require(shape == (channels,), f"{name} has shape {shape}, not ({channels},).", "One number for each channel.")
    return [as_array(part, name).astype(np.float32) for name, part in zip(("means", "stds"), found, strict=True)]


@points(0.5, "q3_i")
def check_constants_normalise_every_channel(student, rng):
    """With channel_statistics of images, normalize makes each of their channels mean 0 and standard deviation 1."""
    images = rng.uniform(size=(20, 3, 8, 8)) ** np.array([0.5, 1, 3])[:, None, None]
    images = (images * rng.uniform(0.3, 1, size=(20, 1, 1, 1))).astype(np.float32)
    means, stds = statistics(student, images)
    result = student.vgg.normalize(torch.tensor(images), torch.tensor(means), torch.tensor(stds))
    made = as_array(result, "the normalised images").astype(float)
    equal(made.shape, images.shape, "the shape of the normalised images")
    # Dividing by n − 1 for n makes a standard deviation of 0.9996 of these 1,280 pixels.
    hint = "Over all images and all pixels of a channel; take the mean off, then divide."
    for name, got, want in (("mean", made.mean((0, 2, 3)), 0), ("standard deviation", made.std((0, 2, 3)), 1)):
        off = float(np.abs(got - want).max())
        require(off < 1e-3, f"A channel's {name} is {got[np.abs(got - want).argmax()]:.4g}, not {want}.", hint)


# Training


@points(0.5, "q3_ii")
def check_recipe_of_vgg(student):
    """RECIPE names an optimiser of torch.optim, its rate and weight decay, the size of a batch and the epochs."""
    recipe = student.vgg.RECIPE
    name = entry(recipe, "optimizer", "RECIPE")
    require(name in OPTIMIZERS, f"optimizer of RECIPE is none of {', '.join(OPTIMIZERS)}.")
    limits = {"learning_rate": (1e-7, 10), "weight_decay": (0, 1), "batch_size": (1, 5000), "epochs": (1, 500)}
    for key, (low, high) in limits.items():
        value = entry(recipe, key, "RECIPE")
        number = type(value) in (int, float) and low <= value <= high
        require(number, f"{key} of RECIPE is {str(value)[:20]}, not a number from {low:g} to {high:g}.")
        whole = key in ("learning_rate", "weight_decay") or value == int(value)
        require(whole, f"{key} of RECIPE is {value}, not a whole number.")
    sheets = {"optimizer": "Adam", "learning_rate": 1e-4, "weight_decay": 1e-3, "batch_size": 256, "epochs": 10}
    same = all(recipe[key] == value for key, value in sheets.items())
    return seen("the sheet's recipe" if same else "a recipe of one's own, which the sheet invites")


def loader(student, images, labels, batch_size):
    """A DataLoader where the submission runs, in the order given."""
    utils = student.torch.utils.data
    dataset = utils.TensorDataset(torch.tensor(images), torch.tensor(labels))
    return utils.DataLoader(dataset, batch_size=batch_size)


@points(1, "q3_ii")
def check_train_monitors_a_loss_that_falls(student, rng):
    """train returns a loss for every epoch, or for every batch, and they fall; on a tiny network and tiny images."""
    make = student.torch.nn
    model = make.Sequential(make.Conv2d(3, 6, 3), make.ReLU(), make.Flatten(), make.Linear(24, 10))
    images, labels = rng.normal(size=(30, 3, 4, 4)).astype(np.float32), rng.integers(10, size=30)
    optimizer = student.torch.optim.Adam(model.parameters(), lr=2e-2)

    history = student.vgg.train(model, loader(student, images, labels, 8), optimizer, 8)

    require(isinstance(history, (list, tuple)), "train does not return a list of losses.", "Is there a return?")
    said = f"train returned {len(history)} losses for 8 epochs of 4 batches."
    require(len(history) in (8, 32), said, "One for every epoch, or one for every batch.")
    losses = as_array(list(history), "the losses").astype(float)
    require(losses.ndim == 1 and bool(np.isfinite(losses).all()), "The losses are not all finite numbers.")
    each = losses.reshape(8, -1).mean(1)
    # Measured over 60 seeds: 8 to 22 % of the first; one step an epoch instead of four leaves 90 %.
    hint = "A loss, its backward() and a step() for every batch; a gradient is of one batch alone."
    why = f"The loss was {each[0]:.3g} in the first epoch and is {each[-1]:.3g} in the last."
    require(each[-1] < 0.7 * each[0], why, hint)
    return seen("a loss for every epoch" if len(history) == 8 else "a loss for every batch")


# Six images


@points(0.5, "q3_iii")
def check_six_cases(student, rng):
    """show_cases gives three images that are right and then three that are wrong, each with ten probabilities."""
    # A network that hands its images through as logits, so that we know what it gets right: 30 of 40.
    logits = rng.normal(size=(40, 10, 1, 1)).astype(np.float32)
    labels = logits[:, :, 0, 0].argmax(1)
    labels[rng.permutation(40)[:10]] += 1
    labels %= 10
    cases = student.vgg.show_cases(student.torch.nn.Flatten(), torch.tensor(logits), torch.tensor(labels))
    require(isinstance(cases, (list, tuple)), "show_cases does not return a list.")
    equal(len(cases), 6, "the number of images")
    for place, case in enumerate(cases):
        name = f"image {place + 1} of show_cases"
        index = entry(case, "index", name)
        require(type(index) is int and 0 <= index < 40, f"The index of {name} is not an int from 0 to 39.")
        equal(entry(case, "label", name), int(labels[index]), f"the label of {name}")
        probabilities = as_array(entry(case, "probabilities", name), f"the probabilities of {name}").astype(float)
        equal(probabilities.shape, (10,), f"the shape of the probabilities of {name}")
        said = f"The probabilities of {name} add up to {probabilities.sum():.4g}."
        whole = bool((probabilities >= 0).all()) and abs(probabilities.sum() - 1) < 1e-3
        require(whole, said, "Softmax, over classes.")
        right = int(probabilities.argmax()) == labels[index]
        require(right == (place < 3), f"The network gets {name} {'right' if right else 'wrong'}.", "Three right first.")
    equal(len({case["index"] for case in cases}), 6, "the number of different images")


# Bonus


@points(0.75, "q3_iv")
def check_regularized_has_batch_norm_everywhere(student):
    """vgg16_regularized has 15,253,578 parameters, or 15,249,354 without biases in the convolutions."""
    shapes = shapes_of(student, student.vgg.vgg16_regularized(), "vgg16_regularized")
    count = count_by_shape(shapes)
    hint = "A batch normalisation of n channels has 2n parameters: 8,448 in thirteen of them."
    require(count in (15_253_578, 15_249_354), f"vgg16_regularized has {count:,} parameters.", hint)
    return seen(f"{count:,} parameters, {COUNTS[count]}")


@points(0.5, "q3_iv")
def check_regularized_has_two_modes(student, rng):
    """In mode train two passes of the same images differ, in mode eval they do not."""
    model = model_of(student.vgg.vgg16_regularized(), "vgg16_regularized")
    x = torch.tensor(rng.normal(size=(3, 3, 32, 32))).float()
    for mode, same in (("train", False), ("eval", True)):
        getattr(model, mode)()
        first, second = (as_array(logits, "the logits") for logits in model.many([(x,), (x,)]))
        said = f"In mode {mode} two passes of the same images {'differ' if same else 'are the same'}."
        hint = "Dropout listens to the mode only as a module of the model." if same else "Is there any dropout?"
        require(np.array_equal(first, second) == same, said, hint)
