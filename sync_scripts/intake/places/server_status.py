"""What a server says of whole submissions while its pages are taken: heard, marked, and told to a person where needed.

Marks only; what was decided about a case or an alert stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sync_scripts.clock import Clock
from sync_scripts.intake.building import Building
from sync_scripts.intake.notes import EditedAfterApproval, TextKept
from sync_scripts.intake.places import followed, in_waiting, reported_deletions, reviewed, standing, table
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.tally import Tally
from sync_scripts.servers.base import Status
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Register

__all__ = ["Hearing"]

_FOR_A_KEY: Final = frozenset({"key", "vault"})
"""Reasons for which something waits until a person opens it. Of what is held besides, its own mark tells."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Hears one server.

    Attributes:
        register: what is held.
        server, origin: the server's name, and what tells its places from those of others.
        tags: keyed tags.
        actor: who pulls.
        tally: counts and notes.
        clock: gives the present moment.
        dry_run: note, and write nothing.
        building: marks what is touched, and builds it.
    """

    register: Register
    server: str
    origin: str
    tags: Tagger
    actor: Actor
    tally: Tally
    clock: Clock
    dry_run: bool
    building: Building

    def hear(self, shown: Sequence[Status], *, stored: bool = False) -> None:
        """Mark what is gone, back or reviewed; before the page's cursor is stored, so that a cut marks it again.

        Of a submission that a page shows twice the first word counts. ``stored`` = all that the page shows was heard before it
        was stored: only a word that says something can be news of what is here since.
        """
        said = list({(one.form, one.root_id): one for one in reversed(shown)}.values())[::-1]
        if stored:
            said = [one for one in said if not standing.plain(one)]
        if not said:
            return
        with self.register.reading() as rows:
            held = standing.otherwise(rows, self.server, said)
            lost = standing.unseen(standing.versions_of(rows, self.server, said), said)
            aside = (
                reported_deletions.put_aside(rows, self.tags, self.server, self.origin, lost)
                if lost
                else set()
            )
        self.mark(standing.changes(held, said))
        self.gone([one for one in lost if (one.form, one.root_id) not in aside])

    def not_shown(self, form: str, shown: Collection[str]) -> list[Status]:
        """Return what waits encrypted and was not shown, of a form that was shown to its end; ``shown`` = roots and versions."""
        with self.register.reading() as rows:
            waits = in_waiting.waiting_of(rows, self.server, form)
        return [Status(form, root) for root, version in waits if not {root, version} & set(shown)]

    def gone(self, lost: Sequence[Status]) -> None:
        """Say of what its server has no more what a person with the vault can open, and what is lost."""
        if not lost:
            return
        with self.register.reading() as rows:
            named = [(one.form, one.root_id) for one in lost]
            here = in_waiting.roots(rows, self.server, named, self.tags)
            held = standing.held_of(rows, self.server, lost)
        self._keep(one for one, reason in here.items() if reason == "files")
        if not self.dry_run:
            with self.register.writing() as rows:
                in_waiting.gone(rows, self.server, named, self.clock())
        self._once([one for one in lost if (one.form, one.root_id) not in here], reported_deletions.LOST)
        sealed = {one for one, reason in here.items() if reason in _FOR_A_KEY} - held.keys()
        self._once([one for one in lost if (one.form, one.root_id) in sealed], reported_deletions.SEALED)

    def remind(self) -> None:
        """Say of what earlier pulls found deleted while it waited for its files that only the vault opens it."""
        with self.register.reading() as rows:
            self._keep(in_waiting.kept_texts(rows, self.server, self.tags))

    def _keep(self, named: Iterable[tuple[str, str]]) -> None:
        """Count what only the vault can open now, once a run."""
        kept = {(self.server, *one) for one in named} - self.tally.kept
        self.tally.kept |= kept
        self.tally.notes[TextKept.code] += len(kept)

    def mark(self, found: Sequence[standing.Change]) -> None:
        """Write down what stands otherwise now, and build what it touches."""
        self.tally.notes.update(standing.notes(found))
        self.tally.notes[EditedAfterApproval.code] += followed.unapproved(found)
        if not found or self.dry_run:
            return
        with self.register.writing() as rows:
            touched = standing.mark(rows, self.server, found)
            custody.append(rows, list(self._reviews(found)), self.clock())
            self.building.mark(rows, dict.fromkeys(touched, 0))
        self.building.build()

    def _reviews(self, found: Sequence[standing.Change]) -> Iterator[Entry]:
        """Yield who gave which status, and when, where the server tells."""
        for one in found:
            given = reviewed.given(one.review)
            if given is None or reviewed.plain(one.review) == reviewed.plain(one.held.review):
                continue
            word, at = given
            details = {
                "account": one.reviewer,
                "deed": "reviewed",
                "form": one.held.form,
                "review": word,
                "server": self.server,
                "when": at,
            }
            yield Entry("INTEGRITY", self.actor.code, one.held.root_id, details)

    def _once(self, found: Sequence[Status], gone: reported_deletions.Gone) -> None:
        """Note, once each, what was deleted before it could be pulled, or before it could be opened."""
        if not found:
            return
        tags = {
            reported_deletions.told_tag(self.tags, self.server, self.origin, one, gone): one for one in found
        }
        with self.register.reading() as rows:
            fresh = tags.keys() - table.seen(rows, self.server, list(tags)).keys()
        self.tally.notes[gone.problem] += len(fresh)
        if fresh and not self.dry_run:
            with self.register.writing() as rows:
                new = {tag: tags[tag] for tag in sorted(fresh)}
                reported_deletions.write(rows, self.server, new, gone, actor=self.actor, now=self.clock())
