"""Lists on a phone: those of the register, empty or old, and the places, by ODK Collect's own engine."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from sync_scripts.register.model import codes
from tests.forms.conftest import field_list
from tests.forms.phones import (
    ALERT,
    CASE,
    CLOSURE,
    EMPTY,
    MEDIA,
    OPEN_CASE,
    SITUATION,
    VISIT,
    act,
    answers,
    refusals,
    today,
    victim,
    xform,
)
from xlsform.engine import Setting, edit, fill
from xlsform.engine.filling import datum
from xlsform.engine.opened import opened, walk

# --- lists of the register that are empty or old ------------------------------------------------------------------

VISITED = {**VISIT, "header/case_code": "", "header/case_code_typed": "DK-7Q2M4X-B"}
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
