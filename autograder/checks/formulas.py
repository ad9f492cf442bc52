"""Derivations as functions: a student's formula at random points, in any of the forms that a sheet accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_array
from .compare import STRICT
from .failure import Failure, kind_of
from .training import Share

Array = NDArray[np.float64]
Form = Callable[..., ArrayLike]

_RATIO: Final = 1e-9
"""How constant a ratio of two formulas must be to be called a factor."""
_ZERO_WORDS: Final = ("0", "0.0", "→0", "->0", "→ 0", "-> 0")


class Remote(Protocol):
    """A student's function: called with many argument tuples in one message."""

    def many(self, calls: Sequence[tuple[object, ...]]) -> list[object]: ...


@dataclass(frozen=True)
class Forms:
    """The accepted forms of an answer by name, and familiar wrong ones by the sentence that names the mistake."""

    accepted: Mapping[str, Form]
    familiar: Mapping[str, Form]


def one_of(accepted: Mapping[str, Form], *, but: Mapping[str, Form] | None = None) -> Forms:
    """Several right answers: the form that is met is named in the feedback. `but` maps sentences to wrong ones.

    >>> one_of({"the exact count": lambda n, L, K: (3 * L - 1) * n * K**2, "the official 3nLK²": lambda …})
    """
    if not accepted:
        raise ValueError("one_of() needs at least one accepted form")
    return Forms(dict(accepted), dict(but or {}))


def formula(
    f: Remote,
    forms: Forms | Form,
    points: Sequence[tuple[Any, ...]],
    name: str,
    *,
    rtol: float = STRICT,
    reason: str = "",
    hint: str = "",
) -> Share:
    """All points if `f` is one and the same accepted form at all `points`; Failure if it is none of them.

    Each point is a tuple of arguments: numbers or arrays; results are numbers or arrays of the shape that a form gives.
    Every value is judged by itself, relative and without a floor, so that 1e-9 is no zero.
    """
    if rtol > STRICT and not reason.strip():
        raise ValueError(f"rtol={rtol} is looser than {STRICT}: say why with reason=")
    if len(points) < 2:
        raise ValueError("a formula is judged at two points at least; at one, a constant would pass")
    known = forms if isinstance(forms, Forms) else one_of({"": forms})
    wanted = {form: _values(function, points, name) for form, function in known.accepted.items()}
    shapes = next(iter(wanted.values()))
    got = [_value(value, want, name, hint) for value, want in zip(f.many(list(points)), shapes, strict=True)]
    for form, values in wanted.items():
        if _all_near(got, values, rtol):
            return Share(1.0, f"It is {form}." if form else "")
    raise _failure(got, shapes, known, points, name, rtol, hint)


def extremum(given: object, value: float, name: str, *, attained: bool | None = None, hint: str = "") -> None:
    """Fail unless `given` says that a maximum, minimum, supremum or infimum is `value`.

    Accepted are a number; for a limit of 0 that is not attained also "→0"; and a pair (number, attained). With
    `attained` the pair is asked for, or a dict with `value` and `attained`, and its second part is judged too.
    """
    number, said = given, None
    if type(given) is dict and set(given) == {"value", "attained"}:
        number, said = given["value"], given["attained"]
    elif type(given) in (tuple, list) and len(given) == 2:  # type: ignore[arg-type]
        number, said = given  # type: ignore[misc]
    if type(number) is str and number.strip() in _ZERO_WORDS:
        number = 0.0
    if number is None or type(number) in (str, bool):
        raise Failure(f"{name} is {kind_of(number)}, not a number.", hint, f"{name} is not a number.")
    found = as_array(number, name, hint)
    if found.ndim or found.dtype.kind not in "iuf" or not np.isfinite(found):
        raise Failure(f"{name} is not one finite number.", hint, f"{name} is not one finite number.")
    if not abs(float(found) - value) <= STRICT * abs(value):
        raise Failure(f"{name} is not {float(found):.6g}.", hint, f"{name} has the wrong value.")
    if attained is None:
        return
    if type(said) is not bool:
        raise Failure(f"{name} does not say whether it is attained: write (number, True) or (number, False).", hint)
    if said is not attained:
        raise Failure(f"{name} is {'not ' if said else ''}attained.", hint, f"{name}: whether it is attained is wrong.")


def _values(function: Form, points: Sequence[tuple[Any, ...]], name: str) -> list[Array]:
    values = [np.asarray(function(*point), dtype=np.float64) for point in points]
    if not all(np.isfinite(value).all() for value in values):
        raise ValueError(f"{name}: an accepted form is not finite at every point; draw them where it is")
    return values


def _value(given: object, want: Array, name: str, hint: str) -> Array:
    array = as_array(given, name, hint)
    if array.dtype.kind not in "iuf":
        raise Failure(
            f"{name} gives {array.dtype.name} values, not real numbers.", hint, f"{name} gives no real numbers."
        )
    if array.shape != want.shape:
        # One number is one number, whether it came as 3.0, [3.0] or array(3.0).
        if array.size != 1 or want.size != 1:
            said = f"{name} gives an array of another shape than was asked for"
            raise Failure(f"{said}: {array.shape}, not {want.shape}.", hint, f"{said}.")
        array = array.reshape(want.shape)
    if not np.isfinite(array).all():
        raise Failure(f"{name} gives NaN or infinity.", hint, f"{name} gives NaN or infinity.")
    return array.astype(np.float64)


def _all_near(got: list[Array], want: list[Array], rtol: float) -> bool:
    return all(bool((np.abs(g - w) <= rtol * np.abs(w)).all()) for g, w in zip(got, want, strict=True))


def _failure(
    got: list[Array],
    want: list[Array],
    known: Forms,
    points: Sequence[tuple[Any, ...]],
    name: str,
    rtol: float,
    hint: str,
) -> Failure:
    looks = next((s for s, f in known.familiar.items() if _all_near(got, _values(f, points, name), rtol)), "")
    looks = looks or _factor(got, want) or ("it is 0 where it is small" if not any(g.any() for g in got) else "")
    off = next(n for n, (g, w) in enumerate(zip(got, want, strict=True)) if not _all_near([g], [w], rtol))
    ending = f"; {looks}" if looks else ""
    at = ", ".join(_short(argument) for argument in points[off])
    why = f"{name}({at}) is {_short(got[off])} where {_short(want[off])} was expected{ending}."
    return Failure(why, hint, f"{name} has the wrong value{ending}.")


def _factor(got: list[Array], want: list[Array]) -> str:
    """The one number by which the answer is too large everywhere, if there is one."""
    above, below = (np.concatenate([part.reshape(-1) for part in parts]) for parts in (got, want))
    if not above.all() or not below.all():
        return ""
    with np.errstate(over="ignore"):
        ratios = above / below
    if not np.isfinite(ratios).all() or np.ptp(ratios) > _RATIO * abs(ratios[0]):
        return ""
    return (
        "its sign is the wrong way round"
        if abs(ratios[0] + 1) < _RATIO
        else f"it is {ratios[0]:.4g} times the right value"
    )


def _short(value: object) -> str:
    array = np.asarray(value)
    if array.size == 1:
        return f"{array.reshape(-1)[0]:.6g}"
    return f"[{', '.join(f'{number:.3g}' for number in array.reshape(-1)[:6])}{', …' if array.size > 6 else ''}]"
