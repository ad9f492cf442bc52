"""Weights of a submission in its own network: each kind of file that is none ends in its own sentence."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import checkpoints
import pytest
import torch
from checkpoints import Bomb, framed, pt, repacked, safetensors, scripted, state, write
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Failure, NotGiven, parameters_of
from autograder.checks.weights import Weights
from autograder.model import Limits
from autograder.sandbox import local, tensors
from autograder.sandbox.files import content
from autograder.sandbox.student import Student


def weights_of(folder: Path, **limits: Any) -> tuple[Student, Weights]:
    student = Student(lambda: local.connect(folder), Limits(**limits), ["nets.py"])
    return student, Weights(student, lambda name, most: content(folder / name, most))


def says(folder: Path, name: str = "net.pt", **limits: Any) -> Failure:
    student, weights = weights_of(folder, **limits)
    with pytest.raises(Failure) as caught:
        weights(name, student.nets.net())
    return caught.value


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("net__pt", pt(state())),
        ("net__pt", pt({key: nn.half() for key, nn in state().items()})),
        ("net__pt", pt(state(), _use_new_zipfile_serialization=False)),
        ("net__pt", pt({key: torch.nn.Parameter(value) for key, value in state().items()})),
        ("net__safetensors", safetensors(state())),
    ],
    ids=["pt", "half", "legacy", "parameters", "safetensors"],
)
def test_weights_get_into_the_students_own_network(tmp_path: Path, name: str, file: bytes) -> None:
    student, weights = weights_of(write(tmp_path, **{name: file}))
    assert weights.given("net")
    assert weights.given(name.replace("__", "."))
    net = weights("net", student.nets.net())
    assert net.training is False
    for key, value in parameters_of(net).items():
        assert torch.tensor(value).allclose(state()[key], atol=1e-3)


def test_our_reader_agrees_with_the_safetensors_package(tmp_path: Path) -> None:
    torch_files = pytest.importorskip("safetensors.torch")
    arrays = state() | {"n": torch.arange(5), "empty": torch.zeros(0, 3), "half": torch.ones(2).bfloat16()}
    theirs = torch_files.save(arrays, metadata={"a": "b"})
    assert {k: v.tolist() for k, v in tensors.read(bytearray(theirs)).items()} == {
        k: v.tolist() for k, v in arrays.items()
    }


def test_no_file_and_two_files(tmp_path: Path) -> None:
    failure = says(write(tmp_path))
    assert isinstance(failure, NotGiven)
    assert failure.why == "net.pt is missing."
    assert failure.hint == 'Save the weights alone: torch.save(model.state_dict(), "net.pt").'
    write(tmp_path, net__pt=b"", net__safetensors=b"")
    assert says(tmp_path, "net").why == "net.safetensors and net.pt are both there; hand in one."


def changed(key: str, value: torch.Tensor | None) -> bytes:
    arrays = state()
    arrays.pop(key, None)
    return pt(arrays if value is None else arrays | {key: value})


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (changed("1.bias", None), "net.pt is of another network: it lacks 1.bias (8,)."),
        (
            changed("5.bias", torch.zeros(2)),
            "net.pt is of another network: it holds 5.bias (2,), which the network has not.",
        ),
        (
            pt({f"fc.{n}": torch.zeros(n) for n in range(9)}),
            "net.pt is of another network: it lacks 1.weight (8, 16), 1.bias (8,), 3.weight (3, 8), 3.bias (3,), "
            "and it holds fc.0 (0,), fc.1 (1,) and 7 more, which the network has not.",
        ),
        (
            changed("1.weight", torch.zeros(8, 17)),
            "net.pt: 1.weight has the shape (8, 17); in the network it has (8, 16).",
        ),
        (
            changed("1.weight", torch.zeros(8, 16).double()),
            "net.pt: 1.weight is float64; in the network it is float32.",
        ),
        (changed("3.bias", torch.tensor([1.0, torch.nan, 2.0])), "net.pt: 3.bias holds NaN or infinity."),
        (changed("3.bias", torch.tensor([1.0, torch.inf, 2.0])), "net.pt: 3.bias holds NaN or infinity."),
        (
            pt({f"module.{key}": value for key, value in state().items()}),
            "net.pt: every name begins with module., as in a network that was wrapped.",
        ),
        (pt({"epoch": 3, "model": state()}), "net.pt holds more than arrays by name: epoch, model."),
        (pt({"x": torch.zeros(3).to_sparse()}), "net.pt holds more than arrays by name: x."),
        (pt({"x": torch.zeros(1 << 40, device="meta")}), "net.pt holds more than arrays by name: x."),
        (pt([1, 2]), "net.pt holds a list, not a state dict."),
        (pt(torch.nn.Linear(2, 2)), "net.pt holds more than weights (torch.nn.modules.linear.Linear), so it was not"),
        (pt({"a": Bomb()}), "net.pt holds more than weights (eval), so it was not opened."),
        (scripted(), "net.pt is a TorchScript archive, which holds code: it was not opened."),
        (pt(state())[:-300], "net.pt is cut off or damaged, or no file of torch.save."),
        (pt(state())[:700], "net.pt is cut off or damaged, or no file of torch.save."),
        (b"", "net.pt is cut off or damaged, or no file of torch.save."),
        (b"PK\x03\x04" + bytes(100), "net.pt is cut off or damaged, or no file of torch.save."),
        (bytes(1 << 20), "net.pt is cut off or damaged, or no file of torch.save."),
        (repacked(pt(state()), zipfile.ZIP_DEFLATED), "net.pt unpacks to more than its own size, as no file of"),
        (repacked(pt(state()), data_pkl=bytes(5 << 20)), "net.pt is cut off or damaged, or no file of torch.save."),
        (safetensors(state()), "net.pt is cut off or damaged, or no file of torch.save."),
    ],
)
def test_what_is_wrong_with_a_pt_file(tmp_path: Path, file: bytes, why: str) -> None:
    failure = says(write(tmp_path, net__pt=file))
    assert failure.why.startswith(why)
    assert failure.why_hidden == "net.pt does not hold the weights of the network."
    assert not (tmp_path / "was-here").exists()


def entry(dtype: str, shape: list[Any], *offsets: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


def one(header: object, body: bytes = b"") -> bytes:
    return framed(json.dumps(header).encode(), body)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "is cut off"),
        (b"\xff" * 8, "is no safetensors file, or its header is too long"),
        (safetensors(state())[:-1], "is cut off"),
        (safetensors(state()) + b"x", "has bytes that belong to no array"),
        (framed(b"{", b""), "has a header that is no JSON"),
        (framed(b'{"a": NaN}', b""), "has a header that is no JSON"),
        (framed(b"[" * 100_000, b""), "has a header that is no JSON"),
        (framed(b'{"a": 1, "a": 1}', b""), "has the same array twice"),
        (one([]), "has a header that lists no arrays, or too many"),
        (one({str(n): 0 for n in range(20_000)}), "has a header that lists no arrays, or too many"),
        (one({"a": 1}), "has a header whose entries are not those of an array"),
        (one({"a": entry("F32", [True], 0, 4)}), "has a header whose entries are not those of an array"),
        (one({"a": entry("F32", [-1], 0, 4)}), "has a header whose entries are not those of an array"),
        (one({"a": entry("F32", [1] * 9, 0, 4)}), "has a header whose entries are not those of an array"),
        (one({"a": entry("F32", [1], 0, 4, 4)}), "has a header whose entries are not those of an array"),
        (one({"a": entry("F8", [1], 0, 1)}), "has an array of a dtype that is not known here"),
        (one({"a": entry("F32", [1 << 39, 1 << 39], 0, 4)}), "has an array whose bytes do not fit its shape"),
        (one({"a": entry("F32", [1], 4, 0)}), "has an array whose bytes do not fit its shape"),
        (one({"a": entry("F32", [1], 4, 8)}, bytes(8)), "has arrays that overlap, or bytes that belong to none"),
        (
            one({"a": entry("F32", [2], 0, 8), "b": entry("F32", [1], 4, 8)}, bytes(8)),
            "has arrays that overlap, or bytes that belong to none",
        ),
        (one({"a": entry("F32", [1 << 30], 0, 1 << 32)}), "is cut off"),
        (one({"a": entry("BOOL", [1], 0, 1)}, b"\x02"), "holds truth values in a that are neither 0 nor 1"),
    ],
)
def test_what_is_wrong_with_a_safetensors_file(tmp_path: Path, file: bytes, why: str) -> None:
    assert says(write(tmp_path, net__safetensors=file), "net.safetensors").why == f"net.safetensors {why}."


@given(st.binary(max_size=200), st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(header: bytes, body: bytes) -> None:
    for file in (header, framed(header, body)):
        with contextlib.suppress(tensors.TensorsError):
            tensors.read(bytearray(file))


def test_a_file_over_the_cap_is_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / "net.pt").open("wb") as file:
        file.truncate(4 << 30)
    assert says(tmp_path, weights_mb=64).why == "net.pt is larger than 64 MB."


def test_a_network_in_float64_is_named(tmp_path: Path) -> None:
    student, weights = weights_of(write(tmp_path, net__pt=pt({k: v.double() for k, v in state().items()})))
    with pytest.raises(Failure, match=r"The network's 1.weight is float64\."):
        weights("net", student.nets.net().double())


def test_what_is_no_network_is_named(tmp_path: Path) -> None:
    _, weights = weights_of(write(tmp_path, net__pt=pt(state())))
    with pytest.raises(Failure, match=r"The network is a list, not a model\."):
        weights("net", [1.0])


@pytest.mark.parametrize("told", [["?"], ["shape"], ["shape", "a"], ["keys", "a"], ["large", "1", "2"], ["loaded", ""]])
def test_a_worker_that_tells_anything_else(tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Student, "put_weights", lambda *_: told)
    assert says(write(tmp_path, net__pt=b"")).why == "net.pt could not be read."


def test_nets_source_is_python() -> None:
    compile(checkpoints.NETS, "nets.py", "exec")


def test_images_go_to_where_the_network_is() -> None:
    import torch

    from autograder.sandbox.weights import _beside

    there = torch.nn.Linear(2, 2, device="meta")  # a device that needs no hardware

    assert _beside(there, torch.ones(3, 2)).device.type == "meta"
    assert _beside(torch.nn.Flatten(), torch.ones(3, 2)).device.type == "cpu"
    assert _beside(lambda x: x, 5) == 5
