"""Regions are cut as their markers say; the rest of a text stays as it was, byte for byte."""

from __future__ import annotations

import ast
import textwrap

import courses
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograder.course import CourseError
from autograder.course.regions import cut, cut_markdown


def code(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"


def test_a_solution_becomes_its_skeleton() -> None:
    assert cut(courses.STATS) == courses.STATS_SKELETON
    assert cut(courses.STATS_SKELETON) == courses.STATS_SKELETON


@pytest.mark.parametrize(
    "mark", ["# BEGIN SOLUTION", "### BEGIN SOLUTION", "#BEGIN SOLUTION", "# BEGIN SOLUTION: ", "#  BEGIN  SOLUTION"]
)
def test_every_spelling_of_otter_and_nbgrader_is_a_marker(mark: str) -> None:
    end = mark.replace("BEGIN", "END").rstrip(": ")
    assert (
        cut(f"def f():\n\t{mark}\n\treturn 1\n\t{end}\n") == 'def f():\n\t# TODO: f\n\traise NotImplementedError("f")\n'
    )


def test_a_note_is_what_students_read() -> None:
    text = code("""
        def f():
            # BEGIN SOLUTION the "mean" of größe
            return 1
            # END SOLUTION
        """)
    with pytest.raises(NotImplementedError, match='the "mean" of größe'):
        exec(compile(cut(text) + "f()", "x", "exec"), {})


def test_a_region_inside_a_block_raises_there() -> None:
    text = code("""
        def f(x):
            if x:
                # BEGIN SOLUTION when x is there
                x = 1
                # END SOLUTION
            return x
        """)
    assert cut(text) == code("""
        def f(x):
            if x:
                # TODO: when x is there
                raise NotImplementedError("when x is there")
            return x
        """)


def test_outside_a_function_nothing_is_raised() -> None:
    text = code('''
        # BEGIN SOLUTION
        RATE = 0.1
        # END SOLUTION

        class A:
            """A."""
            # BEGIN SOLUTION
            size = 3
            def added(self): return 2
            # END SOLUTION

        for i in range(2):
            print(i)
            # BEGIN SOLUTION print more
            print(i + 1)
            # END SOLUTION
        ''')
    assert cut(text) == code('''
        # TODO: your code here

        class A:
            """A."""
            # TODO: A

        for i in range(2):
            print(i)
            # TODO: print more
        ''')


def test_no_prompt_leaves_nothing() -> None:
    assert cut("a = 1\n# BEGIN SOLUTION NO PROMPT\ndef helper(): pass\n# END SOLUTION\nb = 2\n") == "a = 1\nb = 2\n"


def test_the_innermost_function_gives_the_note() -> None:
    text = code('''
        class A:
            def outer(self):
                @decorated(
                    1)
                async def inner(
                    x,
                ):
                    """Text
        that hangs out."""
                    # BEGIN SOLUTION
                    # a comment first
                    return x
                    # END SOLUTION
                return inner
        ''')
    assert 'raise NotImplementedError("A.outer.inner")' in cut(text)


def test_line_endings_of_windows_stay() -> None:
    assert cut(courses.STATS.replace("\n", "\r\n")) == courses.STATS_SKELETON.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\n# BEGIN SOLUTION\ny = 1\n", ":2: BEGIN SOLUTION is never closed"),
        ("x = 1\n# END SOLUTION\n", ":2: END SOLUTION without a BEGIN SOLUTION before it"),
        ("# BEGIN SOLUTION\nx = 1\n# BEGIN SOLUTION\n", ":3: BEGIN SOLUTION inside the region that begins on line 1"),
        (
            "def f():\n    # BEGIN SOLUTION\n    return 1\n# END SOLUTION\n",
            ":4: END SOLUTION must be indented as BEGIN SOLUTION on line 2",
        ),
        ("# BEGIN SOLUTION\n\n# END SOLUTION\n", ":1: the solution region is empty"),
        ("# BEGIN SOLUTION\n# say no more\n# END SOLUTION\n", ":1: the solution region holds no statement"),
        ("# BEGIN PROMPT\n", ":1: BEGIN PROMPT is no marker here; there are BEGIN SOLUTION and END SOLUTION"),
        ("### BEGIN HIDDEN TESTS\n", ":1: BEGIN HIDDEN TESTS is no marker here"),
        ("# BEGIN SOLUTIONS\n", ":1: BEGIN SOLUTIONS is no marker here"),
        ("# Begin solution\n", ":1: Begin solution is misspelled; write BEGIN SOLUTION"),
        ("# end Solutoin\n", ":1: end Solutoin is misspelled; write END SOLUTION"),
        ("#BEGIN_SOLUTION\n", ":1: #BEGIN_SOLUTION is misspelled"),
        ("# END SOLUTION here\n", ":1: END SOLUTION here is no marker here"),
        ("x = 3  # SOLUTION\n", ":1: SOLUTION behind something else"),
        ("x = 3  # BEGIN SOLUTION\n", ":1: SOLUTION behind something else; a marker stands alone on its line"),
        ("<!-- BEGIN SOLUTION -->\n", ":1: a marker is written # BEGIN SOLUTION here"),
        ("def f(:\n# BEGIN SOLUTION\nx\n# END SOLUTION\n", ":1: is not Python: "),
        (
            "x = [\n    # BEGIN SOLUTION\n    1,\n    # END SOLUTION\n    2]\n",
            ":2: the solution region holds no statement",
        ),
        (
            "for i in a:\n    # BEGIN SOLUTION\n    i\n    # END SOLUTION\n",
            "once the solution is cut out; a region must hold whole statements",
        ),
        (
            "def f():\n    # BEGIN SOLUTION\n    '''Doc.'''\n    # END SOLUTION\n",
            ":1: a solution region takes the docstring of f",
        ),
        ("# BEGIN SOLUTION\n@cached\n# END SOLUTION\ndef f(): pass\n", ":1: the solution region holds no statement"),
        (
            "# BEGIN SOLUTION\nx = 1\n@cached\n# END SOLUTION\ndef f(): pass\n",
            ":5: a solution region takes part of the signature of f",
        ),
    ],
)
def test_a_wrong_marker_is_named_with_its_line(text: str, line: str) -> None:
    with pytest.raises(CourseError) as caught:
        cut(text, "a.py")
    assert str(caught.value).startswith("a.py:")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["# begin the loop", "# END of the epoch", "# the END", "#!/usr/bin/env python", "# Solution of x² = 2"]
)
def test_a_comment_is_no_marker(text: str) -> None:
    if text.startswith("# END"):
        with pytest.raises(CourseError):  # shouted, it could be another tool's marker
            cut(text.upper())
    assert cut(text) == text


