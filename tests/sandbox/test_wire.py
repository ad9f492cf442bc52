"""Values cross exactly, and bytes that are none of ours raise WireError and nothing else."""

from __future__ import annotations

import contextlib
import json
import math
import pickle
import struct
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import wire
from autograder.sandbox.plain import DEPTH, DTYPES, INT_BITS, NODES, TENSORS
from autograder.sandbox.wire import WireError


class Held:
    """What the other side makes of a handle in these tests."""

    def __init__(self, about: dict[str, object]) -> None:
        self.about = about


def hold(x: object) -> dict[str, object]:
    return {"type": type(x).__name__}


def across(value: object) -> Any:
    """A value as it arrives on the other side."""
    tree, body = wire.encode(value, hold)
    header, data = wire.split(wire.pack({"v": tree}, body))
    return wire.decode(wire.parse(header)["v"], data, Held)


def same(a: Any, b: Any) -> bool:
    """Equal in type, in every bit, and in the order of keys."""
    if type(a) is not type(b):
        return False
    if type(a) is float:
        return struct.pack("<d", a) == struct.pack("<d", b)
    if type(a) is complex:
        return same(a.real, b.real) and same(a.imag, b.imag)
    if type(a) in (list, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) is dict:
        return same(list(a.items()), list(b.items()))
    if isinstance(a, np.ndarray | np.generic):
        return bool(a.dtype == b.dtype) and a.shape == b.shape and a.tobytes() == b.tobytes()
    return bool(a == b)


numbers = st.none() | st.booleans() | st.floats() | st.complex_numbers() | st.integers(-(2**4000) + 1, 2**4000 - 1)
texts = st.text(st.characters(exclude_categories=())) | st.binary()
dtypes = st.sampled_from([dtype for dtype in DTYPES.values() if dtype.char not in "gG"])
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
scalars = arrays.map(lambda a: a.reshape(-1)[0] if a.size and a.dtype.isnative else np.float32(0.5))
keys = st.recursive(numbers | texts | scalars, lambda inner: st.tuples(inner, inner), max_leaves=3)
values = st.recursive(
    numbers | texts | arrays | scalars,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=12,
)


@given(values)
@settings(deadline=None, max_examples=150)
def test_a_plain_value_crosses_exactly(value: object) -> None:
    assert same(across(value), value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        math.nan,
        struct.unpack("<d", b"\x01\0\0\0\0\0\xf4\xff")[0],
        [1, True, 1.0, "1", b"1", 1 + 0j],
        {1: "int", "1": "str", b"1": "bytes", 1.5: "float", (1, (None, "x")): "tuple"},
        {True: 1},
        {1.0: 1},
        {"b": 1, "a": 2},
        {np.int64(3): "numpy key"},
        "\ud83d\ude00 two lone surrogates are not 😀",
        2**INT_BITS - 1,
        np.float64(1.5),
        np.True_,
        np.longdouble(1) / 3,
        np.zeros((3, 0, 2)),
        np.array(2.5),
        np.array([True, False]),
        np.array([1 / np.longdouble(3)]),
        np.arange(3).astype(">i4"),
        np.zeros((1,) * 32, np.int8),
    ],
    ids=repr,
)
def test_what_json_or_raw_bytes_could_lose_is_kept(value: object) -> None:
    arrived = across(value)

    if isinstance(value, np.longdouble) or (isinstance(value, np.ndarray) and value.dtype == np.longdouble):
        assert arrived == value  # 6 of its 16 bytes are padding
        assert type(arrived) is type(value)
    else:
        assert same(arrived, value)


def test_an_array_arrives_fresh_writable_owned_and_in_c_order() -> None:
    sent = np.arange(24.0).reshape(2, 3, 4)[:, ::-1, ::2].T
    sent.flags.writeable = False

    arrived = across(sent)

    assert type(arrived) is np.ndarray
    assert arrived.flags.owndata
    assert arrived.flags.writeable
    assert arrived.flags.c_contiguous
    np.testing.assert_array_equal(arrived, sent)


def test_a_subclass_of_ndarray_crosses_as_its_base_data() -> None:
    class Liar(np.ndarray):
        def __array_ufunc__(self, *args: object, **kwargs: object) -> bool:
            return True

    arrived = across([np.ones(3).view(Liar), np.ma.masked_array([1.0, 2.0], [True, False])])

    assert [type(a) for a in arrived] == [np.ndarray, np.ndarray]
    np.testing.assert_array_equal(arrived[1], [1.0, 2.0])


