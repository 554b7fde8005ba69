"""The workbooks are what the sources give, and ODK Collect's own engine can fill them as the field manual says."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from sync_scripts.register import codes
from tests.forms.conftest import FORMS, GATES, field_list, mapped, shipped
from xlsform import build, pack, rules
from xlsform.convert import Converted, convert
from xlsform.engine import Filled, Habits, Setting, edit, fill, simulate, validate
from xlsform.engine.filling import datum
from xlsform.engine.jvm import ZONE
from xlsform.engine.opened import opened, walk
from xlsform.model import Kind

MEDIA = pack.forms_root() / "media"
CASES = "name,label,department,due,status\nu1,DK-7F3K2M-4,CM007001,2026-12-01,follow_up\n"
PROVIDERS = "name,label,department,services\nPR-01,Centre de santé,CM007001,health\n"
OPEN_CASE = "DK-7F3K2M-4"


@cache
def converted(form_id: str) -> Converted:
    """Return the XForm of a committed workbook, and what the converter remarks."""
    return convert(pack.find(form_id).workbook.read_bytes(), name=f"{form_id}.xlsx")


def xform(form_id: str) -> str:
    """Return the XForm of a committed workbook."""
    return converted(form_id).xform


@pytest.fixture(scope="session")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """A phone with the lists that a server gives it: all arrondissements, one open case, one provider."""
    folder = tmp_path_factory.mktemp("media")
    (folder / "arrondissements.csv").write_bytes((MEDIA / "arrondissements.csv").read_bytes())
    (folder / "cases.csv").write_text(CASES, encoding="utf-8")
    (folder / "providers.csv").write_text(PROVIDERS, encoding="utf-8")
    return Setting(media=folder)


# --- workbooks ----------------------------------------------------------------------------------------------------


def test_workbooks_are_what_the_sources_give() -> None:
    """A workbook is never edited by hand: the build gives the same bytes."""
    assert {one.path.name: one.state for one in build.plan()} == {
        "alert.xlsx": "same",
        "arrondissements.csv": "same",
        "case.xlsx": "same",
        "closure.xlsx": "same",
        "followup.xlsx": "same",
        "situation.xlsx": "same",
    }


@pytest.mark.parametrize("form_id", FORMS)
def test_workbooks_convert_without_a_remark(form_id: str) -> None:
    """What a server makes of the workbook needs no excuse."""
    assert converted(form_id).findings == ()


@pytest.mark.parametrize("form_id", FORMS)
def test_the_check_finds_nothing(form_id: str) -> None:
    """The shipped forms keep every rule that an organisation's form must keep, for every server."""
    assert [(one.code, one.path) for one in rules.check(shipped(form_id), "any")] == []


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("form_id", FORMS)
def test_odk_validate_finds_nothing(form_id: str) -> None:
    """Servers run ODK Validate when a form is uploaded."""
    assert validate(xform(form_id)) == ()


# --- simulated fills ----------------------------------------------------------------------------------------------


def days_ahead(rnd: Random) -> str:
    """Draw a day from today on."""
    return (datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=rnd.randint(0, 60))).isoformat()


def today(_: Random) -> str:
    """Return the phone's own day."""
    return datetime.now(ZoneInfo(ZONE)).date().isoformat()


def nothing(_: Random) -> str:
    """Leave it empty: the phone has its lists."""
    return ""


def one_of(answers: str) -> Any:
    """Draw one of several answers."""
    return lambda rnd: rnd.choice(answers.split())


