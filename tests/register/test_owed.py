"""What a consent asks for later: whom to tell that had received something, and when to ask again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.alert_decisions.services import move_service, plan_service, refer, set_service
from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.sharing import Handing, begin_share
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.consents.errors import ConsentChanged, GuardianNoMore
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.handover.handovers import Request
from sync_scripts.register.rules.clocks import adult_from, perhaps_adult_from
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, flags, service, victim

CODE, ALERT_CODE = dealt(0, "DK"), dealt(0, "AL")


def by(field: Field, what: Callable[..., Any], *given: Any, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, COORDINATOR, field.later(), draw=field.draw) as who:
        return what(who, *given, **said)


def tasks(field: Field, kind: str, *, done: bool = False) -> list[dict[str, Any]]:
    """Return the open tasks of a kind, or those that ended, by due time."""
    rows = [row for row in field.rows(tables.task) if row["kind"] == kind]
    rows = [row for row in rows if (row["done_at"] is not None) == done]
    return sorted(rows, key=lambda row: row["due_at"])


def sound(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


def case_with_directory(register: Register) -> Field:
    """Return a case with two people who agreed, and a directory of three."""
    made = Field(register)
    made.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]}))
    for code, services in (("PRE-01", "health"), ("PRE-02", "health"), ("POL-1", "health police")):
        by(made, set_provider, code, {"name": "x", "services": services})
    return made


@pytest.fixture
def field(register: Register) -> Field:
    """Give it on each database in turn."""
    return case_with_directory(register)


# --- a provider who was told --------------------------------------------------------------------------------------


def test_a_provider_who_was_told_and_is_replaced_is_told_so(field: Field) -> None:
    """Within a day; the new one is nobody to tell; going back to the first one takes that task away."""
    made = by(field, refer, CODE, "health", "PRE-01")
    assert tasks(field, "tell_receiver") == []
    by(field, set_service, CODE, made.number, provider_code="PRE-02")
    (task,) = tasks(field, "tell_receiver")

    assert task["due_at"] == instant(field.now + timedelta(hours=24))
    assert task["subject"] == f"intervention:{made.intervention}"
    assert sound(field)
    by(field, set_service, CODE, made.number, provider_code="PRE-01")
    (back,) = tasks(field, "tell_receiver")
    assert back["about"] == "PRE-02"
    assert sound(field)


def test_a_provider_who_was_only_planned_is_told_nothing(field: Field) -> None:
    """Nobody had heard of the person yet."""
    made = by(field, plan_service, CODE, "health", provider="PRE-01")
    by(field, set_service, CODE, made.number, provider_code="PRE-02")
    by(field, move_service, CODE, made.number, "referred")

    assert tasks(field, "tell_receiver") == []


def test_a_follow_up_that_names_another_provider_leaves_the_task_too(field: Field) -> None:
    """The phone can replace as well as the office."""
    field.send("followup", "f1", service(CODE, "referred"))
    field.send("followup", "f2", service(CODE, "accepted", provider_code="PRE-02"))

    assert [row["about"] for row in tasks(field, "tell_receiver")] == ["PRE-01"]
    assert sound(field)


def test_everybody_who_was_told_is_told_of_a_withdrawal(field: Field) -> None:
    """The one who was replaced, the one who refused, and the last one; nobody of another person's service."""
    first = by(field, refer, CODE, "health", "PRE-01")
    by(field, set_service, CODE, first.number, provider_code="PRE-02")
    second = by(field, refer, CODE, "health", "PRE-01")
    by(field, move_service, CODE, second.number, "rejected")
    by(field, refer, CODE, "health", "PRE-02", person="V2")
    before = len(tasks(field, "tell_receiver"))
    done = by(field, decide.withdraw, CODE, person="V1", reason="She called.")
    made = [row for row in tasks(field, "tell_receiver") if row["workspace"] is not None]

    assert before == 1
    assert sorted(row["subject"] for row in made) == sorted(
        [f"intervention:{first.intervention}"] * 2 + [f"intervention:{second.intervention}"]
    )
    assert done.tasks == ("consent_purge", *["tell_receiver"] * 3), "and the one to erase"
    assert sound(field)


@pytest.mark.parametrize(
    ("purposes", "raised"),
    [
        (["stats"], ()),
        (["services", "followup_contact"], ()),
        (["document"], ("consent_purge",)),
        (["stats", "document"], ("consent_purge",)),
        ([], ("consent_purge",)),
    ],
)
def test_nothing_is_to_be_erased_of_whoever_goes_on(
    sqlite_register: Register, purposes: list[str], raised: tuple[str, ...]
) -> None:
    """Statistics taken back leave her out of the next report: what is documented of her stays, as she agreed and still agrees."""
    field = case_with_directory(sqlite_register)
    done = by(field, decide.withdraw, CODE, person="V1", purposes=purposes, reason="She called.")

    assert (done.tasks, len(tasks(field, "consent_purge"))) == (raised, len(raised))
    assert sound(field)


