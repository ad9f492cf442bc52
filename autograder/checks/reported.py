"""Figures that a student reports, held against what the handed-in weights give: claims, histories, tables, six images.

A claim that does not hold costs the points for reporting and nothing else; both figures are shown side by side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .failure import Failure
from .pictures import Sheet
from .report import NAME, Report
from .training import Share, seen

POINT: Final = 0.01
"""One point of accuracy: how far a claim may be off."""
SUM: Final = 0.02
"""How far ten rounded probabilities may be from adding up to 1."""
_OPTIMIST: Final = "Report what these weights give, judged in mode eval, on all of the test images."


def claimed(
    report: Report,
    key: str,
    measured: float,
    within: float = POINT,
    *,
    of: str = "the weights that you handed in",
    others: int = 0,
    sheet: Sheet | None = None,
    hint: str = _OPTIMIST,
) -> Share:
    """All points if the accuracy at `key` is `measured` to a point, else a Failure with both, side by side.

    >>> return claimed(report, "mlp.test_accuracy", evaluate(net, d.x_test, d.y_test).accuracy, of="mlp.pt")

    Where it was measured on so many `others` than the student's images, chance (two standard errors) comes on top.
    Both are drawn, below what is on `sheet` already.
    """
    claim = report.number(key, 0, 1)
    if not 0 <= measured <= 1:
        raise ValueError(f"{key}: a measured accuracy of {measured} is none")
    chance = 2 * math.sqrt(measured * (1 - measured) / others) if others else 0.0
    drawn = sheet or Sheet(f"{key}: {claim:.2%} was reported and {measured:.2%} was measured.")
    wrong = abs(claim - measured) > within + chance + 1e-9
    drawn.heading(key)
    drawn.bars({"reported": claim, "measured": measured}, wrong=["reported"] if wrong else ())
    if not wrong:
        room = f"{100 * (within + chance):.2g}"
        said = f"{NAME}: {key} is what was measured, to {room} point{'' if room == '1' else 's'} of accuracy."
        return seen(said, drawn.svg())
    why = f"{NAME}: {key} is {claim:.2%}, but {of} give {measured:.2%}."
    raise drawing(Failure(why, hint, f"{NAME}: {key} is not what {of} give."), drawn)


def drawing(failure: Failure, sheet: Sheet) -> Failure:
    """The failure with what is on the sheet, for visible checks."""
    failure.drawing = sheet.svg()
    return failure


def history(
    report: Report,
    key: str,
    length: float | None = None,
    *,
    least: float = 0.0,
    most: float = math.inf,
    falls: float | None = None,
) -> list[float]:
    """The numbers at `key`, one an epoch: `length` of them, finite, from `least` to `most`.

    With `falls`, the last must be below that share of the first: 1.0 for any fall. Raises Failure otherwise.
    """
    found = report.numbers(key)
    if length is not None and len(found) != length:
        raise _wrong(f"{key} holds {len(found)} numbers for {length:g} epochs", "One for every epoch, from the first.")
    if any(not least <= number <= most for number in found):
        between = f"from {least:g} to {most:g}" if most < math.inf else f"{least:g} or more"
        raise _wrong(f"{key} holds a number that is not {between}", "")
    if falls is not None and len(found) > 1 and not found[-1] < falls * found[0]:
        hint = "Train until it does: another rate, more epochs? The newest epoch stands last."
        raise _wrong(f"{key} does not fall", hint)
    return found


def tried(
    report: Report, key: str, columns: Mapping[str, type[float] | type[str]], least: int = 2
) -> list[dict[str, Any]]:
    """The rows [[key]] of a table of settings, `least` or more, no two alike, each with a value in all `columns`."""
    rows = report[key]
    if not isinstance(rows, list) or len(rows) < least or not all(isinstance(row, dict) for row in rows):
        raise _wrong(f"{key} needs {least} rows or more", f"Each setting is one [[{key}]].")
    read = [
        {
            column: report.number(f"{key}.{n}.{column}") if kind is float else report.text(f"{key}.{n}.{column}")
            for column, kind in columns.items()
        }
        for n in range(len(rows))
    ]
    whole = [repr(sorted(row.items(), key=str)) for row in rows]
    if len(set(whole)) < len(whole):
        raise _wrong(f"two rows of {key} are the same", "What was changed?")
    return read


@dataclass(frozen=True)
class Case:
    """One image as it is reported: its place in the test set, its class, and what the network gives each class."""

    index: int
    label: int
    probabilities: NDArray[np.float64]

    @property
    def right(self) -> bool:
        return int(self.probabilities.argmax()) == self.label


def cases(report: Report, key: str, right: int = 3, wrong: int = 3, classes: int = 10) -> list[Case]:
    """The images [[key]] with `index`, `label` and `probabilities`: so many right and so many wrong, all different.

    Raises Failure where a row is none, or where its probabilities do not make it right or wrong as asked.
    """
    rows = report[key]
    if not isinstance(rows, list) or len(rows) != right + wrong or not all(isinstance(row, dict) for row in rows):
        said = f"{key} should be {right + wrong} images, {right} right and {wrong} wrong"
        raise _wrong(said, f"Each image is one [[{key}]] with index, label and probabilities.")
    found = [_case(report, f"{key}.{n}", classes) for n in range(len(rows))]
    if len({case.index for case in found}) < len(found):
        raise _wrong(f"{key} names an image twice", "")
    hits = sum(case.right for case in found)
    if hits != right:
        said = f"by their probabilities {hits} of the {len(found)} images in {key} are right, not {right}"
        raise _wrong(said, "An image is right if its own class has the largest probability.")
    return sorted(found, key=lambda case: not case.right)


def _case(report: Report, key: str, classes: int) -> Case:
    index, label = report.number(f"{key}.index", 0), report.number(f"{key}.label", 0, classes - 1)
    if index != int(index) or label != int(label):
        raise _wrong(f"{key}: index and label are whole numbers", "Both are counted from 0.")
    shares = np.array(report.numbers(f"{key}.probabilities", classes))
    if len(shares) != classes or not ((shares >= 0) & (shares <= 1)).all() or abs(shares.sum() - 1) > SUM:
        hint = "The softmax of the logits, over the classes of this image."
        raise _wrong(f"{key}.probabilities are not {classes} shares that add up to 1", hint)
    return Case(int(index), int(label), shares)


def true_cases(found: Sequence[Case], probabilities: ArrayLike, labels: ArrayLike, within: float = 0.02) -> None:
    """Fail unless each case is what was measured: probabilities (len(found), C) of these images, labels (N,) of all.

    The label must be the image's own, and no probability further off than `within`.
    """
    measured, truth = np.asarray(probabilities, float), np.asarray(labels)
    for case, own in zip(found, measured, strict=True):
        where = f"image {case.index}"
        if case.index >= len(truth) or int(truth[case.index]) != case.label:
            known = f"is of class {int(truth[case.index])}" if case.index < len(truth) else "is none of the test images"
            raise _wrong(f"{where} {known}, not {case.label}", "Count from 0, in the order of the test set.")
        worst = int(np.abs(own - case.probabilities).argmax())
        if abs(own[worst] - case.probabilities[worst]) > within:
            said = (
                f"{where} has {case.probabilities[worst]:.2f} for class {worst}; the weights give it {own[worst]:.2f}"
            )
            raise _wrong(said, "Load the weights that you hand in, in mode eval, and show what they give.")


def draw_cases(
    found: Sequence[Case],
    images: ArrayLike | None,
    names: Sequence[str] = (),
    title: str = "Images and their probabilities",
) -> Sheet:
    """The cases with their images (len(found), C, H, W), with values from 0 to 1, or None for images not at hand."""
    sheet = Sheet(title)
    sheet.answers(images, [case.label for case in found], [case.probabilities for case in found], names)
    return sheet


def _wrong(what: str, hint: str) -> Failure:
    return Failure(f"{NAME}: {what}.", hint, f"{NAME} is not what was asked for.")