HABITS: Mapping[str, Mapping[str, Any]] = {
    "alert": {},
    "closure": {
        "header/case_code_typed": nothing,
        "header/closer_code": one_of("RD-01"),
        "close/supervisor_code": one_of("SU-01 SU-02"),
        "close/pending_legal": one_of("no"),
    },
    "situation": {
        "header/period_start": one_of("2026-01-05"),
        "header/period_end": one_of("2026-01-11 2026-02-01"),
        "context/lockdown_days": one_of("0 2 31"),
        "context/displaced_est": one_of("0 40 3000"),
        "services/svc_service": one_of("health safehouse legal"),
        "services/svc_places": one_of("0 12"),
    },
    "followup": {
        "header/case_code_typed": nothing,
        "intervention/provider_code_typed": nothing,
        "intervention/intervention_no": one_of("1 2 3"),
        "result/next_due": days_ahead,
        "shelter/moved_out": today,
        "shelter/dependants": one_of("0 1 4"),
    },
    "case": {
        "gate/interview_private": one_of("yes yes yes yes yes yes yes yes no"),
        "gate/consent_case": one_of("yes yes yes yes yes yes yes yes no"),
        "consent/c_document": one_of("yes yes yes no"),
        "header/alert_code": one_of("AL-7F3K2M-4"),
        "header/case_code_typed": nothing,
        "header/prior_interviews": one_of("0 1 2"),
        "incident/incident_end": today,
        "incident/chain_code": one_of(OPEN_CASE),
        "victims/group_size": one_of("2 5 40"),
        # each opens one of the sub-groups, or a question of its own
        "acts/violation": one_of("torture exec_summary burning attack_school mass_roundup abduction assault"),
        "acts/medical_exam": one_of("done unknown"),
    },
}
"""Form -> path -> how to draw an answer that a blind draw would miss."""


def on_screen(form_id: str) -> set[str]:
    """Return the paths of what a phone shows."""
    return {"/".join(q.path) for q in mapped(form_id).questions if q.kind in {Kind.QUESTION, Kind.NOTE}}


def simulated(form_id: str, phone: Setting, least: int, most: int) -> tuple[list[bytes], set[str]]:
    """Fill a form at random until everything was met, ``least`` to ``most`` times; return submissions and paths met."""
    submissions: list[bytes] = []
    seen: set[str] = set()
    for seed in range(most):
        if len(submissions) >= least and on_screen(form_id) <= seen:
            break
        made = simulate(xform(form_id), seed, Habits(rules=HABITS[form_id], skip=0.3, rows=2), phone)
        submissions.append(made.submission)
        seen |= made.seen
    return submissions, seen


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize(
    ("form_id", "least", "most"),
    [
        ("alert", 15, 60),
        ("followup", 15, 60),
        ("case", 15, 60),
        ("closure", 10, 40),
        ("situation", 10, 40),
        pytest.param("alert", 200, 200, marks=pytest.mark.slow),
        pytest.param("followup", 200, 200, marks=pytest.mark.slow),
        pytest.param("case", 200, 200, marks=pytest.mark.slow),
        pytest.param("closure", 200, 200, marks=pytest.mark.slow),
        pytest.param("situation", 200, 200, marks=pytest.mark.slow),
    ],
)
def test_every_question_can_be_reached_and_no_refusal_holds_anything(
    form_id: str, least: int, most: int, phone: Setting
) -> None:
    """Random fills are all valid and meet every question; what a refusal leaves has no answer of level 1 or above."""
    submissions, seen = simulated(form_id, phone, least, most)
    assert on_screen(form_id) - seen == set()
    if form_id in GATES:
        gate, opens = GATES[form_id]
        refusals = [sent for sent in submissions if answers(sent).get(gate) not in opens]
        assert refusals
        for sent in refusals:
            assert personal(form_id, sent) <= {gate}


def answers(submission: bytes) -> dict[str, str]:
    """Return the leaves of a submission that hold text; of repeated names the last."""
    return {
        etree.QName(node).localname: node.text
        for node in etree.fromstring(submission).iter()
        if len(node) == 0 and node.text
    }


def personal(form_id: str, submission: bytes) -> set[str]:
    """Return the names of level 1 or above that a submission holds, answered or not."""
    levels = {question.name: question.level for question in mapped(form_id).questions}
    names = {etree.QName(node).localname for node in etree.fromstring(submission).iter()}
    return {name for name in names if levels.get(name, 0) >= 1}


# --- the field manual ---------------------------------------------------------------------------------------------

