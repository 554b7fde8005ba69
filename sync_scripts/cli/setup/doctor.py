"""``dikalo doctor``: is everything here that is needed, and is it well; with ``--holidays`` the public holidays and the law behind each.

Changes nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from gettext import gettext as _
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts import config
from sync_scripts.cli.frame.listing import listed, unheard_in_words
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.work.waiting import each_line
from sync_scripts.errors import N_, DikaloError
from sync_scripts.intake.checkup.findings import of_forms
from sync_scripts.intake.checkup.servers import of_servers
from sync_scripts.intake.connections import clear_logins
from sync_scripts.publish.files import of_lists
from sync_scripts.register.history.visibility import coordinators
from sync_scripts.register.model.build_backlog import set_apart
from sync_scripts.register.model.listings import Column, Listing
from sync_scripts.register.queries.messages import unheard
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.own_deadlines import feasts, name_of, suitable_holidays, year_of
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.engine import cipher_version
from sync_scripts.store.health import Finding, of_folder, of_register
from sync_scripts.store.outbox import silence, without_address
from sync_scripts.store.workspace import Workspace, open_unlocked, read_slots, unlock
from sync_scripts.texts import language

LIBRARIES = (
    "sqlalchemy",
    "sqlcipher3",
    "cryptography",
    "pyrage",
    "pyxform",
    "openpyxl",
    "lxml",
    "httpx",
    "starlette",
)
COLOURS = {"ok": "green", "note": "cyan", "warn": "yellow", "bad": "red"}


@command("doctor")
def doctor(
    shell: Shell,
    *,
    opens: Annotated[
        bool,
        option(
            "--open", "Ask for the everyday passphrase and look into the register, and at the servers, too."
        ),
    ],
    offline: Annotated[bool, option("--offline", "Ask no server.")],
    holidays: Annotated[
        bool,
        option(
            "--holidays",
            "Only list the public holidays of this year and the next: which dates are estimated, and by what law.",
        ),
    ],
) -> None:
    """Look and tell."""
    if holidays:
        _holidays(shell)
        return
    findings = list(_all(shell, opens=opens, offline=offline))
    document = {
        "schema": "dikalo.doctor/1",
        "findings": [
            {
                "code": finding.code,
                "level": finding.level,
                "words": finding.words,
                **({"server": finding.server} if finding.server else {}),
            }
            for finding in findings
        ],
    }
    shell.show(document, (_line(finding) for finding in findings))
    if any(finding.level == "bad" for finding in findings):
        shell.attention()


def _holidays(shell: Shell) -> None:
    there = (shell.root / config.FILE).exists()
    said = config.load(shell.root).holidays if there else {}
    found = _feasts_of(said, local_day(shell.clock(), load()))
    shell.show({"schema": FEASTS.schema, FEASTS.name: found}, _feast_lines(found))


def _line(finding: Finding) -> str:
    marks = {"ok": _("ok"), "note": _("note"), "warn": _("soon"), "bad": _("now")}
    return f"{click.style(marks[finding.level], fg=COLOURS[finding.level])}\t{finding.words}"


def _all(shell: Shell, *, opens: bool, offline: bool) -> Iterator[Finding]:
    yield from _computer()
    yield from clear_logins(Path.home())
    if not (shell.root / config.FILE).exists():
        yield Finding("workspace", "note", _("There is no workspace in this folder."))
        return
    yield from _workspace(shell, opens=opens, offline=offline)


def _computer() -> Iterator[Finding]:
    python = sys.version_info[:2]
    known = (3, 11) <= python <= (3, 13)
    words = _("Python {python} on {system}.").format(
        python=platform.python_version(), system=f"{platform.system()} {platform.machine()}"
    )
    yield Finding("python", "ok" if known else "warn", words)
    yield from _libraries()
    yield _java()
    yield Finding(
        "disk-encryption",
        "note",
        _(
            "Is the whole disk of this computer encrypted, its swap too, and hibernation off? dikalo cannot see that."
        ),
    )


def _libraries() -> Iterator[Finding]:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding("libraries", "ok", _("Libraries: {names}.").format(names=", ".join(found)))
    if missing:
        words = _("Not installed: {names}. Install dikalo again.")
        yield Finding("libraries", "bad", words.format(names=", ".join(missing)))
    yield _cipher()


def _cipher() -> Finding:
    found = cipher_version()
    if found is None:
        return Finding(
            "sqlcipher", "bad", _("The encrypted database does not work here. Install dikalo again.")
        )
    return Finding("sqlcipher", "ok", _("SQLCipher {version}.").format(version=found))


def _java() -> Finding:
    runtime = bool(os.environ.get("JAVA_HOME")) or shutil.which("java") is not None
    if runtime and find_spec("jpype") is not None:
        return Finding("java", "ok", _("Java is here: forms can be tried out as on a phone."))
    return Finding(
        "java",
        "note",
        _('No Java (or "dikalo[java]" is not installed): forms are not tried out as on a phone.'),
    )


def _workspace(shell: Shell, *, opens: bool, offline: bool) -> Iterator[Finding]:
    try:
        yield from of_folder(shell.root, config.load(shell.root))
        demo = any(slot.demo for slot in read_slots(shell.root))
    except DikaloError as wrong:
        yield Finding("workspace", "bad", f"{wrong.code}: {wrong.words()}")
        return
    if demo:
        yield Finding("demo", "note", _("This is a demonstration: invented data under published keys."))
    if opens or demo or shell.handed("DIKALO_KEY_FD"):
        yield from _opened(shell, offline=offline)
    else:
        words = _("The register was not opened; dikalo doctor --open looks into it, and at the servers.")
        yield Finding("register", "note", words)


def _opened(shell: Shell, *, offline: bool) -> Iterator[Finding]:
    try:
        kept = not shell.handed("DIKALO_KEY_FD")
        keys = shell.again_when_wrong(lambda: unlock(shell.root, secret=shell.secret, kept=kept))
        workspace = open_unlocked(keys, any_holders=True)
    except DikaloError as wrong:
        yield Finding("register", "bad", f"{wrong.code}: {wrong.words()}")
        return
    try:
        yield from of_open(workspace, shell.clock(), offline=offline)
    finally:
        workspace.close()


def of_open(workspace: Workspace, now: datetime, *, offline: bool) -> Iterator[Finding]:
    """Yield what there is to say of an open register, of the lists sent from it, and of its servers unless ``offline``."""
    yield from of_register(workspace.register, now, demo=workspace.demo)
    with workspace.register.reading() as rows:
        apart = list(set_apart(rows))
    for words in each_line(apart):
        yield Finding("not-built", "bad", words)
    yield from _coordination(workspace)
    yield from _addresses(workspace)
    yield from _regions(workspace, now)
    yield from of_forms(workspace.register, now)
    yield from of_lists(workspace.register, workspace.settings)
    if not offline:
        yield from of_servers(workspace.register, workspace.settings, workspace.root, now)


def _addresses(workspace: Workspace) -> Iterator[Finding]:
    """Yield to which destinations nothing can be sent from here, and that so nobody is told of what is critical."""
    known = workspace.settings.notify
    names = without_address(workspace.register, known)
    if not names or workspace.register.demo:
        return
    words = (
        _(
            "Nobody is told of a critical alert: {names} in dikalo.toml has no address here. Give it one with: dikalo notify test"
        )
        if silence(workspace.register, known) == "no_address"
        else _(
            "{names} in dikalo.toml has no address here and is told of nothing. Give it one with: dikalo notify test"
        )
    )
    yield Finding("notify-address", "warn", words.format(names=", ".join(names)))


def _regions(workspace: Workspace, now: datetime) -> Iterator[Finding]:
    """Yield that nobody is told of something critical or late, as no destination is for its region."""
    known = workspace.settings.notify
    if silence(workspace.register, known) is not None:
        return
    with workspace.register.reading() as rows:
        found = unheard(workspace.register, rows, known, now)
    if found.count:
        yield Finding("notify-region", "warn", unheard_in_words(found.count, found.regions))


def _coordination(workspace: Workspace) -> Iterator[Finding]:
    """Yield that nobody coordinates: then whoever has a passphrase may name who does."""
    with workspace.register.reading() as rows:
        if coordinators(rows):
            return
    yield Finding(
        "coordination",
        "warn",
        _(
            "Nobody coordinates here, so whoever has a passphrase can name who does: dikalo people add CODE --role coordinator"
        ),
    )


LAWS: Final = (
    N_("law 73/5 of 1973, art. 2"),
    N_("law 73/5 of 1973, art. 3"),
    N_("law 76/8 of 1976, art. 4: declared by the President"),
    N_("not in law 73/5 as changed in 1976; the package lists it: to be confirmed each year"),
)
"""The legal sources that the rules name, so that each has its French."""


def _feasts_of(settings_say: Mapping[str, str], today: date) -> list[dict[str, Any]]:
    """Return the public holidays of a year and the next by day, those of ``[holidays]`` in the place of estimates.

    Raises:
        HolidayWrong: a line of the settings names no day or no feast.
    """
    own = suitable_holidays(settings_say)
    return [
        {
            "day": one.day.isoformat(),
            "feast": one.code,
            "name": name_of(one.code, language()),
            "estimated": one.estimated,
            "own": own.get(one.day.isoformat()) == one.code,
            "law": _(feasts()[one.code].law),
        }
        for year in (today.year, today.year + 1)
        for one in year_of(year, own)
    ]


def _feast_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """Yield them as a list, and how an estimate is confirmed."""
    yield from listed(FEASTS, found)
    for one in (one for one in found if one["estimated"]):
        yield _(
            'Once it is announced, under [holidays] in dikalo.toml: {day} = "{code}", with the day that was said.'
        ).format(day=one["day"], code=one["feast"])
        return


def _sure(one: Mapping[str, Any]) -> str:
    if one["estimated"]:
        return _("estimated")
    return _("by dikalo.toml") if one["own"] else _("fixed")


FEASTS: Final = Listing(
    "dikalo.holidays/1",
    "holidays",
    (
        Column("day", N_("day")),
        Column("name", N_("feast")),
        Column("feast", N_("code")),
        Column("estimated", N_("date"), _sure, whole=True),
        Column("law", N_("law")),
    ),
    narrow="law feast:12",
)
