"""A worker sees the interpreter and its packages wherever they lie, and nothing that lies beside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autograder.sandbox import boot
from autograder.sandbox.sources import Sources, site_folders, sources


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A repository with an environment in it, and secrets beside our package."""
    house = tmp_path / "house"
    for folder in ("autograder", "solutions", "lib/python3/site-packages/numpy"):
        (house / folder).mkdir(parents=True)
    return house / "autograder"


def test_the_interpreter_and_its_library_are_there(package: Path) -> None:
    found = sources(str(package), site_folders(sys.path))
    for path in (sys.executable, os.path.realpath(sys.executable), os.__file__, pytest.__file__):
        assert found.covers(path), path


def test_what_lies_beside_the_package_is_not(package: Path) -> None:
    found = sources(str(package), [])
    assert found.covers(str(package))
    assert not found.covers(str(package.parent / "solutions"))
    assert not any(str(package.parent) == bound for bound in found.binds)


def test_an_environment_made_in_the_repository_itself_does_not_bring_it_along(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = package.parent
    monkeypatch.setattr(sys, "prefix", str(house))
    found = sources(str(package), [str(house / "lib/python3/site-packages")])
    assert found.covers(str(house / "lib/python3/site-packages/numpy"))
    assert not found.covers(str(house / "solutions"))


def test_home_folders_and_the_rest_of_etc_stay_out(package: Path) -> None:
    found = sources(str(package), [])
    for path in ("/home", "/root/.ssh", "/etc/shadow", "/etc/passwd", "/var", "/usr/src", "/srv"):
        assert not found.covers(path), path


def test_a_linked_package_is_followed(package: Path, tmp_path: Path) -> None:
    site = package.parent / "lib/python3/site-packages"
    (tmp_path / "elsewhere" / "torch").mkdir(parents=True)
    (site / "torch").symlink_to(tmp_path / "elsewhere" / "torch")
    found = sources(str(package), [str(site)])
    assert found.covers(str(tmp_path / "elsewhere" / "torch"))
    assert not found.covers(str(tmp_path / "elsewhere" / "other"))


def test_every_hop_of_a_linked_interpreter_is_there(package: Path, tmp_path: Path) -> None:
    hop = tmp_path / "shims" / "python"
    hop.parent.mkdir()
    hop.symlink_to(os.path.realpath(sys.executable))
    link = tmp_path / "python"
    link.symlink_to(hop)
    found = sources(str(package), [], str(link))
    assert found.binds[str(hop)] == os.path.realpath(sys.executable)


def test_a_linked_folder_is_seen_under_both_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "name").symlink_to(tmp_path / "real")
    found = Sources()
    found.add(str(tmp_path / "name"))
    assert found.binds == {
        str(tmp_path / "real"): str(tmp_path / "real"),
        str(tmp_path / "name"): str(tmp_path / "real"),
    }


def test_what_is_covered_is_not_bound_twice(tmp_path: Path) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    found = Sources()
    found.add(str(tmp_path / "outer"))
    found.add(str(tmp_path / "outer" / "inner"))
    assert list(found.binds) == [str(tmp_path / "outer")]


def test_only_package_folders_of_the_path_count(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    assert site_folders(["", str(tmp_path), str(site), str(site), str(tmp_path / "gone" / "site-packages")]) == [
        str(site)
    ]


def test_a_zygotes_path_leads_to_no_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    boot.narrow_path(["/opt/site-packages"])
    assert str(tmp_path) not in sys.path
    assert sys.path[-1] == "/opt/site-packages"
    assert os.path.dirname(os.__file__) in sys.path