REFUSED_ALERT = {"gate/consent_alert": "refused"}
ALERT = {
    "gate/consent_alert": "not_asked",
    "danger/danger_now": "yes",
    "what/alert_icon": "arrest",
    "when/when_rel": "today",
    "where/region": "CM007",
    "where/department": "CM007001",
    "where/arrondissement": "CM007001002",
    "who/victim_kind": "man",
    "who/victim_count": "1",
    "arrest/held_since": "lt24",
    "known/info_source": "saw",
    "known/reporter_code": "PF07",
}
CASE = {
    "gate/interview_private": "yes",
    "gate/consent_explained": "OK",
    "gate/consent_case": "yes",
    "header/case_known": "no",
    "header/documenter_code": "EN03",
    "header/interview_language": "wes",
    "header/interpreter": "no",
    "header/prior_interviews": "0",
    "consent/consent_by": "self",
    "consent/c_document": "yes",
    "consent/c_services": "no",
    "consent/c_stats": "yes",
    "consent/c_justice": "no",
    "consent/c_advocacy": "no",
    "consent/c_un": "no",
    "consent/c_media": "no",
    "consent/c_photo_audio": "no",
    "consent/c_followup_contact": "no",
    "consent/consent_mode": "oral_witness",
    "incident/incident_date": "2026-01-10",
    "incident/date_precision": "estimate",
    "incident/region": "CM007",
    "incident/department": "CM007001",
    "incident/arrondissement": "CM007001002",
    "incident/place_type": "home",
    "perpetrators_any": "yes",
    "perpetrators/actor": "unknown",
    "perpetrators/perp_count": "unknown",
    "perpetrators/perp_acts": "A1",
    "perpetrators/involvement_degree": "unknown",
    "perpetrators/identification": "unknown",
    "sources_any": "yes",
    "sources/source_relation": "victim",
    "sources/reliability": "C",
    "sources/source_at_risk": "no",
    "evidence_any": "yes",
    "evidence/evidence_type": "other",
    "evidence/taken_by": "unknown",
    "evidence/original_kept": "unknown",
    "evidence/faces_visible": "no",
    "risk/threats_continue": "unknown",
    "risk/perp_near": "unknown",
    "risk/retaliation_risk": "unknown",
    "risk/exposes_documenter": "no",
    "verified/verification": "unverified",
}
CLOSURE = {
    "header/case_code": OPEN_CASE,
    "header/closer_code": "RD-01",
    "close/closure_reason": "goals_met",
    "close/survivor_agrees": "yes",
    "close/pending_legal": "no",
    "close/risk_now": "low",
    "close/feedback_given": "yes",
    "close/retention_class": "standard",
    "close/supervisor_code": "SU-01",
    "close/goals_any": "no",
}
SITUATION = {
    "header/reporter_code": "PF07",
    "header/period_start": "2026-01-05",
    "header/period_end": "2026-01-11",
    "header/region": "CM007",
    "context/security_level": "2",
    "context/network": "good",
    "events_any": "no",
    "services_any": "no",
    "tendency/trend": "same",
}
EMPTY = Setting(media=MEDIA)
"""A phone with the lists as they ship: all arrondissements, headers only of what the register publishes."""


def victim(number: int, age_band: str = "25_59") -> dict[str, str]:
    """Answers of one row of victims."""
    return {
        f"victims[{number}]/{name}": text
        for name, text in {
            "unit": "individual",
            "consent_covers": "yes",
            "victim_sex": "f",
            "age_band": age_band,
            "displacement": "idp",
            "current_status": "safe",
        }.items()
    }


def act(number: int, violation: str, victims: str) -> dict[str, str]:
    """Answers of one row of acts."""
    return {f"acts[{number}]/violation": violation, f"acts[{number}]/act_victims": victims}


def several(submission: bytes, name: str) -> list[str]:
    """Return what stands under every element of a name, in order."""
    return [str(node.text) for node in etree.fromstring(submission).iter("{*}" + name)]


