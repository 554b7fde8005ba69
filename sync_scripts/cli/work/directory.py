"""``dikalo providers, people``: who helps with what and where, and who works here, by code. No name of a worker anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from gettext import gettext as _
from typing import Annotated, Any

from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.register.directory import providers
from sync_scripts.register.directory.providers import PROVIDERS, possible_words
from sync_scripts.register.directory.staff import STAFF, staff
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load

Line = Mapping[str, Any]


@command("list")
def list_providers(
    shell: Shell,
    *,
    service: Annotated[
        str | None, option("--service", "Only those who give this service, such as health.", _("SERVICE"))
    ],
    department: Annotated[
        str | None, option("--department", "Only those of this department, such as CM007002.", _("P-CODE"))
    ],
    only_stale: Annotated[bool, option("--stale", "Only those that have to be checked.")],
) -> None:
    """List providers."""
    with shell.reading() as (_workspace, rows):
        found = providers.lines(rows, local_day(shell.clock(), load()))
    chosen = [
        one
        for one in found
        if (service is None or service in (one.services or "").split())
        and (department is None or one.department == department)
        and (one.stale or not only_stale)
    ]
    show_list(shell, PROVIDERS, chosen)


def bad_rows(shell: Shell, said: Line) -> None:
    """Show the rows of a file that cannot be taken: as long as there is one, nothing of it is decided."""
    good, bad = said["read"]
    document = {"rows": len(good) + len(bad), "taken": 0, "bad": [asdict(one) for one in bad]}
    shell.show({"schema": "dikalo.provider_import/1", **document}, _bad(bad))
    shell.attention()


def _bad(bad: Sequence[Any]) -> Iterator[str]:
    for one in bad:
        if one.column == "-":
            told = _("line {line}: not as many cells as the heading has columns ({possible})")
        elif one.possible == "-":
            told = _("line {line}: {column} is missing, or another line has the same")
        else:
            told = _("line {line}: {column} cannot be so; possible: {possible}")
        possible = possible_words(one.column, one.possible)
        yield told.format(line=one.line, column=one.column, possible=possible)
    yield _("Nothing was written. Correct these rows and import the file again.")


@command("list")
def list_people(
    shell: Shell,
    *,
    everybody: Annotated[bool, option("--all", "Show those who no longer work here, too.")],
) -> None:
    """List the people."""
    with shell.reading() as (_workspace, rows):
        found = [one for one in staff(rows) if one.active or everybody]
    show_list(shell, STAFF, found)
