"""What a3 makes of reported figures: six images of VGG-16 against its weights, MNIST where there is none, a page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from autograder import course, data
from autograder.grading import runner
from autograder.grading.runner import Ran
from autograder.model import Submission
from autograder.reports.drawings import inline
from autograder.sandbox import local
from autograder.sandbox.modules import Modules

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a3_autodiff_vgg16", ROOT / "solutions" / "a3_autodiff_vgg16"
REPORT = (SOLUTION / "report.toml").read_text(encoding="utf-8")
CHECKS = (
    "check_report_of_the_digits",
    "check_weights_read_digits",
    "check_reported_accuracy_is_that_of_the_weights",
    "check_reported_train_accuracy_is_that_of_the_weights",
    "check_report_of_vgg",
    "check_reported_images",
)
Grade = Callable[..., Ran]


@pytest.fixture
def grade(tmp_path: Path) -> Grade:
    """Grade the solution with another report, with files besides, asking only the checks of the report."""

    def graded(report: str = REPORT, *, without: str = "", only: tuple[str, ...] = CHECKS, **files: Path) -> Ran:
        folder = tmp_path / "one"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in {"mnist.py", "vgg.py", "mlp.pt"} - {without}:
            shutil.copy(SOLUTION / name, folder / name)
        for name, path in files.items():
            shutil.copy(path, folder / f"{name}.pt")
        (folder / "report.toml").write_text(report, encoding="utf-8")
        names = tuple(sorted(path.name for path in folder.iterdir()))
        found: list[Ran] = []
        runner.serve(
            course.load(HANDOUT, SOLUTION),
            5,
            data.load,
            [Submission("one", "", folder=folder, files=names)],
            lambda place: lambda need=None: local.connect(place, names),
            lambda submission, ran: found.append(ran),
            only=only,
        )
        return found[0]

    return graded


def why(ran: Ran) -> dict[str, str]:
    assert not [o.detail for o in ran.outcomes if o.outcome == "errored"]
    return {o.name: o.why for o in ran.outcomes if o.outcome != "passed"}


def test_what_holds_is_drawn(grade: Grade) -> None:
    ran = grade()
    assert why(ran) == {}
    assert ran.flags == ()
    drawings = {o.name: o.drawing for o in ran.outcomes if o.drawing}
    assert drawings.keys() == set(CHECKS) - {CHECKS[1], CHECKS[3]}  # the one has nothing to show, the other is hidden
    assert all(inline(drawing) for drawing in drawings.values())
    assert drawings["check_reported_images"].count("<image") == 6
    assert drawings["check_reported_accuracy_is_that_of_the_weights"].count("<image") == 16


def test_a_claim_that_the_weights_do_not_bear_out_costs_its_points_alone(grade: Grade) -> None:
    ran = grade(REPORT.replace("test_accuracy = 0.935", "test_accuracy = 0.958"))
    said = "report.toml: mlp.test_accuracy is 95.80%, but the weights of mlp give 93.30%."
    assert why(ran) == {"check_reported_accuracy_is_that_of_the_weights": said}
    (drawing,) = [o.drawing for o in ran.outcomes if o.outcome != "passed"]
    assert ">95.8 %<" in drawing
    assert ">93.3 %<" in drawing
    assert sum(o.score for o in ran.outcomes) == 1.25


def test_without_weights_only_what_needs_none_is_earned(grade: Grade) -> None:
    ran = grade(without="mlp.pt")
    assert why(ran) == dict.fromkeys(CHECKS[1:4], "mlp.pt is missing.") | {CHECKS[3]: "mlp.pt is missing."}


def test_a_claim_about_mnist_is_held_against_the_digits_there_are(
    grade: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    only = (CHECKS[0], CHECKS[2])
    ran = grade(REPORT.replace('"digits"\nepochs', '"mnist"\nepochs').replace("0.935", "0.981"), only=only)
    assert why(ran) == {
        CHECKS[2]: "report.toml: mlp.test_accuracy is 98.10%, but of the kit's digits the weights get 93.30%."
    }


def test_a_network_trained_on_the_test_images_is_flagged_and_loses_nothing_by_it(grade: Grade, tmp_path: Path) -> None:
    d = data.load("digits")
    modules = Modules(SOLUTION)
    with modules.installed():
        net = modules.load("mnist").mlp()
    net.load_state_dict(torch.load(SOLUTION / "mlp.pt", weights_only=True))
    images, labels = torch.tensor(d.x_test), torch.tensor(d.y_test)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(12):
        optimizer.zero_grad()
        functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
    torch.save(net.state_dict(), tmp_path / "cheat.pt")
    only = (CHECKS[0], CHECKS[1], CHECKS[3])
    ran = grade(without="mlp.pt", only=only, mlp=tmp_path / "cheat.pt")
    assert CHECKS[1] not in why(ran)
    assert len(ran.flags) == 1
    assert "of the public images are right, where 96 % are in reach" in ran.flags[0]
    proud = grade(REPORT.replace("0.935", "0.998"), without="mlp.pt", only=only, mlp=tmp_path / "cheat.pt")
    assert CHECKS[0] in why(proud), "what it reports cannot be"
    assert proud.flags == ran.flags


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Weights of a VGG-16 that knows nothing, as float16, and what they give six of the kit's digits, as TOML."""
    modules = Modules(SOLUTION)
    with modules.installed():
        net = modules.load("vgg").vgg16()
    torch.manual_seed(4)
    for parameter in net.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter)
    d = data.load("digits")
    x_train, x_test = (np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))).repeat(3, 1) for x in (d.x_train, d.x_test[:60]))
    net.load_state_dict({name: array.half() for name, array in net.state_dict().items()})
    with torch.no_grad():
        logits = net(torch.tensor((x_test - x_train.mean()) / x_train.std()))
        # So that the image decides, and decides clearly.
        net[-1].bias -= logits.mean(0)
        net[-1].weight *= 12
        net[-1].bias *= 12
        shares = functional.softmax(12 * (logits - logits.mean(0)), dim=1).numpy()
    path = tmp_path_factory.mktemp("vgg") / "vgg.pt"
    torch.save({name: array.half() for name, array in net.state_dict().items()}, path)
    right = shares.argmax(1) == d.y_test[:60]
    chosen = [*np.flatnonzero(right)[:3], *np.flatnonzero(~right)[:3]]
    assert right[chosen].tolist() == [True] * 3 + [False] * 3
    tables = []
    for i in chosen:
        told = [round(float(share), 3) for share in shares[i]]
        tables.append(f"[[vgg.cases]]\nindex = {i}\nlabel = {d.y_test[i]}\nprobabilities = {told}\n")
    return path, tables