def refusals(filled: Filled) -> dict[str, str]:
    """Return what the phone would not take, and its message."""
    return {refusal.path: refusal.message for refusal in filled.refused}


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
        asked = fill(xform("alert"), ALERT, phone).asked
        assert {"contact/safe_to_contact", "story/safe_to_photo"} & set(asked) == set()
        given = {
            **ALERT,
            "gate/consent_alert": "given",
            "contact/safe_to_contact": "yes",
            "contact/contact_code": "C4",
        }
        asked = fill(xform("alert"), given, phone).asked
        assert {"contact/safe_to_contact", "contact/contact_window", "story/safe_to_photo"} <= set(asked)

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


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestFollowup:
    """The follow-up, walked as on a phone."""

    VISIT: Mapping[str, str] = {
        "header/case_code": OPEN_CASE,
        "header/worker_code": "EN03",
        "header/fu_type": "contact",
        "result/outcome": "unknown",
        "result/risk_change": "same",
    }

    def visit(self, **changed: str) -> dict[str, str]:
        """Answers of a plain visit."""
        return {**self.VISIT, "result/next_due": today(Random(0)), **changed}

    @pytest.mark.parametrize(
        ("kind", "groups"),
        [
            ("contact", set()),
            ("security", set()),
            ("service", {"intervention"}),
            ("legal", {"intervention", "legal"}),
            ("medical", {"intervention", "medical"}),
            ("psychosocial", {"intervention", "pss"}),
            ("shelter", {"intervention", "shelter"}),
            ("economic", {"intervention", "economic"}),
        ],
    )
    def test_the_type_opens_its_groups(self, kind: str, groups: set[str], phone: Setting) -> None:
        """A visit asks about no service; every other type asks about its own."""
        asked = fill(xform("followup"), self.visit(**{"header/fu_type": kind}), phone).asked
        assert {path.partition("/")[0] for path in asked} == {"header", "result"} | groups

    def test_an_empty_list_of_cases_is_said_in_words(self) -> None:
        """A phone that was never updated has no case to choose; the message says what is expected."""
        wrong = refusals(
            fill(xform("followup"), self.visit(**{"header/case_code": ""}), Setting(media=MEDIA))
        )
        assert wrong == {"header/case_code_typed": "La liste est vide. Tapez le code du dossier."}

    def test_the_code_is_stored_and_names_the_draft(self, phone: Setting) -> None:
        """The code, not the uuid of the list's row, goes to the register; the draft shows code and day."""
        sent = answers(fill(xform("followup"), self.visit(), phone).submission)
        assert sent["case_code"] == OPEN_CASE
        assert re.fullmatch(rf"{OPEN_CASE} \d{{4}}-\d\d-\d\d", sent["instanceName"])

    def test_a_case_outside_the_list_cannot_be_chosen(self, phone: Setting) -> None:
        """A code that is not open on this phone is not among the choices."""
        wrong = fill(xform("followup"), self.visit(**{"header/case_code": "DK-AAAAAA-A"}), phone)
        assert [(one.path, one.reason) for one in wrong.refused] == [("header/case_code", "choice")]

    def test_the_next_date_is_not_in_the_past(self, phone: Setting) -> None:
        """The next contact lies ahead, and the phone says so."""
        wrong = refusals(fill(xform("followup"), self.visit(**{"result/next_due": "2026-01-01"}), phone))
        assert wrong == {"result/next_due": "La date ne peut pas être dans le passé."}

    def test_moving_out_comes_after_moving_in(self, phone: Setting) -> None:
        """With both dates the order counts; without the first any second is fine."""
        shelter = {"header/fu_type": "shelter", "shelter/moved_out": "2026-01-01"}
        alone = refusals(fill(xform("followup"), self.visit(**shelter), phone))
        both = refusals(
            fill(xform("followup"), self.visit(**shelter, **{"shelter/moved_in": "2026-02-01"}), phone)
        )
        assert "shelter/moved_out" not in alone
        assert both["shelter/moved_out"] == "La sortie ne peut pas être avant l'entrée."


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestClosure:
    """The request to close, walked as on a phone."""

    def test_it_refuses_what_no_one_may_approve(self, phone: Setting) -> None:
        """A pending procedure, a high or unknown risk, one's own approval: each refused, with what to do instead."""
        wrong = {"close/pending_legal": "yes", "close/risk_now": "high", "close/supervisor_code": "RD-01"}
        said = refusals(fill(xform("closure"), {**CLOSURE, **wrong}, phone))
        assert set(said) == set(wrong)
        assert "le dossier reste ouvert" in said["close/pending_legal"]
        assert "le dossier reste ouvert" in said["close/risk_now"]
        assert said["close/supervisor_code"].startswith("Une autre personne que vous")
        unknown = fill(xform("closure"), {**CLOSURE, "close/risk_now": "unknown"}, phone)
        assert set(refusals(unknown)) == {"close/risk_now"}

    def test_a_procedure_may_go_on_when_the_case_is_handed_over(self, phone: Setting) -> None:
        """Whoever moved away takes the procedure along."""
        moved = {**CLOSURE, "close/pending_legal": "yes", "close/closure_reason": "relocated"}
        assert answers(fill(xform("closure"), moved, phone).submission)["pending_legal"] == "yes"

    def test_goals_are_rows_with_an_identity(self, phone: Setting) -> None:
        """None without a yes; each with a uid of its own."""
        goals = {"close/goals_any": "yes"}
        for number, service in enumerate(("health", "legal"), start=1):
            goals |= {f"goals[{number}]/goal_service": service, f"goals[{number}]/goal_status": "met"}
        sent = fill(xform("closure"), {**CLOSURE, **goals}, phone).submission
        assert len(set(several(sent, "goal_uid"))) == 2
        assert several(fill(xform("closure"), CLOSURE, phone).submission, "goal_uid") == []

    def test_messages_are_in_english_too(self, phone: Setting) -> None:
        """The refusal speaks the language of the phone."""
        setting = Setting(language="English (en)", media=phone.media)
        said = refusals(fill(xform("closure"), {**CLOSURE, "close/risk_now": "high"}, setting))
        assert said["close/risk_now"].startswith("With a high or unknown risk")


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestSituation:
    """The report on an area, walked as on a phone."""

    def test_a_quiet_week_is_a_whole_report(self, phone: Setting) -> None:
        """Nothing has to be invented: no event, no service, no place below the region."""
        sent = fill(xform("situation"), SITUATION, phone).submission
        assert (several(sent, "event_uid"), several(sent, "svc_uid")) == ([], [])
        assert {"department", "arrondissement"} & answers(sent).keys() == set()

    def test_a_period_ends_after_it_began_and_not_tomorrow(self, phone: Setting) -> None:
        """Both slips are refused in one sentence."""
        tomorrow = (datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=1)).isoformat()
        for day in ("2026-01-04", tomorrow):
            said = refusals(fill(xform("situation"), {**SITUATION, "header/period_end": day}, phone))
            assert said["header/period_end"].startswith("La fin ne peut être ni avant")

    def test_events_are_counts(self, phone: Setting) -> None:
        """Two rows of counts; a negative one is refused, and the day may be rough but not in the future."""
        rows = {"events_any": "yes"}
        for number in (1, 2):
            rows |= {
                f"events[{number}]/event_date": "2026-01-08",
                f"events[{number}]/event_violation": "burning",
            }
        rows["events[2]/event_women"] = "3"
        assert (
            len(set(several(fill(xform("situation"), {**SITUATION, **rows}, phone).submission, "event_uid")))
            == 2
        )
        wrong = fill(xform("situation"), {**SITUATION, **rows, "events[2]/event_women": "-1"}, phone)
        assert refusals(wrong) == {"events[2]/event_women": "Zéro ou plus."}

    def test_stock_and_places_are_asked_only_of_their_service(self, phone: Setting) -> None:
        """PEP at a health centre, places in a shelter, neither at a lawyer's."""
        asked = {}
        for service in ("health", "safehouse", "legal"):
            row = {"services_any": "yes", "services/svc_service": service, "services/svc_state": "open"}
            asked[service] = set(fill(xform("situation"), {**SITUATION, **row}, phone).asked)
        own = {"services/svc_pep_stock", "services/svc_places"}
        assert own & asked["health"] == {"services/svc_pep_stock"}
        assert own & asked["safehouse"] == {"services/svc_places"}
        assert own & asked["legal"] == set()


