"""A guardian answers for a child, the family for somebody who cannot be asked; nobody answers over a person's own word."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents.errors import GuardianNoMore, SpeaksForHerself
from sync_scripts.register.lifecycle.errors import MoveNotListed
from sync_scripts.store.database import Register
from tests.decisions.test_same_in_case import same, told_again
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.agreeing import consents
from tests.register.field import CASE, changed, victim


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
