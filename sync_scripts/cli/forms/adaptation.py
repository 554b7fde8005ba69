"""``dikalo forms customise, save, upgrade``: a form of the organisation, from Excel and back, and on to the base that is shipped now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, cast

from sync_scripts.cli.forms.adaptation_plan import (
    Authoring,
    Wish,
    carry_on,
    folder_of,
    notice_lines,
    refused_lines,
    show_conflicts,
)
from sync_scripts.cli.frame.options import DryRun, Yes, nothing_written
from sync_scripts.cli.frame.shell import THERE, Shell, command, option, place
from xlsform.build import replace as put
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.overlay import Op, Overlay, apply, conflicts, derive, file, rebase, same
from xlsform.overlay.bench import Folder, Standing, base_named, edited, load_overlay, standing
from xlsform.overlay.conflicts import Settled, decide
from xlsform.overlay.renewal import back, undo
from xlsform.overlay.sheets import BASE, FormRefused, OtherForm, OutOfStep, UpgradeFirst, WorkbookOlder
from xlsform.workbooks import workbook, writing
from xlsform.workbooks.importing import blocking


@command("customise")
def customise(
    shell: Shell,
    *,
    name: Annotated[str, place(_("FORM"))],
    target: Annotated[
        Path | None, option("--to", "The workbook to write; forms/edit/FORM.xlsx if not given.")
    ],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """Write the form in use, with what it is based on, for editing."""
    folder = folder_of(shell)
    stand = standing(folder, name)
    path, data = target or folder.edit(name), _to_edit(stand)
    there = path.read_bytes() if path.is_file() else b""
    kept = _next_to(path) if there not in {b"", data} else None
    if not dry_run and there != data:
        if kept is not None:
            question = _("Write over {file}? What it holds now is kept as {kept}.")
            shell.confirm(question.format(file=path.name, kept=kept.name), yes=yes)
            put(kept, there)
        put(path, data)
    if not stand.is_current:
        told = _("The base has a newer version ({version}). Better first: dikalo forms upgrade {form}")
        shell.say(told.format(version=stand.shipped.version, form=name))
    document = {
        "schema": "dikalo.forms.customise/1",
        "form": name,
        "base": f"{name}@{stand.base.version}",
        "version": stand.used.version if stand.used else stand.base.version,
        "file": str(path),
        "kept": str(kept) if kept else None,
        "dry_run": dry_run,
    }
    for line in nothing_written(dry_run=dry_run):
        shell.say(line)
    shell.show(document, str(path))


def _to_edit(stand: Standing) -> bytes:
    """Return the form in use, marked with the base that it was made from."""
    form = stand.used or (apply(stand.base, stand.overlay) if stand.overlay else stand.base)
    marked = replace(form, settings={**form.settings, BASE: f"{stand.form_id}@{stand.base.version}"})
    return writing.write(marked, core=stand.core.frozen if stand.core else ())


def _next_to(path: Path) -> Path:
    """Return the next free name beside a file: ``alert.1.xlsx``."""
    numbers = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in range(1, 10_000))
    return next(free for free in numbers if not free.exists())


@command("save")
def save(
    shell: Shell,
    *,
    file: Annotated[Path, place(_("FILE"), type=THERE)],
    authoring: Authoring,
    dry_run: DryRun,
) -> None:
    """Say what the file changes; refuse what nobody may change; write base, overlay and workbook."""
    wish = authoring.wish("dikalo.forms.save/1", shell, dry_run=dry_run)
    folder = folder_of(shell)
    if file.suffix.lower() in {".yaml", ".yml"}:
        _from_overlay(shell, folder, file, wish)
        return
    raw = workbook.load(file)
    if conflicts.is_conflicts(workbook.cells(raw, file=file.name)):
        settled = conflicts.read(raw, file=file.name)
        go_on(shell, folder, settled.form, wish, settled)
    else:
        _from_workbook(shell, folder, raw, file.name, wish)


@dataclass(frozen=True, slots=True)
class _What:
    """What is to be saved: operations, the base they fit, and the form as a person edited it."""

    base: Form
    ops: tuple[Op, ...]
    seen: Form | None = None


def _from_overlay(shell: Shell, folder: Folder, file: Path, wish: Wish) -> None:
    overlay = load_overlay(file)
    stand = standing(folder, overlay.form)
    said = wish.credits_
    wish = replace(
        wish,
        credits_=type(said)(said.org or overlay.org, said.author or overlay.author, said.why or overlay.why),
    )
    base = (
        stand.shipped
        if overlay.base == stand.shipped.version
        else base_named(folder, overlay.form, overlay.base)
    )
    _finish(shell, folder, stand, _What(base, overlay.ops), wish)


def _from_workbook(shell: Shell, folder: Folder, raw: bytes, name: str, wish: Wish) -> None:
    reading = edited(raw, file=name)
    form = reading.form
    if stopped := blocking(reading.findings):
        _show_cells(shell, reading.findings, form, wish)
        raise FormRefused(file=name, count=len(stopped))
    found, at, version = form.settings.get(BASE, "").partition("@")
    if at and found != form.form_id:
        raise OtherForm(file=name, found=form.form_id or "-", form=found)
    stand = standing(folder, form.form_id)
    if at and version == stand.base.version:
        _require_new(stand, form, name)
    version = version if at else stand.base.version
    base = stand.shipped if version == stand.shipped.version else base_named(folder, form.form_id, version)
    _finish(shell, folder, stand, _What(base, derive(base, form), form), wish)


def _require_new(stand: Standing, form: Form, name: str) -> None:
    """Refuse a workbook made from what was in use before something else was put in use than what was saved from it.

    Raises:
        WorkbookOlder: it would undo what was changed meanwhile.
    """
    used, overlay = stand.used, stand.overlay
    if used is None or overlay is None or form.version >= used.version:
        return
    if overlay.version != used.version or overlay.edited != form.version:
        raise WorkbookOlder(file=name, version=form.version, form=stand.form_id, used=used.version)


def _show_cells(shell: Shell, findings: object, form: Form, wish: Wish) -> None:
    found = [one for one in cast("tuple[Finding, ...]", findings) if one.level == "error"]
    document = {
        "schema": wish.schema,
        "form": form.form_id,
        "written": False,
        "dry_run": wish.dry_run,
        "refused": [one.document() for one in found],
    }
    shell.show(document, refused_lines(found))


def _finish(shell: Shell, folder: Folder, stand: Standing, what: _What, wish: Wish) -> None:
    """Save on the base that is shipped; what was made from an older one is first brought to it."""
    if not stand.is_current:
        raise UpgradeFirst(form=stand.form_id, base=stand.base.version, shipped=stand.shipped.version)
    if what.base is stand.shipped:
        carry_on(shell, folder, stand, what.ops, wish, seen=what.seen)
        return
    done = rebase(what.base, stand.shipped, what.ops)
    if not done.conflicts:
        carry_on(shell, folder, stand, done.ops, wish)
        return
    if not wish.dry_run:
        _let_wait(folder, stand, what, wish)
    show_conflicts(shell, folder.conflicts(stand.form_id), stand, done, wish, kept={})


def _let_wait(folder: Folder, stand: Standing, what: _What, wish: Wish) -> None:
    """Keep what was to be saved until its conflicts are settled."""
    said = wish.credits_
    names = {"org": said.org, "author": said.author, "why": said.why}
    overlay = Overlay(stand.form_id, what.base.version, stand.shipped.version, what.ops, **names)
    put(folder.waiting(stand.form_id), file.write(overlay).encode())


@command("upgrade")
def upgrade(
    shell: Shell,
    *,
    name: Annotated[str, place(_("FORM"))],
    authoring: Authoring,
    undo: Annotated[bool, option("--undo", "Put back what was in use before the last save or upgrade.")],
    dry_run: DryRun,
) -> None:
    """Rebase the overlay, ask for what conflicts, and write base, overlay and workbook."""
    wish = authoring.wish("dikalo.forms.upgrade/1", shell, dry_run=dry_run)
    folder = folder_of(shell)
    if undo:
        _undo(shell, folder, name, wish)
    else:
        go_on(shell, folder, name, wish, _settled(folder, name))


def go_on(shell: Shell, folder: Folder, name: str, wish: Wish, settled: Settled | None) -> None:
    """Upgrade a form with the decisions that were made; what nobody decided is asked again.

    Raises:
        OutOfStep: workbook and overlay say different things.
        FormRefused: the upgraded form does what nobody may do, or would not work on phones.
    """
    stand = standing(folder, name)
    base, ops = _what_to_keep(folder, stand)
    done, decisions = decide(base, stand.shipped, ops, settled)
    if done.conflicts:
        show_conflicts(shell, folder.conflicts(name), stand, done, wish, kept=decisions)
        return
    told = list(notice_lines(done, dry_run=wish.dry_run))
    more = {"notices": [{"code": one.code, "key": one.key} for one in done.notices], "said": told}
    carry_on(shell, folder, stand, done.ops, replace(wish, more=more))


def _settled(folder: Folder, name: str) -> Settled | None:
    path = folder.conflicts(name)
    if not path.is_file():
        return None
    settled = conflicts.read(workbook.load(path), file=path.name)
    if settled.form != name:
        raise OtherForm(file=path.name, found=settled.form, form=name)
    return settled


def _what_to_keep(folder: Folder, stand: Standing) -> tuple[Form, tuple[Op, ...]]:
    """Return the organisation's operations and the base they fit: what waits, else the overlay, else what is in use."""
    waiting = folder.waiting(stand.form_id)
    if waiting.is_file():
        overlay = load_overlay(waiting)
        known = overlay.base == stand.shipped.version
        return stand.shipped if known else base_named(folder, stand.form_id, overlay.base), overlay.ops
    if stand.overlay is None:
        return stand.base, derive(stand.base, stand.used) if stand.used else ()
    if stand.used is not None and not same(apply(stand.base, stand.overlay), stand.used):
        raise OutOfStep(form=stand.form_id)
    return stand.base, stand.overlay.ops


def _undo(shell: Shell, folder: Folder, name: str, wish: Wish) -> None:
    stand = standing(folder, name)
    kept = max((path for path in folder.before(name).glob("*") if path.name.isdigit()), default=None)
    document = {"schema": wish.schema, "form": name, "dry_run": wish.dry_run, "undone": False, "refused": []}
    if kept is None:
        shell.show(
            document, _("{form}: nothing was changed here that could be taken back.").format(form=name)
        )
        return
    made = back(stand, folder, kept, wish.today)
    undone = not (made.against or wish.dry_run)
    if undone:
        undo(made, folder, name)
    document |= {"undone": undone, "refused": [one.document() for one in made.against]}
    told = (
        _("{form}: what was in use before is in use again, under a new version.")
        if undone
        else _("{form}: what was in use before can be put back, under a new version. Nothing was written.")
    )
    against = [f"{one.code} · {one.what}" for one in made.against]
    shell.show(document, against or told.format(form=name))
    if against:
        raise FormRefused(file=f"{name}.xlsx", count=len(against))
