"""`weights`: a submission's trained weights, put into its own network where its code runs, or a sentence why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .failure import Failure, NotGiven, is_handle, plain
from .networks import model_of, parameters_of
from .sketch import MOST, sketch

Keep = Callable[[str, Callable[[], str]], None]
"""(file, what makes its sketch): made once for each file of a submission."""
ENDINGS: Final = (".safetensors", ".pt")

_ALONE: Final = 'Save the weights alone: torch.save(model.state_dict(), "{file}").'
_AGAIN: Final = "Save it once more, and look at its size before and after it is zipped."
_SAME: Final = "The weights must be those of the network as it stands in the file that you hand in."
_SENTENCES: Final[dict[str, tuple[int, str, str]]] = {
    "absent": (0, "{file} is missing.", _ALONE),
    "large": (1, "{file} is larger than {0} MB.", "Hand in the weights of one network, as float32 or float16."),
    "unsafe": (1, "{file} {0}.", _AGAIN),
    "damaged": (0, "{file} is cut off or damaged, or no file of torch.save.", _AGAIN),
    "packed": (0, "{file} unpacks to more than its own size, as no file of torch.save does.", _AGAIN),
    "script": (0, "{file} is a TorchScript archive, which holds code: it was not opened.", _ALONE),
    "code": (1, "{file} holds more than weights ({0}), so it was not opened.", _ALONE),
    "other": (1, "{file} holds a {0}, not a state dict.", _ALONE),
    "nested": (1, "{file} holds more than arrays by name: {0}.", _ALONE),
    "prefix": (
        1,
        "{file}: every name begins with {0}, as in a network that was wrapped.",
        'Save the network inside: torch.save(model.{0}state_dict(), "{file}").',
    ),
    "shape": (3, "{file}: {0} has the shape {1}; in the network it has {2}.", _SAME),
    "dtype": (3, "{file}: {0} is {1}; in the network it is {2}.", "Call model.float() before you save it."),
    "double": (1, "The network's {0} is float64.", "Keep the network in float32: images come as float32."),
    "nan": (1, "{file}: {0} holds NaN or infinity.", "Did the training diverge? Try a smaller learning rate."),
}
"""A kind that the worker tells → how many words come with it, what is said of it, and what to do."""


class Weights:
    """`net = weights("mlp.pt", student.mnist.mlp())`: the same network with trained weights, in mode eval."""

    def __init__(self, student: Any, file: Callable[[str, int], bytes | None], keep: Keep | None = None) -> None:
        """`file` gives the first bytes of a file of the submission, or None; `keep` takes a sketch of what it holds."""
        self._student, self._file, self._keep = student, file, keep

    def given(self, name: str) -> bool:
        """Whether there is such a file; a name without an ending stands for one of ENDINGS."""
        return any(self._file(file, 1) is not None for file in _files(name))

    def __call__(self, name: str, net: Any, what: str = "the network") -> Any:
        """`net`, which the submission made, with the weights of a file put into it, and in mode eval.

        A name without an ending stands for one of ENDINGS. Raises NotGiven where there is no such file, and Failure
        for weights that are none, or another network's.
        """
        net = model_of(net, what)
        if not is_handle(net):
            raise TypeError("weights() takes a network that the submission made")
        there = [file for file in _files(name) if self._file(file, 1) is not None]
        if not there:
            file = _files(name)[-1]
            raise NotGiven(f"{file} is missing.", _ALONE.format(file=file), f"{file} is missing.")
        if len(there) > 1:
            raise Failure(f"{' and '.join(there)} are both there; hand in one.", hidden="Hand in one file of weights.")
        told = self._student.put_weights(net, there[0])
        if len(told) != 2 or told[0] != "loaded" or not told[1].isdecimal():
            raise _failure(there[0], told)
        if self._keep is not None and int(told[1][:12]) <= MOST:
            self._keep(there[0], lambda: sketch(parameters_of(net)))
        return net


def _files(name: str) -> tuple[str, ...]:
    return (name,) if name.endswith(ENDINGS) else tuple(name + ending for ending in ENDINGS)


def _failure(file: str, told: list[str]) -> Failure:
    """The sentence for what the worker told, which may be anything."""
    kind, *words = (plain(word, 200) for word in told)
    hidden = f"{file} does not hold the weights of the network."
    if kind == "keys" and len(words) == 2:
        lacks, odd = words
        parts = [f"it lacks {lacks}" if lacks else "", f"it holds {odd}, which the network has not" if odd else ""]
        return Failure(f"{file} is of another network: {', and '.join(filter(None, parts))}.", _SAME, hidden)
    number, says, hint = _SENTENCES.get(kind, (0, "{file} could not be read.", ""))
    if len(words) != number:
        number, says, hint = 0, "{file} could not be read.", ""
    return Failure(says.format(*words, file=file), hint.format(*words, file=file), hidden)
