"""What the report says of training images, and what staff should look at in the weights that were handed in."""

from autograder.checks import beyond, evaluate, moods, points
from autograder.checks.reported import claimed

REACH = {"mnist": 0.99, "digits": 0.96}
"""Of test images, by what was trained on: the best of 15 seeds got 93.8 % of the kit's and 98.1 % of MNIST's."""


@points(0.25, "q2_report")
def check_reported_train_accuracy_is_that_of_the_weights(student, report, weights, data, flag):
    """mlp.train_accuracy of report.toml is what the weights in mlp.pt give, to one point."""
    net = weights("mlp", student.mnist.mlp(), "mlp")
    name = str(report["mlp.data"]) if "mlp.data" in report else ""
    d = data("mnist") if name == "mnist" else data("digits")
    if d.name == name or name not in REACH:  # without MNIST here, the kit's digits are among those that were trained on
        flag(beyond(evaluate(net, d.x_test, d.y_test, full=True), REACH.get(name, max(REACH.values()))))
    flag(moods(net, d.x_test[:20]))
    net = weights("mlp", net, "mlp")
    others = 0 if d.name == name else 1000
    measured = evaluate(net, d.x_train, d.y_train, full=True).accuracy
    return claimed(report, "mlp.train_accuracy", measured, of="the weights of mlp", others=others)
