"""The proof of a pull: what a source shows beside what became of each, after everything that it shows was taken. Asks nobody.

Of a server it is worked out from the comparison that the pull made, and where none was made it says when the last one was. A
folder is walked as a whole at every pull, so that what was seen is all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from gettext import gettext as _
from typing import Any, Final

from sync_scripts.intake.places.table import ERASED, QUARANTINED, REPEAT, STORED, WAITING

TWICE: Final = "twice"
"""What became of a row that repeats a version which is here under another root."""
_BECAME: Final = {
    STORED: "here",
    REPEAT: "here",
    ERASED: "erased",
    QUARANTINED: "aside",
    WAITING: "waiting",
    TWICE: TWICE,
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One server. All counts are of the rows that it shows.

    Attributes:
        server: its name.
        count: rows that it counts; None when nothing was compared in this run.
        here: of these, the version that it shows is here.
        twice: it shows them in a second row, of the same root or of another one.
        waiting: kept sealed, waiting for a key or a file.
        aside: in quarantine.
        erased: erased here, and left where they are.
        compared_at: when everything was compared last, as an instant; "" = never.
        not_compared: forms that could not be compared to their end; they are in none of the counts.
        unreadable: rows of which nobody can tell what became of them: they are written otherwise than its rows are.
        owed: submissions of which the server shows a version that it does not hand over.
        hidden: forms that were pulled before and that the account does not see any more; nothing is known of them.
        partly: forms of which the account may read only some submissions; nothing is known of the others.
        folder: it is a folder, which was walked as a whole.
    """

    server: str
    count: int | None = None
    here: int = 0
    twice: int = 0
    waiting: int = 0
    aside: int = 0
    erased: int = 0
    compared_at: str = ""
    not_compared: int = 0
    unreadable: int = 0
    owed: int = 0
    hidden: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    folder: bool = False

    @property
    def lacks(self) -> bool:
        """Tell whether there is something that no count of forms would show."""
        return bool(self.owed or self.hidden or self.partly)

    @property
    def missing(self) -> int:
        """How many rows are nowhere here."""
        found = self.here + self.twice + self.waiting + self.aside + self.erased + self.unreadable
        return (self.count or 0) - found

    @property
    def holds(self) -> bool:
        """Tell whether everything that the server shows is here; what it did not show to the end proves nothing."""
        told = not (self.not_compared or self.unreadable or self.lacks)
        return self.count is not None and self.missing == 0 and told

    def plus(
        self,
        count: int,
        here: int,
        twice: int,
        erased: int,
        states: Iterable[str | None],
        *,
        unreadable: int = 0,
    ) -> Proof:
        """Return the proof with one form more; ``states`` are those of the rows that were asked for again."""
        found = [became(one) for one in states]
        return replace(
            self,
            count=(self.count or 0) + count,
            here=self.here + here + found.count("here"),
            twice=self.twice + twice + found.count(TWICE),
            waiting=self.waiting + found.count("waiting"),
            aside=self.aside + found.count("aside"),
            erased=self.erased + erased + found.count("erased"),
            unreadable=self.unreadable + unreadable,
        )

    def later(self, states: Iterable[str]) -> Proof:
        """Return the proof once some of those that were counted as waiting were looked at again; how they stand now."""
        found = [became(one) for one in states]
        opened = len(found) - found.count("waiting")
        if opened > self.waiting:
            return self  # not all of them were counted
        return replace(
            self,
            waiting=self.waiting - opened,
            here=self.here + found.count("here"),
            aside=self.aside + found.count("aside"),
            erased=self.erased + found.count("erased"),
        )

    def without(self) -> Proof:
        """Return the proof with one form more that could not be compared to its end."""
        return replace(self, not_compared=self.not_compared + 1)

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {**asdict(self), "missing": self.missing, "holds": self.holds}


def lacking(
    proofs: list[Proof], server: str, owed: int, hidden: tuple[str, ...], partly: tuple[str, ...]
) -> None:
    """Let the last of these proofs, where it is that of a server, say what no count of forms shows; else add one."""
    if owed or hidden or partly:
        made = proofs.pop() if proofs and proofs[-1].server == server else Proof(server)
        proofs.append(replace(made, owed=owed, hidden=hidden, partly=partly))


