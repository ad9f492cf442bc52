"""Makes what the solution hands in beside its code: figures for report.toml, predictions.csv, validation.csv.

`python solutions/a4_numpy_mlp/train.py` prints the figures and writes the two CSV files, in about two minutes. With
--sheet it draws the test images that ship with the kit anew, and prints their labels as one number.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

HERE = Path(__file__).parent
SECRET = (1_257_498_172, 166_987_969, 3_573_513_589, 2_452_395_311, 2_345_498_700, 2_314_236_358)
EPOCHS = 10


def test_set() -> tuple[np.ndarray, np.ndarray]:
    """The test images (300, 3, 24, 24) uint8 and their labels (300,), from a seed too long to be tried out."""
    from autograder.data import cats_dogs

    return cats_dogs.draw(np.random.RandomState(SECRET), cats_dogs.TEST)


def as_number(labels: np.ndarray) -> int:
    """Labels 0 and 1 as the bits of one number, the first label in the highest place."""
    return int("".join(map(str, labels)), 2)


def draw_sheet() -> None:
    """Write the test images as the picture that ships with the kit."""
    from PIL import Image

    from autograder.data import cats_dogs

    images, labels = test_set()
    path = Path(cats_dogs.__file__).with_name(cats_dogs.SHEET)
    Image.fromarray(cats_dogs.sheet(images)).save(path, optimize=True)
    print(f"LABELS = 0x{as_number(labels):X}")


def show(name: str, values: list[float], digits: int = 4) -> None:
    """One line of report.toml."""
    print(f"{name} = [{', '.join(f'{float(v):.{digits}g}' for v in values)}]", flush=True)


def numpy_part() -> None:
    """Losses of three initialisations, the error curves of the MLP, and the differences at the end of training."""
    import adapter
    import gradient_check
    from mlp import NN

    from autograder.data import load

    d = load("digits")
    x, v = (a.reshape(len(a), -1).astype(float) for a in (d.x_train, d.x_val))
    print("[init]")
    for init in ("zero", "normal", "glorot"):
        show(init, NN(init=init).train(x, d.y_train, 0.002, 50, EPOCHS))

    print("[mlp.curves]")
    net, train_error, valid_error = NN(), [], []
    for _ in range(EPOCHS):
        net.train(x, d.y_train, 0.2, 50, 1)
        train_error.append(1 - net.test(x, d.y_train))
        valid_error.append(1 - net.test(v, d.y_val))
    show("train_error", train_error)
    show("valid_error", valid_error)

    # A sample that the first hidden unit sees, and of which the network is not yet certain.
    cost = -np.log(adapter.predict(net, v)[np.arange(len(v)), d.y_val])
    sees = net.forward(v)[0][1][:, 0] > 0
    i = np.flatnonzero(sees)[cost[sees].argmax()]
    print("[finite_differences]")
    Ns, differences = gradient_check.check(net, v[i : i + 1], d.y_val[i : i + 1])
    show("N", Ns, 6)
    show("max_difference", differences, 6)

    small, large = (512, 256), (700, 500)
    for hidden, rate, size in ((small, 0.2, 50), (small, 0.05, 50), (large, 0.2, 50), (small, 0.2, 200)):
        net = NN(hidden)
        net.train(x, d.y_train, rate, size, 5)
        print(hidden, rate, size, net.test(v, d.y_val))


def cnn_part() -> None:
    """The error curves of the CNN."""
    import cnn

    from autograder.data import load

    d = load("digits")
    torch.manual_seed(0)
    tensors = [torch.tensor(a) for a in (d.x_train, d.y_train, d.x_val, d.y_val)]
    net, history = cnn.fit(*tensors, EPOCHS)
    print(f"[cnn]\nparameters = {sum(p.numel() for p in net.parameters())}")
    for name, values in history.items():
        show(name, values)


def dogs_part() -> None:
    """The curves of the classifier, both CSV files, and which pictures it gets wrong or is unsure of."""
    import dogs

    from autograder.data import load

    d = load("cats_dogs")
    x, y, v, w = (torch.tensor(a) for a in (d.x_train, d.y_train, d.x_val, d.y_val))
    curves: dict[str, list[float]] = {name: [] for name in ("train_loss", "valid_loss", "train_error", "valid_error")}
    for epochs in range(1, EPOCHS + 1):
        torch.manual_seed(1)  # so that one epoch more goes on where one less ended
        net = dogs.train(x, y, epochs)
        for part, images, labels in (("train", x, y), ("valid", v, w)):
            with torch.no_grad():
                scores = net(images)
            curves[f"{part}_loss"].append(functional.cross_entropy(scores, labels).item())
            curves[f"{part}_error"].append((scores.argmax(1) != labels).float().mean().item())
    print(f"[dogs]\nparameters = {sum(p.numel() for p in net.parameters())}\n[dogs.curves]")
    for name, values in curves.items():
        show(name, values)
    dog, test = dogs.predict(net, v).numpy().astype(float), dogs.predict(net, torch.tensor(d.x_test)).numpy()
    lines = [f"{i},{p:.4f}" for i, p in enumerate(dog)]
    (HERE / "validation.csv").write_text("\n".join(["id,dog", *lines]) + "\n")
    lines = [f"{i},{int(p >= 0.5)}" for i, p in enumerate(test)]
    (HERE / "predictions.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    right = np.where(d.y_val == 1, dog, 1 - dog)
    print("wrong", np.argsort(right)[:6], np.sort(right)[:6], "unsure", np.argsort(np.abs(dog - 0.5))[:6])
    print("valid", (right > 0.5).mean(), "test", ((test >= 0.5) == test_set()[1]).mean())


if __name__ == "__main__":
    if "--sheet" in sys.argv:
        draw_sheet()
    else:
        sys.path.insert(0, str(HERE))
        numpy_part()
        cnn_part()
        dogs_part()
