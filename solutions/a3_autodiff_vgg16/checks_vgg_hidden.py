"""Question 3: what VGG-16 computes from its parameters, with exact constants, and the bonus."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import (
    Failure,
    as_array,
    close,
    count_by_shape,
    model_of,
    points,
    require,
    seen,
    shapes_of,
    unchanged,
)

WIDTHS = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
COUNTS = (15_245_130, 15_240_906, 15_253_578, 15_249_354)
"""Of parameters: with or without biases in the convolutions, with or without batch normalisation."""
POOLED = (2, 4, 7, 10, 13)
"""The convolutions that a pool follows, counted from 1."""
FILL = """lambda torch, model, seed, spread: [
    t.copy_(
        (1 + 0.2 * made.abs() if near_one else made * scale)
    )
    for (key, t), (scale, near_one, place) in zip(model.state_dict().items(), spread) if scale
    for made in [torch.randn(t.shape, generator=torch.Generator().manual_seed(seed + place))]
] and None"""
"""Runs where the submission runs: new parameters, 60 MB of them, are drawn there from a seed, and here again."""
FLOATS = {"rtol": 1e-3, "floor": 1e-3, "reason": "float32 through sixteen layers"}


# The network


def spread(shapes):
    """For each array of a state: (scale of its numbers, whether they lie above 1, its place); scale 0 for counters."""
    found = []
    for place, (key, shape) in enumerate(shapes):
        last = key.rpartition(".")[2]
        scale = (2 / max(1, np.prod(shape[1:]))) ** 0.5 if len(shape) > 1 else 0.1
        near_one = last == "running_var" or (len(shape) == 1 and last == "weight")
        found.append((float(scale) if shape else 0.0, near_one, place))
    return found


def drawn(shapes, seed):
    """What FILL puts into a model with these arrays: name → tensor, counters left out."""
    state = {}
    for (key, shape), (scale, near_one, place) in zip(shapes, spread(shapes), strict=True):
        if scale:
            made = torch.randn(shape, generator=torch.Generator().manual_seed(seed + place))
            state[key] = 1 + 0.2 * made.abs() if near_one else made * scale
    return state


def layers(state):
    """The arrays by layer, in order: [(weight, bias or None)] of convolutions, of linear layers, and norms' dicts."""
    groups = {}
    for key, array in state.items():
        group, _, name = key.rpartition(".")
        groups.setdefault(group, {})[name] = array
    norms = [group for group in groups.values() if "running_mean" in group]
    plain = [array for group in groups.values() if "running_mean" not in group for array in group.values()]
    weights = [array for array in plain if array.dim() > 1]
    biases = [array for array in plain if array.dim() == 1]
    linear = [weight for weight in weights if weight.dim() == 2]
    owners = {len(weights): weights, len(linear): linear}.get(len(biases), [])
    bias = {id(weight): array for weight, array in zip(owners, biases, strict=False)}
    pairs = [(weight, bias.get(id(weight))) for weight in weights]
    return [p for p in pairs if p[0].dim() == 4], [p for p in pairs if p[0].dim() == 2], norms


def reference(shapes, seed, x, relu_first):
    """The logits of VGG-16 with the drawn parameters; raises LookupError where they are not VGG-16's."""
    convolutions, linear, norms = layers(drawn(shapes, seed))
    if [tuple(w.shape) for w, _ in convolutions] != [
        (out, into, 3, 3) for into, out in zip((3, *WIDTHS), WIDTHS, strict=False)
    ] or [tuple(w.shape) for w, _ in linear] != [(512, 512), (512, 512), (10, 512)]:
        raise LookupError("other layers")
    if len(norms) not in (0, 13) or any(bias is None for _, bias in linear):
        raise LookupError("other layers")
    for number, (weight, bias) in enumerate(convolutions, 1):
        x = functional.conv2d(x, weight, bias, padding=1)
        x = torch.relu(x) if relu_first else x
        if norms:
            n = norms[number - 1]
            x = functional.batch_norm(x, n["running_mean"], n["running_var"], n.get("weight"), n.get("bias"))
        x = x if relu_first else torch.relu(x)
        x = functional.max_pool2d(x, 2) if number in POOLED else x
    x = x.flatten(1)
    for number, (weight, bias) in enumerate(linear):
        x = functional.linear(torch.relu(x) if number else x, weight, bias)
    return x.numpy()