# --- lists of the register that are empty or old ------------------------------------------------------------------

VISITED = {**TestFollowup.VISIT, "header/case_code": "", "header/case_code_typed": "DK-7Q2M4X-B"}
SERVED = {
    **VISITED,
    "header/fu_type": "service",
    "intervention/service": "health",
    "intervention/provider_code_typed": "PRE-NW-01",
    "intervention/timeframe": "3_days",
    "intervention/requested_on": "2026-01-05",
    "intervention/service_status": "planned",
    "intervention/consent_confirmed": "yes",
}
CLOSED = {**CLOSURE, "header/case_code": "", "header/case_code_typed": "DK-7Q2M4X-B"}
NOT_CODES = (
    "DK-7Q2M4X-C",  # another check symbol
    "DK-7Q2MX4-B",  # two neighbours changed places
    "DK-7Q2M5X-B",  # one wrong symbol
    "dk-7q2m4x-b",
    "DK-7Q2M4-B",
    "7Q2M4X-B",
    "AL-7Q2M4X-B",
    "DK-7Q2MIX-B",
    " DK-7Q2M4X-BB",
)


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestEmptyLists:
    """Lists with headers only, as they ship: the code is typed, and a slip is caught on the phone."""

    def today(self, said: Mapping[str, str]) -> dict[str, str]:
        """Return answers whose dates may not lie in the past, as of the phone's own day."""
        return {**said, "result/next_due": today(Random(0))}

    def test_follow_up_and_closure_are_finished(self) -> None:
        """Both with an empty list of cases, the follow-up also with an empty list of providers."""
        visit = answers(fill(xform("followup"), self.today(SERVED), EMPTY).submission)
        assert (visit["case_code_typed"], visit["provider_code_typed"]) == ("DK-7Q2M4X-B", "PRE-NW-01")
        assert visit["instanceName"].startswith("DK-7Q2M4X-B ")
        request = answers(fill(xform("closure"), CLOSED, EMPTY).submission)
        assert request["case_code_typed"] == "DK-7Q2M4X-B"
        assert "case_code" not in request

    def test_a_known_case_is_finished_too(self) -> None:
        """A second interview on a case that the phone does not list."""
        known = {"header/case_known": "yes", "header/case_code_typed": "DK-7Q2M4X-B"}
        answered = {**CASE, **victim(1), **act(1, "burning", "V1"), "acts/property/property_types": "house"}
        sent = answers(fill(xform("case"), {**answered, **known}, EMPTY).submission)
        assert sent["case_code_typed"] == "DK-7Q2M4X-B"
        assert sent["instanceName"].startswith("DK-7Q2M4X-B ")

    @pytest.mark.parametrize("typed", NOT_CODES)
    def test_a_code_with_a_slip_is_refused(self, typed: str) -> None:
        """The check symbol is computed on the phone: another person's case is not hit by a slip."""
        said = refusals(fill(xform("closure"), {**CLOSED, "header/case_code_typed": typed}, EMPTY))
        assert said["header/case_code_typed"].startswith("Ce n'est pas un code de dossier")

    def test_the_phone_reads_codes_as_the_register_does(self) -> None:
        """Whatever code the register draws, the phone takes; a body without a usable check symbol is no code."""
        rnd = Random(37)
        drawn: list[str] = []
        while len(drawn) < 40:
            body = "".join(rnd.choices(codes.ALPHABET, k=6))
            if codes.check_symbol(body) in codes.ALPHABET:
                drawn.append(codes.code("DK", body))
        for code in (*drawn, "DK-000000-0", "DK-ZZZZZZ-A", "DK-3F9T8R-V"):
            taken = fill(xform("closure"), {**CLOSED, "header/case_code_typed": code}, EMPTY)
            assert taken.refused == (), code

    def test_a_code_is_needed_one_way_or_the_other(self, phone: Setting) -> None:
        """With a list the choice is asked for, with an empty one the typed code."""
        neither = {**CLOSED, "header/case_code_typed": ""}
        assert set(refusals(fill(xform("closure"), neither, phone))) == {"header/case_code"}
        assert set(refusals(fill(xform("closure"), neither, EMPTY))) == {"header/case_code_typed"}
        bare = {**SERVED, "intervention/provider_code_typed": ""}
        assert set(refusals(fill(xform("followup"), self.today(bare), EMPTY))) == {
            "intervention/provider_code_typed"
        }

    def test_never_both(self, phone: Setting) -> None:
        """One field of the register, one answer: a typed code beside a choice is refused."""
        both = {**CLOSED, "header/case_code": OPEN_CASE}
        assert set(refusals(fill(xform("closure"), both, phone))) == {"header/case_code_typed"}

    def test_a_case_that_is_missing_from_the_list_can_be_typed(self, phone: Setting) -> None:
        """On a shared screen both answers are saved before either is checked, as Collect does; then all is well."""
        assert finished(xform("closure"), CLOSED, phone)
        assert not finished(xform("closure"), {**CLOSED, "header/case_code_typed": ""}, phone)

    def test_only_headers_ship(self) -> None:
        """No row of the samples, and no row at all, is ever deployed with the forms."""
        for name in ("cases", "providers"):
            shipped_ = (MEDIA / f"{name}.csv").read_text("utf-8").splitlines()
            samples = (MEDIA.parent / "samples" / f"{name}.csv").read_text("utf-8").splitlines()
            assert len(shipped_) == 1
            assert len(samples) > 1
            assert not set(samples[1:]) & set(shipped_)


