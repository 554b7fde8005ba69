"""What a trial would have stored of a source: met again in the same run, it is known, as a real run would know it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync_scripts.intake.places import table
from sync_scripts.intake.places.state import Seen
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.decisions import Decision, Keep, Known, Same, outcome
from sync_scripts.store.database import Rows

__all__ = ["Trial"]


@dataclass(slots=True)
class Trial:
    """What a dry run decided about one source; a real run leaves it empty.

    Attributes:
        known: the versions that it would have stored, or met again.
        places: how the places looked from which it decided something, and what would have come of them, by their tags.
    """

    known: Known = field(default_factory=Known)
    places: dict[str, Seen] = field(default_factory=dict)

    def note(self, decisions: Iterable[Decision]) -> None:
        """Remember what was decided."""
        for one in decisions:
            if isinstance(one, Keep | Same):
                self.known.add(one.version)
            sighting = one.item.found.sighting
            self.places[one.item.tag] = Seen(sighting.size, sighting.moved_ns, *outcome(one))

    def seen(self, rows: Rows, server: str, tags: Sequence[str]) -> dict[str, Seen]:
        """Return how these places looked when they were last read, in this run too."""
        found = table.seen(rows, server, tags)
        return found | {tag: self.places[tag] for tag in tags if tag in self.places} if self.places else found

    def held(self, rows: Rows, server: str, versions: Sequence[str]) -> set[str]:
        """Return those of these versions that stand here, or would."""
        return known.held(rows, server, versions) | self.known.versions.keys() & set(versions)
