"""What a server says of whole submissions while its pages are taken: heard, marked, and told to a person where needed.

Marks only; what was decided about a case or an alert stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sync_scripts.intake.building import Building
from sync_scripts.intake.notes import EditedAfterApproval, TextKept
from sync_scripts.intake.places import followed, in_waiting, reported_deletions, reviewed, standing, table
from sync_scripts.intake.run import Run
from sync_scripts.servers.base import Status
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry

_FOR_A_KEY: Final = frozenset({"key", "vault"})
"""Reasons for which something waits until a person opens it. Of what is held besides, its own mark tells."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Hears the server of a run; ``building`` marks what is touched, and builds it. A dry run notes, and writes nothing."""

    run: Run
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
        with self.run.register.reading() as rows:
            held = standing.otherwise(rows, self.run.name, said)
            lost = standing.unseen(standing.versions_of(rows, self.run.name, said), said)
            aside = (
                reported_deletions.put_aside(rows, self.run.tags, self.run.name, self.run.origin, lost)
                if lost
                else set()
            )
        self.mark(standing.changes(held, said))
        self.gone([one for one in lost if (one.form, one.root_id) not in aside])

    def not_shown(self, form: str, shown: Collection[str]) -> list[Status]:
        """Return what waits encrypted and was not shown, of a form that was shown to its end; ``shown`` = roots and versions."""
        with self.run.register.reading() as rows:
            waits = in_waiting.waiting_of(rows, self.run.name, form)
        return [Status(form, root) for root, version in waits if not {root, version} & set(shown)]

    def gone(self, lost: Sequence[Status]) -> None:
        """Say of what its server has no more what a person with the vault can open, and what is lost."""
        if not lost:
            return
        with self.run.register.reading() as rows:
            named = [(one.form, one.root_id) for one in lost]
            here = in_waiting.roots(rows, self.run.name, named)
            held = standing.held_of(rows, self.run.name, lost)
        self._keep(one for one, reason in here.items() if reason == "files")
        if not self.run.dry_run:
            with self.run.register.writing() as rows:
                in_waiting.gone(rows, self.run.name, named, self.run.clock())
        self._once([one for one in lost if (one.form, one.root_id) not in here], reported_deletions.LOST)
        sealed = {one for one, reason in here.items() if reason in _FOR_A_KEY} - held.keys()
        self._once([one for one in lost if (one.form, one.root_id) in sealed], reported_deletions.SEALED)

    def remind(self) -> None:
        """Say of what earlier pulls found deleted: that only the vault opens it; and what they noted and were killed before they said it."""
        with self.run.register.reading() as rows:
            self._keep(in_waiting.kept_texts(rows, self.run.name))
            self.run.tally.notes.update(reported_deletions.unheard(rows, self.run.name))

    def _keep(self, named: Iterable[tuple[str, str]]) -> None:
        """Count what only the vault can open now, once a run."""
        kept = {(self.run.name, *one) for one in named} - self.run.tally.kept
        self.run.tally.kept |= kept
        self.run.tally.notes[TextKept.code] += len(kept)

    def mark(self, found: Sequence[standing.Change]) -> None:
        """Write down what stands otherwise now, and build what it touches."""
        self.run.tally.notes.update(standing.notes(found))
        self.run.tally.notes[EditedAfterApproval.code] += followed.unapproved(found)
        if not found or self.run.dry_run:
            return
        with self.run.register.writing() as rows:
            touched = standing.mark(rows, self.run.name, found)
            custody.append(rows, list(self._reviews(found)), self.run.clock())
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
                "server": self.run.name,
                "when": at,
            }
            yield Entry("INTEGRITY", self.run.actor.code, one.held.root_id, details)

    def _once(self, found: Sequence[Status], gone: reported_deletions.Gone) -> None:
        """Note, once each, what was deleted before it could be pulled, or before it could be opened."""
        if not found:
            return
        tags = {
            reported_deletions.told_tag(self.run.tags, self.run.name, self.run.origin, one, gone): one
            for one in found
        }
        with self.run.register.reading() as rows:
            fresh = tags.keys() - table.seen(rows, self.run.name, list(tags)).keys()
        self.run.tally.notes[gone.problem] += len(fresh)
        if fresh and not self.run.dry_run:
            with self.run.register.writing() as rows:
                new = {tag: tags[tag] for tag in sorted(fresh)}
                reported_deletions.write(
                    rows, self.run.name, new, gone, actor=self.run.actor, now=self.run.clock()
                )
