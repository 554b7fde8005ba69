"""Who may answer and whose word is the last: a yes is dated on or after the last no, and nobody answers over a person's own word."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consent_decisions.of_alerts import record_alert
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.consents.errors import (
    AnswerOutlived,
    AnswerRunOut,
    GuardianNoMore,
    SpeaksForHerself,
    TalkToCome,
)
from sync_scripts.register.consents.representatives import require_stands
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.forms.answers import Consent
from sync_scripts.register.lifecycle.errors import MoveNotListed
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_same_in_case import same, told_again
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.agreeing import consents
from tests.register.field import ALERT, CASE, changed, victim

HEARD = date(2026, 11, 20)
"""Day on which the form came that says no to the court."""


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Give a case of one woman, who said no to the court, and anonymous to advocacy."""
    return begin(sqlite_register)


def yes(work: Work, on: date | None, **answers: str) -> None:
    """Record what she answered on a day."""
    work.do(decide.record, CASE_CODE, answers or {"justice": "yes"}, on=on)


def test_a_yes_of_before_the_no_lifts_nothing(work: Work) -> None:
    """Ten months before she refused: the error names the day of the no, and a bundle may not leave."""
    told = work.refused(AnswerOutlived, decide.record, CASE_CODE, {"justice": "yes"}, on=date(2026, 1, 5))
    with work.field.register.reading() as rows:
        answer = answer_for(rows, CASE_CODE, Asked("bundle", "court", purpose="justice"), work.field.now)

    assert "2026-11-20" in told
    assert "2026-01-05" in told
    assert (answer.allowed, answer.why) == (False, "refused")


@pytest.mark.parametrize("days", [0, 1])
def test_a_yes_of_that_day_or_later_counts(work: Work, days: int) -> None:
    """She was asked again, and the sheet is typed in a week later."""
    work.field.later(days=7)
    yes(work, HEARD + timedelta(days=days))

    assert consents(work.field)["justice"]["state"] == "given"


def test_a_no_of_an_edit_counts_from_the_day_of_the_edit(work: Work) -> None:
    """The form said yes to services first, and no when it came again: a yes of between the two is older."""
    work.field.later(days=9)
    refused = changed(CASE, {"header": {"alert_code": ALERT_CODE}, "consent": {"c_services": "no"}})
    work.field.send("case", "c1", refused, edit=1)
    work.field.later(days=3)
    told = work.refused(AnswerOutlived, decide.record, CASE_CODE, {"services": "yes"}, on=date(2026, 11, 25))
    yes(work, date(2026, 11, 30), services="yes")

    assert "2026-11-29" in told
    assert consents(work.field)["services"]["state"] == "given"


def test_a_no_counts_from_when_it_is_recorded_whatever_its_day(work: Work) -> None:
    """It may always be recorded, with an old day and with one to come; a yes of between is not its end."""
    work.field.later(days=30)
    work.do(decide.record, CASE_CODE, {"photo_audio": "no"}, on=date(2026, 1, 5))
    work.refused(AnswerOutlived, decide.record, CASE_CODE, {"photo_audio": "yes"}, on=date(2026, 12, 1))

    assert consents(work.field)["photo_audio"]["state"] == "refused"
    yes(work, None, photo_audio="yes")
    assert consents(work.field)["photo_audio"]["state"] == "given"


def test_a_no_with_a_day_to_come_is_heard_at_once(work: Work) -> None:
    """Nobody waits for a year that was typed wrong."""
    work.do(decide.record, CASE_CODE, {"photo_audio": "no"}, on=date(2027, 12, 5))

    assert consents(work.field)["photo_audio"]["state"] == "refused"


@pytest.mark.parametrize("answer", ["yes", "unable"])
def test_a_day_to_come_is_refused(work: Work, answer: str) -> None:
    """And not silently made today."""
    told = work.refused(TalkToCome, decide.record, CASE_CODE, {"photo_audio": answer}, on=date(2027, 12, 5))

    assert "2027-12-05" in told


def test_a_yes_that_ran_out_by_now_is_refused(work: Work) -> None:
    """Of a purpose about which nobody asked since: after twelve months one asks again."""
    told = work.refused(AnswerRunOut, decide.record, CASE_CODE, {"photo_audio": "yes"}, on=date(2020, 1, 5))
    yes(work, date(2026, 1, 5), photo_audio="yes")

    assert "2021-01-05" in told
    assert consents(work.field)["photo_audio"]["expires_at"] == "2027-01-05"


