"""The proof of a folder: every place that it showed in this run, beside what became of it.

A server counts its rows, and what it shows is compared with that; a folder is walked as a whole at every pull, so that what
was seen is all there is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.receive.trial import Trial
from sync_scripts.store.database import Register

__all__ = ["FolderProof"]


@dataclass(slots=True)
class FolderProof:
    """What was counted so far, page by page.

    Attributes:
        register: where the states of places are remembered.
        server: name of the folder.
        trial: knows what a dry run would have stored.
        proof: of the pages that were taken.
    """

    register: Register
    server: str
    trial: Trial
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing seen: an empty folder is proved, too."""
        self.proof = Proof(self.server, count=0, folder=True)

    def page(self, tags: Collection[str]) -> None:
        """Count what became of the places of a page that was taken; each place once a run."""
        with self.register.reading() as rows:
            found = self.trial.seen(rows, self.server, list(tags))
        states = [one.state if (one := found.get(tag)) else None for tag in tags]
        self.proof = self.proof.plus(len(tags), 0, 0, 0, states)
