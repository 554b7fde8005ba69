"""``dikalo providers, people``: who helps with what and where, and who works here, by code. No name of a worker anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from gettext import gettext as _
from operator import itemgetter
from typing import Annotated, Any

from sync_scripts.cli.frame.listing import listed
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.register.directory import providers
from sync_scripts.register.directory.providers import possible_words
from sync_scripts.register.directory.staff import staff
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import label, labels
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
        every = providers.listed(rows)
    today = local_day(shell.clock(), load())
    found = [
        {**one, "stale": providers.stale(one["verified_on"], today)}
        for one in every
        if (service is None or service in (one["services"] or "").split())
        and (department is None or one["department"] == department)
    ]
    found = [one for one in found if one["stale"] or not only_stale]
    shell.show(
        {"schema": "dikalo.providers/1", "providers": found},
        _provider_lines(found) if found else _("No provider."),
    )


def _provider_lines(found: Sequence[Line]) -> Iterator[str]:
    return listed(
        found,
        (
            (_("code"), itemgetter("provider_code")),
            (_("name"), itemgetter("name")),
            (_("services"), lambda one: labels("service", one["services"])),
            (_("department"), lambda one: label("cm_admin:department", one["department"])),
            (_("opening"), itemgetter("opening")),
            (_("checked"), _checked),
            (_("phones"), lambda one: _("yes") if one["on_phones"] else _("no")),
        ),
        order=(
            (_("opening"), 0),
            (_("name"), 20),
            (_("services"), 20),
            (_("phones"), 0),
            (_("department"), 0),
        ),
    )


def _checked(one: Line) -> str:
    day = one["verified_on"] or _("never")
    return _("{day}: check again").format(day=day) if one["stale"] else str(day)


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
        found = [one for one in staff(rows) if one["active"] or everybody]
    document = {"schema": "dikalo.people/1", "people": found}
    shell.show(
        document,
        _people_lines(found) if found else _("Nobody yet: dikalo people add CODE --role coordinator"),
    )


def _people_lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
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
