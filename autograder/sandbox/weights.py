"""A submission's trained weights, read where its code runs and put into its own network; what is wrong is told as data.

Of a `.pt` file only a state dict is read, with torch's `weights_only`: no code of the file is ever called.
"""

from __future__ import annotations

import re
import sys
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from autograder.sandbox import tensors

PICKLE_BYTES: Final = 4 << 20
"""A state dict's pickle holds names and shapes alone: that of a network of a hundred layers has some 20 KB."""
SHOWN: Final = 6
_GLOBAL: Final = re.compile(r"GLOBAL (\S+)|class (\S+) |Type (\S+) ")
_HALVES: Final = ("float16", "bfloat16")


class _Wrong(Exception):  # noqa: N818 it is an answer, told to the student in a sentence
    """What is wrong with a file: a kind, and words for the sentence."""

    def __init__(self, kind: str, *words: str) -> None:
        super().__init__(kind)
        self.words = [kind, *(word[:200] for word in words)]


def load(folder: Path, name: str, model: Any, most: int) -> list[str]:
    """Put the weights in `folder`/`name` into `model`, and bring it into mode eval.

    Returns ["loaded", how many numbers], or what is wrong: a kind and words, which whoever asked makes a sentence of.
    What the model's own methods raise goes through.
    """
    try:
        with _opened(folder / name, most) as file:
            arrays = _safe(file) if name.endswith(".safetensors") else _pickled(file)
        _fit(arrays, model.state_dict())
    except _Wrong as wrong:
        return wrong.words
    model.load_state_dict(arrays)
    model.eval()
    return ["loaded", str(sum(value.numel() for value in arrays.values()))]


def infer(model: Any, value: Any, watch: bool) -> object:
    """`model(*args, **kwargs)`, with no gradients recorded."""
    args, kwargs = value
    torch = sys.modules.get("torch")
    if torch is None:
        return model(*args, **kwargs)
    if torch.cuda.is_initialized():
        args = tuple(_beside(model, x) for x in args)
    with torch.no_grad():
        return model(*args, **kwargs)


def _beside(model: Any, x: Any) -> Any:
    """`x` on the device where the model's first parameter is: after a training run that is a GPU."""
    first = next(iter(model.parameters()), None) if hasattr(model, "parameters") else None
    return x.to(first.device) if first is not None and hasattr(x, "to") else x


def infer_many(model: Any, value: Any, watch: bool) -> object:
    """`[model(*args), ...]`, with no gradients recorded."""
    return [infer(model, (args, {}), watch) for args in value]


def _opened(path: Path, most: int) -> BinaryIO:
    try:
        if path.stat().st_size > most:
            raise _Wrong("large", str(most >> 20))
        return path.open("rb")
    except OSError:
        raise _Wrong("absent") from None


def _safe(file: BinaryIO) -> dict[str, Any]:
    try:
        return dict(tensors.read(bytearray(file.read())))
    except tensors.TensorsError as error:
        raise _Wrong("unsafe", str(error)) from None


def _pickled(file: BinaryIO) -> dict[str, Any]:
    """The state dict in a file of `torch.save`."""
    import torch

    if file.read(2) == b"PK":
        _look_through(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = torch.load(file, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:
        text = str(error)[:5000]
        if "eights" in text and (found := _GLOBAL.search(text)):
            what: str = next(filter(None, found.groups()))
            raise _Wrong("code", what.removeprefix("builtins.")) from None  # torch before 2.7 says where a name is from
        raise _Wrong("damaged") from None
    if not isinstance(held, Mapping):
        raise _Wrong("other", type(held).__name__)
    if len(held) > tensors.ARRAYS:
        raise _Wrong("other", f"dict of {len(held)}")
    if strange := [str(key)[:40] for key, value in held.items() if not _is_array(torch, key, value)]:
        raise _Wrong("nested", ", ".join(strange[:SHOWN]))
    return {key: value.detach() for key, value in held.items()}


def _look_through(file: BinaryIO) -> None:
    """Refuse an archive that unpacks to more than it is, and one of another kind, before torch opens it."""
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise _Wrong("damaged") from None
    names = [entry.filename for entry in entries]
    if any("/code/" in name or name.endswith("/constants.pkl") for name in names):
        raise _Wrong("script")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise _Wrong("packed")
    if sum(entry.file_size for entry in entries) > file.seek(0, 2):
        raise _Wrong("packed")
    if not any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        raise _Wrong("damaged")
    if any(entry.filename.endswith("data.pkl") and entry.file_size > PICKLE_BYTES for entry in entries):
        raise _Wrong("damaged")


def _is_array(torch: Any, key: object, value: Any) -> bool:
    return (
        type(key) is str
        and type(value) in (torch.Tensor, torch.nn.Parameter)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


def _fit(arrays: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Whether `arrays` are the network's own by name, shape and dtype, and finite."""
    lacking = [f"{key} {_shape(own[key])}" for key in own if key not in arrays]
    odd = [f"{key} {_shape(arrays[key])}" for key in arrays if key not in own]
    for prefix in ("module.", "_orig_mod."):
        if odd and all(key.startswith(prefix) for key in arrays):
            raise _Wrong("prefix", prefix)
    if lacking or odd:
        raise _Wrong("keys", *(_some(names) for names in (lacking, odd)))
    for key, value in own.items():
        if tuple(arrays[key].shape) != tuple(value.shape):
            raise _Wrong("shape", key, _shape(arrays[key]), _shape(value))
    for key, value in own.items():
        given, wanted = (str(t.dtype).removeprefix("torch.") for t in (arrays[key], value))
        if wanted == "float64":
            raise _Wrong("double", key)
        if given != wanted and not (wanted == "float32" and given in _HALVES):
            raise _Wrong("dtype", key, given, wanted)
        if arrays[key].is_floating_point() and not bool(arrays[key].isfinite().all()):
            raise _Wrong("nan", key)


def _shape(value: Any) -> str:
    return str(tuple(value.shape))


def _some(names: list[str]) -> str:
    if len(names) <= SHOWN:
        return ", ".join(name[:100] for name in names)
    return ", ".join(name[:100] for name in names[:2]) + f" and {len(names) - 2} more"