def finished(form: str, said: Mapping[str, str], setting: Setting) -> bool:
    """Answer every question without a check, then let the engine check the whole form, as when finalising."""
    with opened(form, setting) as screen:

        def answer(path: str, prompt: Any) -> None:
            if not prompt.isReadOnly():
                data = datum(screen.org, prompt, said.get(path, ""))
                screen.controller.answerQuestion(prompt.getIndex(), data, False)

        walk(screen, answer, lambda _row: False)
        return screen.form.validate() is None


# --- places -------------------------------------------------------------------------------------------------------


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestPlaces:
    """Region, department, arrondissement, in every form that asks for a place."""

    PATHS: Mapping[str, str] = {"alert": "where", "case": "incident", "situation": "header"}

    def test_every_form_that_should_ask_does(self) -> None:
        """The forms with an arrondissement in the field list are these three."""
        assert {row["form"] for row in field_list() if row["name"] == "arrondissement"} == set(self.PATHS)

    @pytest.mark.parametrize("form_id", PATHS)
    def test_the_cascade_offers_only_what_lies_inside(self, form_id: str, phone: Setting) -> None:
        """Departments of the region, arrondissements of the department, by their labels with the seat town."""
        group = self.PATHS[form_id]
        base = {"alert": ALERT, "case": CASE, "situation": SITUATION}[form_id]
        chosen = {f"{group}/region": "CM007", f"{group}/department": "CM007001"}
        offered = offers(xform(form_id), {**base, **chosen}, phone)
        departments, arrondissements = offered[f"{group}/department"], offered[f"{group}/arrondissement"]
        assert departments == inside("CM007", "department")
        assert arrondissements == inside("CM007001", "arrondissement")
        assert arrondissements["CM007001002"] == "Bum (Fonfuka)"
        assert not any("CM010" in code for code in (*departments, *arrondissements))

    def test_a_changed_region_takes_the_old_places_away(self, phone: Setting) -> None:
        """Going back to another region leaves no department of the first one behind."""
        sent = fill(xform("alert"), ALERT, phone).submission
        wrong = edit(xform("alert"), sent, {"where/region": "CM010"}, setting=phone)
        assert {one.path for one in wrong.refused} == {"where/department", "where/arrondissement"}


