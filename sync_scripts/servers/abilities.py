"""What a source can do beside the rest, asked with ``isinstance``: look at files one by one, show some forms alone, say who edited."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol, runtime_checkable

from sync_scripts.servers.base import AttachmentRef, Deed, Page, Sweep, Worth


@runtime_checkable
class Marked(Protocol):
    """A reader that knows what its source says of the bytes; see :class:`AttachmentRef`."""

    mark: str


@runtime_checkable
class Rechecks(Protocol):
    """A source whose listing says nothing of the bytes of a file, and which can be asked file by file."""

    def mark_of(self, ref: AttachmentRef) -> str | None:
        """Return the mark of one file, ``None`` when it is not there any more; reads none of its bytes.

        Raises:
            FileGone: whoever stands before the source tells that it does not say, of this one file.
        """
        ...

    def place_of(self, form: str, root_id: str, instance_id: str) -> str:
        """Return the place of a present version."""
        ...


@runtime_checkable
class HoldsVersions(Protocol):
    """A source that hands over the files of a version also when another one has taken its place."""

    def hold(self, places: Iterable[str]) -> None:
        """Let the files of these places be asked for as of their version from now on: they were shown a while ago."""
        ...


@runtime_checkable
class ShowsForms(Protocol):
    """A source that shows what is new form by form, and can be asked for some forms alone, or for some before others."""

    def pages_of(self, after: str | None, worth: Worth) -> Iterator[Page]:
        """Yield what `Server.pages` does, in this order."""
        ...


@runtime_checkable
class SweepsLightly(Protocol):
    """A source whose listing of files is most of a sweep, and which can leave it out."""

    def sweep_lightly(self) -> Sweep:
        """Return marks as `Server.sweep` does, which say nothing of files."""
        ...


@runtime_checkable
class Answers(Protocol):
    """A source that may fail at one address and answer at others."""

    def alive(self) -> object:
        """Ask for something small that every account may see; raises when not even that is answered."""
        ...


@runtime_checkable
class NamesForms(Protocol):
    """A source that shows the forms that its account sees, and says nothing of the others."""

    def unseen(self, known: Collection[str], after: str | None) -> list[str]:
        """Return what is no longer seen of the forms that are known here and of those of a cursor, as the last look showed.

        Forms that the settings leave out are not looked for.
        """
        ...


@runtime_checkable
class NamesSome(Protocol):
    """A source that cannot be asked for every submission by its name: whoever sends one chooses its id."""

    def nameable(self, form: str, root: str) -> bool:
        """Tell whether :meth:`Server.again` surely asks for a submission; of a form that is no longer pulled, none is wanted."""
        ...


@runtime_checkable
class ShowsSome(Protocol):
    """A source that may show an account some submissions of a form, and count no others."""

    def partly(self) -> list[str]:
        """Return the forms of which the account does not surely read every submission, as the last look showed them."""
        ...


@runtime_checkable
class SeesDeletionsLate(Protocol):
    """A source whose pages may show no deletion although its kind can: then only a sweep does."""

    @property
    def deletions_late(self) -> bool:
        """Tell whether they were found to show none."""
        ...


@runtime_checkable
class TellsWho(Protocol):
    """A source that can be asked who did what to a submission, where the account may."""

    def who(self, wanted: Iterable[tuple[str, str]]) -> tuple[Deed, ...] | None:
        """Return what was done to these submissions, named by form and root; ``None`` = that cannot be asked."""
        ...
