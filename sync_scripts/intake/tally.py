"""Counts while a pull runs: of one source, or of all. Never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.errors import ContentChanged
from sync_scripts.intake.notes import (
    ErasedShown,
    FileUnread,
    HostileName,
    MaybeDraft,
    SameName,
    VersionsApart,
)
from sync_scripts.intake.places.state import ERASED, QUARANTINED, REPEAT, STORED
from sync_scripts.intake.receive.decisions import Aside, Decision, Erased, Keep, Same
from sync_scripts.intake.receive.tagging import hostile
from sync_scripts.intake.report import FormCount, FormTrouble, PullReport
from sync_scripts.servers.base import Server, Sighting, State, Trouble

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts while a pull runs; ``report`` freezes them."""

    counts: Counter[str] = field(default_factory=Counter)
    forms: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)
    unread_of: set[tuple[str, str, str]] = field(default_factory=set)
    files_unread: set[tuple[str, str]] = field(default_factory=set)
    """Place and name ("" = their list) of files of this source that were not handed over."""
    proofs: list[Proof] = field(default_factory=list)
    kept: set[tuple[str, str, str]] = field(default_factory=set)
    """Server, form and root of what only the vault can open now; it may be heard of more than once in a run."""
    troubles: dict[tuple[str, str], Unreachable | NotAllowed] = field(default_factory=dict)
    """The first failure of each form, by server and form."""

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Count what was decided for a page; what was met at the same place before is not new."""
        for one in decisions:
            before = one.item.before.state if one.item.before else ""
            if isinstance(one, Keep):
                self._add("edited" if one.edit else "new", one)
                self.notes[VersionsApart.code] += bool(one.joins)
                self.notes[MaybeDraft.code] += one.item.found.state is State.UNKNOWN
                names = [media.name for media in one.split.media]
                self.notes[HostileName.code] += sum(map(hostile, names))
                self.notes[SameName.code] += len(names) - len(set(names))
            elif isinstance(one, Erased) and before != ERASED:
                self.counts["erased"] += 1
                self.notes[ErasedShown.code] += 1
            elif isinstance(one, Same) and before not in {STORED, REPEAT}:
                self._add("repeats", one)
            elif isinstance(one, Aside) and before != QUARANTINED:
                self._add("quarantined", one)
                self.counts["changed"] += isinstance(one.refusal, ContentChanged)
            if before == QUARANTINED and not isinstance(one, Aside):
                self.counts["solved"] += 1

    def unread(self, server: Server, one: Sighting, tag: str) -> bool:
        """Count a version whose bytes could not be had, and tell whether it is the first time in this run.

        One of a server is named by eight signs of a keyed tag: it may be asked for again within a run.
        """
        if server.abilities.edits_by_root:
            name = (server.name, one.place.partition("\t")[0], tag[:8])
            if name in self.unread_of:
                return False
            self.unread_of.add(name)
        self.counts["unread"] += 1
        return True

    def file_unread(self, place: str, name: str = "") -> None:
        """Count a file, or a list of them, that was not handed over; a run that comes to it twice says so once."""
        if (place, name) not in self.files_unread:
            self.files_unread.add((place, name))
            self.notes[FileUnread.code] += 1

    def trouble(self, server: str, one: Trouble) -> None:
        """Remember that a form could not be read to its end; said once a run."""
        self.troubles.setdefault((server, one.form), one.failure)

    def troubled(self, server: str) -> bool:
        """Tell whether something of a server was not read to its end."""
        return bool(self.unread_of) or any(name == server for name, _form in self.troubles)

    def _add(self, name: str, one: Decision) -> None:
        self.counts[name] += 1
        self.forms.setdefault(one.stamps, Counter())[name] += 1

    def add(self, other: Tally) -> None:
        """Count what was counted of another source, too."""
        self.counts.update(other.counts)
        self.notes.update(other.notes)
        for stamps, counted in other.forms.items():
            self.forms.setdefault(stamps, Counter()).update(counted)
        self.shown |= other.shown
        self.unread_of |= other.unread_of
        self.kept |= other.kept
        self.proofs += other.proofs
        self.troubles.update(other.troubles)

    def report(self, base: PullReport) -> PullReport:
        """Return the frozen report; ``base`` holds what is not counted here."""
        counts = self.counts
        return replace(
            base,
            seen=counts["seen"],
            unchanged=counts["unchanged"],
            new=counts["new"],
            edited=counts["edited"],
            repeats=counts["repeats"],
            quarantined_new=counts["quarantined"],
            changed=counts["changed"],
            solved=counts["solved"],
            unread=counts["unread"],
            erased=counts["erased"],
            files_new=counts["files_new"],
            forms=tuple(_form_count(stamps, counted) for stamps, counted in sorted(self.forms.items())),
            notes=tuple(sorted((code, count) for code, count in self.notes.items() if count)),
            unread_of=tuple(sorted(self.unread_of)),
            proofs=tuple(self.proofs),
            troubles=tuple(
                FormTrouble(server, form, failure.code, failure.words())
                for (server, form), failure in self.troubles.items()
            ),
        )


def _form_count(stamps: tuple[str, str], counted: Counter[str]) -> FormCount:
    form, version = stamps
    return FormCount(
        form=form,
        version=version,
        new=counted["new"],
        edited=counted["edited"],
        repeats=counted["repeats"],
        quarantined=counted["quarantined"],
    )
