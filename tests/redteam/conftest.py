"""One run over all ATTACKS, one over the honest alone, and one in a grader without walls."""

from __future__ import annotations

import pytest
from bare import Verdict, judge
from raid import Attack, Raid, grade

pytest.register_assert_rewrite("common")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "covers(*ids): which IDs of the red team's list this test shows")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`attack` is each of the module's ATTACKS, `fooling` each of those that a grader without walls falls for."""
    attacks: list[Attack] = getattr(metafunc.module, "ATTACKS", [])
    for name, chosen in (("attack", attacks), ("fooling", [a for a in attacks if a.fools])):
        if attacks and name in metafunc.fixturenames:
            metafunc.parametrize(name, chosen, ids=[a.key for a in chosen])


@pytest.fixture(scope="session")
def attacks(request: pytest.FixtureRequest) -> list[Attack]:
    """The ATTACKS of every module that takes part, each once."""
    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    lists = {id(found): found for module in modules if (found := getattr(module, "ATTACKS", None))}
    return sorted((attack for found in lists.values() for attack in found), key=lambda attack: attack.key)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Raid:
    """The honest alone."""
    return grade(tmp_path_factory.mktemp("quiet"), [], workers=1)


@pytest.fixture(scope="session")
def raid(attacks: list[Attack], quiet: Raid, tmp_path_factory: pytest.TempPathFactory) -> Raid:
    return grade(tmp_path_factory.mktemp("raid"), attacks)


@pytest.fixture(scope="session")
def bare(attacks: list[Attack], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    return judge(tmp_path_factory.mktemp("bare"), [attack for attack in attacks if attack.fools])
