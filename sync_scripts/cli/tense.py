"""What was done, or with ``--dry-run`` what would be: every sentence in both, side by side. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

__all__ = ["either", "nothing_written"]


def either(done: str, would: str, *, dry_run: bool) -> str:
    """Return the sentence that is true: of what was done, or of what would be done without the dry run."""
    return would if dry_run else done


def nothing_written(*, dry_run: bool) -> Iterator[str]:
    """Yield the line that stands above everything that a dry run says."""
    if dry_run:
        yield _("Nothing was written: this only shows what would be done.")
