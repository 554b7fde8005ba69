"""``dikalo alerts show``: the page of one alert. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import gettext as _
from typing import Annotated, Any

from sync_scripts.cli.frame.listing import told_of
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.cli.opening.opening import Opening, by_two, show_or_open
from sync_scripts.cli.work.history import above, below, why_so_urgent
from sync_scripts.cli.work.links import rest
from sync_scripts.cli.work.lists import meant
from sync_scripts.register.queries.pages import Page, alert_page
from sync_scripts.register.queries.views import ALERT_FACTS, masked
from sync_scripts.register.rules.kinds import label


@command("show")
def show_alert(shell: Shell, *, code: Annotated[str, place(_("CODE"))], opened: Opening) -> None:
    """Show one alert; what is sealed only with a reason, and in a process of its own, which then shows the page too."""
    meant("AL", code)
    show_or_open(shell, code, opened, alert_page, draw)


def draw(page: Page, *, opening: bool = False) -> Iterator[str]:
    """Yield the page of an alert; ``opening``: what is sealed is shown below it, so how to open it is not said."""
    found = page.facts
    yield from above(page, told_of(ALERT_FACTS, found), _how_to_open(found), opening=opening)
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