def computes(student, rng, once, model, name, need_norms):
    """Fail unless the model, with new parameters and in mode eval, gives what VGG-16 with these gives."""
    known = shapes_of(student, model, name)
    said = f"{name} does not have as many parameters as it should have."
    # Also before anything of that size is made here.
    require(count_by_shape(known) in COUNTS and len(known) < 120, said, hidden=said)
    shapes = list(known.items())
    seed, x = int(rng.integers(1 << 31)), torch.tensor(rng.normal(size=(2, 3, 32, 32))).float()
    student.builtins.eval(FILL)(student.torch, model, seed, spread(shapes))
    model.eval()
    got = as_array(model(x), "the logits")
    hint = "Go through vgg16's docstring: widths, padding, a ReLU after each layer but the last, five pools."
    normed = any(key.endswith("running_mean") for key, _ in shapes)
    try:
        want = once(lambda: reference(shapes, seed, x, False))
    except LookupError:
        normed, want = normed or need_norms, None
    said = f"{name} does not have the layers that it should have."
    require(want is not None and normed >= need_norms, said, hint, hidden=said)
    try:
        close(got, want, "the logits", hint=hint, **FLOATS)
    except Failure:
        # Batch normalisation may come after the ReLU as well.
        said = f"With other parameters put in, {name} does not compute what its layers should, one after the other."
        after = once(lambda: reference(shapes, seed, x, True)) if normed else None
        right = after is not None and got.shape == after.shape and np.allclose(got, after, rtol=1e-3, atol=1e-2)
        require(right, said, hint, hidden=said)
        return seen("batch normalisation after the ReLU")
    return seen("batch normalisation between convolution and ReLU") if normed else None


@points(1.5, "q3_i")
def check_vgg16_is_configuration_d(student, rng, once):
    """vgg16 computes what its sixteen layers should, in order, with ReLUs and pools between them, and nothing else."""
    return computes(student, rng, once, model_of(student.vgg.vgg16(), "vgg16"), "vgg16", need_norms=False)


@points(0.5, "q3_i")
def check_constants_are_of_the_training_images(student, rng):
    """channel_statistics is exact for other numbers of images and channels, normalize applies it to other images."""
    for shape in ((40, 1, 7, 5), (3, 5, 16, 24)):
        images = (rng.normal(size=shape) * rng.uniform(0.5, 3, shape[1])[:, None, None] + 2).astype(np.float32)
        images *= rng.uniform(0.2, 1, size=(shape[0], 1, 1, 1)).astype(np.float32)
        found, after = student.vgg.channel_statistics.watch(torch.tensor(images))
        given = found if isinstance(found, tuple | list) else ()
        parts = [np.ravel(as_array(part, "the constants")) for part in given]
        said = "channel_statistics does not give two rows of constants, a number for each channel in both."
        require([len(part) for part in parts] == [shape[1]] * 2, said, hidden=said)
        wide = images.astype(float)
        for name, got, want in zip(("means", "stds"), parts, (wide.mean((0, 2, 3)), wide.std((0, 2, 3))), strict=True):
            # n or n − 1 below the sum of 1,400 squares: 4e-4 between them.
            reason = "float32, and a standard deviation may divide by n − 1"
            close(got, want, name, rtol=1e-3, floor=1e-3, reason=reason, hint="All images and pixels count alike.")
        unchanged(after[0], images, "images", "channel_statistics")
    other = rng.normal(size=(4, 5, 6, 3)).astype(np.float32)
    means, stds = (rng.uniform(0.5, 2, 5).astype(np.float32) for _ in range(2))
    got, after = student.vgg.normalize.watch(*(torch.tensor(part) for part in (other, means, stds)))
    want = (other - means[:, None, None]) / stds[:, None, None]
    hint = "The constants that it is given, not the images' own; channels are axis 1."
    close(got, want, "normalize(images, means, stds)", rtol=1e-4, floor=1e-5, reason="float32", hint=hint)
    unchanged(after[0], other, "images", "normalize")