@pytest.mark.parametrize(
    ("purpose", "answer"), [("advocacy", "identified"), ("refer_identity", "health legal pss")]
)
def test_an_older_yes_widens_nothing(work: Work, purpose: str, answer: str) -> None:
    """What she said later is narrower, and her last word."""
    told = work.refused(AnswerOutlived, decide.record, CASE_CODE, {purpose: answer}, on=date(2026, 11, 1))

    assert "latest answer" in told
    assert consents(work.field)[purpose]["given_at"] == "2026-11-20"


def test_what_was_withdrawn_is_not_given_back_by_an_older_sheet(work: Work) -> None:
    """Nor by a newer one: that takes an interview."""
    work.field.later(days=2)
    work.do(decide.withdraw, CASE_CODE, purposes=["stats"], reason="She called")
    told = work.refused(AnswerOutlived, decide.record, CASE_CODE, {"stats": "yes"}, on=date(2026, 11, 21))
    work.refused(MoveNotListed, decide.record, CASE_CODE, {"stats": "yes"})

    assert "2026-11-22" in told


def test_her_no_in_another_record_counts(work: Work) -> None:
    """Two forms tell of one woman: her no in the second is later than the sheet that would lift it in the first."""
    work.field.later(days=5)
    told_again(work, {"c_services": "no"})
    same(work)
    work.field.later(days=5)
    told = work.refused(
        AnswerOutlived,
        decide.record,
        CASE_CODE,
        {"services": "yes"},
        person="V1",
        on=date(2026, 11, 22),
    )

    assert "2026-11-25" in told


def test_what_does_not_stand_is_not_called_given(work: Work) -> None:
    """A later no keeps it down, such as of a server whose clock is ahead of this computer."""
    said = Consent("services", "given", given_at="2026-11-20", expires_at="2027-11-20")
    person = (CASE_CODE, "v1", "V1")
    with work.field.register.reading() as rows:
        require_stands(rows, person, [said, Consent("stats", "refused")], {"services": said}, HEARD)
        for stands in ({}, {"services": Consent("services", "refused")}):
            with pytest.raises(AnswerOutlived):
                require_stands(rows, person, [said], stands, HEARD)


def test_what_her_other_record_keeps_down_names_the_day_of_that_no(work: Work) -> None:
    """Of a sheet of that very day nobody can tell whether it is later: the error says when she refused, and not today."""
    told_again(work, {"c_services": "no"})
    same(work)
    day = work.field.now.date()
    work.field.later(days=2)
    told = work.refused(AnswerOutlived, decide.record, CASE_CODE, {"services": "yes"}, person="V1", on=day)

    assert f"on {day}, as far as is known here" in told


def test_a_no_to_an_alert_of_a_server_whose_clock_is_ahead_is_lifted_today(work: Work) -> None:
    """Its day has still to come by this computer; there would be no way out else, since a yes of a day to come is refused."""
    said = changed(ALERT, {"gate": {"consent_alert": "not_asked"}})
    work.field.send("alert", "r2", said, received=work.field.now + timedelta(hours=40))
    code = next(row["code"] for row in work.field.rows(tables.alert) if row["code"] != ALERT_CODE)
    work.do(every_decision.triage, code)
    work.do(record_alert, code, "refused", reason="She said no")
    work.refused(AnswerOutlived, record_alert, code, "given", on=work.field.now.date() - timedelta(days=1))
    work.do(record_alert, code, "given", reason="She called")
    assert work.alert(code)["consent_state"] == "given"


def test_a_no_of_a_server_whose_clock_is_ahead_is_lifted_today(sqlite_register: Register) -> None:
    """Whoever records it had the no before them, also that of an edit; a sheet of before stays older."""
    work = begin(sqlite_register, consent=False)
    said = {"header": {"alert_code": ALERT_CODE}, "consent": {"c_services": "no"}}
    work.field.send("case", "c1", changed(CASE, said), received=work.field.now + timedelta(hours=40))
    work.refused(AnswerOutlived, decide.record, CASE_CODE, {"services": "yes"}, on=date(2026, 11, 19))
    yes(work, None, services="yes")
    assert consents(work.field)["services"]["state"] == "given"

    no = changed(CASE, said, {"consent": {"c_document": "no"}})
    work.field.send("case", "c1", no, edit=1, received=work.field.now + timedelta(hours=40))
    work.refused(AnswerOutlived, decide.record, CASE_CODE, {"document": "yes"}, on=date(2026, 11, 19))
    yes(work, None, document="yes")
    assert consents(work.field)["document"]["state"] == "given"


