"""The layers assignment's solution against torch in float64: every function, both ways, on several shapes."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from autograder.data import load

FOLDER = Path(__file__).parent.parent / "solutions" / "a5_layers"
MODULES = ("layers", "optim", "solver", "logistic", "svm", "softmax", "cnn", "vgg", "experiments")


@pytest.fixture(scope="module")
def a5():
    """The solution's modules by name, imported as a submission's are: by their bare names, from their own folder."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: __import__(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            if name not in before:
                sys.modules.pop(name, None)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def agrees(torch_function, inputs, out, dout, grads, rtol=1e-9):
    """Whether `out` and the gradients of sum(out * dout) are what torch gets from the same inputs."""
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = torch_function(*leaves)
    expected.backward(torch.tensor(dout))
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=rtol, atol=1e-12)
    for grad, leaf in zip(grads, leaves, strict=True):
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize(("n", "din", "dout"), [(1, 1, 1), (5, 4, 3), (2, 7, 11)])
def test_fc(a5, rng, n, din, dout):
    x, w, b, up = (rng.normal(size=shape) for shape in ((n, din), (din, dout), dout, (n, dout)))
    out, cache = a5["layers"].fc_forward(x, w, b)
    agrees(lambda x, w, b: x @ w + b, (x, w, b), out, up, a5["layers"].fc_backward(up, cache))


@pytest.mark.parametrize("shape", [(6,), (3, 4), (2, 3, 4, 5)])
def test_relu(a5, rng, shape):
    x, up = rng.normal(size=(2, *shape))
    out, cache = a5["layers"].relu_forward(x)
    agrees(functional.relu, (x,), out, up, [a5["layers"].relu_backward(up, cache)])


@pytest.mark.parametrize("mode", ["train", "test"])
@pytest.mark.parametrize(("n", "d"), [(2, 3), (8, 5), (33, 1)])
def test_batchnorm(a5, rng, n, d, mode):
    x, up = rng.normal(2, 3, size=(2, n, d))
    gamma, beta, mean, var = rng.normal(size=d), rng.normal(size=d), rng.normal(size=d), rng.uniform(1, 2, size=d)
    param = {"mode": mode, "eps": 1e-3, "momentum": 0.7, "running_mean": mean, "running_var": var}
    old = mean.copy(), var.copy()
    out, cache = a5["layers"].batchnorm_forward(x, gamma, beta, param)

    def expected(x, gamma, beta):
        running = torch.tensor(mean), torch.tensor(var)
        return functional.batch_norm(x, *running, gamma, beta, training=mode == "train", eps=1e-3)

    agrees(expected, (x, gamma, beta), out, up, a5["layers"].batchnorm_backward(up, cache))
    moved = (x.mean(0), x.var(0)) if mode == "train" else old
    np.testing.assert_allclose(param["running_mean"], 0.7 * old[0] + 0.3 * moved[0])
    np.testing.assert_allclose(param["running_var"], 0.7 * old[1] + 0.3 * moved[1])
    np.testing.assert_array_equal((mean, var), old)


def test_batchnorm_starts_its_running_averages_at_zero(a5, rng):
    x, param = rng.normal(size=(4, 3)), {"mode": "train"}
    a5["layers"].batchnorm_forward(x, np.ones(3), np.zeros(3), param)
    np.testing.assert_allclose(param["running_mean"], 0.1 * x.mean(0))
    np.testing.assert_allclose(param["running_var"], 0.1 * x.var(0))


@pytest.mark.parametrize("p", [0.3, 0.8, 1.0])
def test_dropout_keeps_a_share_p_and_the_mean(a5, rng, p):
    layers = a5["layers"]
    x, up = rng.uniform(1, 2, size=(2, 200, 100))
    param = {"mode": "train", "p": p, "seed": 5}
    out, cache = layers.dropout_forward(x, param)
    again, _ = layers.dropout_forward(x, param)
    np.testing.assert_array_equal(out, again)
    assert abs((out != 0).mean() - p) < 0.02
    assert abs(out.mean() / x.mean() - 1) < 0.05
    np.testing.assert_allclose(layers.dropout_backward(up, cache), up * (out / x))

    still, cache = layers.dropout_forward(x, {"mode": "test", "p": p})
    np.testing.assert_array_equal(still, x)
    np.testing.assert_array_equal(layers.dropout_backward(up, cache), up)


