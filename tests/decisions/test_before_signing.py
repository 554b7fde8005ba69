"""Before somebody signs: what it is, who proposed it, who gave both their passphrases; and the log tells what was opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.register.case_decisions.cautions import ToSign, to_sign
from sync_scripts.register.decisions.authority import KeyGiven
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.queries.openings import _touches, openings
from sync_scripts.register.queries.signing import to_sign_lines
from sync_scripts.store import custody
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions import test_own_runs
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_own_runs import (
    CODE,
)
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, Work, begin
from tests.passphrases import OTHER  # the fixture of two people with their own passphrases
from tests.register.field import ALERT, COORDINATOR, changed, dealt
from tests.register.running import Opened, over

Run = Callable[..., tuple[int, Any]]

run = test_own_runs.run
"""The fixture of that module."""


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case and one critical alert of it, and nobody noted to have given a passphrase."""
    return begin(register, urgency="critical")


def give(work: Work, worker: str, giver: Actor) -> str:
    """Let somebody set a worker's passphrase; return when."""
    with work.field.register.writing() as rows:
        (event,) = store_events.append(
            rows, [NewEvent(KEY_GIVEN, f"worker:{worker}", giver)], work.field.later()
        )
    return event.at


def test_what_is_signed_is_shown_with_the_keys_of_both(work: Work) -> None:
    """The last who set each passphrase counts; one that was made with the workspace has nobody."""
    give(work, "SU-01", OWNER)
    at = give(work, "SU-01", COORDINATOR)
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, because="unfounded", reason="A hoax")
    with work.field.register.reading() as rows:
        found = to_sign(rows, CASE_CODE, "SU-01")

    assert (found.decision, found.what, found.first, found.proof) == ("case.move", CASE_CODE, "RD-01", "key")
    assert (found.state, found.urgency) == ("closure_pending", "critical")
    assert found.said == {"closure_reason": "unfounded"}
    assert found.keys == (KeyGiven("RD-01"), KeyGiven("SU-01", "CO-01", at))


def test_nothing_waits_is_said_before_anybody_is_asked(work: Work) -> None:
    """As when it is signed."""
    with work.field.register.reading() as rows, pytest.raises(every_decision.ProposalUnknown):
        to_sign(rows, ALERT_CODE, "SU-01")


def test_approve_says_what_it_signs(run: Run) -> None:
    """On the screen before the passphrase has decided anything, and in the document."""
    made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
    shown = run("approve", made["proposal"], "--dry-run", day=OTHER)[1]["signed"]
    assert (shown["what"], shown["decision"], shown["first"]) == (CODE, "alert.dismiss", "CO-01")
    assert shown["said"] == {"reason": "A hoax"}
    assert [one["worker"] for one in shown["keys"]] == ["CO-01", "SU-01"]


def test_the_words_before_signing_name_both_and_the_decision(work: Work) -> None:
    """One line each: what, who and when, and whose passphrase is whose."""
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    code = work.field.rows(tables.alert)[-1]["code"]
    work.do(every_decision.triage, code, urgency="low", reason="The caller was reached")
    give(work, "SU-01", COORDINATOR)
    give(work, "CO-01", COORDINATOR)
    made = work.do(every_decision.dismiss, code, "A hoax")
    with work.field.register.reading() as rows:
        lines = list(to_sign_lines(to_sign(rows, made.proposal, "SU-01")))

    assert "ever had: Critical" in lines.pop(1)
    assert code in lines[0]
    assert "dismissed" in lines[0]
    assert "A hoax" in lines[0]
    assert "CO-01" in lines[1]
    assert "by themselves" in lines[2]
    assert "SU-01: passphrase given by CO-01" in lines[3]


# --- what was opened ----------------------------------------------------------------------------------------------


def opened(
    work: Work,
    *scopes: str,
    reason: str = "First contact",
    count: int | None = None,
    items: dict[str, str] | None = None,
) -> None:
    """Write an opening down, as the vault does before the first byte."""
    details: dict[str, Any] = {
        "holder": "V",
        "items": items or {},
        "proof": "key",
        "reason": reason,
        "scopes": list(scopes) if count is None else count,
    }
    entry = custody.Entry("OPENED", "CO-01", scopes[0] if len(scopes) == 1 else "-", details)
    with work.field.register.writing() as rows:
        custody.append(rows, [entry], work.field.later())


def log(work: Work, code: str | None = None) -> list[dict[str, Any]]:
    """Return what the log says of openings."""
    with work.field.register.reading() as rows:
        return list(openings(rows, code))


def test_an_opening_stands_in_the_log_of_what_was_opened(work: Work) -> None:
    """Of the alert, of its case, and of everything; not of another case."""
    other = second_case(work)
    with work.field.register.reading() as rows:
        mine, theirs = scopes_of(rows, ALERT_CODE), scopes_of(rows, other)
    assert mine
    assert theirs
    opened(work, *mine)
    opened(work, *theirs, reason="Another")
    (line,) = log(work, ALERT_CODE)

    assert (line["actor"], line["proof"], line["op"]) == ("CO-01", "key", "vault.open")
    assert set(line["about"].split()) == {ALERT_CODE, CASE_CODE}
    assert line["payload"]["reason"] == "First contact"
    words = told(line["op"], line["payload"])
    assert "vault passphrase" in words
    assert "First contact" in words
    assert log(work, CASE_CODE) == [line]
    assert [one["payload"]["reason"] for one in log(work)] == ["First contact", "Another"]
    with work.field.register.reading() as rows:
        assert line.keys() == next(iter(logbook(rows))).keys()
        assert list(openings(rows, since="2030")) == []