@pytest.mark.parametrize("name", sorted(TENSORS))
def test_a_tensor_arrives_as_a_tensor(name: str) -> None:
    sent = torch.tensor([[1.0, 0.0], [3.0, 1.0]]).to(getattr(torch, name)).T

    arrived = across({"w": sent})["w"]

    assert type(arrived) is torch.Tensor
    assert arrived.dtype == sent.dtype
    assert torch.equal(arrived, sent)


def test_a_parameter_arrives_detached_and_an_empty_tensor_keeps_its_shape() -> None:
    weight, empty, zero_d = across([torch.nn.Parameter(torch.ones(2)), torch.zeros(0, 3), torch.tensor(2.0)])

    assert type(weight) is torch.Tensor
    assert not weight.requires_grad
    assert empty.shape == (0, 3)
    assert zero_d.shape == ()


def test_complex_views_arrive_resolved() -> None:
    z = torch.tensor([1 + 2j])

    assert torch.equal(across(z.conj()), torch.tensor([1 - 2j]))


class Truthy(int):
    pass


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Truthy(1),
        Point(1, 2),
        type("F", (float,), {})(1.0),
        type("L", (list,), {})(),
        iter(()),
        range(3),
        {1, 2},
        math,
        len,
        2**INT_BITS,
        np.array([object()]),
        np.zeros(2, "M8[s]"),
        np.zeros(2, "i4,f4"),
        np.array(["text"]),
        np.str_("text"),
        np.zeros((0, 1 << 40)),
        {Point(1, 2): "an odd key"},
        torch.ones(2, device="meta"),
        torch.eye(2).to_sparse(),
        np.dtype("f8"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_stays_behind_a_handle(value: object) -> None:
    [held] = across([value])

    assert type(held) is Held
    assert held.about == {"type": type(value).__name__}


def test_a_plain_container_crosses_with_handles_inside() -> None:
    arrived = across({"layers": [object(), 3]})

    assert type(arrived["layers"][0]) is Held
    assert arrived["layers"][1] == 3


def test_what_is_too_deep_too_many_or_too_long_is_refused_by_the_sender() -> None:
    loop: list[object] = []
    loop.append(loop)

    with pytest.raises(WireError, match=f"deeper than {DEPTH}"):
        across(loop)
    with pytest.raises(WireError, match="an array holds more"):
        across([0] * NODES)
    with pytest.raises(WireError, match="more than 1 MiB"):
        across(["x" * (1 << 20)])


def test_padding_of_long_doubles_carries_no_memory_along() -> None:
    if np.finfo(np.longdouble).nmant != 63:
        return  # this machine's long double has no padding
    raw = np.frombuffer(b"\xaa" * 64, np.uint8).copy()
    raw[[8, 9, 24, 25, 40, 41, 56, 57]] = 0x3F

    for sent in (raw.view(np.longdouble), raw.view(np.clongdouble), raw.view(np.longdouble).byteswap().view(">f16")):
        _, [data] = wire.encode(sent, hold)
        assert bytes(data).count(0) == 4 * 6
    tree, _ = wire.encode(raw.view(np.longdouble)[0], hold)
    assert isinstance(tree, dict)
    assert tree["n"][1].endswith("00" * 6)


ONE = {"a": ["<f8", [1]]}
MALFORMED: list[tuple[object, bytes]] = [
    (ONE, b"\0" * 7),
    (ONE, b"\0" * 9),
    (ONE, b""),
    ({"a": ["<f8", [-1]]}, b""),
    ({"a": ["<f8", [1 << 61, 1 << 61]]}, b""),
    ({"a": ["<f8", [1 << 70]]}, b""),
    ({"a": ["<f8", [True]]}, b"\0" * 8),
    ({"a": ["<f8", [1.0]]}, b"\0" * 8),
    ({"a": ["<f8", 1]}, b"\0" * 8),
    ({"a": ["<f8", [1], 0]}, b"\0" * 8),
    ({"a": ["<f8"]}, b""),
    ({"a": ["|O8", [1]]}, b"\0" * 8),
    ({"a": ["O", [1]]}, b"\0" * 8),
    ({"a": [["<f8"], [1]]}, b"\0" * 8),
    ({"a": ["<f8", [1] * 33]}, b"\0" * 8),
    ({"a": ["<f8", [0, 1 << 40]]}, b""),
    ({"a": ["|b1", [2]]}, b"\1\2"),
    ({"T": ["bool", [1]]}, b"\xff"),
    ({"T": ["float8", [1]]}, b"\0"),
    ({"T": [None, [1]]}, b"\0"),
    ({"n": ["<f8", "00"]}, b""),
    ({"n": ["<f8", "0g" * 8]}, b""),
    ({"n": ["<f8", "00" * 9]}, b""),
    ({"f": "00"}, b""),
    ({"f": 1}, b""),
    ({"c": [1, 2]}, b""),
    ({"c": [1.0]}, b""),
    ({"s": "%%"}, b""),
    ({"s": "/w=="}, b""),
    ({"b": -1}, b""),
    ({"b": 1}, b""),
    ({"b": True}, b"x"),
    ({"t": {}}, b""),
    ({"d": [1]}, b""),
    ({"d": [[], 1]}, b""),
    ({"d": [{"d": []}, 1]}, b""),
    ({"d": [ONE, 1]}, b"\0" * 8),
    ({"d": [1, "a", True, "b"]}, b""),
    ({"d": [part for k in range(40) for part in ((2**61 - 1) * k, 0)]}, b""),
    ({"h": 1}, b""),
    ({"x": 1}, b""),
    ({}, b""),
    ({"a": ["<f8", [0]], "t": []}, b""),
    (2**INT_BITS, b""),
    (-(2**INT_BITS), b""),
    (math.inf, b""),
    ([[]] * NODES, b""),
    (1, b"left over"),
]


@pytest.mark.parametrize(("tree", "body"), MALFORMED, ids=lambda part: repr(part)[:40])
def test_a_malformed_value_is_refused(tree: object, body: bytes) -> None:
    with pytest.raises(WireError):
        wire.decode(tree, body, Held)


def test_a_deep_tree_is_refused_and_so_is_a_deep_header() -> None:
    tree: object = 1
    for _ in range(DEPTH + 1):
        tree = [tree]

    with pytest.raises(WireError, match="deeply"):
        wire.decode(tree, b"", Held)
    with pytest.raises(WireError):
        wire.parse(b'{"v":' + b"[" * 500_000 + b"]" * 500_000 + b"}")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1,"a":2}',
        b'{"v":{"t":[],"t":[1]}}',
        b'{"v":NaN}',
        b'{"v":-Infinity}',
        b'{"v":' + b"9" * 5000 + b"}",
        b'{"v":"\xff"}',
        '{"v":1}'.encode("utf-16"),
        b'{"v":1} {"v":2}',
        pickle.dumps({"v": 1}),
    ],
    ids=lambda header: repr(header)[:30],
)
def test_a_header_that_is_no_json_object_of_ours_is_refused(header: bytes) -> None:
    with pytest.raises(WireError):
        wire.parse(header)


