"""``dikalo alerts show``: the page of one alert. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import gettext as _
from typing import Annotated, Any

from sync_scripts.cli.frame.listing import level_in_words
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.cli.opening.opening import Opening, by_two, show_or_open
from sync_scripts.cli.work.history import above, below, why_so_urgent
from sync_scripts.cli.work.links import rest
from sync_scripts.cli.work.lists import meant
from sync_scripts.register.queries.pages import Page, alert_page
from sync_scripts.register.queries.views import masked
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.ruleset import local


@command("show")
def show_alert(shell: Shell, *, code: Annotated[str, place(_("CODE"))], opened: Opening) -> None:
    """Show one alert; what is sealed only with a reason, and in a process of its own, which then shows the page too."""
    meant("AL", code)
    show_or_open(shell, code, opened, alert_page, draw)


def draw(page: Page, *, opening: bool = False) -> Iterator[str]:
    """Yield the page of an alert; ``opening``: what is sealed is shown below it, so how to open it is not said."""
    found = page.facts
    yield from above(page, _about(found), _how_to_open(found), opening=opening)
    if masked(found):
        yield ""
        yield _("Its case is sealed (C4): the everyday register shows nothing more of it.")
    yield from why_so_urgent(page.words)
    yield from _may_be_one(found)
    yield from below(page)


def _how_to_open(found: Mapping[str, Any]) -> str:
    if masked(found):
        return by_two(found["code"])
    return _(
        'Contact, exact place and account are sealed. To open them: dikalo alerts show {code} --open "why"'
    ).format(code=found["code"])


def _may_be_one(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the alerts that may tell of the same event; which are shown side by side by another command."""
    if found["links"]:
        yield ""
        yield _("Perhaps the same event (dikalo alerts links {code})").format(code=found["code"])
        for one in found["links"]:
            yield _("- {code}: {level}, {points} points; {decision}").format(
                code=one["code"],
                level=label("link_level", one["level"]),
                points=one["points"],
                decision=label("link_decision", one["decision"]),
            )
        yield from rest(found["more_links"], f"dikalo alerts links {found['code']} --all")


def _about(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    level = level_in_words(found)
    yield _("Alert"), found["code"]
    yield _("State"), label("alert_state", found["state"])
    yield _("Urgency"), level
    yield _("Points"), found["score"]
    yield _("Received"), local(found["received_at"])
    yield _("Case"), found["case_code"]
    yield _("Given to"), found["assigned_to"]
    yield _("Region"), label("cm_admin:region", found["region"])
    yield _("Department"), label("cm_admin:department", found["department"])
    yield _("Subdivision"), label("cm_admin:arrondissement", found["arrondissement"])
    yield _("What happened"), labels("alert_icon", found["icons"])
    yield _("When"), label("when_rel", found["when_rel"])
    yield _("Danger now"), label("yes_no_unknown", found["danger_now"])
    yield _("Who"), labels("victim_kind", found["victim_kind"])
    yield _("How many"), label("victim_count", found["victim_count"])
    yield _("Among them"), labels("special", found["special"])
    yield _("Alleged perpetrator"), label("actor_kind", found["actor_kind"])
    yield _("How it is known"), label("info_source", found["info_source"])
    yield _("Consent"), label("consent_state", found["consent_state"])
    yield _("Safe to contact"), label("safe_contact", found["safe_to_contact"])
    yield _("When and how"), labels("contact_window", found["contact_window"])
    yield _("Focal point"), found["reporter_code"]
    yield _("Dismissed because"), found["dismiss_reason"]
    yield _("Duplicate of"), found["duplicate_of"]
    yield _("Referred to"), found["referred_to"]
    yield _("Reached"), local(found["contacted_at"])
