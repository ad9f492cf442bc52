"""Whether a backward was worked out, or asks somebody else: another library's autograd, or differences of its forward.

Either gives right numbers, so no comparison can object. What runs while the backward runs is seen where it runs; code
that hides from whoever watches it from the same process gains nothing but that this check is silent.
"""

from __future__ import annotations

from typing import Any, Final

from .failure import Failure
from .inside import inside

OFTEN: Final = 8
"""Forward calls in one backward: to compute it once more, for each of a few inputs, is nothing to wonder at."""

# A profile function hears of every call, of Python's functions and of C's: torch's engine is one of the latter.
_WATCH: Final = """
def watch(function, args, engines):
    import sys
    forwards, asked = {}, []

    def listen(frame, event, what):
        if event == "call":
            name = frame.f_code.co_name
            if "forward" in name and not frame.f_code.co_filename.startswith((sys.prefix, sys.base_prefix)):
                forwards[name] = forwards.get(name, 0) + 1
            elif name in engines and (frame.f_globals.get("__name__") or "").split(".")[0] in ("jax", "autograd"):
                asked.append(name)
        elif event == "c_call" and getattr(what, "__name__", "") in engines:
            asked.append(what.__name__)

    before = sys.getprofile()
    sys.setprofile(listen)
    try:
        function(*args)
    finally:
        sys.setprofile(before)
    return [max(forwards.values(), default=0), len(asked)]
"""
_ENGINES: Final = ("run_backward", "vjp", "grad", "value_and_grad")


def by_formula(student: Any, backward: Any, *args: object, name: str) -> None:
    """Fail where `backward(*args)`, called `name`, takes its gradients from an autograd or from differences.

    >>> by_formula(student, student.layers.fc_backward, dout, cache, name="fc_backward")

    For assignments whose handout asks for the formula. The call runs under a profiler: give it small arrays.
    """
    told = inside(student, _WATCH, "watch")(backward, list(args), list(_ENGINES))
    forwards, asked = told if isinstance(told, list) and len(told) == 2 else (0, 0)
    if isinstance(asked, int) and asked > 0:
        said = f"{name} takes its gradients from a library's autograd."
        raise Failure(said, f"Write the formula: {_WHY}", said)
    if isinstance(forwards, int) and forwards > OFTEN:
        raise Failure(
            f"{name} runs a forward pass {forwards:,} times: it differentiates numerically.",
            f"Write the formula: {_WHY}",
            hidden=f"{name} runs a forward pass again and again: it differentiates numerically.",
        )


_WHY: Final = "how the chain rule looks for this layer is what is asked."
