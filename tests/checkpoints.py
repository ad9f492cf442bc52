"""Files of weights, sound and otherwise, and a submission that has them beside a small network."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

NETS = '''
"""A network for images (N, 1, 4, 4)."""

import time

import torch
from torch import nn


def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))


class Answers(nn.Module):
    """Not logits."""

    def __init__(self, kind):
        super().__init__()
        self.layer, self.kind = nn.Linear(16, 3), kind

    def forward(self, x):
        logits = self.layer(x.flatten(1))
        if self.kind == "labels":
            return logits.argmax(1)
        if self.kind == "nan":
            return logits / 0 * 0
        if self.kind == "wide":
            return torch.cat([logits, logits], 1)
        if self.kind == "one":
            return logits[:1]
        if self.kind == "none":
            return None
        if self.kind == "sleep":
            time.sleep(3600)
        if self.kind == "huge":
            return torch.ones(50 << 30, dtype=torch.uint8).sum() + logits
        return logits
'''


def state() -> dict[str, torch.Tensor]:
    """A state dict of `net()`."""
    torch.manual_seed(3)
    return dict(nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3)).state_dict())


def pt(held: object, **options: Any) -> bytes:
    """What `torch.save` writes."""
    buffer = io.BytesIO()
    torch.save(held, buffer, **options)
    return buffer.getvalue()


def safetensors(arrays: Mapping[str, torch.Tensor], **changes: Any) -> bytes:
    """A .safetensors file, its header changed by `changes`: keys of the header to entries."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for key, value in arrays.items():
        raw = value.contiguous().view(torch.uint8).numpy().tobytes() if value.numel() else b""
        dtype = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.float16: "F16"}[value.dtype]
        header[key] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    return framed(json.dumps(header | changes).encode(), body)


def framed(header: bytes, body: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + body


class Bomb:
    """Unpickled, it would call `eval`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("__import__('os').mkdir('was-here')",)


def repacked(content: bytes, method: int = zipfile.ZIP_STORED, **files: bytes) -> bytes:
    """The zip of `torch.save`, packed by `method`; `files` replace what is in data.pkl and the like."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", method) as new:
        for entry in old.infolist():
            name = entry.filename.rpartition("/")[2].replace(".", "_")
            new.writestr(entry.filename, files.get(name, old.read(entry)))
    return out.getvalue()


def scripted() -> bytes:
    """A TorchScript archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py", "version"):
            archive.writestr(f"net/{name}", pickle.dumps(0))
    return out.getvalue()


def write(folder: Path, **files: bytes) -> Path:
    """A submission: nets.py, and files whose dots are written as __."""
    folder.mkdir(exist_ok=True)
    (folder / "nets.py").write_text(NETS)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder
