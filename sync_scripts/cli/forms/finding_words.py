"""The lines of a finding as the commands on forms print them: how grave, where, what, why and what to do. Prints nothing itself."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from gettext import gettext as _
from gettext import ngettext

import click

from xlsform.findings.causes import FIRST_PLACES, Cause, causes
from xlsform.findings.problems import Finding
from xlsform.findings.profiles import PROFILES, Level, Profile, Severity

_COLOURS: Mapping[str, str] = {"error": "red", "warn": "yellow", "info": "cyan"}
WIDEST = 110
"""Letters of a line on a wide terminal: longer ones are hard to read."""


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield place, fault and remedy of each cause, wrapped for a terminal and whole for a file, and an empty line."""
    for cause in causes(findings):
        yield from cause_lines(cause, PROFILES["ours"])


def cause_lines(cause: Cause, profile: Profile) -> Iterator[str]:
    """Yield the lines of a cause: its first finding, and where else it is met."""
    finding = cause.first
    level = profile.level(finding)
    word = click.style(level_word(level), fg=_COLOURS.get(level), bold=True)
    harm = _harm_word(profile.severity(finding), level)
    yield f"{word} {click.style(finding.code, bold=True)} ({harm}) · {finding.where}"
    yield _indented(f"{finding.what} {finding.why}", "  ")
    yield _indented(finding.fix, "  → ")
    if others := cause.places[1:]:
        some = ", ".join(others[:FIRST_PLACES]) + (", …" if len(others) > FIRST_PLACES else "")
        yield _indented(
            ngettext("{n} more place: {places}", "{n} more places: {places}", len(others)).format(
                n=len(others), places=some
            ),
            "  + ",
        )
    yield ""


def _indented(text: str, mark: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 0
    if not width:
        return f"{mark}{text}"
    return textwrap.fill(
        text,
        width,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
        break_long_words=False,
    )


def level_word(level: str) -> str:
    """Return the word of a level, as the first of a finding."""
    return {"error": _("ERROR"), "break": _("BREAKS"), "warn": _("WARNING"), "info": _("NOTE")}.get(
        level, level
    )


def _harm_word(severity: Severity, level: Level) -> str:
    if severity is Severity.STYLE and level is not Level.INFO:
        return _("house rule")
    return {
        Severity.BREAKS: _("breaks the form"),
        Severity.LOSES: _("loses or mixes answers"),
        Severity.EXPOSES: _("exposes people"),
        Severity.MISLEADS: _("misleads people"),
        Severity.STYLE: _("style"),
    }[severity]
