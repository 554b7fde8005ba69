"""``dikalo cases show``: the page of one case, with what phones and workers asked to close. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from typing import Annotated, Any

from sync_scripts.cli.frame.listing import level_explained, level_in_words, table
from sync_scripts.cli.frame.questions import labelled
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.cli.opening.opening import Opening, by_two, show_or_open
from sync_scripts.cli.work.consent import given_part
from sync_scripts.cli.work.history import above, below, why_so_urgent
from sync_scripts.cli.work.lists import in_charge, meant
from sync_scripts.register.queries.pages import Page, case_page, to_sign
from sync_scripts.register.queries.searches import day_shown
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load, local


@command("show")
def show_case(shell: Shell, *, code: Annotated[str, place(_("CODE"))], opened: Opening) -> None:
    """Show one case; what is sealed only with a reason, and in a process of its own, which then shows the page too."""
    meant("DK", code)
    show_or_open(shell, code, opened, case_page, draw)


def draw(page: Page, *, opening: bool = False) -> Iterator[str]:
    """Yield the page of a case; ``opening``: what is sealed is shown below it, so how to open it is not said."""
    found = page.facts
    opens = _('Names, contacts and accounts are sealed. To open them: dikalo cases show {code} --open "why"')
    seen = "people" in found
    how = opens.format(code=found["code"]) if seen else by_two(found["code"])
    yield from above(page, _about(found), how, opening=opening)
    yield from why_so_urgent(page.words)
    if not seen:
        yield ""
        yield _sealed(more=bool(found["tasks"] or to_sign(found)))
    else:
        for heading, lines in _parts(found, page.now):
            yield ""
            yield heading
            yield from lines
    yield from below(page)


def _sealed(*, more: bool) -> str:
    if more:
        return _(
            "This case is sealed (C4): beside what is due and what waits for a second person, the everyday register shows nothing "
            "more of it."
        )
    return _("This case is sealed (C4): the everyday register shows nothing more of it.")


def _about(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield _("Case"), found["code"]
    yield _("State"), label("case_state", found["state"])
    yield _("Urgency"), level_in_words(found)
    yield _("Risk"), label("risk_level", found["risk"])
    yield _("Confidentiality"), level_explained(found["confidentiality"])
    yield _("In charge"), in_charge(found, _("without owner"))
    yield _("Opened"), local(found["opened_at"])
    yield _("Next due"), day_shown(found)
    yield _("Region"), label("cm_admin:region", found["region"])
    yield _("Department"), label("cm_admin:department", found["department"])
    yield _("Services only"), _("yes") if found["service_only"] else None
    yield _("Before it was suspended"), label("case_state", found.get("suspended_from"))
    yield _("Looked at again on"), found.get("review_on")
    yield _("Closed because"), label("closure_reason", found.get("closure_reason"))
    yield _("Merged into"), found.get("merged_into")
    yield _("Merged into this one"), " ".join(found.get("merged_here", ()))
    yield _("Handed over to"), found.get("transferred_to")
    yield _("Kept"), label("retention_class", found.get("retention_class"))
    yield _("Legal hold"), _("yes") if found.get("legal_hold") else None
    yield _("Work note"), found.get("work_note")


def _parts(found: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield a heading and its table for everything that the case has."""
    for heading, headings, rows in (
        _alerts(found),
        _people(found, now),
        _same_people(found),
        _acts(found),
        _services(found),
        _visits(found),
        given_part(found["shared"]),
        requests_part(found["closures"]),
    ):
        if rows:
            yield heading, table(headings, rows)


_Part = tuple[str, list[str], list[Sequence[object]]]


def _alerts(found: Mapping[str, Any]) -> _Part:
    rows: list[Sequence[object]] = [
        (
            one["code"],
            label("urgency", one["urgency"]),
            label("alert_state", one["state"]),
            local(one["received_at"]),
        )
        for one in found["alerts"]
    ]
    return _("Alerts"), [_("code"), _("urgency"), _("state"), _("received on")], rows


