"""Why one person is not taken out of what several people told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, Declined, UnknownCode

__all__ = ["CameMeanwhile", "SharedTexts", "TextNotShared"]


@dataclass(eq=False, kw_only=True)
class SharedTexts(Declined):
    """Texts that are nobody's alone may speak of her, and no program can tell."""

    case: str
    person: str
    texts: str
    code: ClassVar[str] = "DK-R67"
    message: ClassVar[str] = N_(
        "These texts and recordings of the case {case} are nobody's alone and may speak of {person}, too: {texts}. No program can "
        "part them. Nothing was changed. Look at them (dikalo vault open {case} --reason TEXT), then say which are to be emptied as well: "
        "--also FIELD for each, or --keep-shared-texts."
    )


@dataclass(eq=False, kw_only=True)
class TextNotShared(UnknownCode):
    """A field was named that is not among the shared texts."""

    field: str
    possible: str
    code: ClassVar[str] = "DK-R68"
    message: ClassVar[str] = N_(
        "{field} is not among the texts that people share there. Nothing was changed. Possible: {possible}."
    )


@dataclass(eq=False, kw_only=True)
class CameMeanwhile(Declined):
    """What was looked at is not what is there now."""

    case: str
    code: ClassVar[str] = "DK-R69"
    message: ClassVar[str] = N_(
        "Something came or was decided in the case {case} while its forms were opened. Nothing was changed. Run the command again."
    )
