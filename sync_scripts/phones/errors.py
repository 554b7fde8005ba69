"""What can go wrong with the settings of phones. Never holds a value of a setting: it may be a secret."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import Any, ClassVar

from sync_scripts.errors import N_, Damaged, DikaloError, UsageProblem

__all__ = [
    "AddressUnfit",
    "CodeTooLong",
    "CodeUnreadable",
    "FormatUnknown",
    "PhonesDamaged",
    "SecretUnfit",
    "ServerForPhonesMissing",
    "SettingUnfit",
]


@dataclass(eq=False, kw_only=True)
class SettingUnfit(DikaloError):
    """A setting that ODK Collect does not know, or of another type or value than it takes."""

    key: str
    why: str
    expected: str
    code: ClassVar[str] = "DK-L70"
    message: ClassVar[str] = N_(
        "The setting {key} is not one that ODK Collect takes: {why} ({expected}). A phone would refuse the whole code, or "
        "skip this setting without a word. No code was made."
    )

    def fields(self) -> dict[str, Any]:
        """Return the fields, the reason in the reader's language."""
        return {**super().fields(), "why": gettext(self.why)}


@dataclass(eq=False, kw_only=True)
class CodeUnreadable(DikaloError):
    """Text that is no code of ODK Collect."""

    code: ClassVar[str] = "DK-L71"
    message: ClassVar[str] = N_(
        "This is not the text of a code for ODK Collect: it is cut, altered, too large or something else. Scan the code "
        "again with any scanner, save the whole text in a file, and name that file."
    )


@dataclass(eq=False, kw_only=True)
class ServerForPhonesMissing(UsageProblem):
    """Nobody said where the phone sends to."""

    known: str
    code: ClassVar[str] = "DK-L72"
    message: ClassVar[str] = N_(
        "It is not clear to which server this phone sends. Nothing was made. Servers for phones in dikalo.toml: {known}. "
        "Choose one with --server, or give --url with --project (ODK Central) or --account (KoboToolbox)."
    )


@dataclass(eq=False, kw_only=True)
class AddressUnfit(UsageProblem):
    """An address that a phone must not be given."""

    why: str
    code: ClassVar[str] = "DK-L73"
    message: ClassVar[str] = N_("This address cannot be given to phones: {why}. No code was made.")

    def fields(self) -> dict[str, Any]:
        """Return the fields, the reason in the reader's language."""
        return {**super().fields(), "why": gettext(self.why)}


@dataclass(eq=False, kw_only=True)
class SecretUnfit(UsageProblem):
    """What was given as token or password cannot be one."""

    code: ClassVar[str] = "DK-L74"
    message: ClassVar[str] = N_(
        "What was given as token or password cannot be one. No code was made. The token of an app user of ODK Central is "
        "64 letters and digits long, without blanks: it stands in the address between key/ and /projects."
    )


@dataclass(eq=False, kw_only=True)
class CodeTooLong(DikaloError):
    """The settings do not fit into a code."""

    length: int
    code: ClassVar[str] = "DK-L75"
    message: ClassVar[str] = N_(
        "These settings make a text of {length} characters, more than a code can hold. No code was made. Shorten the "
        "name of the project or the address."
    )


@dataclass(eq=False, kw_only=True)
class PhonesDamaged(Damaged):
    """The file with the administration passwords cannot be opened."""

    code: ClassVar[str] = "DK-L76"
    message: ClassVar[str] = N_(
        "The file phones.json is damaged, or belongs to another workspace. Nothing was changed. Put it back from your "
        "last backup; or delete it, and new administration passwords are drawn with the next codes."
    )


@dataclass(eq=False, kw_only=True)
class FormatUnknown(UsageProblem):
    """A file name that says no kind of picture or page we can write."""

    allowed: str
    code: ClassVar[str] = "DK-L77"
    message: ClassVar[str] = N_("A file of this kind cannot be written. Let its name end in {allowed}.")