def inside(parent: str, level: str) -> dict[str, str]:
    """Return the codes and labels below a unit, read from the administrative list without the toolchain."""
    above = {"department": "region", "arrondissement": "department"}[level]
    with (MEDIA.parent / "lists" / "cm_admin.csv").open(encoding="utf-8", newline="") as file:
        units = [row for row in csv.DictReader(file) if row[f"{above}_pcode"] == parent]
    label = {
        row[f"{level}_pcode"]: row[level]
        + (f" ({row['seat_alias']})" if level == "arrondissement" and row["seat_alias"] else "")
        for row in units
    }
    return dict(sorted(label.items()))


def offers(form: str, said: Mapping[str, str], setting: Setting) -> dict[str, dict[str, str]]:
    """Return the choices that each question offers when the form is walked with some answers: code -> label."""
    found: dict[str, dict[str, str]] = {}
    with opened(form, setting) as screen:

        def answer(path: str, prompt: Any) -> None:
            shown = prompt.getSelectChoices()
            if shown is not None:
                found[path] = dict(
                    sorted((str(one.getValue()), str(prompt.getSelectChoiceText(one))) for one in shown)
                )
            if not prompt.isReadOnly() and path in said:
                screen.controller.answerQuestion(
                    prompt.getIndex(), datum(screen.org, prompt, said[path]), True
                )

        walk(screen, answer, lambda _row: False)
    return found