def test_dropout_without_a_seed_draws_anew_and_with_one_leaves_the_global_stream_alone(a5):
    layers, x = a5["layers"], np.ones((20, 20))
    first, _ = layers.dropout_forward(x, {"mode": "train", "p": 0.5})
    second, _ = layers.dropout_forward(x, {"mode": "train", "p": 0.5})
    assert (first != second).any()
    np.random.seed(3)
    layers.dropout_forward(x, {"mode": "train", "p": 0.5, "seed": 1})
    drawn = np.random.uniform()
    np.random.seed(3)
    assert drawn == np.random.uniform()


def test_an_unknown_mode_is_named(a5):
    with pytest.raises(ValueError, match="mode is 'eval'"):
        a5["layers"].dropout_forward(np.ones(2), {"mode": "eval", "p": 0.5})
    with pytest.raises(ValueError, match="mode is 'eval'"):
        a5["layers"].batchnorm_forward(np.ones((2, 1)), np.ones(1), np.ones(1), {"mode": "eval"})


@pytest.mark.parametrize(
    ("x_shape", "w_shape"),
    [
        ((1, 1, 6, 6), (1, 1, 3, 3)),
        ((2, 3, 7, 6), (4, 3, 2, 3)),
        ((3, 2, 4, 5), (2, 2, 4, 5)),
        ((2, 2, 5, 4), (3, 2, 1, 1)),
    ],
)
def test_conv(a5, rng, x_shape, w_shape):
    x, w = rng.normal(size=x_shape), rng.normal(size=w_shape)
    out, cache = a5["layers"].conv_forward(x, w)
    up = rng.normal(size=out.shape)
    agrees(functional.conv2d, (x, w), out, up, a5["layers"].conv_backward(up, cache))


@pytest.mark.parametrize(
    ("shape", "height", "width", "stride"),
    [
        ((2, 3, 6, 8), 2, 2, 2),
        ((1, 2, 7, 7), 3, 3, 2),
        ((2, 1, 5, 6), 3, 2, 1),
        ((1, 1, 8, 8), 2, 2, 3),
        ((1, 2, 5, 5), 2, 2, 2),
    ],
)
def test_max_pool(a5, rng, shape, height, width, stride):
    x = rng.normal(size=shape)
    out, cache = a5["layers"].max_pool_forward(x, {"pool_height": height, "pool_width": width, "stride": stride})
    up = rng.normal(size=out.shape)
    pool = lambda x: functional.max_pool2d(x, (height, width), stride)  # noqa: E731
    agrees(pool, (x,), out, up, [a5["layers"].max_pool_backward(up, cache)])


def test_a_tie_in_a_pooling_window_is_won_once(a5):
    x = np.ones((1, 1, 4, 4))
    _, cache = a5["layers"].max_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    dx = a5["layers"].max_pool_backward(np.full((1, 1, 2, 2), 3.0), cache)
    assert dx.sum() == 12


def hinge(x, side):
    return functional.relu(1 - side * x).mean()


def logistic(x, side):
    return functional.softplus(-side * x, threshold=1e9).mean()


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize(("name", "expected"), [("svm_loss", hinge), ("logistic_loss", logistic)])
@pytest.mark.parametrize("n", [1, 6, 50])
def test_binary_losses(a5, rng, name, expected, labels, n):
    x, y = 2 * rng.normal(size=n), rng.choice(labels, size=n)
    loss, dx = getattr(a5["layers"], name)(x, y)
    side = torch.tensor(np.where(y > 0, 1.0, -1.0))
    agrees(lambda x: expected(x, side), (x,), loss, 1.0, [dx])


@pytest.mark.parametrize(("n", "classes"), [(1, 2), (5, 10), (17, 3)])
def test_softmax_loss(a5, rng, n, classes):
    x, y = 3 * rng.normal(size=(n, classes)), rng.integers(classes, size=n)
    loss, dx = a5["layers"].softmax_loss(x, y)
    agrees(lambda x: functional.cross_entropy(x, torch.tensor(y)), (x,), loss, 1.0, [dx])


def test_losses_are_finite_where_a_naive_exponential_overflows(a5):
    scores = np.array([1000.0, -1000.0, 1000.0, -1000.0])
    loss, dx = a5["layers"].logistic_loss(scores, np.array([1, 0, 0, 1]))
    assert loss == 500
    np.testing.assert_array_equal(dx, [0, 0, 0.25, -0.25])
    loss, dx = a5["layers"].softmax_loss(np.stack([scores, -scores], axis=1), np.array([0, 1, 1, 0]))
    assert loss == 1000
    np.testing.assert_array_equal(dx[2:], [[0.25, -0.25], [-0.25, 0.25]])


