"""``dikalo retention purged``: of what is gone at a server, a person says that the organisation deleted it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.forms.written import DAY
from sync_scripts.cli.frame.deciding import decides
from sync_scripts.cli.frame.listing import local, table
from sync_scripts.cli.frame.logins import chosen
from sync_scripts.cli.frame.options import reason_option
from sync_scripts.cli.frame.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import would
from sync_scripts.intake.checkup.findings import DAYS
from sync_scripts.intake.places import purged as intake
from sync_scripts.intake.places.purged import Gone
from sync_scripts.intake.receive.tagging import Tagger
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant

__all__ = ["purged"]


@command("purged")
@click.argument("server", metavar=_("SERVER"))
@click.option(
    "--before",
    type=DAY,
    metavar=_("DAY"),
    help=_("Only what came to the server before this day; without it: 30 days ago."),
)
@click.option(
    "--confirm", "name", metavar=_("LIST"), help=_("Declare the list of this name as deleted by you.")
)
@reason_option()
@as_option
@dry_run_option
@pass_shell
def purged(
    shell: Shell,
    server: str,
    *,
    before: datetime | None,
    name: str | None,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Show what is gone at a server, or declare it."""
    day = _day(before, shell.clock())
    if name is None:
        if reason:
            raise click.UsageError(_("--reason goes with --confirm LIST."))
        with shell.workspace() as workspace, workspace.register.reading() as rows:
            chosen(workspace.settings.server, server)
            found = intake.plan(rows, Tagger(workspace.register.match_key), server, day)
        shell.show({"schema": "dikalo.purged/1", **_document(found, day)}, _lines(found, day, before))
        return
    tags: list[Tagger] = []
    with decides(
        shell,
        "retention purged",
        as_code=as_code,
        dry_run=dry_run,
        own_hand=True,
        alone=True,
        before=lambda register, _actor: tags.append(Tagger(register.match_key)),
    ) as by:
        done = intake.confirm(by, tags[0], server, day, name=name, reason=reason)
    told = ngettext(
        "{n} submission is declared as deleted at {server} by you.",
        "{n} submissions are declared as deleted at {server} by you.",
        len(done.held),
    )
    document = {"schema": "dikalo.purged-declared/1", **_document(done, day), "dry_run": dry_run}
    shell.show(document, would([told.format(n=len(done.held), server=server)], dry_run=dry_run))


def _day(before: datetime | None, now: datetime) -> datetime:
    """Return the instant before which something came: the day's beginning, here; the same all day without one."""
    zone = load().zone
    if before is not None:
        return before.replace(tzinfo=zone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS)


def _document(found: Gone, day: datetime) -> dict[str, Any]:
    return {
        "server": found.server,
        "list": found.id,
        "count": len(found.held),
        "later": found.later,
        "before": instant(day),
        "forms": [
            {"form": one.form, "count": one.count, "oldest": one.oldest, "newest": one.newest}
            for one in found.forms
        ],
    }


def _lines(found: Gone, day: datetime, before: datetime | None) -> Iterator[str]:
    if found.held:
        rows = [(one.form, one.count, local(one.oldest)[:10], local(one.newest)[:10]) for one in found.forms]
        yield from table([_("form"), _("gone"), _("oldest"), _("newest")], rows)
        said = f" --before {before.date().isoformat()}" if before else ""
        yield _(
            "Did you delete all of them at {server} yourselves? Look at dikalo log, where the server says which account did it. If "
            "so: {command}"
        ).format(
            server=found.server,
            command=f"dikalo retention purged {found.server}{said} --confirm {found.id} --reason …",
        )
    else:
        yield _("No pull told of a submission that is gone at {server} and came before {day}.").format(
            server=found.server, day=day.date().isoformat()
        )
    if found.later:
        yield ngettext(
            "{n} that came later is gone, too, and stands as an alarm (--before DAY shows it).",
            "{n} that came later are gone, too, and stand as alarms (--before DAY shows them).",
            found.later,
        ).format(n=found.later)
