"""What can go wrong with the settings of phones. Never holds a value of a setting: it may be a secret."""

from __future__ import annotations

from gettext import gettext
from typing import Final

from sync_scripts.errors import Damaged, DikaloError, UsageProblem

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


SettingUnfit: Final = DikaloError.declare(
    "DK-L70",
    "The setting {key} is not one that ODK Collect takes: {why} ({expected}). A phone would refuse the whole code, or "
    "skip this setting without a word. No code was made.",
    shown={"why": gettext},
)
CodeUnreadable: Final = DikaloError.declare(
    "DK-L71",
    "This is not the text of a code for ODK Collect: it is cut, altered, too large or something else. Scan the code "
    "again with any scanner, save the whole text in a file, and name that file.",
)
ServerForPhonesMissing: Final = UsageProblem.declare(
    "DK-L72",
    "It is not clear to which server this phone sends. Nothing was made. Servers for phones in dikalo.toml: {known}. "
    "Choose one with --server, or give --url with --project (ODK Central) or --account (KoboToolbox).",
)
AddressUnfit: Final = UsageProblem.declare(
    "DK-L73",
    "This address cannot be given to phones: {why}. No code was made.",
    shown={"why": gettext},
)
SecretUnfit: Final = UsageProblem.declare(
    "DK-L74",
    "What was given as token or password cannot be one. No code was made. The token of an app user of ODK Central is "
    "64 letters and digits long, without blanks: it stands in the address between key/ and /projects.",
)
CodeTooLong: Final = DikaloError.declare(
    "DK-L75",
    "These settings make a text of {length} characters, more than a code can hold. No code was made. Shorten the "
    "name of the project or the address.",
)
PhonesDamaged: Final = Damaged.declare(
    "DK-L76",
    "The file phones.json is damaged, or belongs to another workspace. Nothing was changed. Put it back from your "
    "last backup; or delete it, and new administration passwords are drawn with the next codes.",
)
FormatUnknown: Final = UsageProblem.declare(
    "DK-L77",
    "A file of this kind cannot be written. Let its name end in {allowed}.",
)
