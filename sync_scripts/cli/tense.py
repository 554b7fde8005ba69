"""What was done, or with ``--dry-run`` what would be: every sentence in both, side by side. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

__all__ = ["done_lines", "either", "nothing_written", "waits"]


def either(done: str, would: str, *, dry_run: bool) -> str:
    """Return the sentence that is true: of what was done, or of what would be done without the dry run."""
    return would if dry_run else done


def nothing_written(*, dry_run: bool) -> Iterator[str]:
    """Yield the line that stands above everything that a dry run says."""
    if dry_run:
        yield _("Nothing was written: this only shows what would be done.")


def done_lines(*sentences: str, dry_run: bool) -> list[str]:
    """Return what was done, after a line that says when nothing was."""
    return [*nothing_written(dry_run=dry_run), *(one for one in sentences if one)]


def waits(code: str, proposal: str, *, dry_run: bool = False) -> str:
    """Return the sentence that says that a second person is needed, and how that person signs."""
    return either(
        _(
            "This is only proposed for {code}: somebody else signs in with a passphrase of their own and runs dikalo approve "
            "{proposal}."
        ),
        _(
            "It would only be proposed for {code}: somebody else, with a passphrase of their own, would sign it."
        ),
        dry_run=dry_run,
    ).format(code=code, proposal=proposal)
