"""What a list is searched for is folded as the definition says, and a label once however many lines show it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.model.places import folded
from sync_scripts.register.queries import searches
from sync_scripts.register.queries.searches import Wanted
from sync_scripts.register.queries.views import CaseLine
from sync_scripts.register.rules import kinds
from sync_scripts.register.rules.ruleset import load, local
from tests import clock

LINE = CaseLine(
    code="DK-7Q2M4X-B",
    owner="RD-01",
    state="assessment",
    urgency="high",
    region="CM007",
    department="CM007002",
    next_due=None,
    confidentiality="C2",
)


@given(st.text(max_size=40) | st.text(st.sampled_from("ÉéèÇçŒœİıKk\u0301\u0327 \t\u00a0ßﬁ"), max_size=12))
def test_texts_are_folded_sign_by_sign(text: str) -> None:
    """Without case, accents and blanks in a row, also where a text has none of them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    assert folded(text) == " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda when: 2000 <= when.year < 2100))
def test_an_instant_is_shown_to_the_minute(when: datetime) -> None:
    """Where the work is done, and cut, never rounded."""
    here = when.astimezone(load().zone)
    assert local(when.isoformat(timespec="microseconds")) == f"{here:%Y-%m-%d %H:%M}"


def test_a_label_is_folded_once_for_all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand cases of one state, level and department: the words of each are made once in each language."""
    asked: list[tuple[Any, ...]] = []

    def label(*said: Any) -> str:
        asked.append(said)
        return kinds.label(*said)

    monkeypatch.setattr(searches, "label", label)
    searches._both.cache_clear()
    lines = [replace(LINE, code=f"DK-{number:04d}") for number in range(1000)]
    words = Wanted(words="EVALUATION nord-ouest rd-01", now=clock.now())
    kept = searches._chosen(lines, words, lambda line: searches._words_of_case(line, {}))
    assert len(kept) == len(lines)
    assert len(asked) == len(set(asked)) == 8
    searches._both.cache_clear()
