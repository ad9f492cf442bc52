"""Which layers and optimisers of torch a submission's code makes or calls while it runs: seen where it runs.

Where a sheet wants them written by hand, this tells staff who took the library's. It is advice, because code can hide
from whoever watches it from the same process; what a student's own class computes is for a check of values to decide.
"""

from __future__ import annotations

from typing import Any, Final

from .inside import inside

NORMS: Final = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "local_response_norm", "rms_norm")
DROPS: Final = tuple(f"{kind}dropout" for kind in ("", "alpha_", "feature_", "feature_alpha_", "native_"))
RULES: Final = ("adam", "adamw", "adagrad", "adadelta", "adamax", "nadam", "radam", "rmsprop", "rprop", "asgd", "lbfgs")
"""Optimisers beyond plain gradient descent."""
MOST: Final = 20

# Three ways to see it: an object that is made, a function of torch's Python side, and the kernel below it.
_WATCH: Final = """
def watch(function, args, words, rules):
    import sys
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode
    seen = {}

    def note(name):
        seen.setdefault(name, len(seen))

    def named(kind, inside, beyond):
        for base in kind.__mro__:
            if base.__module__.startswith(inside):
                return "" if base.__name__ in beyond else base.__name__
        return ""

    def wrap(owner, name, look):
        kept = getattr(owner, name)
        def watched(*args, **kwargs):
            look(*args, **kwargs)
            return kept(*args, **kwargs)
        setattr(owner, name, watched)
        return owner, name, kept

    def layer(self, *args, **kwargs):
        name = named(type(self), "torch.nn.", ("Module",))
        if any(word in name.lower() for word in ("norm", "dropout")):
            note("torch.nn." + name)

    def optimiser(self, params=None, defaults=None, *args, **kwargs):
        name = named(type(self), "torch.optim.", ("Optimizer",))
        more = [key for key in ("momentum", "nesterov") if (defaults or {}).get(key)]
        if name and (name != "SGD" or more):
            note("torch.optim." + name + "".join(" with " + key for key in more))

    def rule(name):
        return lambda *args, **kwargs: note("torch.optim." + name + "." + name)

    def called(name):
        plain = name.split(".")[0].strip("_").removeprefix("cudnn_").removeprefix("native_").removeprefix("fused_")
        for word in words:
            if plain.startswith(word.removeprefix("native_")):
                return True
        return "fused" in name and any(plain.startswith(word) for word in rules)

    class Functions(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            name = getattr(function, "__name__", "")
            if called(name):
                note(("torch.nn.functional." if hasattr(torch.nn.functional, name) else "torch.") + name)
            return function(*args, **(kwargs or {}))

    class Kernels(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            name = function.__name__
            if called(name):
                note("torch.ops.aten." + name)
            return function(*args, **(kwargs or {}))

    undo = [wrap(torch.nn.Module, "__init__", layer), wrap(torch.optim.Optimizer, "__init__", optimiser)]
    for name in rules:
        module = sys.modules.get("torch.optim." + name)
        if hasattr(module, name):
            undo.append(wrap(module, name, rule(name)))
    try:
        with Functions(), Kernels():
            function(*args)
    finally:
        for owner, name, kept in undo:
            setattr(owner, name, kept)
    return list(seen)
"""


def borrowed(student: Any, function: Any, *args: object) -> tuple[str, ...]:
    """What of torch's normalisation, dropout and optimisers is used while the submission's `function(*args)` runs.

    Plain SGD is not among them, and neither is an optimiser or a layer of the student's own that begins from torch's
    `Optimizer` or `Module`. The names are told from where the submission runs, so they may lack some.
    """
    told = inside(student, _WATCH, "watch")(function, list(args), [*NORMS, *DROPS], list(RULES))
    names = [name for name in told[:MOST] if _exists(name)] if isinstance(told, list) else []
    return _without_echoes(names)


def _exists(name: object) -> bool:
    """Whether torch has it: whatever else is told could be anything."""
    if not isinstance(name, str) or len(name) > 80 or not name.startswith("torch."):
        return False
    if name in {f"torch.optim.{rule}.{rule}" for rule in RULES}:
        return True
    import torch

    found: object = torch
    for part in name.partition(" ")[0].split(".")[1:]:
        found = getattr(found, part, None)
    return found is not None and name.partition(" ")[2] in ("", "with momentum", "with momentum with nesterov")


def _without_echoes(names: list[str]) -> tuple[str, ...]:
    """Without the functions and kernels that a layer or an optimiser already named is known to call."""
    made = [name for name in names if name.rpartition(".")[2][:1].isupper()]
    heads = {_stem(name) for name in made}
    kept = made + [name for name in names if name not in made and _stem(name) not in heads]
    told: dict[str, str] = {}
    for name in kept:
        told.setdefault(name if name in made else _stem(name), name)
    return tuple(told.values())


def _stem(name: str) -> str:
    """What a name is about, whoever says it: batchnorm, dropout, adam."""
    last = name.removeprefix("torch.").lower()
    words = [*NORMS, "dropout", *RULES]
    return next((word.replace("_", "") for word in words if word.replace("_", "") in last.replace("_", "")), last)
