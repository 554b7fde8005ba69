"""``dikalo cases show``: the page of one case, with what phones and workers asked to close. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from typing import Annotated, Any, Final

from sync_scripts.cli.frame.listing import told_of
from sync_scripts.cli.frame.questions import labelled
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.cli.opening.opening import Opening, by_two, show_or_open
from sync_scripts.cli.work.consent import GIVEN
from sync_scripts.cli.work.history import above, below, part, why_so_urgent
from sync_scripts.cli.work.lists import meant
from sync_scripts.errors import N_
from sync_scripts.register.model.listings import URGENCY, Column, not_proved, one_of, yes_no
from sync_scripts.register.queries.pages import Page, case_page, to_sign
from sync_scripts.register.queries.views import CASE_FACTS
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
    yield from above(page, told_of(CASE_FACTS, found), how, opening=opening)
    yield from why_so_urgent(page.words)
    if not seen:
        yield ""
        yield _sealed(more=bool(found["tasks"] or to_sign(found)))
    else:
        for heading, columns, rows in _parts(found, page.now):
            yield from part(heading, columns, rows)
    yield from below(page)


def _sealed(*, more: bool) -> str:
    if more:
        return _(
            "This case is sealed (C4): beside what is due and what waits for a second person, the everyday register shows nothing "
            "more of it."
        )
    return _("This case is sealed (C4): the everyday register shows nothing more of it.")


_Part = tuple[str, tuple[Column, ...], Sequence[Any]]


def _parts(found: Mapping[str, Any], now: datetime) -> Iterator[_Part]:
    """Yield the heading, the columns and the rows of each part that a case may have."""
    yield _("Alerts"), _ALERTS, found["alerts"]
    agreed = _agreed(found["consents"], now)
    yield _("People"), _PEOPLE, [{**one, "agreed": agreed.get(one["uid"])} for one in found["people"]]
    yield _("The same person elsewhere"), _SAME, found["same_people"]
    weeks = {one["incident_id"]: one["week"] for one in found["incidents"]}
    yield _("Acts"), _ACTS, [{**one, "week": weeks.get(one["incident_id"])} for one in found["acts"]]
    yield _("Interventions"), _SERVICES, found["interventions"]
    yield _("Follow-ups"), _VISITS, found["followups"]
    yield _("Given to others"), GIVEN.columns, found["shared"]
    yield _("Requests to close, undecided until a supervisor decides"), REQUESTS, found["closures"]


_ALERTS: Final = (
    Column("code", N_("code")),
    URGENCY,
    Column("state", N_("state"), one_of("alert_state")),
    Column("received_at", N_("received on"), local),
)
_PEOPLE: Final = (
    Column("pseudonym", N_("who")),
    Column("kind", N_("kind"), one_of("victim_kind")),
    Column("age_band", N_("age"), one_of("age_band")),
    Column("current_status", N_("now"), one_of("victim_status")),
    Column("agreed", N_("agrees to")),
)
_SAME: Final = (
    Column("person", N_("person")),
    Column("other_case", N_("case")),
    Column("other_person", N_("person")),
)
_ACTS: Final = (
    Column("pseudonym", N_("act")),
    Column("violation", N_("violation"), one_of("violation_codes")),
    Column("victims", N_("against"), " ".join),
    Column("week", N_("week")),
)
_SERVICES: Final = (
    Column("number", N_("no.")),
    Column("service", N_("service"), one_of("service")),
    Column("provider_code", N_("provider")),
    Column("status", N_("status"), one_of("intervention_status")),
    Column("due_at", N_("due"), local),
    Column("consent_ok", N_("consent"), yes_no),
)
_VISITS: Final = (
    Column("at", N_("when"), local),
    Column("fu_type", N_("type"), one_of("fu_type")),
    Column("impact", N_("effect"), one_of("impact")),
    Column("risk_change", N_("risk"), one_of("risk_change")),
    Column("next_due", N_("next")),
)
REQUESTS: Final = (
    Column("received_at", N_("received"), local),
    Column("reason", N_("reason"), one_of("closure_reason")),
    Column("closer_code", N_("asked by"), not_proved),
    Column("supervisor_code", N_("to decide"), not_proved),
    Column("survivor_agrees", N_("agrees"), one_of("survivor_agrees")),
    Column("risk_now", N_("risk"), one_of("risk_level")),
    Column("pending_legal", N_("procedure"), one_of("yes_no")),
    Column("feedback_given", N_("was told"), one_of("yes_no")),
    Column("goals", N_("goals"), lambda goals: _("; ").join(map(_goal, goals))),
    Column("decision", N_("decision"), one_of("closure_decision")),
)


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


def _goal(goal: Mapping[str, Any]) -> str:
    return labelled(label("service", goal["service"]), label("goal_status", goal["status"]))