def test_a_number_too_large_for_a_float_is_no_infinity() -> None:
    tree = wire.parse(b'{"v":1e999}')["v"]

    with pytest.raises(WireError, match="too large"):
        wire.decode(tree, b"", Held)


def test_a_frame_is_taken_whole_or_not_at_all() -> None:
    frame = wire.pack({"v": 1}, [b"abc"])

    assert wire.split(frame) == (b'{"v":1}', memoryview(b"abc"))
    for wrong in (frame[:-1], frame + b"x", frame[:5], b""):
        with pytest.raises(WireError):
            wire.split(wrong)
    with pytest.raises(WireError, match="a header of"):
        wire.unpack_prefix(wire.PREFIX.pack((1 << 20) + 1, 0))


leaves = (
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=8) | st.sampled_from([*DTYPES])
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*"fcsbtdaTnhx"]), inner, max_size=2)
        | st.tuples(st.sampled_from([*DTYPES, *TENSORS]), st.lists(st.integers(0, 3), max_size=3)).map(
            lambda pair: {"a": [pair[0], pair[1]]}
        )
    ),
    max_leaves=10,
)


@given(trees, st.binary(max_size=64))
@settings(deadline=None, max_examples=300)
def test_no_tree_and_no_body_raise_anything_but_a_wire_error(tree: object, body: bytes) -> None:
    with contextlib.suppress(WireError):
        wire.decode(tree, body, Held)


@given(values, st.data())
@settings(deadline=None, max_examples=100)
def test_a_damaged_frame_raises_nothing_but_a_wire_error(value: object, data: st.DataObject) -> None:
    frame = bytearray(wire.pack({"v": wire.encode(value, hold)[0]}, wire.encode(value, hold)[1]))
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=4)):
        frame[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    with contextlib.suppress(WireError):
        header, body = wire.split(bytes(frame[:cut]))
        wire.decode(wire.parse(header).get("v"), body, Held)


def test_a_header_is_json_that_anyone_can_read() -> None:
    tree, body = wire.encode({"x": (1, np.zeros(2))}, hold)

    assert json.loads(json.dumps(tree)) == {"d": ["x", {"t": [1, {"a": ["<f8", [2]]}]}]}
    assert [bytes(part) for part in body] == [b"\0" * 16]
