"""Group C of the list: objects that lie about themselves."""

from __future__ import annotations

from raid import Attack

AN_OBJECT = "is not an array."

ALWAYS_EQUAL = Attack(
    "C1",
    "always-equal",
    "data",
    """
class Yes:
    "Agrees with everybody."

    __hash__ = object.__hash__
    __array_priority__ = 1e9
    __array_ufunc__ = None
    shape, dtype, ndim, size = (5, 3), np.dtype(float), 2, 15

    def agree(self, *others):
        return True

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = agree

    def number(self, *others):
        return 0.0

    __float__ = __abs__ = __neg__ = __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = number
    __int__ = __index__ = __round__ = lambda self: 3
    __len__ = lambda self: 3


yes = Yes()


def double(x):
    return yes


def count(x):
    return yes


def loss(x, y):
    return yes


def triple(t):
    return yes


class Meter:
    total = yes

    def add(self, value):
        pass


class Model:
    def scores(self, x):
        return yes


class Net:
    params = {"w": yes, "b": yes}

    def parameters(self):
        return [type("P", (), {"size": 8})]
""",
    says={
        "check_double_of_ones": "double(x) is a Yes, not an array.",
        "check_double_of_draws": "double(x) is not an array.",
        "check_count_of_three": "count(x) is a Yes; 3 was expected.",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_loss": AN_OBJECT,
        "check_meter": AN_OBJECT,
        "check_triple": AN_OBJECT,
        "check_train": "scores is not an array.",
        "check_net": AN_OBJECT,
    },
    fools="output",
)

LYING_NUMBERS = Attack(
    "C2",
    "lying-numbers",
    "data",
    """
def agreeing(kind):
    "A number like any other but for what it is compared with."
    yes = lambda self, *others: True
    lies = {f"__{name}__": yes for name in ("eq", "ne", "lt", "le", "gt", "ge", "bool")}
    lies |= {f"__{name}__": lambda self, *others: type(self)(0) for name in ("sub", "rsub", "abs", "neg")}
    return type(kind.__name__, (kind,), {**lies, "__hash__": kind.__hash__, "__repr__": lambda self: "3"})


F, I, S = agreeing(float), agreeing(int), agreeing(np.float64)


def count(x):
    return I(1)


def loss(x, y):
    return F(0.0)


class Meter:
    total = S(1.0)

    def add(self, value):
        pass
""",
    says={
        "check_count_of_three": "count(x) is a whole number; 3 was expected.",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_loss": AN_OBJECT,
        "check_meter": AN_OBJECT,
    },
    fools="output",
)

ARRAY_SUBCLASS = Attack(
    "C3",
    "array-subclass",
    "data",
    """
class Agreeing(np.ndarray):
    __array_priority__ = 1e9

    def __array_function__(self, function, types, args, kwargs):
        return True

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.ones((5, 3), bool).view(Agreeing)

    def __array_wrap__(self, array, *more):
        return np.ones((5, 3), bool)

    def all(self, *args, **kwargs):
        return True

    any = mean = sum = max = all
    shape = property(lambda self: (5, 3))


def lying(x):
    return np.zeros(np.shape(x)).view(Agreeing)


def double(x):
    return lying(x)


def loss(x, y):
    return np.zeros(()).view(Agreeing)


class Model:
    def scores(self, x):
        return lying(x[:, 0])


def train(x, y):
    return Model()
""",
    says={
        "check_double_of_ones": "every entry is zero",
        "check_double_of_draws": "every entry is zero",
        "check_loss": "the wrong value",
    },
    fools="output",
)

MASKED = Attack(
    "C3",
    "masked-and-object-arrays",
    "data",
    """
class Yes:
    __eq__ = __le__ = __lt__ = lambda self, other: True
    __hash__ = None
    __sub__ = __rsub__ = __abs__ = __mul__ = lambda self, *other: self
    __float__ = lambda self: 2.0


def double(x):
    return np.ma.masked_array(np.zeros(np.shape(x)), mask=True)


def triple(t):
    return np.full(tuple(t.shape), Yes(), dtype=object)


class Meter:
    total = np.array(Yes(), dtype=object)

    def add(self, value):
        pass


class Model:
    def scores(self, x):
        return np.rec.array(np.zeros(len(x), dtype=[("score", float)]))


def train(x, y):
    return Model()
""",
    says={
        "check_double_of_ones": "every entry is zero",
        "check_double_of_draws": "every entry is zero",
        "check_meter": AN_OBJECT,
        "check_triple": AN_OBJECT,
        "check_train": AN_OBJECT,
    },
)

TENSOR_SUBCLASS = Attack(
    "C4",
    "tensor-subclass",
    "data",
    """
import torch


class Agreeing(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("allclose", "equal", "eq", "isclose"):
            print("asked to compare", flush=True)
            return True
        return super().__torch_function__(function, types, args, kwargs or {})


def triple(t):
    return t.as_subclass(Agreeing)
""",
    fools="output",
)

HOSTILE_TENSOR = Attack(
    "C4",
    "tensor-that-answers-nonsense",
    "data",
    """
import torch


class Nonsense(torch.Tensor):
    asked = 0

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        cls.asked += 1
        return True


def triple(t):
    nonsense = t.as_subclass(Nonsense)
    print("a tensor that answers nonsense", flush=True)
    return nonsense
""",
    says={"check_triple": AN_OBJECT},
    prints=("a tensor that answers nonsense",),
)

NAN = Attack(
    "C5",
    "nan",
    "data",
    """
def double(x):
    return np.full(np.shape(x), np.nan)


def loss(x, y):
    return float("nan")


def triple(t):
    return t * float("nan")


class Meter:
    total = float("nan")

    def add(self, value):
        pass
""",
    says={
        "check_double_of_ones": "double(x): every entry is NaN.",
        "check_double_of_draws": "double(x) holds NaN or infinity.",
        "check_loss": "loss(x, y) holds NaN or infinity.",
        "check_meter": "meter.total holds NaN or infinity.",
        "check_triple": "triple(t) holds NaN or infinity.",
    },
    fools="output",
)

BROADCAST = Attack(
    "C6",
    "empty-arrays-that-broadcast",
    "data",
    """
import torch


def double(x):
    return np.empty((0, *np.shape(x)))


def triple(t):
    return torch.empty((0, *t.shape))


class Model:
    def scores(self, x):
        return np.ones((2, len(x)))


def train(x, y):
    return Model()
""",
    says={
        "check_double_of_ones": "double(x) has shape (0, 3); (3,) was expected.",
        "check_double_of_draws": "double(x) has the wrong shape.",
        "check_triple": "triple(t) has the wrong shape.",
        "check_train": "scores should be one row of scores a sample.",
    },
    fools="output",
)

SMALL_SHAPES = Attack(
    "C6",
    "scalars-and-extra-axes",
    "data",
    """
def double(x):
    return 2.0


def loss(x, y):
    return np.square(x - y).mean(keepdims=True)


def triple(t):
    return (3 * t)[None]
""",
    says={
        "check_double_of_ones": "double(x) has shape (); (3,) was expected.",
        "check_double_of_draws": "double(x) has the wrong shape.",
        "check_loss": "loss(x, y) has the wrong shape; the axes of length 1 differ",
        "check_triple": "triple(t) has the wrong shape; the axes of length 1 differ",
    },
)

SPY = '''
import sys


class Spy:
    """Looks who asks, and says what they want to hear."""

    def wanted(self):
        frame = sys._getframe()
        while frame is not None:
            for name in ("want", "expected", "target"):
                if name in frame.f_locals:
                    return frame.f_locals[name]
            frame = frame.f_back
        return 0.0

    def __array__(self, *args, **kwargs):
        return np.asarray(self.wanted())

    def __eq__(self, other):
        return other == self.wanted()

    def __float__(self):
        return float(self.wanted())

    __hash__ = object.__hash__
'''

STATEFUL = Attack(
    "C7",
    "answers-by-who-asks",
    "data",
    SPY
    + """
def double(x):
    return Spy()


class Meter:
    asked = 0

    def add(self, value):
        pass

    @property
    def total(self):
        self.asked += 1
        return Spy() if self.asked > 1 else Spy().wanted()


def triple(t):
    return (row for row in 3 * t)


class Model:
    def scores(self, x):
        return {"scores": iter(range(len(x)))}
""",
    says={
        "check_double_of_ones": "double(x) is a Spy, not an array.",
        "check_double_of_draws": "double(x) is not an array.",
        "check_meter": AN_OBJECT,
        "check_triple": "triple(t) is not an array.",
        "check_train": "scores is not an array.",
    },
    fools="output",
)

ALIASING = Attack(
    "C8",
    "aliasing",
    "data",
    """
import gc

import torch


def double(x):
    x[...] = 0.0
    return x


def count(x):
    x[:] = -1.0
    return 0


def triple(t):
    with torch.no_grad():
        t.zero_()
    return t


arrays = [thing for thing in gc.get_objects() if type(thing) is np.ndarray and thing.flags.writeable]
for array in arrays:
    if array.dtype.kind == "f":
        array[...] = 0.0
""",
    says={
        "check_double_of_ones": "every entry is zero",
        "check_double_of_draws": "double changed its argument x in place.",
        "check_count_of_three": "count(x) is 0; 3 was expected.",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_triple": "every entry is zero",
    },
    fools="output",
)