def test_what_was_opened_is_counted_item_by_item(work: Work) -> None:
    """Two versions of one submission are two: a number of submissions would say less than was read."""
    with work.field.register.reading() as rows:
        mine = scopes_of(rows, ALERT_CODE)
    opened(work, *mine, items={"p1": "0-2,7", "p2": "4"})
    (line,) = log(work, ALERT_CODE)

    assert "(vault passphrase; sealed items: 5)" in told(line["op"], line["payload"])


def test_the_reason_of_an_opening_in_a_sealed_case_is_not_shown(work: Work) -> None:
    """As with decisions: that it was, by whom and when."""
    with work.field.register.reading() as rows:
        mine = scopes_of(rows, CASE_CODE)
    opened(work, *mine)
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    (line,) = log(work, CASE_CODE)

    assert line["hidden"]
    assert "reason" not in line["payload"]


def test_an_opening_of_very_much_is_found_by_what_it_opened() -> None:
    """It names no scopes then, only the numbers of what was opened on each page."""
    items = {"p1": {4, 9}, "p2": {1}}

    assert _touches({"scopes": 60, "items": {"p1": "0-3,7-9"}}, {"s"}, items)
    assert not _touches({"scopes": 60, "items": {"p1": "0-3,5-8", "p3": "1"}}, {"s"}, items)
    assert _touches({"scopes": ["s", "t"], "items": {}}, {"s"}, {})
    assert not _touches({"scopes": ["t"], "items": {"p1": "4"}}, {"s"}, items)


def test_what_is_signed_reads_well() -> None:
    """A reason with a full stop of its own gets no second one; of one person alone nothing is said twice."""
    alone = KeyGiven("CO-01")
    said = {"reason": "Called: nothing."}
    found = ToSign(
        "alert.dismiss",
        "AL-610C2J-H",
        "triaged",
        "high",
        said,
        "CO-01",
        "key",
        "2026-11-25T08:00:00.000000Z",
        (alone, alone),
    )
    lines = list(to_sign_lines(found))

    assert lines[0].endswith("reason: Called: nothing.")
    assert sum("CO-01" in line for line in lines) == 2


MERGE = ("cases", "merge", CASE_CODE, dealt(1, "DK"), "--reason", "Same facts")


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let somebody sit there who answers no to the first question and yes to every other; return what was asked."""
    asked: list[str] = []

    def answer(_self: Questions, question: str, *, default: bool) -> bool:
        asked.append(question)
        return default or len(asked) > 1

    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setattr(Questions, "yes", answer)
    return asked


def test_a_merge_is_asked_about_with_both_codes_and_who_takes_over(
    work: Work, at_a_terminal: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is final: a no changes nothing, a yes merges; --yes, --dry-run and --json ask nothing."""
    other = second_case(work)
    work.do(every_decision.assign, other, "RD-02")
    ran = over(Opened(work.field.register), monkeypatch, capsys)
    for more in ("--dry-run", "--json"):
        ran(*MERGE, "--dry-run", more)
    assert at_a_terminal == []

    _code, _out, talk = ran(*MERGE)

    said = " ".join(talk.split())
    assert f"The work goes on in {other}, and what is still due in {CASE_CODE} goes to RD-02." in said
    assert said.count("Would be done: ") == len(("the merge", "who takes over"))
    assert at_a_terminal == [f"Merge {CASE_CODE} into {other}? This is final."]
    assert work.case()["state"] != "merged"
    assert ran(*MERGE)[0] == 0
    assert work.case()["state"] == "merged"


def test_who_said_yes_merges_nothing_else_than_what_was_shown(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A colleague gives the kept case to somebody while the question stands: it is final, so it is read again."""
    other = second_case(work)

    def answer(_self: Questions, _question: str, *, default: bool) -> bool:
        work.do(every_decision.assign, other, "RD-01")
        return not default

    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setattr(Questions, "yes", answer)
    code, _out, talk = over(Opened(work.field.register), monkeypatch, capsys)(*MERGE)

    assert (code, "DK-R64" in talk, "changed after it was shown" in talk) == (1, True, True)
    assert work.case()["state"] != "merged"


def test_who_types_and_cannot_see_the_question_is_refused(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Messages that go into a file would hide what is final."""
    second_case(work)
    monkeypatch.setattr(handed, "types_input", lambda: True)
    code, _out, talk = over(Opened(work.field.register), monkeypatch, capsys)(*MERGE)
    assert (code, "DK-C06" in talk, work.case()["state"] == "merged") == (2, True, False)


def test_a_merge_with_yes_asks_nothing(
    work: Work, at_a_terminal: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For programs, and for whoever has looked."""
    second_case(work)
    assert over(Opened(work.field.register), monkeypatch, capsys)(*MERGE, "--yes")[0] == 0
    assert (at_a_terminal, work.case()["state"]) == ([], "merged")


@pytest.mark.parametrize(
    ("own", "kept", "told"),
    [("C1", "C4", True), ("C3", "C1", True), ("C3", "C3", False), ("C1", "C2", False)],
)
def test_a_merge_of_cases_that_are_not_kept_equally_closely_says_so(
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    own: str,
    kept: str,
    told: bool,
) -> None:
    """Either way round, as soon as one of them is a C3 or C4 case; and neither is changed, as it says."""
    other = second_case(work)
    for code, level in ((CASE_CODE, own), (other, kept)):
        work.do(every_decision.set_confidentiality, code, level, reason="Decided")
    levels = work.case()["confidentiality"], work.case(other)["confidentiality"]
    assert levels == (own, kept)

    _code, _out, talk = over(Opened(work.field.register), monkeypatch, capsys)(*MERGE)

    assert ("not kept equally closely" in " ".join(talk.split())) is told
    assert (work.case()["confidentiality"], work.case(other)["confidentiality"]) == levels
