"""Fetching a real set: from a server of our own, broken off and gone on with, and each failure one line."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import madesets
import numpy as np
import pytest
import typer
from torchvision import datasets

from autograder import cli, progress
from autograder.data import DataError, fetch, folder


class Server(ThreadingHTTPServer):
    """Serves `files` by name, of each at most `most` bytes at once; `asked` are the requests so far."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.most, self.resumes = 1 << 30, True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name, span = self.path.lstrip("/"), self.headers.get("Range", "")
        self.server.asked.append((name, span))
        if name not in self.server.files:
            self.send_error(404)
            return
        content = self.server.files[name]
        begun = int(span.removeprefix("bytes=").removesuffix("-")) if self.server.resumes else 0
        if begun and begun >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if begun else 200)
        self.send_header("Content-Length", str(len(content) - begun))
        self.end_headers()
        self.wfile.write(content[begun : begun + self.server.most])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One that has MNIST, CIFAR-10 and QMNIST, and torchvision's addresses and checksums changed to these files'."""
    made = tmp_path / "made"
    madesets.mnist(made, packed=True)
    madesets.qmnist(made)
    madesets.cifar10(made, monkeypatch)
    with Server() as one:
        for path in sorted(made.glob("*/raw/*")):
            packed = path.read_bytes()
            name = path.name if path.suffix == ".gz" else f"{path.name}.gz"
            one.files[name] = packed if path.suffix == ".gz" else gzip.compress(packed, mtime=0)
        with io.BytesIO() as buffer:
            with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
                tar.add(made / "cifar-10-batches-py", "cifar-10-batches-py")
            one.files["cifar-10-python.tar.gz"] = buffer.getvalue()
        sums = {name: hashlib.md5(content).hexdigest() for name, content in one.files.items()}
        ours = [(name, sums[name]) for name, _ in datasets.MNIST.resources]
        monkeypatch.setattr(datasets.MNIST, "resources", ours)
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{one.address}empty/", one.address])
        monkeypatch.setattr(datasets.CIFAR10, "url", f"{one.address}cifar-10-python.tar.gz")
        monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", sums["cifar-10-python.tar.gz"])
        test = [(one.address + name, sums[name]) for name in sums if name.startswith("qmnist")]
        monkeypatch.setattr(datasets.QMNIST, "resources", {**datasets.QMNIST.resources, "test": test})
        thread = Thread(target=one.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def test_what_is_fetched_can_be_loaded_and_is_not_fetched_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place, told = tmp_path / "new" / "data", list[tuple[str, int, int | None]]()
    for name in ("mnist", "cifar10", "qmnist"):
        said = fetch.fetch(name, place, lambda *seen: told.append(seen))
        assert said == f"{name} is in {place}"
    assert {file for file, done, total in told if done == total} == set(server.files)
    data = folder.load(folder.REAL["mnist"], place)
    assert (data.x_train.shape, data.x_test.shape) == ((36, 1, 28, 28), (20, 1, 28, 28))
    assert folder.load(folder.REAL["cifar10"], place).x_train.shape == (45, 3, 32, 32)
    assert "QMNIST" in data.unseen(np.random.default_rng(0)).how
    asked = len(server.asked)
    for name in ("mnist", "cifar10", "qmnist"):
        fetch.fetch(name, place)
    assert len(server.asked) == asked
    assert not list(place.rglob("*.part"))


@pytest.mark.parametrize("resumes", [True, False])
def test_a_download_that_was_broken_off_goes_on(server: Server, tmp_path: Path, resumes: bool) -> None:
    server.most = 1000
    file = next(name for name, _ in datasets.MNIST.resources)
    with pytest.raises(DataError, match=rf"{file} cannot be had: .* \(the connection ended early\); run the same comm"):
        fetch.fetch("mnist", tmp_path)
    part = tmp_path / "MNIST" / "raw" / f"{file}.part"
    assert part.read_bytes() == server.files[file][:1000]
    server.most, server.resumes = 1 << 30, resumes
    fetch.fetch("mnist", tmp_path)
    assert (file, "bytes=1000-") in server.asked
    assert (tmp_path / "MNIST" / "raw" / file).read_bytes() == server.files[file]


def test_a_part_that_is_whole_already_is_taken_and_one_of_other_bytes_thrown_away(
    server: Server, tmp_path: Path
) -> None:
    (file, _), (other, _) = datasets.MNIST.resources[:2]
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / f"{file}.part").write_bytes(server.files[file])
    (raw / f"{other}.part").write_bytes(b"?" * 10)
    with pytest.raises(DataError, match=rf"{other} cannot be had: what 127\.0\.0\.1 gives has another checksum"):
        fetch.fetch("mnist", tmp_path)
    assert (raw / file).is_file()
    fetch.fetch("mnist", tmp_path)


def test_an_address_that_has_nothing_is_one_line(server: Server, tmp_path: Path) -> None:
    server.files.clear()
    with pytest.raises(DataError) as caught:
        fetch.fetch("cifar10", tmp_path)
    assert str(caught.value) == (
        "cifar-10-python.tar.gz cannot be had: 127.0.0.1 does not give it (HTTP Error 404: Not Found); "
        "run the same command again to go on"
    )


def test_what_nobody_may_pass_on_says_what_to_do(tmp_path: Path) -> None:
    for name in fetch.BY_HAND:
        with pytest.raises(DataError, match=f"{name}: .*, in {tmp_path}"):
            fetch.fetch(name, tmp_path)
    with pytest.raises(DataError, match="minst: there is no set of that name to fetch; there are mnist, fashion_mnist"):
        fetch.fetch("minst", tmp_path)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"^mnist: .*file/data cannot be filled: [^\n]*$"):
        fetch.fetch("mnist", tmp_path / "file" / "data")


def test_on_a_terminal_each_file_has_a_bar(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for terminal in (True, False):
        monkeypatch.setattr("sys.stderr.isatty", lambda there=terminal: there)
        with progress.fetching() as seen:
            fetch.fetch("mnist", tmp_path / str(terminal), seen)
        said = capsys.readouterr().err
        assert [name in said for name, _ in datasets.MNIST.resources] == [terminal] * 4


def test_the_command_says_where_the_set_is_and_needs_a_folder(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    app = typer.main.get_command(cli.app)
    app(["data", "fetch", "mnist", "--data", str(tmp_path)], standalone_mode=False)
    assert capsys.readouterr().out == f"mnist is in {tmp_path}\n"
    with pytest.raises(DataError, match="mnist: where to"):
        app(["data", "fetch", "mnist"], standalone_mode=False)