def test_the_same_of_an_alert(work: Work) -> None:
    """Its no is lifted by no older sheet, and a day to come is no day of a talk."""
    work.field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    code = next(row["code"] for row in work.field.rows(tables.alert) if row["code"] != ALERT_CODE)
    work.do(every_decision.triage, code)
    work.field.later(days=3)
    work.do(record_alert, code, "refused", on=date(2026, 1, 5))
    told = work.refused(AnswerOutlived, record_alert, code, "given", on=date(2026, 11, 21))
    work.refused(TalkToCome, record_alert, code, "given", on=date(2027, 1, 1))

    assert "2026-11-23" in told
    work.do(record_alert, code, "given")
    assert work.alert(code)["consent_state"] == "given"


def made(register: Register, age: str | None = "18_24", **consent: str | None) -> Work:
    """Return a case of one woman or girl, of an age, with what was said at her talk."""
    work = begin(register, consent=False)
    child = {"12_17": "1", None: None}.get(age, "0")
    who = victim(1, age_band=age, victim_is_child=child)  # type: ignore[arg-type]  # None: not answered
    work.field.send(
        "case",
        "c1",
        changed(
            CASE,
            {"header": {"case_known": "yes", "case_code": CASE_CODE}},
            {"consent": consent, "victims": [who]},
        ),
    )
    return work


def guardian(work: Work, purpose: str, answer: str = "yes", **more: Any) -> None:
    """Let a guardian answer."""
    work.do(decide.record, CASE_CODE, {purpose: answer}, guardian=True, **more)


def turned_down(work: Work, purpose: str, answer: str = "yes", **more: Any) -> str:
    """See a guardian's answer refused; return the words."""
    return work.refused(SpeaksForHerself, decide.record, CASE_CODE, {purpose: answer}, guardian=True, **more)


def state(work: Work, purpose: str) -> str:
    """Return what stands of a purpose."""
    return str(consents(work.field)[purpose]["state"])


@pytest.fixture
def woman(sqlite_register: Register) -> Work:
    """Give a woman of 18 to 24 who spoke for herself."""
    return made(sqlite_register)


@pytest.mark.parametrize("assent", [False, True])
def test_nobody_answers_over_a_womans_no(woman: Work, assent: bool) -> None:
    """She refused the media herself; nor does it help to say that she agreed, too."""
    told = turned_down(woman, "media", "identified", assent=assent)

    assert state(woman, "media") == "refused"
    assert "own answer" in told


def test_nobody_answers_over_a_womans_yes(woman: Work) -> None:
    """It stays hers, also once it ran out."""
    turned_down(woman, "services")
    woman.field.later(days=400)
    turned_down(woman, "services")

    assert state(woman, "services") == "given"


def test_who_was_never_asked_is_asked_first(woman: Work) -> None:
    """An adult answers for herself; the error says what to write down where she cannot."""
    told = turned_down(woman, "photo_audio")

    assert f"dikalo consent record {CASE_CODE} --person V1 photo_audio=unable" in told


def test_the_family_answers_for_a_woman_who_cannot_be_asked(woman: Work) -> None:
    """And again, as long as she does not answer herself; then her word stands."""
    woman.do(decide.record, CASE_CODE, {"photo_audio": "unable"})
    guardian(woman, "photo_audio")
    assert state(woman, "photo_audio") == "guardian"
    guardian(woman, "photo_audio")
    woman.do(decide.record, CASE_CODE, {"photo_audio": "yes"})
    assert state(woman, "photo_audio") == "given"

    turned_down(woman, "photo_audio")


def test_the_family_of_a_missing_man_answers_on(sqlite_register: Register) -> None:
    """It spoke at the talk, said no to the media, and is asked again; his own word, once there is one, is his."""
    work = made(sqlite_register, consent_by="other")
    guardian(work, "media", "anonymous")
    guardian(work, "photo_audio")
    guardian(work, "photo_audio", on=work.field.now.date())
    assert (state(work, "media"), state(work, "photo_audio")) == ("guardian", "guardian")
    work.do(decide.record, CASE_CODE, {"un": "identified"})

    turned_down(work, "un", "identified")
    assert work.sound()


