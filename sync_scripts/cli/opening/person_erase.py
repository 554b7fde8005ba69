"""``dikalo person erase``: what identifies a person is gone at once; where others stand in the case, she alone is taken out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from gettext import gettext as _
from typing import Annotated, Any

import click

from sync_scripts.cli.frame.decisions import decides
from sync_scripts.cli.frame.options import ByKey, DryRun, Reason, deed, would
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.opening.vault_reading import Opened, open_forms
from sync_scripts.intake.redacting import Done, redact
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.register.purging.parting import CameMeanwhile
from sync_scripts.register.purging.person import erase_person, redaction, shared, would_erase
from sync_scripts.register.purging.redaction import Redaction, Texts
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.seal import erasing


@command("erase")
def erase(
    shell: Shell,
    *,
    code: Annotated[str, place(_("CODE"))],
    who: Annotated[str | None, place(_("[PERSON]"))],
    reason: Reason = "",
    also: Annotated[
        tuple[str, ...],
        option(
            "--also",
            "A text or recording that is nobody's alone, to be emptied as well; once for each.",
            _("FIELD"),
        ),
    ],
    keep: Annotated[
        bool, option("--keep-shared-texts", "Leave all texts that are nobody's alone as they are.")
    ],
    yes: Annotated[
        bool, option("--yes", "Do not ask again on a terminal after showing what would be erased.")
    ],
    by_key: ByKey,
    dry_run: DryRun,
) -> None:
    """Erase a person."""
    if keep and also:
        raise click.UsageError(_("Either --also with the fields that are emptied, or --keep-shared-texts."))
    asks = not (yes or dry_run or shell.json) and sys.stdin.isatty()
    work = _Erasing(shell, code, who, reason, frozenset(also), keep, by_key.kind, asks, dry_run)
    with decides(
        shell,
        "person erase",
        as_code=by_key.as_code,
        dry_run=dry_run,
        own_hand=True,
        alone=True,
        before=work.look,
        after=work.finish,
    ) as by:
        document, told = work.do(by)
    shell.show(
        {"schema": "dikalo.person-erased/1", **document, "dry_run": dry_run},
        would(told, dry_run=dry_run),
    )


@dataclass(slots=True)
class _Erasing:
    """One erasure, from what is there to what is done."""

    shell: Shell
    code: str
    who: str | None
    reason: str
    also: frozenset[str]
    keep: bool
    kind: str
    asks: bool
    dry_run: bool
    _plan: Redaction | None = None
    _opened: Opened | None = None
    _register: Register | None = None

    def look(self, register: Register, actor: Actor) -> None:
        """Work out what would go, ask, and open what has to be made anew; refuse before anything is asked or opened."""
        self._register = register
        with register.reading() as rows:
            require_sight(rows, actor, self.code)
            if shared(rows, self.code, self.who):
                self._plan = self._planned(By(rows, actor, self.shell.clock()))
        if self.asks:
            self._ask(register)
        if self._plan is not None and not self.dry_run:
            self._opened = open_forms(
                self.shell, register, actor, self._plan, kind=self.kind, reason=self.reason
            )

    def do(self, by: By) -> tuple[dict[str, Any], list[str]]:
        """Erase, in the transaction of the decision; return the document and what is said."""
        if self._plan is not None:
            return self._take_out(by, self._plan)
        done = erase_person(by, self.code, self.who, reason=self.reason)
        document = {
            "code": done.one.code,
            "submissions": done.submissions,
            "items": done.items,
            "files": done.files,
            "notices": done.notices,
            "snapshots": done.snapshots,
        }
        told = _(
            "{code}: erased ({items} sealed, {files} files). Its keys are struck when the vault is next opened: dikalo vault test. "
            "What was handed over, and what servers and phones still hold, is not reached from here: dikalo person shared {code}."
        )
        return document, [told.format(code=done.one.code, items=done.items, files=done.files)]

    def finish(self, register: Register) -> None:
        """Remove the files; where the vault is open anyway, strike the keys."""
        erasing.finish(register)
        if self._opened is not None:
            self._opened.strike(register)

    # --- one of several people ---

    def _planned(self, by: By) -> Redaction:
        return redaction(by, self.code, self.who, Texts(self.also, self.keep), reason=self.reason)

    def _take_out(self, by: By, plan: Redaction) -> tuple[dict[str, Any], list[str]]:
        if self._planned(by) != plan or self._register is None:
            raise CameMeanwhile(case=plan.code)
        if self._opened is None:
            done = Done(plan.roots, len(plan.copies), plan.items, plan.files, 0)
        else:
            done = redact(by, self._register, plan, self._opened.raws, reason=self.reason.strip())
        document = {
            "code": plan.code,
            "person": plan.who.pseudonym,
            "submissions": done.submissions,
            "versions": done.versions,
            "items": done.items,
            "files": done.files,
            "snapshots": done.snapshots,
            "emptied": list(plan.also),
            "kept": list(plan.kept),
        }
        return document, _told(plan, done.submissions, done.items, done.files)

    def _ask(self, register: Register) -> None:
        """Say what would go and that it is final, and ask."""
        if self._plan is not None:
            plan = self._plan
            for line in _told(plan, plan.roots, plan.items, plan.files):
                self.shell.say(deed(line, dry_run=True))
        else:
            with register.reading() as rows:
                found = would_erase(rows, self.code)
            told = _(
                "{code} would be erased for good (submissions: {submissions}, sealed: {items}, files: {files}). Nobody can bring it back."
            )
            self.shell.say(
                told.format(
                    code=found.code, submissions=found.submissions, items=found.items, files=found.files
                )
            )
        self.shell.confirm(_("Erase this?"), yes=False)


def _told(plan: Redaction, submissions: int, items: int, files: int) -> list[str]:
    """Return what is taken out, in words."""
    told = _(
        "{code}: {person} is taken out, for good (forms: {submissions}, sealed: {items}, files: {files}). What others told stays."
    )
    lines = [
        told.format(
            code=plan.code, person=plan.who.pseudonym, submissions=submissions, items=items, files=files
        )
    ]
    if plan.also:
        told = _("Emptied as well: {fields}.")
        lines.append(told.format(fields=", ".join(plan.also)))
    if plan.kept:
        told = _("Not emptied, though it is nobody's alone: {fields}.")
        lines.append(told.format(fields=", ".join(plan.kept)))
    told = _(
        "What was handed over, and what servers and phones still hold, is not reached from here: dikalo person shared {code}. "
        "Later changes of these forms at a server or a phone no longer come in."
    )
    return [*lines, told.format(code=plan.code)]