def test_whoever_takes_the_last_back_is_erased_and_not_before(sqlite_register: Register) -> None:
    """Never documented, one purpose after the other: the withdrawal after which she agrees to nothing, seen so also later."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"c_document": "no"}}))
    given = ("stats", "advocacy", "followup_contact", "refer_identity", "services")
    raised = [
        "consent_purge" in by(field, decide.withdraw, CODE, purposes=[one], reason="x").tasks for one in given
    ]

    assert raised == [False, False, False, False, True]
    assert len(tasks(field, "consent_purge")) == 1
    assert sound(field)


def test_a_hand_over_is_told_of_a_withdrawal(field: Field) -> None:
    """A case that was transferred is on no list any more; whoever took it over is told all the same."""
    by(
        field,
        every_decision.move,
        CODE,
        "transferred",
        receiver="PRE-01",
        accepted_on=date(2026, 11, 20),
        reason="x",
    )
    by(field, decide.withdraw, CODE, person="V2", reason="He called.")

    assert len(tasks(field, "tell_receiver")) == 1
    assert len(tasks(field, "consent_purge")) == 1
    assert sound(field)


def test_a_shared_piece_of_evidence_and_a_dossier_are_told_of_a_withdrawal(field: Field) -> None:
    """Of the purpose that each rests on, of pictures and sound, by somebody whom it is about; of nothing else."""
    events = [
        ("evidence.move", {"uid": "e1", "evidence": "E1", "was": "x", "to": "shared", "purpose": "justice"}),
        ("share.give", {"share": "s1", "purpose": "un", "receiver": "x", "people": [{"uid": "v2"}]}),
    ]
    said = {"evidence": [{"evidence_uid": "e1", "evidence_type": "photo"}], "evidence_any": "yes"}
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)], **said}), edit=1)
    for name in ("V1", "V2"):
        by(field, decide.record, CODE, {"justice": "yes", "un": "identified"}, person=name)
    for op, payload in events:
        by(field, lambda who, op, payload: who.write(who.event(op, f"case:{CODE}", payload)), op, payload)
    by(field, decide.withdraw, CODE, person="V1", purposes=["un"], reason="x")
    by(field, decide.withdraw, CODE, person="V2", purposes=["stats"], reason="x")
    assert tasks(field, "tell_receiver") == []
    by(field, decide.withdraw, CODE, person="V1", purposes=["justice"], reason="x")
    by(field, decide.withdraw, CODE, person="V2", purposes=["un"], reason="x")

    assert sorted(row["about"] for row in tasks(field, "tell_receiver")) == [
        "evidence:e1",
        "share:s1",
    ]
    assert sound(field)


def test_what_is_given_after_a_withdrawal_is_none_of_its_matter(field: Field) -> None:
    """Asked and agreed again elsewhere: a dossier made later was made with the consent of then."""
    by(field, decide.record, CODE, {"un": "identified"}, person="V1")
    by(field, decide.withdraw, CODE, person="V1", purposes=["un"], reason="x")
    payload = {"share": "s1", "purpose": "un", "receiver": "x", "people": [{"uid": "v1"}]}
    by(field, lambda who: who.write(who.event("share.give", f"case:{CODE}", payload)))

    assert tasks(field, "tell_receiver") == []


def test_a_dossier_that_was_chosen_is_not_opened_after_a_withdrawal(sqlite_register: Register) -> None:
    """Asked again when it is about to be opened: a colleague wrote the withdrawal down while a passphrase was typed."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"c_un": "identified"}}))
    people = (("v1", "V1", "2026-11-20"),)
    handing = Handing("s1", CODE, Request("un", "un", "OHCHR"), "because", people)
    by(field, begin_share, handing)
    by(field, decide.withdraw, CODE, purposes=["un"], reason="x")
    before = len(_events(field))
    with pytest.raises(ConsentChanged) as caught:
        by(field, begin_share, handing)

    assert "V1" in caught.value.words()
    assert len(_events(field)) == before


def _events(field: Field) -> list[Any]:
    with field.register.reading() as rows:
        return list(store_events.read(rows))


