"""How grave a finding is: by what happens to data, by the house rules of our own forms, and by the profile a form is checked with. Only tables.

A severity says what the fault does on the phone or to the answers, whoever made the form. A level says what the command
does about it: an error stops, a warning asks for a look, an info is a remark. A profile gives each severity its level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Protocol


class Level(StrEnum):
    """What is done about a finding: an error stops build and deploy, a warning asks for a look, an info is a remark.

    ``BREAK`` is kept for two versions of one form that collected data would not survive.
    """

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    BREAK = "break"


class Severity(StrEnum):
    """What happens because of a fault, gravest first.

    ``BREAKS``: the form cannot be converted, opened, filled to the end or sent. ``LOSES``: answers are lost, mixed up or
    never asked, in silence. ``EXPOSES``: people are asked or shown without agreement. ``MISLEADS``: somebody reads
    something else than was meant. ``STYLE``: nothing happens to data.
    """

    BREAKS = "breaks"
    LOSES = "loses"
    EXPOSES = "exposes"
    MISLEADS = "misleads"
    STYLE = "style"


LEVELS: Mapping[Severity, Level] = MappingProxyType(
    {
        Severity.BREAKS: Level.ERROR,
        Severity.LOSES: Level.ERROR,
        Severity.EXPOSES: Level.ERROR,
        Severity.MISLEADS: Level.WARN,
        Severity.STYLE: Level.INFO,
    }
)
"""What is done about each severity, unless house rules ask for something else."""

_STOPPED_IN_OURS = frozenset(
    {
        *("NAME-FORM", "NAME-CASE", "CHOICE-NAME", "FORM-ID", "NO-VERSION", "VERSION-FORM"),
        *("TR-MISSING", "TR-MIXED", "TR-REF", "LANG-SPELL", "LANG-CODE", "LANG-DEFAULT"),
        *("PULLDATA", "OR-OTHER", "SHEET-NAME", "HEADER-CASE", "CELL-TYPE", "FORMULA-CELL", "MEDIA-MISSING"),
        *("ROW-TYPE", "FILTER-EMPTY"),
    }
)
_LOOKED_AT_IN_OURS = frozenset(
    {
        *("NAME-REUSED", "PX-HEADER_004", "PX-LANGUAGE-CODE", "PX-PIXELS", "LIST-UNUSED", "LIST-LONG"),
        *(
            "CON-NOMSG",
            "MEDIA-BIG",
            "EDITABLE",
            "SIGNATURE",
            "IMG-PIXELS",
            "APPEARANCE-UNKNOWN",
            "SENS-SHOWN",
        ),
    }
)
HOUSE: Mapping[str, Level] = MappingProxyType(
    dict.fromkeys(_STOPPED_IN_OURS, Level.ERROR) | dict.fromkeys(_LOOKED_AT_IN_OURS, Level.WARN)
)
"""Codes that our own forms take otherwise than their severity says: all merge into one register, in two languages."""


class Graded(Protocol):
    """What a profile must know of a finding."""

    @property
    def code(self) -> str:
        """Code of the catalogue."""

    @property
    def severity(self) -> Severity:
        """What happens because of it."""

    @property
    def level(self) -> Level:
        """What our own forms do about it."""


_GRAVITY = (Level.INFO, Level.WARN, Level.BREAK, Level.ERROR)


@dataclass(frozen=True, slots=True)
class Profile:
    """A way to check a form.

    Attributes:
        target: the server it is meant for.
        protect: whether the rules on consent, secrecy and the register apply.
        house: whether the house rules of our own forms count.
        all_style: whether matters of style are shown, and are worth a look.
        graver: codes that this server takes harder than others.
    """

    name: str
    target: Literal["any", "central", "kobo"]
    protect: bool = False
    house: bool = False
    all_style: bool = False
    graver: Mapping[str, Severity] = field(default_factory=dict)

    def severity(self, finding: Graded) -> Severity:
        """Return what happens because of a finding where this form is to run."""
        return self.graver.get(finding.code, finding.severity)

    def level(self, finding: Graded) -> Level:
        """Return what is done about a finding."""
        by_harm = LEVELS[self.severity(finding)]
        if self.all_style:
            return max(by_harm, finding.level, Level.WARN, key=_GRAVITY.index)
        return finding.level if self.house else by_harm

    def shows(self, finding: Graded) -> bool:
        """Say whether a finding is shown: style is not, unless it is asked for, or house rules ask for a look at it."""
        if self.all_style or self.severity(finding) is not Severity.STYLE:
            return True
        return self.house and finding.level is not Level.INFO


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        one.name: one
        for one in (
            Profile("ours", "any", protect=True, house=True),
            Profile("odk", "central"),
            Profile(
                "kobo",
                "kobo",
                graver=MappingProxyType(
                    {
                        "NAME-CASE": Severity.BREAKS,
                        "PX-NAMES_002": Severity.BREAKS,
                        "HEADER-CASE": Severity.LOSES,
                    }
                ),
            ),
            Profile("strict", "any", protect=True, house=True, all_style=True),
        )
    }
)
"""Name -> profile, as ``--profile`` takes it."""


def profile_of(name: str | None, *, ours: bool) -> Profile:
    """Return the profile asked for; without one, ours for a form with our columns, and odk for any other."""
    return PROFILES[name or ("ours" if ours else "odk")]
