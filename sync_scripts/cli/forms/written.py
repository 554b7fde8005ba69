"""Days, times and files as people write them on the command line; what cannot be read is refused with an example.

click's own kinds would answer with a pattern (``%Y-%m-%dT%H:%M``) or with the system's words in English.
"""

from __future__ import annotations

from datetime import datetime
from gettext import gettext as _
from typing import IO, Any, Final

import click

__all__ = ["DAY", "DAY_OR_TIME", "TIME", "TextFile", "When"]

_DAY: Final = "%Y-%m-%d"
_TIMES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


class When(click.ParamType[datetime]):
    """A day, or a day with its time, without a zone: whoever asked says of which clock.

    Attributes:
        formats: patterns, as of ``strptime``.
        example: one that fits, shown to somebody whose own does not.
    """

    name = "when"

    def __init__(self, *formats: str, example: str) -> None:
        self.formats: tuple[str, ...] = formats
        self.example: str = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return what was written; refuse what fits no pattern."""
        if isinstance(value, datetime):
            return value
        for pattern in self.formats:
            try:
                return datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007 - its reader knows the zone
            except ValueError:
                continue
        words = _("'{given}' is not understood. Write it as {example}.")
        return self.fail(words.format(given=value, example=self.example), param, ctx)


DAY: Final = When(_DAY, example="2026-11-25")
TIME: Final = When(*_TIMES, example="2026-11-25T08:30")
DAY_OR_TIME: Final = When(_DAY, *_TIMES, example="2026-11-25 / 2026-11-25T08:30")


class TextFile(click.File):
    """A file of text to read, or ``-`` for standard input; why it cannot be opened is said in the person's language."""

    def __init__(self) -> None:
        super().__init__(encoding="utf-8")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        """Open the file; refuse one that is not there or cannot be read."""
        if isinstance(value, str) and value != "-":
            click.Path(exists=True, dir_okay=False, readable=True).convert(value, param, ctx)
        return super().convert(value, param, ctx)
