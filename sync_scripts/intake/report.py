"""What a pull and a verification say when they are done: frozen counts, by form version, and what needs a person. Never a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.completeness.soundness import Check
from sync_scripts.intake.notes import NOTES
from sync_scripts.intake.places.missing_files import Lacking
from sync_scripts.intake.places.missing_files import document as lacking_document
from sync_scripts.intake.places.skipped_files import Left, documents
from sync_scripts.intake.places.skipped_files import documents as left_documents


@dataclass(frozen=True, slots=True)
class FormCount:
    """What one form version brought in this run."""

    form: str
    version: str
    new: int = 0
    edited: int = 0
    repeats: int = 0
    quarantined: int = 0
    unknown: int = 0
    """Questions that its form has at the server under names which no form here knows."""


@dataclass(frozen=True, slots=True)
class FormTrouble:
    """A form that was not read to its end in this run. ``code`` and ``words`` say why."""

    server: str
    form: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one pull did, or with ``dry_run`` would do.

    Attributes:
        sources: how many sources were read.
        seen: submissions that the sources show.
        unchanged: of these, held before and not looked into again.
        new: first versions stored. edited: further versions of a root stored.
        repeats: the same version at another place, met for the first time.
        quarantined_new: put aside in this run. changed: of these, the same number with other content.
        solved: put aside before, readable now.
        unread: shown and not readable; tried again next time.
        erased: shown for the first time since they were erased here; not taken.
        files_new: files taken. files_waiting: files still awaited, over all runs.
        quarantine_before, quarantine_open: entries before and after.
        set_apart: what is stored, and could not be built for a fault of the program, also of earlier runs.
        versions_before: versions held before.
        forms: counts by form version.
        notes: (code, count) of what a person should know.
        troubles: forms that were not read to their end; the others were.
        lacking: files that answers announce and that have not come, by who sent the form.
        left: files that were not taken, over all runs: too large, or of a name that could do harm.
        unread_of: server, form and mark of each version whose exact content could not be fetched in this run.
        proofs: by server, what it shows beside what is here.
    """

    dry_run: bool = False
    sources: int = 0
    seen: int = 0
    unchanged: int = 0
    new: int = 0
    edited: int = 0
    repeats: int = 0
    quarantined_new: int = 0
    changed: int = 0
    solved: int = 0
    unread: int = 0
    erased: int = 0
    files_new: int = 0
    files_waiting: int = 0
    quarantine_before: int = 0
    quarantine_open: int = 0
    set_apart: int = 0
    versions_before: int = 0
    forms: tuple[FormCount, ...] = ()
    notes: tuple[tuple[str, int], ...] = ()
    troubles: tuple[FormTrouble, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    left: tuple[Left, ...] = ()
    unread_of: tuple[tuple[str, str, str], ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Tell whether this run, and not an earlier one, met something that a person must look at."""
        grave = (code for code, _count in self.notes if not NOTES[code].optional["harmless"])
        return bool(self.quarantined_new or self.unread or self.set_apart or any(grave))

    def counts(self) -> dict[str, int]:
        """Return the plain numbers, for the record of the run."""
        return {name: value for name, value in asdict(self).items() if type(value) is int}

    def document(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
        whole = asdict(self)
        whole["forms"] = [asdict(one) for one in self.forms]
        whole["lacking"] = [lacking_document(one) for one in self.lacking]
        whole["left"] = left_documents(self.left)
        whole["proofs"] = [one.document() for one in self.proofs]
        whole["unread_of"] = [
            {"server": server, "form": form, "mark": mark} for server, form, mark in self.unread_of
        ]
        whole["notes"] = [
            {"code": code, "count": count, "words": words(code, count)} for code, count in self.notes
        ]
        return {"schema": "dikalo.pull/1", **whole}


def words(code: str, count: int) -> str:
    """Return the sentence of a note in the language chosen at start."""
    return NOTES[code](count=count).words()


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
        holders: fingerprint of those for whom it seals.
        lost: the sources that could not be read, each with the code and the words of why; then they prove nothing.
        elsewhere: versions in the register that no source shows any more (a folder that was taken away).
        files_waiting: files still awaited.
        left: files that were not taken: too large, or of a name that could do harm.
        set_apart: what is stored and sound, and could not be built for a fault of the program.
        heads_restored: heads of the chains that differ since an older copy was put back, as the chain of custody says.
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
    holders: str
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
    heads_restored: int = 0

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
            "heads_restored": self.heads_restored,
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
            "holders": self.holders,
            "checks": [
                {"code": one.name, "looked_at": one.looked_at, "wrong": list(one.wrong)}
                for one in self.checks
            ],
        }
