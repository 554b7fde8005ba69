"""What comes after the interview, walked by ODK Collect's own engine as the field manual says: visits, closure, situation."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random

import pytest

from tests import clock
from tests.forms.phones import (
    CLOSURE,
    MEDIA,
    OPEN_CASE,
    SITUATION,
    VISIT,
    answers,
    refusals,
    several,
    today,
    xform,
)
from xlsform.engine import Setting, fill


@pytest.mark.java
@pytest.mark.usefixtures("java")
class TestFollowup:
    """The follow-up, walked as on a phone."""

    def visit(self, **changed: str) -> dict[str, str]:
        """Answers of a plain visit."""
        return {**VISIT, "result/next_due": today(Random(0)), **changed}

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
        tomorrow = (clock.phone_today() + timedelta(days=1)).isoformat()
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
