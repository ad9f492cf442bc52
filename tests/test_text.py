"""What others wrote is harmless on a page, in a terminal and in a spreadsheet, whatever it is."""

import csv
import io
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.reports.pages import _environment
from autograder.reports.text import cell, counted, line, number, plain, prose

any_text = st.text(st.characters(), max_size=200) | st.text(
    "=+-@＝＋－＠ \t\r\n,;|'\"a1\x1b[]m<>&`/\u202e\ud800", max_size=40
)


@given(any_text)
def test_plain_has_no_control_no_bidi_no_surrogate(text):
    clean = plain(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in clean if c not in "\n\t")
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for c in clean
    )
    clean.encode()
    assert plain(clean) == clean


@given(any_text)
def test_a_line_is_one_line(text):
    assert len(line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x9b2Jx", "x"),
        ("\x1b(Bx\x1bcy", "xy"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("pay\u200bpal\ufeff", "paypal"),
        ("tag\U000e0041", "tag"),
        ("NUL\0 and \ud800", "NUL and "),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("نص عربي, 日本語, größe, 👩‍🔬", "نص عربي, 日本語, größe, 👩‍🔬"),
    ],
)
def test_what_stays(text, clean):
    assert plain(text) == clean


def test_long_text_is_cut_and_says_so():
    assert plain("x" * 10_000_000, 5) == "xxxxx… (cut, 10,000,000 characters)"
    assert plain("x" * 5, 5) == "xxxxx"
    assert plain("\x1b" * 10_000_000, 5) == "… (cut, 10,000,000 characters)"


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize(
    "before", ["", " ", "\t", "\r\n", "\x00", "\u202e", "\x1b[0m", "'", '"', "ada;", "ada, ", "a|", '";"']
)
def test_a_cell_is_no_formula(before, sign):
    assert not begins_a_formula(cell(f"{before}{sign}HYPERLINK(1)"))


@given(any_text)
def test_no_text_makes_a_formula(text):
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([cell(text), "next"])
    [row] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert len(row) == 2
    assert not begins_a_formula(row[0])


def begins_a_formula(text: str) -> bool:
    """Whether a spreadsheet of any locale would begin a formula in this cell."""
    return any(re.match(r"""[\s"]*[=+\-@＝＋－＠]""", part) for part in re.split(r"[,;|\t\r\n]", text))


def test_ordinary_text_is_left_alone():
    for text in ("ada", "ada-lovelace", "5 of 14 checks", "a=b", "mail@host", "O'Brien", "C++"):
        assert cell(text) == text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        assert not attrs

    def handle_data(self, data):
        self.text += data


@given(any_text)
def test_prose_has_no_tag_but_code(text):
    page = Tags()
    page.feed(str(prose(text)))
    page.close()
    assert page.seen <= {"code"}
    assert page.text.replace("`", "") == plain(text).replace("`", "")


def test_prose_shows_names_as_code():
    assert str(prose("Use `a < b`, <b>")) == "Use <code>a &lt; b</code>, &lt;b&gt;"


@given(any_text)
def test_a_template_escapes_whatever_it_prints(text):
    page = Tags()
    page.feed(_environment().from_string("{{ text }}").render(text=text))
    page.close()
    assert not page.seen
    assert page.text == plain(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (1 / 3, "0.3333"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (7, "7"),
        (1e6, "1000000"),
        (0.00004, "0"),
    ],
)
def test_numbers_are_short_and_have_no_locale(value, written):
    assert number(value) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(value):
    with pytest.raises(ValueError, match="is not a score that a report can show"):
        number(value)


def test_counting():
    assert [counted(n, "point") for n in (0, 1, 1.5, 2)] == ["0 points", "1 point", "1.5 points", "2 points"]
