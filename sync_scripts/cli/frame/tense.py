"""What was done, or with ``--dry-run`` what would be: one sentence for both, said as what would be. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import gettext as _

__all__ = ["deed", "either", "nothing_written", "waits", "would"]


def either(done: str, would: str, *, dry_run: bool) -> str:
    """Return the sentence that is true: of what was done, or of what would be done without the dry run."""
    return would if dry_run else done


def nothing_written(*, dry_run: bool) -> Iterator[str]:
    """Yield the line that stands above everything that a dry run says."""
    if dry_run:
        yield _("Nothing was written: this only shows what would be done.")


def deed(sentence: str, *, dry_run: bool) -> str:
    """Return a sentence of what was done; with a dry run as what would be, as far from the edge."""
    if not dry_run:
        return sentence
    said = sentence.lstrip(" ")
    return sentence[: len(sentence) - len(said)] + _("Would be done: {told}").format(told=said)


def would(sentences: Iterable[str], *, dry_run: bool) -> Iterator[str]:
    """Yield sentences of what was done; with a dry run as what would be, after a line that says that nothing was."""
    yield from nothing_written(dry_run=dry_run)
    for one in filter(None, sentences):
        yield deed(one, dry_run=dry_run)


def waits(code: str, proposal: str) -> str:
    """Return the sentence that says that a second person is needed, and how that person signs."""
    return _(
        "This is only proposed for {code}: somebody else signs in with a passphrase of their own and runs dikalo approve "
        "{proposal}."
    ).format(code=code, proposal=proposal)