def test_float32_stays_float32_and_nothing_that_comes_in_changes(a5, rng):
    layers = a5["layers"]
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    y = np.array([0, 1, 1])
    calls = [
        (layers.fc_forward, layers.fc_backward, (draw(3, 4), draw(4, 2), draw(2))),
        (layers.relu_forward, layers.relu_backward, (draw(3, 4),)),
        (layers.conv_forward, layers.conv_backward, (draw(3, 2, 5, 5), draw(4, 2, 3, 3))),
        (
            layers.max_pool_forward,
            layers.max_pool_backward,
            (draw(3, 2, 4, 4), {"pool_height": 2, "pool_width": 2, "stride": 2}),
        ),
        (layers.batchnorm_forward, layers.batchnorm_backward, (draw(3, 4), draw(4), draw(4), {"mode": "train"})),
        (layers.dropout_forward, layers.dropout_backward, (draw(3, 4), {"mode": "train", "p": np.float64(0.5)})),
        (layers.svm_loss, None, (draw(3), y)),
        (layers.logistic_loss, None, (draw(3), y)),
        (layers.softmax_loss, None, (draw(3, 2), y)),
    ]
    for forward, backward, inputs in calls:
        arrays = [value for value in inputs if isinstance(value, np.ndarray)]
        kept = [value.copy() for value in arrays]
        out, rest = forward(*inputs)
        if backward is None:
            grads = (rest,)
        else:
            assert out.dtype == np.float32, forward.__name__
            up = draw(*out.shape)
            kept_up = up.copy()
            grads = backward(up, rest)
            np.testing.assert_array_equal(up, kept_up, err_msg=backward.__name__)
        for grad in grads if isinstance(grads, tuple) else (grads,):
            assert grad.dtype == np.float32, forward.__name__
        for value, copy in zip(arrays, kept, strict=True):
            np.testing.assert_array_equal(value, copy, err_msg=forward.__name__)


@pytest.mark.parametrize(
    ("rule", "config", "make"),
    [
        ("sgd", {"learning_rate": 0.1}, lambda w: torch.optim.SGD([w], lr=0.1)),
        ("rmsprop", {"learning_rate": 0.1}, lambda w: torch.optim.RMSprop([w], lr=0.1)),
        ("adam", {"learning_rate": 0.1}, lambda w: torch.optim.Adam([w], lr=0.1)),
        ("sgd_momentum", {"learning_rate": 0.1}, lambda w: torch.optim.SGD([w], lr=0.1, momentum=0.9)),
    ],
)
def test_update_rules(a5, rng, rule, config, make):
    w, expected = rng.normal(size=(3, 4)), None
    expected = torch.tensor(w, requires_grad=True)
    optimizer = make(expected)
    for _ in range(4):
        dw = rng.normal(size=(3, 4))
        before = w.copy()
        next_w, config = getattr(a5["optim"], rule)(w, dw, config)
        np.testing.assert_array_equal(w, before)
        w = next_w
        expected.grad = torch.tensor(dw)
        optimizer.step()
        np.testing.assert_allclose(w, expected.detach().numpy(), rtol=1e-9)


def finite_differences(model, X, y, grads, rng, h=1e-6):
    """Along one random direction in each parameter, the loss rises as the gradients say."""
    assert set(grads) == set(model.params)
    for name, w in model.params.items():
        direction = rng.normal(size=w.shape)
        losses = []
        for sign in (1, -1):
            model.params[name] = w + sign * h * direction
            np.random.seed(0)
            losses.append(model.loss(X, y)[0])
        model.params[name] = w
        np.testing.assert_allclose(
            (losses[0] - losses[1]) / (2 * h), (grads[name] * direction).sum(), rtol=1e-5, atol=1e-8
        )


@pytest.mark.parametrize("reg", [0.0, 0.7])
@pytest.mark.parametrize("hidden", [None, 5])
@pytest.mark.parametrize("name", ["logistic", "svm", "softmax"])
def test_classifiers(a5, rng, name, hidden, reg):
    make = {"logistic": "LogisticClassifier", "svm": "SVM", "softmax": "SoftmaxClassifier"}[name]
    model = getattr(a5[name], make)(input_dim=6, hidden_dim=hidden, weight_scale=0.5, reg=reg)
    X, y = rng.normal(size=(7, 6)), rng.integers(2, size=7)
    assert model.loss(X).shape == ((7, 10) if name == "softmax" else (7,))
    loss, grads = model.loss(X, y)
    plain = getattr(a5["layers"], f"{name}_loss")(model.loss(X), y)[0]
    squares = sum((w**2).sum() for key, w in model.params.items() if key.startswith("W"))
    np.testing.assert_allclose(loss, plain + 0.5 * reg * squares)
    finite_differences(model, X, y, grads, rng)