# --- whom she excluded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("withheld", "provider", "allowed"),
    [
        ("authorities", "PRE-01", True),
        ("authorities", "POL-1", False),
        ("other_ngos", "PRE-01", False),
        ("other_ngos", "POL-1", False),
        ("family", "POL-1", True),
    ],
)
def test_whom_she_excluded_gets_nobody(
    sqlite_register: Register, withheld: str, provider: str, *, allowed: bool
) -> None:
    """Neither by a referral, nor in the place of another provider, nor with the whole case."""
    from sync_scripts.register.lifecycle.errors import GuardFails

    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"withhold_from": withheld}}))
    services = "health police" if provider == "POL-1" else "health"
    by(field, set_provider, provider, {"name": "x", "services": services})

    def tried(what: Callable[..., Any], *given: Any, **more: Any) -> bool:
        try:
            with deciding(field.register, COORDINATOR, field.later(), dry_run=True) as who:
                what(who, *given, **more)
        except GuardFails:
            return False
        return True

    own = by(field, plan_service, CODE, "health")
    by(field, move_service, CODE, own.number, "ongoing")
    over = {"receiver": provider, "accepted_on": date(2026, 11, 20), "reason": "x"}

    assert tried(refer, CODE, "health", provider) is allowed
    assert tried(set_service, CODE, own.number, provider_code=provider) is allowed
    assert tried(every_decision.move, CODE, "transferred", **over) is allowed


@pytest.mark.parametrize(
    ("withheld", "step", "flagged"),
    [
        ("authorities", "complaint_police", True),
        ("family authorities", "complaint_prosecutor", True),
        ("authorities", "hearing", False),
        ("other_ngos", "complaint_police", False),
        (None, "complaint_prosecutor", False),
    ],
)
def test_a_complaint_past_whom_she_excluded_is_to_be_looked_at(
    sqlite_register: Register, withheld: str | None, step: str, *, flagged: bool
) -> None:
    """A phone can report what nobody may do: it is kept, and somebody has to look."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"withhold_from": withheld}}))
    said = {
        "header": {"case_code": CODE, "worker_code": "RD-01", "fu_type": "legal"},
        "legal": {"legal_step": step},
    }
    field.send("followup", "f1", said)

    assert ("complaint_withheld" in flags(field)) is flagged
    assert sound(field)


# --- ask again at 18 ----------------------------------------------------------------------------------------------


def child(age: str | None = "16", **more: Any) -> dict[str, Any]:
    """Return a CASE form about a child, for whom a guardian answered on 20 November 2026."""
    who = victim(1, victim_is_child="1", age_band="12_17", **({"age": age} if age else {}))
    said = {"consent_by": "guardian", "child_assent": "yes", **more}
    return changed(CASE, {"victims": [who], "consent": said})


@pytest.mark.parametrize(
    ("age", "band", "perhaps", "sure"),
    [
        (15, None, "2028-11-20", "2029-11-20"),
        (17, None, "2026-11-20", "2027-11-20"),
        (0, "0_5", "2043-11-20", "2044-11-20"),
        (None, "12_17", "2026-11-20", "2032-11-20"),
        (None, "6_11", "2032-11-20", "2038-11-20"),
        (None, "unknown", None, None),
        (18, None, None, None),
    ],
)
def test_from_which_day_a_child_is_eighteen(
    age: int | None, band: str | None, perhaps: str | None, sure: str | None
) -> None:
    """Nobody knows the day of birth: she may be 18 a year before she is for certain; of an adult there is no such day."""
    row = {"is_child": True, "age": age, "age_band": band}

    assert perhaps_adult_from(row, date(2026, 11, 20)) == perhaps
    assert adult_from(row, date(2026, 11, 20)) == sure
    assert adult_from({"is_child": False, "age": 18, "age_band": "18_24"}, date(2026, 11, 20)) is None


def test_a_child_is_asked_herself_at_eighteen(register: Register) -> None:
    """The task rises by rule on the day on which she may be 18; asked once more before, it stays; after, it moves a year."""
    field = Field(register)
    field.send("case", "c1", child("16"))
    (first,) = tasks(field, "consent_adult")
    by(field, decide.record, CODE, {"services": "yes", "document": "yes"}, guardian=True, assent=True)
    (still,) = tasks(field, "consent_adult")
    field.later(days=370)
    by(field, decide.record, CODE, {"services": "yes", "document": "yes"}, guardian=True, assent=True)
    (moved,) = tasks(field, "consent_adult")

    assert (first["due_at"][:10], still["due_at"][:10]) == ("2027-11-20", "2027-11-20")
    assert moved["due_at"][:10] == "2028-11-20"
    assert sound(field)


def test_her_own_yes_ends_the_task_and_is_an_adults(sqlite_register: Register) -> None:
    """Before that day a guardian's yes has ended, and no guardian answers any more; her own covers what an adult's does."""
    field = Field(sqlite_register)
    field.send("case", "c1", child("17", c_un="identified"))
    field.now = field.now.replace(year=2027, month=11, day=21)
    with field.register.reading() as rows:
        ended = answer_for(rows, CODE, Asked("facts"), field.now)
        before = of_cases(rows, [CODE])[CODE].of(None)
    with pytest.raises(GuardianNoMore):
        by(field, decide.record, CODE, {"services": "yes"}, guardian=True)
    given = [one.purpose for one in before.consents if one.state == "assent"]
    answers = {"un": "identified", "advocacy": "anonymous", "refer_identity": "health"}
    answers |= {"followup_contact": "phone"}
    by(field, decide.record, CODE, {one: answers.get(one, "yes") for one in given})
    with field.register.reading() as rows:
        own = answer_for(rows, CODE, Asked("bundle", "un", purpose="un"), field.now)

    assert (ended.allowed, ended.why) == (False, "expired")
    assert own.allowed
    assert tasks(field, "consent_adult") == []
    assert sound(field)


def test_a_guardians_renewal_never_outlasts_her_childhood(sqlite_register: Register) -> None:
    """Renewed for twelve months shortly before she is 18: from that day on it counts for nothing."""
    field = Field(sqlite_register)
    field.send("case", "c1", child("17"))
    field.now = field.now.replace(year=2027, month=11, day=10)
    by(field, decide.record, CODE, {"document": "yes"}, guardian=True, assent=True)
    with field.register.reading() as rows:
        before = answer_for(rows, CODE, Asked("facts"), field.now)
        after = answer_for(rows, CODE, Asked("facts"), field.now + timedelta(days=11))

    assert before.allowed
    assert after.why == "expired"


def test_an_adult_whose_family_answered_has_no_such_task(sqlite_register: Register) -> None:
    """Nor has a child who answered for herself, nor one of whom nobody knows how old she is."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"consent_by": "guardian"}}))
    field.send("case", "c2", child(consent_by="self", child_assent=None))
    field.send("case", "c3", changed(child(None), {"victims": [victim(3, victim_is_child="1", age_band="")]}))

    assert tasks(field, "consent_adult") == []


