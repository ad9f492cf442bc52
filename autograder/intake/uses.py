"""Which names of other libraries a file writes out, as dotted paths from where they come: read token by token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from tokenize import NAME, TokenInfo


class Names:
    """Takes in a file line by line; `found` is then path, `torch.optim.Adam`, → line of its first use.

    What a name stands for is what the imports above say; who gives it another name by an assignment is not followed.
    """

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self._means: dict[str, str] = {}
        self._stars: list[str] = []

    def read(self, line: Sequence[TokenInfo]) -> None:
        """Take in one logical line, which may hold several statements."""
        for _, part in groupby(line, lambda token: token.string in (";", ":")):
            self._statement(list(part))

    def _statement(self, statement: Sequence[TokenInfo]) -> None:
        words = [token.string for token in statement]
        if words[:1] == ["import"]:
            for module, name in _pairs(words[1:]):
                self._means[name or module.partition(".")[0]] = module if name else module.partition(".")[0]
        elif words[:1] == ["from"] and "import" in words:
            middle = words.index("import")
            module = "".join(words[1:middle])
            for item, name in _pairs(words[middle + 1 :]):
                if item == "*":
                    self._stars.append(module)
                else:
                    self._means[name or item] = f"{module}.{item}"
                    self._note(f"{module}.{item}", statement[0].start[0])
        else:
            for chain, row in _chains(statement):
                first, dot, rest = chain.partition(".")
                if first in self._means:
                    self._note(f"{self._means[first]}{dot}{rest}", row)
                elif not dot:
                    for module in self._stars:
                        self._note(f"{module}.{first}", row)

    def _note(self, path: str, row: int) -> None:
        self.found.setdefault(path, row)


def is_within(path: str, forbidden: str) -> bool:
    """Whether `path` is the thing called `forbidden`, wherever below its module a library keeps it.

    >>> is_within("torch.nn.modules.batchnorm.BatchNorm2d", "torch.nn.BatchNorm2d")
    True
    """
    module, _, name = forbidden.rpartition(".")
    return path.startswith(f"{module}.") and name in path.removeprefix(f"{module}.").split(".")


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(dotted name, the name it is given or "") of the items between commas."""
    for comma, item in groupby((word for word in words if word not in "()"), lambda word: word == ","):
        if not comma:
            parts = list(item)
            at = parts.index("as") if "as" in parts else len(parts)
            yield "".join(parts[:at]), "".join(parts[at + 1 : at + 2])


def _chains(statement: Sequence[TokenInfo]) -> Iterator[tuple[str, int]]:
    """Names with what follows their dots, `nn.functional.dropout`, and the row where each begins."""
    place = 0
    while place < len(statement):
        token = statement[place]
        place += 1
        if token.type != NAME or (place > 1 and statement[place - 2].string == "."):
            continue
        chain = [token.string]
        while place + 1 < len(statement) and statement[place].string == "." and statement[place + 1].type == NAME:
            chain.append(statement[place + 1].string)
            place += 2
        yield ".".join(chain), token.start[0]
