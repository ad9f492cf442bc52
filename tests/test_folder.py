"""Real sets from a data folder: torchvision's loaders on tiny files, what is kept of them, and what is unseen."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import madesets
import numpy as np
import pytest

from autograder.data import DataError, channel_statistics, folder, keeping, load, names, shelf, unseen, use
from autograder.data.unseen import shifted


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, chosen, and a cache of its own."""
    chosen = tmp_path / "data"
    chosen.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AUTOGRADER_DATA", str(chosen))
    return chosen


@pytest.mark.parametrize(("name", "kind"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_grey_images_are_read_as_the_kits_digits_are(place: Path, name: str, kind: str) -> None:
    (x, y), (x_test, y_test) = madesets.mnist(place, kind)
    data = load(name)
    assert (data.name, data.asked, data.folder) == (name, name, place)
    assert (data.x_train.shape, data.x_val.shape, data.x_test.shape) == (
        (36, 1, 28, 28),
        (4, 1, 28, 28),
        (20, 1, 28, 28),
    )
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.int64)
    assert np.array_equal(np.concatenate([data.x_train, data.x_val])[:, 0], x.astype(np.float32) / np.float32(255))
    assert np.array_equal(np.concatenate([data.y_train, data.y_val]), y)
    assert np.array_equal(np.rint(data.x_test[:, 0] * 255), x_test)
    assert np.array_equal(data.y_test, y_test)
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 0


def test_cifar10_passes_torchvisions_checksums(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (x, y), (x_test, y_test) = madesets.cifar10(place, monkeypatch)
    data = load("cifar10")
    assert data.x_train.shape == (45, 3, 32, 32)
    assert np.array_equal(np.rint(np.concatenate([data.x_train, data.x_val]) * 255), x)
    assert np.array_equal(np.concatenate([data.y_train, data.y_val]), y)
    assert np.array_equal(np.rint(data.x_test * 255), x_test)
    assert np.array_equal(data.y_test, y_test)


def test_cifar10_with_another_checksum_is_refused_in_one_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madesets.cifar10(place, monkeypatch)
    batch = place / "cifar-10-batches-py" / "test_batch"
    batch.write_bytes(batch.read_bytes() + b" ")
    with pytest.raises(DataError) as caught:
        load("cifar10")
    assert str(caught.value) == (
        f"cifar10: {place} holds it in part or damaged (Dataset not found or corrupted); "
        f"this mends it: autograder data fetch cifar10 --data {place}"
    )


def test_dogs_and_cats_are_cut_to_squares_and_mixed(place: Path) -> None:
    madesets.dogs_vs_cats(place)
    data = load("dogs_vs_cats")
    assert data.x_train.shape == (25, 3, 64, 64)
    assert (len(data.x_val), len(data.x_test)) == (2, 3)
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert np.array_equal(x.mean((1, 2, 3)) > 0.5, y == 1)
    assert 0 < data.y_train[:12].sum() < 12


def test_what_the_folder_lacks_is_said_with_the_command_that_gets_it(place: Path) -> None:
    for name in folder.REAL:
        with pytest.raises(DataError) as caught:
            load(name)
        assert str(caught.value) == (
            f"{name}: {place} does not hold it; this gets it: autograder data fetch {name} --data {place}"
        )


def test_a_packed_file_that_torchvision_does_not_know_is_refused(place: Path) -> None:
    madesets.mnist(place)
    (place / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"another")
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz: not the file that torchvision's checksum is of"):
        load("mnist")


@pytest.mark.parametrize("damage", [b"", b"\0\0\x08\x03\0\0", b"\0\0\x0d\x03" + b"\0" * 12])
def test_damaged_files_are_one_line(place: Path, damage: bytes) -> None:
    madesets.mnist(place)
    (place / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(damage)
    with pytest.raises(DataError, match=r"^mnist: .* holds it in part or damaged \(.*\); this mends it: [^\n]*$"):
        load("mnist")


def test_a_folder_that_is_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="nowhere: is no folder"):
        use(tmp_path / "nowhere")
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere, which AUTOGRADER_DATA names, is no folder"):
        load("mnist")
    assert load("digits").name == "digits"


@pytest.mark.parametrize(
    ("asked", "name"),
    [("mnist", "digits"), ("fashion_mnist", "digits"), ("cifar10", "shapes"), ("dogs_vs_cats", "cats_dogs")],
)
def test_without_a_folder_the_kits_own_set_stands_in_and_says_so(
    monkeypatch: pytest.MonkeyPatch, asked: str, name: str
) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA")
    data = load(asked)
    assert (data.name, data.asked, data.folder) == (name, asked, None)
    assert data.checksum == load(name).checksum
    assert data.told == f"{name} in place of {asked}, sha256 {data.checksum}"
    assert load(name).told == f"{name}, sha256 {data.checksum}"


def test_all_names_are_listed_with_where_they_come_from(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madesets.mnist(place)
    said = dict(shelf.listed())
    assert tuple(said) == names()
    assert (said["mnist"], said["cifar10"], said["digits"]) == (
        f"from {place}",
        f"not in {place}",
        "installs with the kit",
    )
    monkeypatch.delenv("AUTOGRADER_DATA")
    assert dict(shelf.listed())["cifar10"] == "shapes, which installs with the kit; no data folder is chosen"


# --- what is kept -------------------------------------------------------------------------------------------------


def test_a_set_is_converted_once_and_then_mapped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madesets.mnist(place)
    first = load("mnist")

    def refused(name: str) -> object:
        raise AssertionError(f"{name} was read again")

    monkeypatch.setattr(folder, "torchvision", refused)
    again = folder.load(folder.REAL["mnist"], place)
    assert (again.checksum, again.kept) == (first.checksum, first.kept)
    assert again.checksum == keeping.digest(again.arrays())
    assert isinstance(again.x_train.base, np.memmap)


def test_other_files_are_read_anew(place: Path) -> None:
    madesets.mnist(place)
    first = load("mnist")
    path = place / "MNIST" / "raw" / "train-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    again = folder.load(folder.REAL["mnist"], place)
    assert again.checksum != first.checksum
    assert again.kept != first.kept


def test_a_cache_that_was_broken_off_or_is_damaged(place: Path) -> None:
    madesets.mnist(place)
    kept = load("mnist").kept
    assert kept is not None
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    (kept / "about.json").unlink()
    assert folder.load(folder.REAL["mnist"], place).kept == kept
    (kept / "x_val.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=r"cannot be read \(.*\); remove that folder"):
        folder.load(folder.REAL["mnist"], place)
    shutil.rmtree(kept)
    assert folder.load(folder.REAL["mnist"], place).x_val.shape == (4, 1, 28, 28)


def test_a_cache_that_cannot_be_written_is_said(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madesets.mnist(place)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written \(.*\); name another in XDG_CACHE_HOME"):
        load("mnist")


# --- unseen images ------------------------------------------------------------------------------------------------


def test_qmnists_other_digits_are_unseen_ones_of_mnist(place: Path) -> None:
    madesets.mnist(place)
    x, y = madesets.qmnist(place)
    found = unseen(load("mnist"), np.random.default_rng(1))
    assert (len(found.x), found.how) == (20, "20 images of QMNIST that are not in MNIST")
    there = {image.tobytes(): int(label) for image, label in zip(x, y, strict=True)}
    bytes_of = [np.rint(image[0] * 255).astype(np.uint8).tobytes() for image in found.x]
    assert [there[image] for image in bytes_of] == found.y.tolist()
    assert len(set(bytes_of)) == 20
    assert (load("mnist").unseen(np.random.default_rng(2)).x != found.x).any()


def test_cifar10_1_are_unseen_ones_of_cifar10(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madesets.cifar10(place, monkeypatch)
    x = madesets.cifar10_1(place / "CIFAR-10.1" / "datasets")
    found = unseen(load("cifar10"), np.random.default_rng(1), 100)
    assert found.how == "12 images of CIFAR-10.1"
    assert np.array_equal(np.rint(found.x * 255), x.transpose(0, 3, 1, 2))
    assert found.y.tolist() == [n % 10 for n in range(12)]


@pytest.mark.parametrize("what", ["data", "labels"])
def test_files_that_are_no_cifar10_1_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    madesets.cifar10(place, monkeypatch)
    madesets.cifar10_1(place)
    np.save(place / f"cifar10.1_v6_{what}.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"CIFAR-10\.1: .* is not of shape"):
        unseen(load("cifar10"), np.random.default_rng(1))
    (place / f"cifar10.1_v6_{what}.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match="holds it damaged"):
        unseen(load("cifar10"), np.random.default_rng(1))


def test_test_images_are_shifted_where_there_are_no_others() -> None:
    data = load("digits")
    x, y, how = unseen(data, np.random.default_rng(1))
    assert how == "500 test images of digits in another order, each shifted by up to 2 pixels"
    assert x.shape == data.x_test.shape
    assert np.bincount(y).tolist() == [50] * 10
    assert not {image.tobytes() for image in x} & {image.tobytes() for image in data.x_test}
    # A digit's ink stays within its frame, so that only what the edge cuts off is lost.
    assert abs(x.sum() / data.x_test.sum() - 1) < 0.01
    assert len(unseen(data, np.random.default_rng(1), 7).x) == 7


@pytest.mark.parametrize("farthest", [1, 2])
def test_every_shift_but_none_at_all_is_drawn_and_edges_fill_what_comes_into_view(farthest: int) -> None:
    image = np.arange(36.0, dtype=np.float32).reshape(1, 1, 6, 6)
    moved = shifted(np.repeat(image, 600, axis=0), np.random.default_rng(0), farthest)
    found = {one.tobytes() for one in moved}
    padded, around = np.pad(image[0, 0], farthest, mode="edge"), range(2 * farthest + 1)
    every = {padded[i : i + 6, j : j + 6].tobytes() for i in around for j in around if (i, j) != (farthest, farthest)}
    assert found == every


def test_a_shift_by_no_pixel_is_refused() -> None:
    with pytest.raises(ValueError, match="up to 0 pixels are the same images"):
        unseen(load("digits"), np.random.default_rng(1), farthest=0)
    assert unseen(load("digits"), np.random.default_rng(1), 9, farthest=1).how.endswith("each shifted by a pixel")


@pytest.mark.parametrize("name", ["shapes", "cats_dogs"])
def test_made_images_are_drawn_anew_from_the_runs_own_seed(name: str) -> None:
    data = load(name)
    one, again, other = (unseen(data, np.random.default_rng(seed), 40) for seed in (1, 1, 2))
    assert one.how == f"40 new images of {name}, drawn for this run"
    assert (one.x.shape[1:], one.x.dtype) == (data.x_test.shape[1:], np.float32)
    assert np.array_equal(one.x, again.x)
    assert np.array_equal(one.y, again.y)
    assert (one.x != other.x).any()
    assert set(one.y.tolist()) == set(data.y_train.tolist())


def test_what_has_no_images_or_no_labels_cannot_be_shifted() -> None:
    with pytest.raises(ValueError, match="binary has no labelled test images"):
        unseen(load("binary"), np.random.default_rng(1))
    with pytest.raises(ValueError, match="0 images of digits"):
        unseen(load("digits"), np.random.default_rng(1), 0)


# --- statistics ---------------------------------------------------------------------------------------------------


def test_channel_statistics_are_those_of_all_pixels_at_once() -> None:
    x = np.random.default_rng(0).normal(3, [[[[1]], [[2]], [[5]]]], (4301, 3, 4, 5))
    mean, deviation = channel_statistics(x)
    assert np.allclose(mean, x.mean((0, 2, 3)), rtol=1e-12)
    assert np.allclose(deviation, x.std((0, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("shape", [(0, 1, 2, 2), (5, 3)])
def test_channel_statistics_of_what_are_no_images(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not an array of shape {shape}")):
        channel_statistics(np.zeros(shape))
