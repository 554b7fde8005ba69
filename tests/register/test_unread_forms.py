"""What was received and nobody could read yet counts as a possible no for everything that names her to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from sync_scripts.cli.work import alert_page, case_page
from sync_scripts.register.building import marks
from sync_scripts.register.consent_decisions.decide import record
from sync_scripts.register.consent_decisions.of_alerts import record_alert
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.links.same import decide_person
from sync_scripts.register.queries import pages
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import raw
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, SUPERVISOR, Work, begin
from tests.register.field import ALERT, CASE, COORDINATOR, START, changed, dealt

COURT = Asked("bundle", "court", purpose="justice")
YES = {"consent": {"c_justice": "yes"}}
OTHER_CASE = dealt(1, "DK")
NEXT_ALERT = dealt(1, "AL")
Unreadable = Callable[..., None]


def agreed(register: Register) -> Work:
    """Return a case in which she agrees to a court."""
    made = begin(register, consent=False)
    for edit in (0, 1):
        said = changed(CASE, {"header": {"alert_code": ALERT_CODE}}, YES)
        made.field.send("case", "c1", said, edit=edit)
    return made


def why(work: Work, case: str = CASE_CODE, uid: str | None = None) -> str:
    """Return why nothing of her may leave for a court; "" = it may."""
    with work.field.register.reading() as rows:
        return answer_for(rows, case, COURT, work.field.now, uid).why


def put_aside(work: Work, *names: str, state: str = "quarantined", form: str = "case") -> None:
    """Let something be put aside that names these versions or codes."""
    shown(work, state, stamp=form, problem="DK-I23", names=" ".join(names))


def sealed(work: Work, root: str, *, state: str = "waiting", reason: str = "vault") -> None:
    """Let an edit of a submission come that waits for its key."""
    shown(work, state, form="case", root_id=root, waits=reason)


def shown(work: Work, state: str, **said: str) -> None:
    """Let a place of a server be what it is, of a later time than all before."""
    at = instant(work.field.later())
    one = {"server": "far", "tag": at, "state": state, "size": 1, "moved_ns": 0, "received_at": at}
    with work.field.register.writing() as rows:
        rows.execute(insert(raw.place).values(**one, **said))


def not_built(work: Work, root: str) -> None:
    """Let an edit come that cannot be built."""
    work.field.send("case", root, changed(CASE, YES), edit=7, build_it=False)
    with work.field.register.writing() as rows:
        marks.mark(rows, {("case", root): work.field.arrived}, {"alert"})
        rows.execute(update(raw.to_build).values(fault="KeyError", failed_at=instant(work.field.now)))


@pytest.mark.parametrize(
    "come",
    [
        lambda work: put_aside(work, "c1"),
        lambda work: put_aside(work, "c1-1"),
        lambda work: put_aside(work, "uuid:unknown", CASE_CODE, form="followup"),
        lambda work: put_aside(work, ALERT_CODE, form="alert"),
        lambda work: put_aside(work, "c1", state="erased"),
        lambda work: sealed(work, "c1"),
        lambda work: sealed(work, "c1", reason="key"),
        lambda work: not_built(work, "c1"),
    ],
    ids=[
        "an edit put aside",
        "an edit of an edit put aside",
        "a visit put aside that names the case",
        "a form put aside that names its alert",
        "an edit that was erased unread",
        "an edit that waits for the vault",
        "an edit that waits for its key",
        "an edit that could not be built",
    ],
)
def test_what_nobody_could_read_holds_back_what_names_her(
    sqlite_register: Register, come: Unreadable
) -> None:
    """She may say no in it; asked on a later day her yes counts."""
    work = agreed(sqlite_register)
    assert why(work) == ""
    come(work)
    assert why(work) == "unread"

    work.field.later(days=1)
    work.do(record, CASE_CODE, {"justice": "yes"}, person="V1", reason="asked her")
    assert why(work) == ""


@pytest.mark.parametrize(
    "come",
    [
        lambda work: put_aside(work, "c2"),
        lambda work: put_aside(work, "c1", state="stored"),
        lambda work: sealed(work, "c1", state="stored"),
        lambda work: sealed(work, "c2"),
    ],
    ids=["of another form", "read by now", "opened by now", "sealed, of another form"],
)
def test_what_is_of_others_or_can_be_read_by_now_holds_nothing_back(
    sqlite_register: Register, come: Unreadable
) -> None:
    """Else a form of one case would stop the work of all."""
    work = agreed(sqlite_register)
    come(work)

    assert why(work) == ""


def elsewhere(work: Work) -> None:
    """Let another case come with somebody in it."""
    told = changed(CASE, YES, {"victims": [{**CASE["victims"][0], "victim_uid": "w1"}]})
    work.field.send("case", "c2", told)


def test_an_unread_form_of_the_same_person_in_another_case_counts(sqlite_register: Register) -> None:
    """Whoever is two records said no of herself, in whichever it was; of somebody else there it says nothing here."""
    work = agreed(sqlite_register)
    elsewhere(work)
    put_aside(work, "c2")
    before = why(work)
    work.do(decide_person, CASE_CODE, "V1", (OTHER_CASE, "V1"), "same", reason="One voice")

    assert (before, why(work), why(work, OTHER_CASE)) == ("", "unread", "unread")


@pytest.mark.parametrize("root", ["c1", "c2"])
def test_an_unread_form_of_a_merged_case_counts_in_both(sqlite_register: Register, root: str) -> None:
    """They are one case; the form may tell of anybody in it."""
    work = agreed(sqlite_register)
    elsewhere(work)
    work.do(every_decision.merge, OTHER_CASE, CASE_CODE, reason="Same facts")
    before = why(work)
    put_aside(work, root)

    assert (before, why(work), why(work, OTHER_CASE)) == ("", "unread", "unread")


@pytest.mark.parametrize(
    "come",
    [
        lambda work: put_aside(work, "r2", form="alert"),
        lambda work: put_aside(work, NEXT_ALERT, form="followup"),
        lambda work: sealed(work, "r2", reason="key"),
    ],
    ids=["an edit put aside", "what names it", "an edit without its key"],
)
def test_an_alert_whose_edit_nobody_could_read_is_referred_by_two(
    sqlite_register: Register, come: Unreadable
) -> None:
    """Whoever gave consent may have taken it back; where life is in danger two people sign."""
    work = agreed(sqlite_register)
    provider(work)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, NEXT_ALERT)
    come(work)

    words = work.refused(GuardFails, every_decision.refer_out, NEXT_ALERT, "PRE-01")
    assert "is not read yet and may contain a refusal" in words
    done = work.do(every_decision.refer_out, NEXT_ALERT, "PRE-01", vital=True, reason="She bleeds")
    assert done.proposal is not None
    work.do(every_decision.sign, done.proposal, by=SUPERVISOR)
    assert work.alert(NEXT_ALERT)["state"] == "referred_out"


@pytest.mark.parametrize("state", ["quarantined", "erased"])
def test_one_person_refers_an_alert_once_it_was_asked_about_on_a_later_day(
    sqlite_register: Register, state: str
) -> None:
    """As in a case: a yes of the day on which the form came may be older than the no in it. Taken back, it counts no more."""
    work = agreed(sqlite_register)
    provider(work)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, NEXT_ALERT)
    put_aside(work, "r2", form="alert", state=state)
    same_day = work.do(record_alert, NEXT_ALERT, "given")
    work.refused(GuardFails, every_decision.refer_out, NEXT_ALERT, "PRE-01")
    work.field.later(days=1)
    earlier = work.do(record_alert, NEXT_ALERT, "given", on=work.field.now.date() - timedelta(days=1))
    work.refused(GuardFails, every_decision.refer_out, NEXT_ALERT, "PRE-01")
    later = work.do(record_alert, NEXT_ALERT, "given")
    work.do(every_decision.refer_out, NEXT_ALERT, "PRE-01")

    assert (bool(same_day.unread), same_day.unread, later.unread) == (True, earlier.unread, "")
    assert work.alert(NEXT_ALERT)["state"] == "referred_out"


def test_the_pages_of_a_case_and_of_its_alert_say_so(sqlite_register: Register) -> None:
    """Lists, workbooks and messages of the team go on; whoever looks sees that something is not read, of when, and who can help."""
    work = agreed(sqlite_register)
    with work.field.register.reading() as rows:
        assert not any(word.startswith("NOT READ") for word in page(rows))
    put_aside(work, "c1")
    sealed(work, "c1")
    with work.field.register.reading() as rows:
        case = page(rows)
        alert = list(alert_page.draw(pages.alert_page(rows, ALERT_CODE, COORDINATOR, "en", START)))

    assert [case[0], case[1]] == [alert[0], alert[1]]
    assert case[0].startswith("NOT READ YET: 2 submissions, the last received on 20")
    assert case[1] == "To see what to do: dikalo doctor --open · dikalo quarantine list"


def test_the_page_says_of_what_was_erased_unread_to_ask_again(sqlite_register: Register) -> None:
    """No command reads it any more."""
    work = agreed(sqlite_register)
    put_aside(work, "c1", state="erased")
    with work.field.register.reading() as rows:
        told = page(rows)

    assert told[0].startswith("NOT READ YET: 1 submission")
    assert "ask the person again" in told[1]
    assert not told[2].startswith("To see what to do")


def page(rows: Rows) -> list[str]:
    """Return the page of the case."""
    return list(case_page.draw(pages.case_page(rows, CASE_CODE, COORDINATOR, "en", START)))
