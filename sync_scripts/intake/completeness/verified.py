"""What a verification found: counts by form version, and what could not be compared or is not sound."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sync_scripts.intake.completeness.soundness import Check
from sync_scripts.intake.places.skipped_files import Left, documents
from sync_scripts.intake.report import FormTrouble

__all__ = ["FormTotals", "Verified"]


@dataclass(frozen=True, slots=True)
class FormTotals:
    """One form version in the sources and in the register.

    ``instances`` is the sum of all the others: ``versions``, ``repeats``, ``quarantined``; ``erased``, here, and never taken
    again; ``waiting``, held sealed, for the key of their form or for files; ``not_pulled``, which the register does not
    know yet; ``unreadable``, rows of which nobody can tell whether they are here; ``short``, those that earlier pulls went
    past; ``changed``, those whose content at the source is another one (a deep look only).
    """

    form: str
    version: str
    instances: int = 0
    versions: int = 0
    repeats: int = 0
    quarantined: int = 0
    not_pulled: int = 0
    waiting: int = 0
    short: int = 0
    changed: int = 0
    erased: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Attributes:
        forms: by form version; what no source shows is not in ``instances``.
        checks: of the register itself.
        lost: the sources that could not be read, each with the code and the words of why; then they prove nothing.
        elsewhere: versions in the register that no source shows any more (a folder that was taken away).
        files_waiting: files still awaited.
        left: files that were not taken: too large, or of a name that could do harm.
        set_apart: what is stored and sound, and could not be built for a fault of the program.
        exits: exit codes of what kept sources and forms from being looked at.
        troubles: forms of a server that could not be compared; the others were.
        gone_unseen: submissions deleted at a server before they were ever pulled.
        awaited: server, form and mark of each version that a server shows and whose exact content is not here.
        by_server: submissions sealed here that the server alone can open, over all runs.
        hidden: server and form of what was pulled before and that the server's account does not see any more.
        partly: server and form of what the server's account may read only some submissions of.
        owed: submissions that servers showed to earlier pulls and did not hand over; the next pull asks again.
    """

    forms: tuple[FormTotals, ...]
    checks: tuple[Check, ...]
    lost: tuple[FormTrouble, ...]
    elsewhere: int
    files_waiting: int
    troubles: tuple[FormTrouble, ...] = ()
    gone_unseen: int = 0
    awaited: tuple[tuple[str, str, str], ...] = ()
    by_server: int = 0
    owed: int = 0
    hidden: tuple[tuple[str, str], ...] = ()
    partly: tuple[tuple[str, str], ...] = ()
    left: tuple[Left, ...] = ()
    exits: frozenset[int] = frozenset()
    set_apart: int = 0

    @property
    def offline(self) -> tuple[str, ...]:
        """Return the codes of the sources that could not be read."""
        return tuple(one.code for one in self.lost)

    @property
    def damaged(self) -> int:
        """How many checks failed."""
        return sum(bool(one.wrong) for one in self.checks)

    @property
    def not_pulled(self) -> int:
        """How many instances are in the sources and not in the register."""
        return sum(one.not_pulled for one in self.forms)

    @property
    def short(self) -> int:
        """How many instances earlier pulls went past without taking them."""
        return sum(one.short for one in self.forms)

    @property
    def blind(self) -> bool:
        """Tell whether a source, or a form of one, could not be looked at to its end: it proves nothing."""
        return bool(self.lost or self.troubles)

    @property
    def lacking(self) -> bool:
        """Tell whether something that sources hold is not here, not as it is there, not shown to us, or could not be built."""
        apart = any(one.changed or one.unreadable for one in self.forms)
        there = self.not_pulled or self.owed or self.hidden or self.left or self.partly
        return bool(there or apart or self.set_apart)

    @property
    def proved(self) -> bool:
        """Tell whether all that was to be looked at is here and sound."""
        return not (self.damaged or self.short or self.blind or self.lacking)

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "schema": "dikalo.verify/1",
            "ok": self.proved,
            "not_pulled": self.not_pulled,
            "set_apart": self.set_apart,
            "short": self.short,
            "gone_unseen": self.gone_unseen,
            "elsewhere": self.elsewhere,
            "files_waiting": self.files_waiting,
            "left": documents(self.left),
            "by_server": self.by_server,
            "owed": self.owed,
            "hidden": [{"server": server, "form": form} for server, form in self.hidden],
            "partly": [{"server": server, "form": form} for server, form in self.partly],
            "offline": list(self.offline),
            "lost": [{"server": one.server, "code": one.code, "words": one.words} for one in self.lost],
            "troubles": [asdict(one) for one in self.troubles],
            "awaited": [
                {"server": server, "form": form, "mark": mark} for server, form, mark in self.awaited
            ],
            "forms": [asdict(one) for one in self.forms],
            "checks": [
                {"code": one.name, "looked_at": one.looked_at, "wrong": list(one.wrong)}
                for one in self.checks
            ],
        }