# Bonus


@points(0.75, "q3_iv")
def check_batch_norm_follows_every_convolution(student, rng, once):
    """vgg16_regularized is VGG-16 with a batch normalisation after each convolution, before or after its ReLU."""
    name = "vgg16_regularized"
    return computes(student, rng, once, model_of(student.vgg.vgg16_regularized(), name), name, need_norms=True)


@points(0.25, "q3_iv")
def check_running_averages_move_in_mode_train(student, rng):
    """Thirteen running means move with a pass in mode train, and none of them with one in mode eval."""
    model, x = (
        model_of(student.vgg.vgg16_regularized(), "vgg16_regularized"),
        torch.tensor(rng.normal(size=(2, 3, 32, 32))).float(),
    )
    averages = "lambda model: [t for key, t in model.state_dict().items() if key.endswith('running_mean')]"
    read = student.builtins.eval(averages)
    seen_at = []
    for mode in ("eval", "train"):
        getattr(model, mode)()
        model(x)
        seen_at.append([as_array(array, "a running mean") for array in read(model)])
    said = "There are not thirteen running means."
    require([len(arrays) for arrays in seen_at] == [13, 13], said, hidden=said)
    said = "Running averages move in mode eval."
    require(not any(array.any() for array in seen_at[0]), said, hidden=said)
    said = "Running averages stay where they are in mode train."
    require(all(array.any() for array in seen_at[1]), said, hidden=said)


PROBE = """lambda torch, model, images, filled: (lambda state: (
    [t.zero_() for t in state.values()],
    [state[key].copy_(torch.eye(*state[key].shape) if value == "eye" else torch.full_like(state[key], value))
     for key, value in filled.items()],
    model.train(), model(images).detach()
)[3])(model.state_dict())"""
"""Runs where the submission runs: what the network gives, in mode train, with nearly all of its parameters at zero."""


@points(0.75, "q3_iv")
def check_dropout_follows_the_linear_layers(student, rng):
    """Dropout with p = 0.5 comes after the first and the second linear layer; after the third it may or may not."""
    model, images = model_of(student.vgg.vgg16_regularized(), "vgg16_regularized"), torch.zeros(8, 3, 32, 32)
    shapes = shapes_of(student, model, "vgg16_regularized")
    state = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    _, linear, _ = layers({key: array for key, array in state.items() if not key.endswith("num_batches_tracked")})
    said = "vgg16_regularized does not have three linear layers with biases."
    require(len(linear) == 3 and all(bias is not None for _, bias in linear), said, hidden=said)
    names = {id(array): key for key, array in state.items()}
    weights, biases = ([names[id(array)] for array in part] for part in zip(*linear, strict=True))
    probe = student.builtins.eval(PROBE)

    # What a layer's bias of 1 becomes on its way through the layers after it, which hand it on as it is.
    peaks = []
    for first in (2, 1, 0):
        filled = {biases[first]: 1.0, **{weights[later]: "eye" for later in range(first + 1, 3)}}
        peaks.append(float(np.abs(as_array(probe(student.torch, model, images, filled), "the logits")).max()))
    hint = "A dropped number is 0, a kept one is doubled; p is the probability to drop."
    said = "Something else than dropout of p = 0.5 is behind the last linear layer."
    require(peaks[0] in (1.0, 2.0), said, hint, hidden=said)
    said = "Dropout with p = 0.5 does not come after {} linear layer."
    for place, name in ((1, "the second"), (2, "the first")):
        doubled = abs(peaks[place] - 2 * peaks[place - 1]) < 1e-3
        require(doubled, said.format(name), hint, hidden=said.format(name))
    which = "all three" if peaks[0] == 2 else "the first two"
    return seen(f"dropout after {which} linear layers")
