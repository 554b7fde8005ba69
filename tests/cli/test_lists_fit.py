"""Lists that are empty in a demonstration fit a terminal too, when they hold the longest that they may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import click
import pytest

from sync_scripts import texts
from sync_scripts.cli.frame.listing import listed
from sync_scripts.cli.setup import notify, phones
from sync_scripts.cli.work import approve, history, links
from sync_scripts.register.rules.ruleset import load

AT = "2026-11-25T08:30:00.000000Z"
CODE, OTHER, CASE = "AL-AT2Z2X-B", "AL-HJPYNH-Y", "DK-M5058H-1"


def _phones() -> Iterator[str]:
    line = {"code": "F-NW-012", "server": "central-bamenda", "open": True, "team": "equipe-nord-ouest"}
    more = {
        "last_used": AT,
        "forms": ["alert", "case", "followup", "closure"],
        "rights": ["viewer", "manager"],
    }
    return listed(phones.PHONES, [{**line, **more}] * 2)


def _messages() -> Iterator[str]:
    told = {
        "created_at": AT,
        "destination": "coordination-nationale",
        "reason": "escalation",
        "level": "critical",
    }
    one = SimpleNamespace(
        **told, region="CM004", state="given_up", attempts=10, reference="6F1E4DA0", subject=CODE
    )
    return listed(notify.MESSAGES, [one, one])


def _pairs() -> Iterator[str]:
    alert = {"department": "CM001002", "icons": "arrest torture child"}
    one = {"level": "probable", "points": 88, "decision": "undecided"}
    pair = {**one, "alerts": [{**alert, "code": code} for code in (CODE, OTHER)]}
    return listed(links.GROUPS, [{**pair, "links": [pair] * 20, "more": 16_000}] * 2)


def _proposals() -> Iterator[str]:
    said = {"closure_reason": "goals_met", "to": "closed", "was": "follow_up", "reason": "a long reason " * 9}
    one = SimpleNamespace(
        id="CBB4F4",
        what=CASE,
        decision="case.move",
        said=said,
        seen={},
        first=SimpleNamespace(code="COORD-NATIONAL-1"),
        at=AT,
    )
    plain: Any = one
    closing = {"code": CASE, "reason": "left_area", "by": "RD-NW-01", "at": AT}
    return listed(approve.WAITING, [approve._plain(plain), approve._as_proposal(closing)])


def _asked() -> Iterator[str]:
    return approve._asked([{"code": CASE, "reason": "request", "by": "RD-NW-0123", "at": AT}] * 2)


def _tasks() -> Iterator[str]:
    task = {"task_id": "0123456789ab", "kind": "interview_review", "due_at": AT, "assigned_to": "RD-NW-0123"}
    flag = {"flag_id": "ab0123456789", "code": "clock_skew", "detail": "71"}
    return listed(history.OPEN, history.open_lines([task] * 2, [flag]))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("lines", [_phones, _messages, _pairs, _proposals, _asked, _tasks])
def test_a_list_fits_whatever_it_holds(
    monkeypatch: pytest.MonkeyPatch, lines: Callable[[], Iterator[str]], lang: str
) -> None:
    """Each row takes one line of 80 columns, and its code is whole."""
    load()
    texts.speak(lang)
    monkeypatch.setenv("COLUMNS", "80")
    piped = [line for line in lines() if "\t" in line]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = [click.unstyle(line) for line in lines()]

    firsts = [line.split("\t")[0] for line in piped[1:]]
    begin = next(at for at, line in enumerate(shown) if line.startswith(f"{firsts[0]} "))
    rows = shown[begin : begin + len(firsts)]
    assert len(firsts) >= 2
    assert all(row.startswith(f"{first} ") for row, first in zip(rows, firsts, strict=True))
    assert shown[begin + len(rows) :][:1] in ([], [""])
    assert max(map(len, rows)) < 80
    codes = {
        one
        for one in (CODE, OTHER, CASE, "F-NW-012", "0123456789", "ab01234567")
        if one in "".join(piped[1:])
    }
    assert codes - {one for one in codes if any(one in row for row in rows)} == set()
