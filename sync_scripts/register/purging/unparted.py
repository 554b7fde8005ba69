"""Why one person is not taken out of what several people told."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Declined, UnknownCode

__all__ = ["CameMeanwhile", "SharedTexts", "TextNotShared"]


SharedTexts: Final = Declined.declare(
    "DK-R67",
    "These texts and recordings of the case {case} are nobody's alone and may speak of {person}, too: {texts}. No program can "
    "part them. Nothing was changed. Look at them (dikalo vault open {case} --reason TEXT), then say which are to be emptied as well: "
    "--also FIELD for each, or --keep-shared-texts.",
)
TextNotShared: Final = UnknownCode.declare(
    "DK-R68",
    "{field} is not among the texts that people share there. Nothing was changed. Possible: {possible}.",
)
CameMeanwhile: Final = Declined.declare(
    "DK-R69",
    "Something came or was decided in the case {case} while its forms were opened. Nothing was changed. Run the command again.",
)
