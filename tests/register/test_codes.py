"""Codes: the vectors of the domain page, the tolerant reader, and what a check symbol must catch."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync_scripts.register.model import codes

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
