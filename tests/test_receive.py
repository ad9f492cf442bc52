"""From an upload to a submission: kept files in a fresh folder, sentences for what is wrong, nothing run."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packed import CODE, FILES, Files, an_assignment, patched, with_special, write, zip_bytes

from autograder.intake import Arrival, discover, receive
from autograder.intake import receive as receive_package
from autograder.intake.receive import MAX_FILE
from autograder.model import Assignment, Limits, Roster, Submission

receiving = sys.modules[receive_package.__module__]


def handed_in(
    tmp_path: Path, content: Files | bytes, assignment: Assignment | None = None, name: str = "ada"
) -> Submission:
    path = tmp_path / f"{name}.zip"
    path.write_bytes(content if isinstance(content, bytes) else zip_bytes(content))
    return receive(Arrival(name, path), assignment or an_assignment(), tmp_path / "into")


def everything_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_zip_becomes_a_submission(tmp_path: Path) -> None:
    content = zip_bytes({**{f"hw/{n}": c for n, c in CODE.items()}, "hw/answers.md": "# q1\n", "hw/more.py": "y = 2\n"})
    submission = handed_in(tmp_path, content)
    assert submission == Submission(
        name="ada",
        sha256=hashlib.sha256(content).hexdigest(),
        students=("ada",),
        folder=tmp_path / "into" / "ada",
        files=("answers.md", *sorted([*FILES, "more.py"])),
    )
    assert submission.folder is not None
    assert (submission.folder / "layers.py").read_text() == CODE["layers.py"]
    assert everything_below(submission.folder) == list(submission.files)


def test_a_folder_becomes_the_same_submission(tmp_path: Path) -> None:
    folder = write(tmp_path / "ada", {**CODE, "report.pdf": "x"})
    one = receive(Arrival("ada", folder), an_assignment(), tmp_path / "one")
    two = receive(Arrival("ada", folder), an_assignment(), tmp_path / "two")
    assert one.sha256 == two.sha256
    assert len(one.sha256) == 64
    assert one.files == FILES
    assert one.notes == ("1 other file was ignored: report.pdf.",)
    (folder / "layers.py").write_text("# lAyers.py\n")
    assert receive(Arrival("ada", folder), an_assignment(), tmp_path / "two").sha256 != one.sha256


def test_files_are_written_afresh_and_not_executable(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, CODE)
    assert submission.folder is not None
    for name in submission.files:
        assert stat.S_IMODE((submission.folder / name).stat().st_mode) & 0o133 == 0
    again = handed_in(tmp_path, {"layers.py": "new"})
    assert again.folder == submission.folder
    assert everything_below(again.folder) == ["layers.py"]
    assert handed_in(tmp_path, b"%PDF").rejected
    assert everything_below(tmp_path / "into") == []


def test_a_kill_leaves_no_half_submission_under_its_name(tmp_path: Path) -> None:
    left = write(tmp_path / "into" / ".ada.part", {"layers.py": "half"})
    assert handed_in(tmp_path, CODE).files == FILES
    assert not left.exists()
    assert everything_below(tmp_path / "into") == ["ada", *(f"ada/{name}" for name in FILES)]


def test_missing_files_are_noted_and_the_rest_is_kept(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, {"layers.py": "x", "solvr.py": "x"})
    assert submission.missing == ("optim.py", "solver.py")
    assert submission.files == ("layers.py", "solvr.py")
    assert submission.notes == (
        "optim.py is missing: its questions earn nothing.",
        "solvr.py: did you mean solver.py? A file counts under its own name only.",
    )


def test_ignored_files_are_counted_and_named(tmp_path: Path) -> None:
    names = {f"{i}.png": b"x" for i in range(7)}
    assert handed_in(tmp_path, {**CODE, **names, "__MACOSX/x": "", ".DS_Store": ""}).notes == (
        "7 other files were ignored: 0.png, 1.png, 2.png, 3.png, 4.png and 2 more.",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "The zip is empty: hand in layers.py, optim.py, solver.py, answers.md."),
        ({"hw/": ""}, "The zip is empty: hand in layers.py, optim.py, solver.py, answers.md."),
        (
            {"report.pdf": "x", "a5.ipynb": "{}"},
            "None of the files asked for is in the zip; it holds a5.ipynb, report.pdf. "
            "Hand in layers.py, optim.py, solver.py, answers.md.",
        ),
        (b"%PDF-1.4", "This is not a zip but a PDF: hand in one .zip of the files asked for."),
        (zip_bytes(CODE)[:-30], "The zip is cut off, as after an upload that did not finish: upload it again."),
    ],
)
def test_nothing_to_grade_is_rejected_in_a_sentence(tmp_path: Path, content: Files | bytes, why: str) -> None:
    submission = handed_in(tmp_path, content)
    assert submission.rejected == why
    assert submission.folder is None
    assert submission.files == ()
    assert len(submission.sha256) == 64
    assert submission.students == ("ada",)


def test_a_misspelled_file_alone_is_rejected_with_the_near_miss(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, {"layer.py": "x"})
    assert submission.rejected.startswith("None of the files asked for is in the zip")
    assert submission.notes == ("layer.py: did you mean layers.py? A file counts under its own name only.",)


def test_a_zip_in_a_zip_is_opened_once(tmp_path: Path) -> None:
    inner = zip_bytes(CODE)
    submission = handed_in(tmp_path, {"hw/a5.zip": inner, "hw/readme.pdf": "x", ".DS_Store": ""})
    assert submission.files == FILES
    assert submission.notes == ("The zip in it, hw/a5.zip, was opened; next time hand in that one.",)
    again = handed_in(tmp_path, {"b.zip": zip_bytes({"a5.zip": inner})})
    assert again.rejected.startswith("None of the files asked for is in the zip; it holds a5.zip.")


def test_two_zips_in_a_zip_or_a_zip_beside_code_are_not(tmp_path: Path) -> None:
    assert handed_in(tmp_path, {"a.zip": zip_bytes(CODE), "b.zip": zip_bytes(CODE)}).rejected
    beside = handed_in(tmp_path, {**CODE, "data.zip": zip_bytes({"layers.py": "other"})})
    assert beside.notes == ("1 other file was ignored: data.zip.",)


@pytest.mark.parametrize(
    "name", ["../evil.py", "{here}/evil.py", "..\\evil.py", "C:\\evil.py", "evil.py\0.txt", "a/../../evil.py"]
)
def test_e3_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    submission = handed_in(tmp_path, {**CODE, name.format(here=tmp_path): "evil"})
    assert everything_below(tmp_path) == ["ada.zip", "into", "into/ada", *(f"into/ada/{n}" for n in FILES)]
    assert submission.files == FILES
    assert "ignored for the name" in submission.notes[0]
    assert submission.flags[0].startswith("holds names that no ordinary tool writes")


def test_e3_a_zip_of_nothing_but_such_names_is_rejected(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, {"../layers.py": "evil"})
    assert submission.rejected
    assert "leads outside its folder" in submission.notes[0]
    assert submission.flags


def test_e4_a_link_for_an_asked_file_is_refused_and_another_ignored(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, with_special({"optim.py": "x"}, "layers.py", "/etc/passwd"))
    assert submission.files == ("optim.py",)
    assert "layers.py" in submission.missing
    assert "layers.py is a link, not a file; hand in the file itself." in submission.notes
    assert handed_in(tmp_path, with_special(CODE, "results", "/etc/passwd")).files == FILES


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_e4_a_device_or_pipe_is_refused(tmp_path: Path, kind: int) -> None:
    submission = handed_in(tmp_path, with_special({"optim.py": "x"}, "layers.py", "x", kind))
    assert "layers.py is not an ordinary file." in submission.notes
    assert submission.files == ("optim.py",)


def test_e4_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "solutions", {"layers.py": "answers"}) / "layers.py"
    folder = write(tmp_path / "ada", {"optim.py": "x"})
    (folder / "layers.py").symlink_to(secret)
    (folder / "helper.py").symlink_to(secret)
    submission = receive(Arrival("ada", folder), an_assignment(), tmp_path / "into")
    assert submission.files == ("optim.py",)
    assert "helper.py is a link, not a file; hand in the file itself." in submission.notes


def test_a7_what_lies_in_the_way_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    target = write(tmp_path / "target", {"layers.py": "untouched"})
    (tmp_path / "into").mkdir()
    for name in ("ada", ".ada.part"):
        (tmp_path / "into" / name).symlink_to(target, target_is_directory=True)
    submission = handed_in(tmp_path, CODE)
    assert submission.folder is not None
    assert not submission.folder.is_symlink()
    assert (target / "layers.py").read_text() == "untouched"
    assert everything_below(target) == ["layers.py"]
    for path in (tmp_path / "into" / "ada").iterdir():
        path.unlink()
    (tmp_path / "into" / "ada").rmdir()
    os.mkfifo(tmp_path / "into" / "ada")
    assert handed_in(tmp_path, CODE).files == FILES


def test_e5_a_bomb_costs_its_own_questions_only(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, {**CODE, "layers.py": bytes(10 << 20)})
    assert submission.files == ("optim.py", "solver.py")
    assert submission.missing == ("layers.py",)
    assert "layers.py unpacks to more than 200 times its size, as no honest file does." in submission.notes


def test_e5_a_bomb_that_nobody_asked_for_is_not_unpacked(tmp_path: Path) -> None:
    assert handed_in(tmp_path, {**CODE, "bomb.bin": bytes(50 << 20)}).files == FILES


def test_e5_a_nested_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zip_bytes({"layers.py": bytes(30 << 20)})
    submission = handed_in(tmp_path, {"a.zip": bomb})
    assert submission.rejected.startswith("layers.py unpacks to more than 200 times its size")
    assert handed_in(tmp_path, {"a.zip": bytes(30 << 20)}).rejected.startswith("a.zip unpacks to more than 200 times")


def test_e5_a_file_larger_than_may_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_FILE", 1 << 20)
    submission = handed_in(tmp_path, {**CODE, "layers.py": os.urandom((1 << 20) + 1)})
    assert "layers.py is larger than the 1 MB that may be kept." in submission.notes
    assert MAX_FILE == 64 << 20


def test_weights_have_a_cap_of_their_own_and_leave_the_others_their_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MAX_FILE", 1 << 10)
    monkeypatch.setattr(receiving, "MAX_KEPT", 1 << 10)
    assignment = replace(an_assignment(), optional=("net.pt", "net.safetensors"), limits=Limits(weights_mb=1))
    kept = handed_in(tmp_path, {**CODE, "net.pt": os.urandom(1 << 20)}, assignment)
    assert kept.files == tuple(sorted([*FILES, "net.pt"]))
    assert kept.notes == ()
    large = handed_in(tmp_path, {**CODE, "net.safetensors": os.urandom((1 << 20) + 1)}, assignment)
    assert large.files == FILES
    assert large.notes == ("net.safetensors is larger than the 1 MB that may be kept.",)
    twice = handed_in(tmp_path, [*CODE.items(), ("net.pt", "x"), ("net.pt", "x")], assignment)
    assert twice.notes == ("net.pt is there 2 times; hand it in once.",)
    unasked = handed_in(tmp_path, {**CODE, "other.pt": os.urandom(1 << 20)}, assignment)
    assert unasked.files == FILES


def test_e5_all_files_together_stay_below_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_KEPT", 10_000)
    submission = handed_in(tmp_path, {f"m{i}.py": os.urandom(3000) for i in range(9)} | {"layers.py": "x"})
    assert submission.folder is not None
    assert "layers.py" in submission.files
    assert sum(path.stat().st_size for path in submission.folder.iterdir()) <= 10_000


def test_e5_a_password_is_named(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, patched(zip_bytes({"layers.py": "x"}), 0, 8, "<H", 1))
    assert submission.rejected == "layers.py is protected by a password; zip it again without one."


def test_e5_a_file_that_is_there_twice_must_be_the_same_twice(tmp_path: Path) -> None:
    same = handed_in(tmp_path, [*CODE.items(), ("layers.py", CODE["layers.py"])])
    assert same.files == FILES
    assert same.notes == same.flags == ()
    differs = handed_in(tmp_path, [*CODE.items(), ("layers.py", "other")])
    assert differs.missing == ("layers.py",)
    assert differs.files == ("optim.py", "solver.py")
    assert "layers.py is there more than once with different contents; hand it in once." in differs.notes
    assert differs.flags == ("holds layers.py 2 times with different contents",)
    many = handed_in(tmp_path, [*CODE.items(), *[("layers.py", "x")] * 9])
    assert "layers.py is there 10 times; hand it in once." in many.notes


def test_e14_nothing_of_a_submission_is_imported_or_run(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\nraise SystemExit('run')\n"
    names = ("setup.py", "conftest.py", "sitecustomize.py", "layers.py", "optim.py", "__init__.py", "helper.py")
    before = set(sys.modules)
    submission = handed_in(tmp_path, dict.fromkeys(names, trap))
    assert submission.files == ("__init__.py", "helper.py", "layers.py", "optim.py")
    assert not list(tmp_path.rglob("ran"))
    assert set(sys.modules) == before


def test_e15_odd_text_is_kept_as_it_is_with_a_word(tmp_path: Path) -> None:
    content = "x = 1\n".encode("utf-16")
    submission = handed_in(tmp_path, {**CODE, "layers.py": content, "optim.py": "s = '\u202e'\n"})
    assert submission.folder is not None
    assert (submission.folder / "layers.py").read_bytes() == content
    assert submission.notes == ("layers.py is UTF-16, which Python cannot read: save it as UTF-8.",)
    assert submission.flags == ("optim.py line 1 holds marks that change the order in which code is shown",)


def test_a16_names_in_sentences_cannot_steer_a_terminal(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, {**CODE, "\x1b[2Jx.py": "", "y\u202e.pdf": "", "z" * 150 + ".bin": ""})
    said = " ".join((*submission.notes, *submission.flags))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 400


def test_e17_times_inside_a_zip_are_not_believed(tmp_path: Path) -> None:
    assert handed_in(tmp_path, {**CODE, "timestamp.txt": "2020-01-01"}).received is None


def test_e18_authors_join_the_platforms_word_and_doubts_are_flagged(tmp_path: Path) -> None:
    path = tmp_path / "lovelaceada_12345_67890_a5.zip"
    path.write_bytes(zip_bytes({**CODE, "authors.toml": 'students = ["ada", "mallory", "grace"]\n'}))
    roster = Roster(names={"ada": "Ada Lovelace", "grace": "Grace Hopper"})
    (arrival,) = discover(tmp_path)
    submission = receive(arrival, an_assignment(), tmp_path / "into", roster)
    assert submission.students == ("ada", "grace")
    assert "authors.toml" in submission.files
    assert submission.flags == (
        "authors.toml names mallory, who is not on the roster",
        "only authors.toml adds grace; the upload is ada's",
    )


def test_the_handouts_own_files_are_passed_over_in_silence(tmp_path: Path) -> None:
    handout = write(tmp_path / "handout", {"README.md": "", "checks_layers.py": "", "data.bin": "", "conftest.py": ""})
    files = {
        **CODE,
        "README.md": "",
        "checks_layers.py": "",
        "data.bin": "",
        "a9.zip": "",
        "conftest.py": "",
        "checks_x.py": "",
    }
    submission = handed_in(tmp_path, files, an_assignment(handout=handout))
    assert submission.notes == (
        "checks_x.py was ignored, because the grader brings its own.",
        "conftest.py was ignored, because the grader brings its own.",
    )


def test_members_of_a_bulk_zip_are_received_without_unpacking_it(tmp_path: Path) -> None:
    inner = zip_bytes(CODE)
    (tmp_path / "submissions.zip").write_bytes(
        zip_bytes(
            {
                "lovelaceada_12345_67890_a5.zip": inner,
                "hoppergrace_1234_5678_layers-1.py": "x",
                "hoppergrace_1234_5679_optim.py": "y",
            }
        )
    )
    grace, ada = (receive(a, an_assignment(), tmp_path / "into") for a in discover(tmp_path / "submissions.zip"))
    assert ada.sha256 == hashlib.sha256(inner).hexdigest()
    assert ada.files == FILES
    assert grace.files == ("layers.py", "optim.py")
    assert grace.students == ("hoppergrace",)
    assert grace.notes[0] == "layers-1.py was taken for layers.py."


def test_an_error_of_the_graders_own_disk_is_not_blamed_on_the_student(tmp_path: Path) -> None:
    (tmp_path / "into").write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        handed_in(tmp_path, CODE)