def test_magics_are_left_in_cells_only() -> None:
    cell = "%matplotlib inline\nif True:\n    !ls\n# BEGIN SOLUTION plot\nx = 1\n# END SOLUTION"
    assert cut(cell, magics=True) == "%matplotlib inline\nif True:\n    !ls\n# TODO: plot"
    with pytest.raises(CourseError, match="is not Python"):
        cut(cell)


def test_markdown_asks_for_an_answer() -> None:
    text = "# Q\n\n  <!-- BEGIN SOLUTION -->\nlong\n\nand longer\n  <!-- END SOLUTION -->\nrest"
    assert cut_markdown(text) == "# Q\n\n  *Your answer here.*\nrest"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<!-- BEGIN SOLUTION -->\nx\n", ":1: BEGIN SOLUTION is never closed"),
        ("# BEGIN SOLUTION\nx\n# END SOLUTION", ":1: a marker is written <!-- BEGIN SOLUTION --> here"),
        ("so: <!-- BEGIN SOLUTION -->\n", ":1: SOLUTION behind something else"),
        ("<!-- BEGIN SOLUTOIN -->\n", ":1: BEGIN SOLUTOIN is no marker here"),
    ],
)
def test_a_wrong_marker_in_markdown_is_named(text: str, line: str) -> None:
    with pytest.raises(CourseError, match=r"^a\.md:1") as caught:
        cut_markdown(text, "a.md")
    assert line in str(caught.value)


def test_hidden_parts_of_a_markdown_comment_stay() -> None:
    assert cut_markdown("<!-- a note -->\n# End of it") == "<!-- a note -->\n# End of it"


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=30)


@given(st.lists(lines))
def test_a_text_without_markers_comes_back(text: list[str]) -> None:
    whole = "\n".join(text)
    assume("solution" not in whole.lower() and "begin" not in whole.lower() and "end" not in whole.lower())
    assert cut(whole) == whole
    assert cut_markdown(whole) == whole


RAISED = "    raise"

statements = st.sampled_from(["x = 1", "y = x + 2", "print('#')", "# a comment", "", "z = '''\n  hanging\n'''"])


@given(st.lists(st.tuples(st.lists(statements), st.lists(statements), st.text("ab c\"'\\é", max_size=8)), min_size=1))
def test_whatever_is_outside_stays_line_for_line(blocks: list[tuple[list[str], list[str], str]]) -> None:
    solution, skeleton = ["def f(x):", "    pass"], ["def f(x):", "    pass"]
    for outside, inside, note in blocks:
        note = " ".join(note.split())
        kept = [f"    {line}" for line in outside]
        solution += [
            *kept,
            f"    # BEGIN SOLUTION {note}".rstrip(),
            "    secret = 1",
            *(f"    {line}" for line in inside),
            "    # END SOLUTION",
        ]
        skeleton += [*kept, f"    # TODO: {note or 'f'}", None]
    result = cut("\n".join(solution)).split("\n")
    wanted = "\n".join(RAISED if line is None else line for line in skeleton).split("\n")
    assert [RAISED if "raise " in line else line for line in result] == wanted
    raised = [node.exc.args[0].value for node in ast.walk(ast.parse("\n".join(result))) if isinstance(node, ast.Raise)]
    assert raised == [" ".join(note.split()) or "f" for _, _, note in blocks]
    assert cut("\n".join(result)) == "\n".join(result)
