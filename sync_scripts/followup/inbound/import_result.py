"""What is asked of an import of a workbook, and what it did or would do. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sync_scripts.followup.inbound.conflicts import Conflict
from sync_scripts.followup.inbound.held_cells import LEFT_BEHIND, NEVER_TAKEN, Held
from sync_scripts.followup.inbound.items import Item, waits
from sync_scripts.followup.merge.cell_decisions import Said
from sync_scripts.followup.merge.cell_rules import Outcome
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.store.database import Actor
from sync_scripts.store.detectors import KnownNames

__all__ = ["Asked", "Imported", "Status"]

Status = Literal["preview", "applied", "already", "blocked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an import.

    Attributes:
        actor: who imports, and how that was proved.
        now: aware UTC.
        apply: write; otherwise only show.
        strict: open questions keep the whole file out.
        late: why an expired file comes back late; None when nobody said.
        said: what was accepted beforehand.
        names: known names, with the vault open only.
    """

    actor: Actor
    now: datetime
    apply: bool = False
    strict: bool = False
    late: str | None = None
    said: Said = field(default_factory=Said)
    names: KnownNames | None = field(default=None, repr=False)

    @property
    def today(self) -> date:
        """Return the day in Africa/Douala."""
        return self.now.astimezone(DOUALA).date()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        status: preview, applied, already (the same bytes were applied before), blocked (errors, nothing was written).
        export_id: the export that the file belongs to; ``tier`` and ``lang`` are its own.
        sha256: of the file.
        items: a line for each cell or row that says something.
        counts: outcome -> how often.
        changes: fields and rows that were written, or would be.
        conflicts: questions that are open now.
        late: the file had expired; ``based`` says whether what it went out with was still known.
        ignored_sheets, ignored_columns: what was not read.
        left_open: of a workbook of conflicts, its questions that nobody answered in it; of a file that was imported
            already, those of its questions that are open still.
        of_before: where single cells of a file were accepted that was imported already, its other questions that are open still.
        held: what this file alone has: held back by this import, or would be.
        held_before: the same, of an earlier import of this very file.
        beside: what other files hold in cells that this one writes; it stays open.
    """

    status: Status
    export_id: str
    sha256: str
    tier: str
    lang: str
    items: tuple[Item, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    conflicts: tuple[str, ...] = ()
    late: bool = False
    based: bool = True
    ignored_sheets: int = 0
    ignored_columns: int = 0
    lost_columns: tuple[str, ...] = ()
    left_open: int = 0
    of_before: int = 0
    held: tuple[Held, ...] = ()
    held_before: tuple[Held, ...] = ()
    beside: tuple[Conflict, ...] = ()

    @property
    def open_before(self) -> int:
        """Return how many questions are open that this import did not ask anew."""
        return self.left_open + self.of_before + len(self.held_before)

    @property
    def attention(self) -> bool:
        """Tell whether a person has to look: a question is open, something could not be taken, or another file holds something here."""
        return self.status != "blocked" and (self.open_before > 0 or bool(self.beside) or waits(self.items))

    @property
    def only_here(self) -> bool:
        """Tell whether the file alone has something that was not taken, so that it must not be deleted yet."""
        said = [item.decision for item in self.items]
        lost = any(one.outcome in NEVER_TAKEN or one.why in LEFT_BEHIND for one in said)
        return lost or bool(self.held or self.held_before or self.answers_held)

    @property
    def answers_held(self) -> list[str]:
        """Return where in a workbook of conflicts an answer stands that is not taken, because it identifies somebody."""
        held = {one.place for one in self.held}
        waits = (item for item in self.items if item.decision.outcome is Outcome.WARNING)
        return [item.place for item in waits if item.decision.rule == "17" and item.place not in held]
