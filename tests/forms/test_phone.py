"""The alert and the interview, walked by ODK Collect's own engine as the field manual says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests import clock
from tests.forms.conftest import personal
from tests.forms.phones import (
    ALERT,
    CASE,
    MEDIA,
    OPEN_CASE,
    act,
    answers,
    refusals,
    several,
    victim,
    xform,
)
from xlsform.engine import Setting, edit, fill
from xlsform.engine.jvm import ZONE

REFUSED_ALERT = {"gate/consent_alert": "refused"}


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestAlert:
    """The alert, walked as on a phone."""

    def test_a_refusal_ends_the_form(self, phone: Setting) -> None:
        """Nothing more is asked, and what is sent holds the stamps and the refusal."""
        filled = fill(xform("alert"), REFUSED_ALERT, phone)
        assert filled.asked == ("gate/consent_alert", "gate/refused_note")
        assert set(answers(filled.submission)) - {"instanceID", "instanceName"} == {
            "start",
            "end",
            "consent_alert",
            "dikalo_form",
            "dikalo_version",
        }

    def test_consent_taken_back_takes_the_answers_back(self, phone: Setting) -> None:
        """Going back to the first screen and choosing no leaves nothing of what was said."""
        sent = fill(xform("alert"), ALERT, phone).submission
        assert personal("alert", edit(xform("alert"), sent, REFUSED_ALERT, setting=phone).submission) == {
            "consent_alert"
        }

    def test_without_the_person_no_contact_is_asked(self, phone: Setting) -> None:
        """With "not asked yet" neither contact nor photo is asked; with "given" both are."""
        asked = fill(xform("alert"), {**ALERT, "story_any": "yes"}, phone).asked
        assert {"contact/safe_to_contact", "story/safe_to_photo"} & set(asked) == set()
        assert "story/voice" in asked
        given = {
            **ALERT,
            "gate/consent_alert": "given",
            "contact/safe_to_contact": "yes",
            "contact/contact_code": "C4",
            "story_any": "yes",
        }
        asked = fill(xform("alert"), given, phone).asked
        assert {"contact/safe_to_contact", "contact/contact_window", "story/safe_to_photo"} <= set(asked)

    def test_the_last_step_is_left_out_by_passing_it(self, phone: Setting) -> None:
        """Who does not want to say more has finished: nothing of the story is shown."""
        asked = fill(xform("alert"), ALERT, phone).asked
        assert asked[-1] == "story_any"

    @pytest.mark.parametrize(
        ("account", "code"),
        [("PF-NW-03", "PF-NW-03"), ("E07", "E07"), ("", ""), ("bureau acat", ""), ("NORD", "")],
    )
    def test_a_phone_of_one_person_says_whose_it_is(self, phone: Setting, account: str, code: str) -> None:
        """A code in the phone's settings is not asked again; a shared phone asks, and the name of an account is no code."""
        answered = {path: text for path, text in ALERT.items() if path != "known/reporter_code" or not code}
        filled = fill(xform("alert"), answered, replace(phone, account=account))
        sent = answers(filled.submission)
        assert ("known/reporter_code" in filled.asked) == (not code)
        assert (sent.get("own_code", ""), sent.get("reporter_code", "")) == (code, "" if code else "PF07")

    def test_a_refusal_on_a_phone_of_one_person_holds_no_code(self, phone: Setting) -> None:
        """Before the gate is open nothing of the phone's user is sent either."""
        sent = fill(xform("alert"), REFUSED_ALERT, replace(phone, account="PF-NW-03")).submission
        assert b"PF-NW-03" not in sent

    def test_clocks_are_asked_only_for_their_pictogram(self, phone: Setting) -> None:
        """Hours since rape and since arrest are asked only then."""
        asked = fill(xform("alert"), ALERT, phone).asked
        assert "arrest/held_since" in asked
        assert "sexual/hours_since" not in asked

    def test_only_the_departments_of_the_region_are_offered(self, phone: Setting) -> None:
        """A place outside the cascade is not among the choices."""
        wrong = fill(xform("alert"), {**ALERT, "where/department": "CM010001"}, phone)
        assert wrong.refused[0].path == "where/department"
        assert wrong.refused[0].reason == "choice"

    def test_messages_are_in_the_language_of_the_phone(self, phone: Setting) -> None:
        """Too many pictograms, and an empty code, are explained in French and in English."""
        wrong = {**ALERT, "what/alert_icon": "arrest burning killing threat", "known/reporter_code": ""}
        french = refusals(fill(xform("alert"), wrong, phone))
        english = refusals(fill(xform("alert"), wrong, Setting(language="English (en)", media=phone.media)))
        assert french["what/alert_icon"] == "Choisissez trois réponses au plus."
        assert french["known/reporter_code"] == "Tapez votre code de point focal."
        assert english["what/alert_icon"] == "Choose three answers at most."

    def test_code_and_area_are_kept_from_the_last_alert(self, phone: Setting) -> None:
        """Typed once a phone: region, department and code come back, nothing else does."""
        last = fill(xform("alert"), ALERT, phone).submission
        kept = {"where/region", "where/department", "known/reporter_code"}
        again = {path: text for path, text in ALERT.items() if path not in kept}
        sent = fill(xform("alert"), again, Setting(media=phone.media, last_saved=last)).submission
        assert (answers(sent)["region"], answers(sent)["reporter_code"]) == ("CM007", "PF07")
        assert set(refusals(fill(xform("alert"), {}, Setting(media=phone.media, last_saved=last)))) == {
            "gate/consent_alert"
        }

    def test_the_draft_is_named_by_day_and_region(self, phone: Setting) -> None:
        """What a lost phone shows in its lists."""
        name = answers(fill(xform("alert"), ALERT, phone).submission)["instanceName"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d CM007", name)


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestCase:
    """The case, walked as on a phone."""

    def test_without_privacy_nothing_is_asked(self, phone: Setting) -> None:
        """Not even consent."""
        asked = fill(xform("case"), {"gate/interview_private": "no"}, phone).asked
        assert asked == ("gate/interview_private", "gate/stop_note")

    def test_a_refusal_holds_the_refusal_only(self, phone: Setting) -> None:
        """Stamps, privacy, version of the script, refusal: nothing else leaves the phone."""
        no = {"gate/interview_private": "yes", "gate/consent_explained": "OK", "gate/consent_case": "no"}
        sent = fill(xform("case"), no, phone).submission
        assert personal("case", sent) == {"consent_case"}
        assert set(answers(sent)) - {"instanceID", "instanceName", "dikalo_form", "dikalo_version"} == {
            "start",
            "end",
            "interview_private",
            "consent_explained",
            "consent_script_version",
            "consent_case",
        }

    @pytest.mark.parametrize("name", ["prosecutor_seen", "release_date"])
    def test_a_custody_ends_on_a_day_between_the_arrest_and_today(self, phone: Setting, name: str) -> None:
        """Not before the day of the arrest, whatever its hour, nor on a day that is only planned; left empty it is no end."""
        now = datetime.combine(clock.phone_today() - timedelta(days=3), time(0, 30), ZoneInfo(ZONE))
        day = {days: (now + timedelta(days=days)).date().isoformat() for days in (-1, 0, 3, 4)}
        held = {
            **CASE,
            **victim(1),
            **act(1, "arrest_arbitrary", "V1"),
            "acts/detention/arrested_at": f"{day[0]}T23:30:00.000+01:00",
            "acts/detention/legal_basis": "preliminary",
        }
        path = f"acts/detention/{name}"
        refused = {
            said
            for said in (day[-1], day[0], day[3], day[4], "")
            if path in {one.path for one in fill(xform("case"), {**held, path: said}, phone).refused}
        }
        assert refused == {day[-1], day[4]}

    def test_without_documenting_only_needs_and_reach_are_asked(self, phone: Setting) -> None:
        """A service-only case has no facts, no victims; a name only for a service that was chosen."""
        only = {
            path: text
            for path, text in CASE.items()
            if not path.startswith(("incident", "perp", "sour", "evid", "veri"))
        }
        only |= {"consent/c_document": "no", "consent/c_services": "yes", "needs/health_now": "no"}
        asked = fill(xform("case"), only, phone).asked
        assert {path.partition("/")[0] for path in asked} == {"gate", "header", "consent", "needs", "risk"}
        named = fill(xform("case"), {**only, "consent/c_refer_identity": "health"}, phone).asked
        assert {"reach/service_name", "reach/service_phone"} <= set(named)

    def test_identity_is_asked_only_under_own_consent(self, phone: Setting) -> None:
        """Nobody's name is taken on someone else's consent."""
        answered = {
            **CASE,
            **victim(1),
            **victim(2),
            **act(1, "burning", "V1 V2"),
            "acts/property/property_types": "house",
        }
        answered["victims[2]/consent_covers"] = "no"
        asked = fill(xform("case"), answered, phone).asked
        names = {"full_name", "nickname", "national_id", "victim_phone", "safe_address_hint"}
        assert {f"victims/{name}" for name in names} <= set(asked)
        assert {f"victims[2]/{name}" for name in names} & set(asked) == set()

    def test_numbers_of_victims_stay_when_one_is_deleted(self, phone: Setting) -> None:
        """V1, V2, V3; the first deleted, one added: V2, V3, V4, and every uid is still its row's."""
        answered = {**CASE, **victim(1), **victim(2), **victim(3), **act(1, "burning", "V2")}
        answered |= {"acts/property/property_types": "house"}
        sent = fill(xform("case"), answered, phone).submission
        assert several(sent, "victim_no") == ["1", "2", "3"]
        later = edit(xform("case"), sent, victim(3), without=["victims[1]"], setting=phone).submission
        assert several(later, "victim_no") == ["2", "3", "4"]
        assert several(later, "victim_uid")[:2] == several(sent, "victim_uid")[1:]
        assert len(set(several(later, "victim_uid"))) == 3

    def test_only_victims_and_acts_that_exist_are_offered(self, phone: Setting) -> None:
        """A third victim of two, or an act that was not recorded, cannot be chosen."""
        answered = {
            **CASE,
            **victim(1),
            **victim(2),
            **act(1, "burning", "V1 V3"),
            "perpetrators/perp_acts": "A2",
        }
        answered |= {"acts/property/property_types": "house"}
        wrong = fill(xform("case"), answered, phone)
        assert [(one.path, one.reason) for one in wrong.refused] == [
            ("acts/act_victims", "choice"),
            ("perpetrators/perp_acts", "choice"),
        ]

    def test_a_case_may_have_no_author_source_or_evidence(self, phone: Setting) -> None:
        """A "no" before a repeat leaves no row of it, nothing of it is asked, and nothing is left after a change of mind."""
        answered = {**CASE, **victim(1), **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        repeats = ("perpetrators", "sources", "evidence")
        none = {path: text for path, text in answered.items() if not path.startswith(repeats)}
        no = {f"{name}_any": "no" for name in repeats}
        empty = fill(xform("case"), {**none, **no}, phone)
        assert [path for path in empty.asked if path.startswith(repeats) and "/" in path] == []
        sent = fill(xform("case"), answered, phone).submission
        later = edit(xform("case"), sent, no, setting=phone).submission
        for xml in (empty.submission, later):
            assert [several(xml, name) for name in ("perp_uid", "source_uid", "evidence_uid")] == [[], [], []]
        assert len(several(sent, "perp_uid")) == 1

    def test_a_child_among_the_victims_raises_the_question_of_reporting(self, phone: Setting) -> None:
        """Mandatory reporting is asked as soon as one victim is a child, by band without an age."""
        answered = {**CASE, **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        adult = fill(xform("case"), {**answered, **victim(1)}, phone)
        child = fill(
            xform("case"),
            {**answered, **victim(1), **victim(2, "6_11"), "risk/mandatory_report": "no"},
            phone,
        )
        assert "risk/mandatory_report" not in adult.asked
        assert "risk/mandatory_report" in child.asked

    def test_without_leave_no_photo_or_recording_is_asked(self, phone: Setting) -> None:
        """Every file question hangs on one consent."""
        answered = {**CASE, **victim(1), **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        answered["evidence/evidence_type"] = "photo"
        files = {"incident/narrative_audio", "evidence/file_photo"}
        assert files & set(fill(xform("case"), answered, phone).asked) == set()
        allowed = {**answered, "consent/c_photo_audio": "yes"}
        assert files <= set(fill(xform("case"), allowed, phone).asked)

    def test_a_new_case_needs_no_list(self) -> None:
        """With the lists as they ship, headers only, a new case is finished and named by its day and region."""
        answered = {**CASE, **victim(1), **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        sent = answers(fill(xform("case"), answered, Setting(media=MEDIA)).submission)
        assert "case_code" not in sent
        assert re.fullmatch(r"\d{4}-\d\d-\d\d CM007", sent["instanceName"])

    def test_an_open_case_is_kept_by_its_code(self, phone: Setting) -> None:
        """The list's uuid would mean nothing to the register: the code is stored."""
        answered = {**CASE, **victim(1), **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        answered |= {"header/case_known": "yes", "header/case_code": OPEN_CASE}
        assert answers(fill(xform("case"), answered, phone).submission)["case_code"] == OPEN_CASE

    @pytest.mark.parametrize("code", ["al-7f3k2m-4", "AL-7F3K2M", "AL-7F3K2I-4", "DK-7F3K2M-4"])
    def test_a_mistyped_alert_code_is_refused(self, code: str, phone: Setting) -> None:
        """Capitals without I, L, O, U, and the right prefix."""
        assert "header/alert_code" in refusals(
            fill(xform("case"), {**CASE, "header/alert_code": code}, phone)
        )