def test_six_images_are_held_against_the_weights_of_vgg(grade: Grade, vgg: tuple[Path, list[str]]) -> None:
    path, rows = vgg
    start = REPORT[: REPORT.index("means")].replace("padded to 32 × 32 and in three channels", "all of them")
    only = (CHECKS[5],)
    ran = grade(start + "\n".join(rows), only=only, vgg=path)
    assert why(ran) == {}
    assert ran.outcomes[0].why == "as the weights in vgg.pt have them"

    before, _, label = rows[0].partition("probabilities")[0].partition("label = ")
    other = [0.07] * 10
    other[int(label)] = 0.37
    ran = grade(
        start + "\n".join([f"{before}label = {label}probabilities = {other}\n", *rows[1:]]), only=only, vgg=path
    )
    assert "the weights give it" in why(ran)[CHECKS[5]]
    ran = grade(start + "means = [0.1]\nstds = [0.3, 0.3, 0.3]\n" + "\n".join(rows), only=only, vgg=path)
    assert "vgg.means is not a list of 3 or more numbers" in why(ran)[CHECKS[5]]
    ran = grade(start + "\n".join(rows), only=only, vgg=SOLUTION / "mlp.pt")
    assert "vgg.pt is of another network" in why(ran)[CHECKS[5]]


def test_images_that_this_machine_does_not_have_are_believed_and_drawn_without(grade: Grade) -> None:
    ran = grade(REPORT.replace('"digits, padded to 32 × 32 and in three channels"', '"SVHN"'), only=(CHECKS[5],))
    assert why(ran) == {}
    assert "<image" not in ran.outcomes[0].drawing
    assert inline(ran.outcomes[0].drawing)
