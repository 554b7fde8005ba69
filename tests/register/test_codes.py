"""Codes: the vectors of the domain page, the tolerant reader, what a check symbol catches, codes that nobody has and codes of nobody."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync_scripts.register.building import build
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Kind
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, Field, dealt
from tests.register.running import Opened, over

VECTORS = ["000000-0", "7Q2M4X-B", "K7Q4ZZ-6", "ZZZZZZ-A", "ABC123-6", "NW2026-H", "3F9T8R-V", "P0Q1R2-S"]
BODIES = st.text(codes.ALPHABET, min_size=6, max_size=6).filter(
    lambda body: codes.check_symbol(body) in codes.ALPHABET
)


@pytest.mark.parametrize("vector", VECTORS)
def test_check_symbols_are_those_of_the_page(vector: str) -> None:
    """Anybody who follows the page finds the same symbol."""
    body, check = vector.split("-")

    assert codes.check_symbol(body) == check
    assert codes.read(f"DK-{vector}", "DK") == f"DK-{vector}"


@pytest.mark.parametrize(
    "written", ["dk-7q2m4x-b", "DK 7Q2M4X B", " dk7q2m4xb", "7Q2M4X-B", "d k - 7 q 2 m 4 x - b"]
)
def test_a_code_is_read_as_people_write_it(written: str) -> None:
    """Case, blanks and hyphens are free and the prefix may be left out."""
    assert codes.read(written, "DK") == "DK-7Q2M4X-B"


def test_letters_that_look_alike_are_read_alike() -> None:
    """O is zero, I and L are one; in the prefix too."""
    assert codes.read("al-POQIR2-S", "AL") == codes.read("AL-P0Q1R2-S", "AL") == "AL-P0Q1R2-S"


@pytest.mark.parametrize(
    "written", ["", "DK-", "DK-7Q2M4X-C", "AL-7Q2M4X-B", "DK-7Q2M4X-BB", "DK-7Q2M4U-B", "é" * 7]
)
def test_what_is_no_code_is_not_read(written: str) -> None:
    """A wrong check symbol, another prefix, another length, a symbol outside the alphabet."""
    assert codes.read(written, "DK") is None


@given(BODIES, st.integers(0, 6), st.sampled_from(codes.ALPHABET))
def test_one_wrong_symbol_is_always_noticed(body: str, place: int, symbol: str) -> None:
    """A single error never gives another valid code."""
    right = body + codes.check_symbol(body)
    wrong = right[:place] + symbol + right[place + 1 :]
    assume(wrong != right)

    assert codes.read(f"DK{wrong}", "DK") is None


@given(BODIES, st.integers(0, 5))
def test_two_neighbours_swapped_are_always_noticed(body: str, place: int) -> None:
    """A swap of neighbours never gives another valid code."""
    right = body + codes.check_symbol(body)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    assume(wrong != right)

    assert codes.read(f"DK{wrong}", "DK") is None


def test_drawn_codes_can_be_read_and_do_not_repeat() -> None:
    """What is drawn is always a code of letters and digits."""
    drawn = [codes.draw("AL") for _ in range(500)]

    assert len(set(drawn)) == 500
    assert all(codes.read(one, "AL") == one for one in drawn)


def test_a_body_without_a_usable_check_symbol_makes_no_code() -> None:
    """Codes hold letters and digits only."""
    body = next(
        f"00000{symbol}" for symbol in codes.ALPHABET if codes.check_symbol(f"00001{symbol}") in "*~$=U"
    )

    with pytest.raises(ValueError, match="no code"):
        codes.code("DK", f"00001{body[-1]}")


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_a_code_that_somebody_has_is_drawn_again(field: Field) -> None:
    """Two people's cases never become one because chance gave one code twice."""
    field.send("alert", "r1", ALERT)
    field.send("case", "c1", CASE)
    for root in ("r2", "r3"):
        field.send("alert", root, ALERT, build_it=False)
    for root in ("c2", "c3"):
        field.send("case", root, CASE, build_it=False)
    ahead = {kind: [dealt(number, kind) for number in (2, 1, 1, 0)] for kind in get_args(Kind)}

    with field.register.writing() as rows:
        roots = [("alert", "r2"), ("alert", "r3"), ("case", "c2"), ("case", "c3")]
        build.apply(rows, roots, lambda kind, _root: ahead[kind].pop(), field.now)

    assert {row["code"] for row in field.rows(tables.alert)} == {dealt(number, "AL") for number in range(3)}
    assert {row["case_code"] for row in field.rows(tables.case)} == {
        dealt(number, "DK") for number in range(3)
    }


def test_draws_that_give_only_taken_codes_are_refused(field: Field) -> None:
    """A source of codes that has run dry stops the page instead of giving one code to two."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE, build_it=False)

    with (
        pytest.raises(ValueError, match="every code that was drawn is taken"),
        field.register.writing() as rows,
    ):
        build.apply(rows, [("case", "c2")], lambda kind, _root: dealt(0, kind), field.now)


CODE = "{case}"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("cases", "assign", CODE, "RD-77"), True),
        (("cases", "task", CODE, "assessment", "--owner", "RD-77"), True),
        (("cases", "refer", CODE, "health", "--owner", "RD-77"), False),
        (("people", "retire", "RD-77"), False),
    ],
)
def test_an_option_is_named_only_to_whoever_can_type_it(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    named: bool,
) -> None:
    """Where a command knows no --new, to say it again with --new would be refused once more."""
    field = Field(sqlite_register)
    decisions.add_worker(sqlite_register, "RD-01", "case_owner", COORDINATOR, field.later())
    field.send("alert", "r1", ALERT)
    decisions.triage(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later())
    decisions.open_case(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", new=False)
    (case,) = (one["case_code"] for one in field.rows(tables.case))

    code, said, talk = over(Opened(sqlite_register), monkeypatch, capsys)(
        *(word.format(case=case) for word in words)
    )

    assert (code, "DK-R21" in talk, "--new" in talk) == (2, True, named), said + talk
