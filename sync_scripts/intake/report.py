"""What a pull says when it is done: frozen counts, by form version, and what needs a person. Never a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.notes import NOTES
from sync_scripts.intake.places.missing_files import Lacking
from sync_scripts.intake.places.missing_files import document as lacking_document
from sync_scripts.intake.places.skipped_files import Left
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