@pytest.mark.parametrize("name", ["ConvNet", "RegularizedConvNet"])
def test_conv_nets(a5, rng, name):
    settings = {
        "input_dim": (2, 9, 8),
        "num_filters": 3,
        "filter_size": 3,
        "hidden_dim": 5,
        "num_classes": 4,
        "reg": 0.3,
    }
    model = getattr(a5["cnn"], name)(**settings, weight_scale=0.3, dtype=np.float64)
    X, y = rng.normal(size=(6, 2, 9, 8)), rng.integers(4, size=6)
    assert model.loss(X).shape == (6, 4)
    np.random.seed(0)
    finite_differences(model, X, y, model.loss(X, y)[1], rng)


def test_the_regularized_net_is_still_in_test_mode_and_random_in_training(a5, rng):
    model = a5["cnn"].RegularizedConvNet(num_filters=2, hidden_dim=8, weight_scale=0.1)
    X, y = rng.normal(size=(6, 1, 28, 28)), rng.integers(10, size=6)
    assert model.loss(X, y)[0] != model.loss(X, y)[0]
    np.testing.assert_array_equal(model.loss(X), model.loss(X))


def test_parameter_counts(a5):
    assert sum(w.size for w in a5["cnn"].ConvNet().params.values()) == 389_878
    assert sum(p.numel() for p in a5["vgg"].VGG().parameters()) == 149_370


def test_vgg_trains_and_counts(a5, monkeypatch, capsys):
    torch.manual_seed(0)
    vgg = a5["vgg"]
    monkeypatch.setattr(vgg, "EPOCHS", 3)
    net = vgg.VGG()
    images, labels = torch.rand(12, 3, 32, 32), torch.arange(12) % 10
    batches = [(images[:8], labels[:8]), (images[8:], labels[8:])]
    before = torch.nn.functional.cross_entropy(net(images), labels).item()
    vgg.train(batches, net, torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=1e-3), "cpu")
    assert torch.nn.functional.cross_entropy(net(images), labels).item() < before
    assert capsys.readouterr().out.count("mean loss") == 3
    right = (net(images).argmax(1) == labels).float().mean().item()
    assert vgg.test(batches, net, "cpu") == pytest.approx(right)
    assert not net.training


class Stubborn:
    """A model that never gets anything right."""

    def __init__(self):
        self.params = {"W1": np.ones(2)}

    def loss(self, X, y=None):
        return np.full(len(X), -1.0) if y is None else (1.0, {"W1": np.ones(2)})


def test_the_solver_keeps_parameters_even_when_nothing_is_ever_right(a5):
    data = {f"{axis}_{part}": np.ones(4) for axis in "Xy" for part in ("train", "val")}
    solver = a5["solver"].Solver(Stubborn(), data, num_epochs=2, batch_size=2, verbose=False)
    solver.train()
    assert solver.best_val_acc == 0
    assert set(solver.best_params) == set(solver.model.params) == {"W1"}
    assert len(solver.loss_history) == 4
    assert len(solver.val_acc_history) == 3


def test_the_solver_names_what_it_does_not_know(a5):
    data = {f"{axis}_{part}": np.ones(4) for axis in "Xy" for part in ("train", "val")}
    with pytest.raises(ValueError, match="unknown arguments learning_rat, x"):
        a5["solver"].Solver(Stubborn(), data, learning_rat=1, x=2)
    with pytest.raises(ValueError, match="no update rule 'adagrad'"):
        a5["solver"].Solver(Stubborn(), data, update_rule="adagrad")


def test_a_linear_model_learns_the_binary_set(a5):
    found = a5["experiments"].logistic_linear()
    data = load("binary")
    np.random.seed(0)
    model = a5["logistic"].LogisticClassifier(input_dim=20, **found["model"])
    parts = {"X_train": data.x_train, "y_train": data.y_train, "X_val": data.x_val, "y_val": data.y_val}
    solver = a5["solver"].Solver(model, parts, verbose=False, **found["solver"])
    solver.train()
    assert solver.check_accuracy(data.x_test, data.y_test) >= 0.91
    assert solver.check_accuracy(data.x_val, data.y_val) == solver.best_val_acc