def test_a_no_of_the_family_can_become_a_yes(sqlite_register: Register) -> None:
    """Where it may answer; a no that was written down without --guardian is taken for his own."""
    work = made(sqlite_register, consent_by="other")
    guardian(work, "photo_audio", "no")
    guardian(work, "photo_audio")
    assert state(work, "photo_audio") == "guardian"

    work.do(decide.withdraw, CASE_CODE, purposes=["photo_audio"], reason="He called")
    work.refused(
        (MoveNotListed, SpeaksForHerself), decide.record, CASE_CODE, {"photo_audio": "yes"}, guardian=True
    )


def test_a_no_of_somebody_else_is_kept_out_by_nothing(woman: Work) -> None:
    """It lets nothing leave; it counts as hers, and so nobody else turns it into a yes."""
    guardian(woman, "photo_audio", "no")
    assert state(woman, "photo_audio") == "refused"

    turned_down(woman, "photo_audio")


def test_a_guardian_answers_for_a_girl(sqlite_register: Register) -> None:
    """Also where the girl said no, or yes, alone: what that covers is said where something leaves."""
    work = made(sqlite_register, "12_17")
    guardian(work, "media", "anonymous", assent=True)
    guardian(work, "services")

    assert (state(work, "media"), state(work, "services")) == ("assent", "guardian")


def test_no_guardian_answers_for_who_is_an_adult_by_now(sqlite_register: Register) -> None:
    """Also about what nobody was asked."""
    work = made(sqlite_register, "12_17")
    work.field.later(days=365 * 6 + 10)
    work.refused(GuardianNoMore, decide.record, CASE_CODE, {"photo_audio": "yes"}, guardian=True)


def test_a_no_of_a_guardian_for_who_is_an_adult_by_now_is_recorded(sqlite_register: Register) -> None:
    """A no is kept out by nothing; it counts as hers, so she alone turns it into a yes. With a yes beside it all is refused."""
    work = made(sqlite_register, "12_17")
    work.field.later(days=365 * 6 + 10)
    both = {"photo_audio": "no", "stats": "yes"}
    work.refused(GuardianNoMore, decide.record, CASE_CODE, both, guardian=True)
    guardian(work, "photo_audio", "no")
    assert state(work, "photo_audio") == "refused"

    work.do(decide.record, CASE_CODE, {"photo_audio": "yes"}, reason="She was asked")
    assert state(work, "photo_audio") == "given"


@pytest.mark.parametrize("age", ["18_24", None])
def test_the_family_renews_what_it_had_renewed_with_an_earlier_version(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, age: str | None
) -> None:
    """Which did not write down who answered: a renewal says no more than whose word it was by then."""
    work = made(sqlite_register, age, consent_by="other", c_photo="yes")
    with monkeypatch.context() as earlier:
        earlier.setattr(decide, "spoken_for", lambda *_: [])
        for _ in range(2):
            guardian(work, "photo_audio")
            guardian(work, "services")
            work.field.later(days=200)
    guardian(work, "photo_audio")
    guardian(work, "services")

    assert (state(work, "photo_audio"), state(work, "services")) == ("guardian", "guardian")
    assert work.sound()


def test_her_own_yes_stays_hers_whatever_an_earlier_version_let_a_guardian_renew(
    woman: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice over: the second renewal was of a guardian's yes, and the word under it is still hers."""
    with monkeypatch.context() as earlier:
        earlier.setattr(decide, "spoken_for", lambda *_: [])
        for _ in range(2):
            guardian(woman, "services")
    turned_down(woman, "services")


def test_whose_age_is_not_known_counts_as_a_child_but_keeps_her_word(sqlite_register: Register) -> None:
    """A guardian answers about what she was not asked; the error about the rest says where her age is put right."""
    work = made(sqlite_register, None)
    guardian(work, "photo_audio")
    told = turned_down(work, "media", "identified")

    assert state(work, "photo_audio") == "guardian"
    assert f"dikalo person correct {CASE_CODE} person.V1.age" in told


def test_her_own_word_in_another_record_counts(sqlite_register: Register) -> None:
    """The family spoke in the first talk, she herself in the second: nobody answers for her any more."""
    work = made(sqlite_register, consent_by="other")
    told_again(work)
    same(work)

    work.refused(
        SpeaksForHerself, decide.record, CASE_CODE, {"media": "identified"}, person="V1", guardian=True
    )