def _people(found: Mapping[str, Any], now: datetime) -> _Part:
    agreed = _agreed(found["consents"], now)
    rows: list[Sequence[object]] = [
        (
            one["pseudonym"],
            label("victim_kind", one["kind"]),
            label("age_band", one["age_band"]),
            label("victim_status", one["current_status"]),
            agreed.get(one["uid"]),
        )
        for one in found["people"]
    ]
    return _("People"), [_("who"), _("kind"), _("age"), _("now"), _("agrees to")], rows


_YES = ("given", "partial", "guardian", "assent")
"""States of a consent in which somebody said yes."""


def _agreed(consents: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, str]:
    """Return what each person agrees to now, in words: what was withdrawn or has run out is no yes any more."""
    today = local_day(now, load()).isoformat()
    agreed: dict[str, list[str]] = {}
    lost: dict[str, None] = {}
    for one in consents:
        words = agreed.setdefault(one["person_uid"], [])
        run_out = one["expires_at"] is not None and one["expires_at"] <= today
        if one["state"] in _YES and not run_out:
            words.append(label("consent_purpose", one["purpose"]))
        elif one["state"] in (*_YES, "withdrawn"):
            lost[one["person_uid"]] = None
    for uid in lost:
        agreed[uid].append(
            _("withdrawn or run out: the rest")
            if agreed[uid]
            else _("NOTHING ANY MORE: withdrawn or run out")
        )
    return {uid: ", ".join(words) for uid, words in agreed.items()}


def _same_people(found: Mapping[str, Any]) -> _Part:
    rows: list[Sequence[object]] = [
        (one["person"], one["other_case"], one["other_person"]) for one in found["same_people"]
    ]
    return _("The same person elsewhere"), [_("person"), _("case"), _("person")], rows


def _acts(found: Mapping[str, Any]) -> _Part:
    weeks = {one["incident_id"]: one["week"] for one in found["incidents"]}
    rows: list[Sequence[object]] = [
        (
            one["pseudonym"],
            label("violation_codes", one["violation"]),
            " ".join(one["victims"]),
            weeks.get(one["incident_id"]),
        )
        for one in found["acts"]
    ]
    return _("Acts"), [_("act"), _("violation"), _("against"), _("week")], rows


def _services(found: Mapping[str, Any]) -> _Part:
    rows: list[Sequence[object]] = [
        (
            one["number"],
            label("service", one["service"]),
            one["provider_code"],
            label("intervention_status", one["status"]),
            local(one["due_at"]),
            _("yes") if one["consent_ok"] else _("no"),
        )
        for one in found["interventions"]
    ]
    headings = [_("no."), _("service"), _("provider"), _("status"), _("due"), _("consent")]
    return _("Interventions"), headings, rows


def _visits(found: Mapping[str, Any]) -> _Part:
    rows: list[Sequence[object]] = [
        (
            local(one["at"]),
            label("fu_type", one["fu_type"]),
            label("impact", one["impact"]),
            label("risk_change", one["risk_change"]),
            one["next_due"],
        )
        for one in found["followups"]
    ]
    return _("Follow-ups"), [_("when"), _("type"), _("effect"), _("risk"), _("next")], rows


def requests_part(closures: Iterable[Mapping[str, Any]]) -> tuple[str, list[str], list[Sequence[object]]]:
    """Return heading, column headings and rows of the requests to close a case."""
    rows: list[Sequence[object]] = [
        (
            local(one["received_at"]),
            label("closure_reason", one["reason"]),
            _typed(one["closer_code"]),
            _typed(one["supervisor_code"]),
            label("survivor_agrees", one["survivor_agrees"]),
            label("risk_level", one["risk_now"]),
            label("yes_no", one["pending_legal"]),
            label("yes_no", one["feedback_given"]),
            _("; ").join(_goal(goal) for goal in one["goals"]),
            label("closure_decision", one["decision"]),
        )
        for one in closures
    ]
    headings = [_("received"), _("reason"), _("asked by"), _("to decide"), _("agrees"), _("risk")]
    headings += [_("procedure"), _("was told"), _("goals"), _("decision")]
    return _("Requests to close, undecided until a supervisor decides"), headings, rows


def _typed(code: str | None) -> str:
    """Return a code as a form gave it: nobody proved it."""
    return _("{code} (not proved)").format(code=code) if code else ""


def _goal(goal: Mapping[str, Any]) -> str:
    return labelled(label("service", goal["service"]), label("goal_status", goal["status"]))