def opened_since(proofs: list[Proof], server: str, states: Iterable[str]) -> None:
    """Let the proofs of a server say how places stand that were counted as waiting, and were looked at again."""
    found = list(states)
    proofs[:] = [one.later(found) if one.server == server else one for one in proofs]


def became(state: str | None) -> str:
    """Return what became of a row, from the state of its place.

    >>> became("stored"), became("quarantined"), became(None)
    ('here', 'aside', '')
    """
    return _BECAME.get(state or "", "")


def words(one: Proof) -> str:
    """Return the line for a person; "" where nothing was compared, now or ever, and nothing is lacking."""
    return " ".join(filter(None, (_compared(one), *_lacking(one))))


def _lacking(one: Proof) -> Iterator[str]:
    """Yield what is known to be there and not here."""
    if one.owed:
        yield _(
            "Submissions that the server shows and does not hand over as they are: {count}. They wait, and are asked for "
            "again at every pull; if it lasts, tell the administrator of the server."
        ).format(count=one.owed)
    if one.hidden:
        yield _("Forms not seen any more, of which nothing is known: {forms}.").format(
            forms=", ".join(one.hidden)
        )
    if one.partly:
        yield _(
            "Forms of which the account may read only some submissions, so that nothing is known of the others: {forms}."
        ).format(forms=", ".join(one.partly))


def _walked(one: Proof) -> str:
    """Return what is said of a folder."""
    told = (
        _("Proof, {server}: {count} in the folder = {parts}.")
        if one.holds
        else _(
            "No proof, {server}: {count} in the folder, but {parts}. Run dikalo verify: it says of which form."
        )
    )
    return told.format(server=_("folders"), count=one.count, parts=" + ".join(_parts(one)))


def _compared(one: Proof) -> str:
    if one.folder:
        return _walked(one)
    if one.count is None and not one.not_compared and one.lacks:
        return _("No proof, {server}.").format(server=one.server)
    if one.count is None and not one.not_compared:
        told = _(
            "Proof, {server}: everything that the server announced was taken; the whole was compared last at {time} (UTC)."
        )
        time = one.compared_at[:16].replace("T", " ")
        return told.format(server=one.server, time=time) if time else ""
    if one.holds:
        told = _("Proof, {server}: {count} at the server = {parts}.")
    elif one.count is None:
        told = _(
            "No proof, {server}: no form was compared to its end ({forms} forms). Run dikalo verify: it says of which form."
        )
    elif not (one.missing or one.not_compared or one.owed or one.unreadable):
        told = _("No proof, {server}: of what it shows, {count} at the server = {parts}.")
    elif not one.missing and not one.not_compared:
        told = _(
            "No proof, {server}: {count} at the server = {parts}, but not all of them as they are there."
        )
    elif not one.missing:
        told = _(
            "No proof, {server}: forms that were not compared to their end: {forms}. Of the others: {count} at the "
            "server = {parts}. Run dikalo verify: it says of which form."
        )
    elif one.not_compared:
        told = _(
            "No proof, {server}: forms that were not compared to their end: {forms}. Of the others: {count} at the "
            "server, but {parts}. Run dikalo verify: it says of which form."
        )
    else:
        told = _(
            "No proof, {server}: {count} at the server, but {parts}. Run dikalo verify: it says of which form."
        )
    parts = " + ".join(_parts(one))
    return told.format(server=one.server, count=one.count, parts=parts, forms=one.not_compared)


def _parts(one: Proof) -> Iterator[str]:
    yield _("{n} here").format(n=one.here)
    if one.twice:
        yield _("{n} shown twice").format(n=one.twice)
    if one.waiting:
        yield _("{n} sealed and waiting").format(n=one.waiting)
    if one.aside:
        yield _("{n} put aside").format(n=one.aside)
    if one.erased:
        yield _("{n} erased here").format(n=one.erased)
    if one.unreadable:
        yield _("{n} that cannot be read").format(n=one.unreadable)
