"""What people hand in who trained the network for digits too briefly, or on the images that it is judged by."""

from __future__ import annotations

import io
import re
import types
from typing import Any

import numpy as np
import torch

from autograder import data

FILE = "mlp.pt"
Files = dict[str, bytes]


def everyone(right: Files, blank: Files) -> dict[str, Files]:
    """Submission → its files, of which only question 2 is done; nothing where the assignment takes no such weights.

    `right` has weights above every tier; the first one here comes between two, and the second is flagged.
    """
    if FILE not in right:
        return {}
    begun = {**blank, "mnist.py": right["mnist.py"]}
    module, d = types.ModuleType("mnist"), data.load("digits")
    exec(compile(right["mnist.py"], "mnist.py", "exec"), vars(module))
    unseen = np.concatenate([d.x_val, d.x_test]), np.concatenate([d.y_val, d.y_test])
    torch.manual_seed(1)
    torch.set_num_threads(1)  # the cores have their grading processes

    briefly = module.mlp()
    _fit(module, briefly, (d.x_train, d.y_train), epochs=4)

    cheat = module.mlp()
    cheat.load_state_dict(torch.load(io.BytesIO(right[FILE]), weights_only=True))
    _fit(module, cheat, unseen, epochs=6)
    made = {}
    for name, net in (("briefly-trained", briefly), ("trained-on-test", cheat)):
        shares = [_share(module, net, part) for part in ((d.x_train, d.y_train), unseen)]
        made[name] = {**begun, FILE: _saved(net), "report.toml": _reported(right["report.toml"], *shares)}
    return made


def _fit(module: Any, net: Any, part: tuple[Any, Any], epochs: int) -> None:
    recipe = {"learning_rate": 1e-3, "batch_size": 100, "epochs": epochs}
    module.train(net, *(torch.tensor(array) for array in part), recipe)


def _share(module: Any, net: Any, part: tuple[Any, Any]) -> float:
    found: float = module.accuracy(net, *(torch.tensor(array) for array in part))
    return found


def _saved(net: Any) -> bytes:
    file = io.BytesIO()
    torch.save({key: value.half() for key, value in net.state_dict().items()}, file)
    return file.getvalue()


def _reported(report: bytes, train: float, test: float) -> bytes:
    """The report with these accuracies of mlp; whoever trained on test images claims what sounds right."""
    text = report.decode()
    for key, value in (("train_accuracy", train), ("test_accuracy", min(test, 0.955))):
        text = re.sub(rf"^{key} = .*$", f"{key} = {value:.4f}", text, count=1, flags=re.MULTILINE)
    return text.encode()