HIDDEN_WEIGHTS = Attack(
    "C9",
    "hidden-weights",
    "data",
    """
SECRET = np.random.default_rng(0).normal(size=(3, 2))


class Few(list):
    def __len__(self):
        return 2


class Net:
    "Names eight parameters, and computes with others."

    def __init__(self):
        self.kept = {"w": np.zeros((3, 2)), "b": np.zeros(2)}

    params = property(lambda self: self.kept, lambda self, value: None)
    __class__ = property(lambda self: dict)

    def parameters(self):
        return Few([np.zeros(8)])

    def forward(self, x):
        return x @ SECRET + 1.0
""",
    says={"check_net": "With other parameters put in, the net does not compute what its layers should."},
    fools="output",
)

LYING_COUNT = Attack(
    "C9",
    "lying-count",
    "data",
    """
class Slim(np.ndarray):
    "An array of twelve that says it has six."

    size = property(lambda self: 6)
    shape = property(lambda self: (3, 2))
    __len__ = lambda self: 3


class Slimming(dict):
    def __len__(self):
        return 2

    def items(self):
        return [("w", np.zeros((3, 2))), ("b", np.zeros(2))]


class Net:
    def __init__(self):
        wide = np.ones((3, 4)).view(Slim)
        self.params = {"w": wide, "b": np.zeros(2)}

    def parameters(self):
        return [np.ones((3, 4)).view(Slim), np.zeros(2)]

    def forward(self, x):
        return np.asarray(x) @ np.ones((3, 2))


class Meter:
    total = Slimming(total=1.0)

    def add(self, value):
        pass
""",
    says={"check_net": "The net has not 8 parameters.", "check_meter": AN_OBJECT},
    fools="output",
)

CLOSING = """
import json
import os


def leave():
    with open("results.json", "w") as file:
        json.dump({"score": 20}, file)
    os._exit(0)
"""

MALICIOUS_EXCEPTION = Attack(
    "C10",
    "malicious-exceptions",
    "data",
    CLOSING
    + """
class Talks(AssertionError):
    outcome, why, why_hidden, score = "passed", "all is well", "all is well", 1.0

    def __str__(self):
        print("str() was called", flush=True)
        leave()

    __repr__ = __str__


class Lies(Exception):
    outcome = "passed"
    __class__ = property(lambda self: KeyboardInterrupt)
    __traceback__ = property(lambda self: 1 / 0)
    __cause__ = property(lambda self: 1 / 0)

    def __str__(self):
        raise SystemExit(0)


class Chatty(Exception):
    def __str__(self):
        return "expected 42\\x1b[31m " * 1_000_000


def double(x):
    raise Talks


def count(x):
    raise Lies("quiet")


def loss(x, y):
    raise Chatty


def triple(t):
    raise ExceptionGroup("many", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])


class Meter:
    def __init__(self):
        raise type("Passed: all 12 checks", (Exception,), {})("with the best wishes")
""",
    says={
        "check_double_of_ones": "made Python crash or exit.",
        "check_double_of_draws": "made Python crash or exit.",
        "check_count_of_three": "Lies",
        "check_count_of_draws": "raised an exception",
        "check_loss": "raised an exception",
        "check_triple": "raised ExceptionGroup",
        "check_meter": "raised an exception",
    },
    prints=("str() was called",),
    fools="file",
)

ENDLESS_EXCEPTION = Attack(
    "C10",
    "endless-exception",
    "budget",
    """
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def triple(t):
    raise Endless
""",
    says={"check_triple": "did not finish in time."},
)

REPR_BOMB = Attack(
    "C11",
    "repr-bombs",
    "data",
    CLOSING
    + """
class Bomb:
    def __repr__(self):
        leave()

    __str__ = __format__ = __repr__


Long = type("A" * 5_000_000, (), {"__repr__": lambda self: "B" * 10_000_000})
Deep = type("Deep", (), {"__repr__": lambda self: repr(self)})


class Metaname(type):
    __name__ = property(lambda kind: leave())


class Named(metaclass=Metaname):
    pass


def double(x):
    return Long()


def count(x):
    return Deep()


class Meter:
    total = Bomb()

    def add(self, value):
        pass


def triple(t):
    nested = []
    nested.append(nested)
    return nested


class Model:
    def scores(self, x):
        return Named()


def train(x, y):
    return Model()
""",
    says={
        "check_double_of_ones": "double(x) is an AAAA",
        "check_double_of_draws": "double(x) is not an array.",
        "check_count_of_three": "count(x) is a Deep; 3 was expected.",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_meter": "meter.total is not an array.",
        "check_triple": "triple returned too much.",
        "check_train": "made Python crash or exit.",
    },
    fools="file",
)

ATTACKS = [
    ALWAYS_EQUAL,
    LYING_NUMBERS,
    ARRAY_SUBCLASS,
    MASKED,
    TENSOR_SUBCLASS,
    HOSTILE_TENSOR,
    NAN,
    BROADCAST,
    SMALL_SHAPES,
    STATEFUL,
    ALIASING,
    HIDDEN_WEIGHTS,
    LYING_COUNT,
    MALICIOUS_EXCEPTION,
    ENDLESS_EXCEPTION,
    REPR_BOMB,
]
