"""``dikalo people``: who works here, by code, with what roles, and what is in their hands. No name anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from operator import itemgetter
from typing import Any, Final

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.listing import listed
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import either, nothing_written
from sync_scripts.errors import N_
from sync_scripts.register.labels import labels
from sync_scripts.register.staff import name, staff
from sync_scripts.register.staff import retire as end

__all__ = ["add", "list_", "retire"]

Line = Mapping[str, Any]

ROLES: tuple[str, ...] = (
    "focal_point",
    "documenter",
    "case_owner",
    "supervisor",
    "coordinator",
    "deputy_coordinator",
    "lawyer",
    "committee",
    "trainer",
)


@command("list")
@click.option("--all", "everybody", is_flag=True, help=_("Show those who no longer work here, too."))
@pass_shell
def list_(shell: Shell, *, everybody: bool) -> None:
    """List the people."""
    with shell.reading() as (_workspace, rows):
        found = [one for one in staff(rows) if one["active"] or everybody]
    document = {"schema": "dikalo.people/1", "people": found}
    shell.show(
        document, _lines(found) if found else _("Nobody yet: dikalo people add CODE --role coordinator")
    )


def _lines(found: Sequence[Line]) -> Iterator[str]:
    return listed(
        found,
        (
            (_("code"), itemgetter("code")),
            (_("roles"), lambda one: labels("worker_role", one["roles"])),
            (_("works here"), lambda one: _("yes") if one["active"] else _("no")),
            (_("open cases"), lambda one: one["cases"] or ""),
            (_("alerts"), lambda one: one["alerts"] or ""),
            (_("open tasks"), lambda one: one["tasks"] or ""),
        ),
        order=((_("roles"), 20), (_("works here"), 0), (_("alerts"), 0)),
    )


@command("add")
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help=_("A role; give it again for more."),
)
@as_option
@dry_run_option
@pass_shell
def add(shell: Shell, code: str, *, roles: Sequence[str], as_code: str | None, dry_run: bool) -> None:
    """Name one worker."""
    with decides(shell, "people add", as_code=as_code, dry_run=dry_run) as by:
        worker = name(by, code, roles)
    document = {
        "schema": "dikalo.person_added/1",
        "code": worker,
        "roles": sorted(set(roles)),
        "dry_run": dry_run,
    }
    told = either(_("{code}: {roles}."), _("{code} would be: {roles}."), dry_run=dry_run).format(
        code=worker, roles=labels("worker_role", " ".join(sorted(set(roles))))
    )
    shell.show(document, [*nothing_written(dry_run=dry_run), told])


@command("retire")
@click.argument("code", metavar=_("CODE"))
@as_option
@dry_run_option
@pass_shell
def retire(shell: Shell, code: str, *, as_code: str | None, dry_run: bool) -> None:
    """Retire one worker."""
    with decides(shell, "people retire", as_code=as_code, dry_run=dry_run) as by:
        done = end(by, code)
    document = {"schema": "dikalo.person_retired/1", **done, "dry_run": dry_run}
    shell.show(document, [*nothing_written(dry_run=dry_run), *_retired(done, dry_run=dry_run)])
    if done["cases"] or done["alerts"] or done["merged"]:
        shell.attention()


_IN_HAND: Final = {
    "cases": N_(
        "Open cases in these hands: {codes}. To give one to somebody: dikalo cases assign CODE WORKER"
    ),
    "alerts": N_("Alerts in these hands: {codes}. To give one to somebody: dikalo alerts assign CODE WORKER"),
    "merged": N_(
        "Merged cases with tasks in these hands: {codes}. They go along when the case that was kept is given to somebody."
    ),
}
"""What may be in the hands of somebody who leaves, before and afterwards, and how it gets into others."""


def _retired(done: Line, *, dry_run: bool) -> Iterator[str]:
    here = either(_("{code} no longer works here."), _("{code} would no longer work here."), dry_run=dry_run)
    yield here.format(code=done["code"])
    yield from (
        _(words).format(codes=", ".join(done[kind])) for kind, words in _IN_HAND.items() if done[kind]
    )
    if not dry_run:
        yield _(
            "A passphrase of their own ends with dikalo keys passphrase; phones with dikalo phones revoke CODE."
        )
