"""What a pull has stored becomes rows of the register: marked with its page, built right behind it, in transactions of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sync_scripts.intake.receive.decisions import Decision, Keep
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.way import Way
from sync_scripts.register.building.portions import Pace
from sync_scripts.register.forms.answers import Reading
from sync_scripts.register.forms.submissions import kind_of
from sync_scripts.register.model.codes import Root
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.durable import step


@dataclass(frozen=True, slots=True)
class Building:
    """Marks and builds, for one source.

    Attributes:
        register, way: as of the source.
        forms: the form versions that the register holds.
    """

    register: Register
    way: Way
    forms: Forms
    _pace: Pace = field(default_factory=Pace)
    _fresh: dict[tuple[str, str, str], Reading] = field(default_factory=dict)

    def mark(self, rows: Rows, touched: Mapping[Root, int]) -> None:
        """Mark submissions in the transaction that stores them, with the order of arrival of what is new of each."""
        from sync_scripts.register.building import marks

        alerts = {
            stamp
            for (stamp, _version), one in self.forms.splitters.items()
            if kind_of(one.entities) == "alert"
        }
        marks.mark(rows, touched, alerts)

    def read(self, server: str, decisions: Iterable[Decision]) -> None:
        """Remember what was read in answers that are stored now: they need not be read again."""
        kept = (one for one in decisions if isinstance(one, Keep))
        self._fresh.update(
            {(server, one.version.form, one.version.instance_id): one.split.reading for one in kept}
        )

    def begin(self) -> None:
        """Try what could not be built once more, and build what a run that was stopped left."""
        self._build(again=True)

    def build(self) -> None:
        """Build all that bears a mark, a portion a transaction; also what a run that was stopped left."""
        self._build(again=False)

    def _build(self, *, again: bool) -> None:
        from sync_scripts.register.building import marks

        try:
            more = True
            while more:
                step("pull.build")
                size = self._pace.size
                with self.register.writing() as rows, self._pace.measured() as measured:
                    if again:
                        marks.build_set_apart(rows, self.way.draw, self.way.clock())
                    done, more = marks.build_portion(
                        rows, self.way.draw, self.way.clock(), fresh=self._fresh, size=size
                    )
                    measured.append(done)
                again = False
        finally:
            self._fresh.clear()