@pytest.mark.parametrize(
    ("who", "assent", "state"),
    [
        ("self", None, "given"),
        ("guardian", "yes", "assent"),
        ("guardian", "no", "guardian"),
        ("guardian", None, "guardian"),
        ("other", None, "guardian"),
        ("other", "yes", "guardian"),
    ],
)
def test_by_whom_a_yes_was_said(sqlite_register: Register, who: str, assent: str | None, state: str) -> None:
    """Somebody else's yes is never the person's own; a child's assent stands beside a guardian's consent only."""
    field = Field(sqlite_register)
    field.send("case", "c1", child(consent_by=who, child_assent=assent))
    states = {row["state"] for row in field.rows(tables.consent) if row["purpose"] == "services"}

    assert states == {state}


# --- who cannot be asked ------------------------------------------------------------------------------------------


def test_who_cannot_be_asked_is_looked_at_every_thirty_days(field: Field) -> None:
    """Thirty days after it was written down, and after each review; a new talk begins anew; an answer ends it."""
    by(field, decide.record, CODE, {"photo_audio": "unable"}, person="V1", reason="She is missing.")
    start = field.now
    (first,) = tasks(field, "consent_review")
    field.later(days=29)
    by(field, every_decision.end_task, CODE, "consent_review", reason="Her family knows nothing.")
    ended = field.now
    (second,) = tasks(field, "consent_review")

    assert first["due_at"] == instant(start + timedelta(days=30))
    assert second["due_at"] == instant(ended + timedelta(days=30))
    assert sound(field)
    by(field, decide.record, CODE, {"photo_audio": "unable"}, person="V1")
    (third,) = tasks(field, "consent_review")
    assert third["due_at"] == instant(field.now + timedelta(days=30))
    by(field, decide.record, CODE, {"photo_audio": "yes"}, person="V1", guardian=True)
    assert tasks(field, "consent_review") == []
    assert sound(field)


def test_the_person_of_an_alert_who_cannot_be_asked_is_looked_at_too(register: Register) -> None:
    """From its arrival on, until somebody was interviewed."""
    field = Field(register)
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "unable"}}))
    arrived = field.now
    (first,) = tasks(field, "consent_review")
    by(field, every_decision.triage, ALERT_CODE)
    by(field, every_decision.end_task, ALERT_CODE, "consent_review", reason="Nobody knows.")
    (second,) = tasks(field, "consent_review")
    by(field, every_decision.open_case, ALERT_CODE, owner="RD-01", new=True)
    (in_case,) = tasks(field, "consent_review")

    assert first["due_at"] == instant(arrived + timedelta(days=30))
    assert second["due_at"] > first["due_at"]
    assert in_case["due_at"] == second["due_at"]
    assert sound(field)
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    assert tasks(field, "consent_review") == []
    assert sound(field)
