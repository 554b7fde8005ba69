"""What ``dikalo forms customise, save, upgrade`` share: the folder, the options, and how a plan is shown and carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any

from sync_scripts.cli.forms.finding_words import finding_lines
from sync_scripts.cli.frame.layout import and_more
from sync_scripts.cli.frame.options import deed, either, plain
from sync_scripts.cli.frame.shell import Shell, option
from sync_scripts.config import FILE, SettingsMissing
from xlsform.build import replace as put
from xlsform.compare import Change
from xlsform.compare.change import Acceptance
from xlsform.compare.change import accept as read
from xlsform.engine import JavaMissing
from xlsform.engine.jvm import engine
from xlsform.findings.inspection import media_of
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.overlay import Add, Conflict, Decision, Op, Rebased, Set
from xlsform.overlay.bench import Folder, Standing
from xlsform.overlay.conflicts import write as workbook_of
from xlsform.overlay.rebasing import Key
from xlsform.overlay.renewal import Credits, Plan, plan, write
from xlsform.overlay.sheets import FormRefused, form_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for: who and why, what is accepted, whether anything may be written."""

    schema: str
    credits_: Credits
    accepted: Acceptance
    dry_run: bool
    today: date
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Accepting:
    """Which changes that break are accepted; who changes the form, and why."""

    accept: Annotated[
        tuple[str, ...],
        option(
            "--accept",
            "Accept one change that breaks; needs --author and --why, and is written down.",
            _("CODE:PATH"),
        ),
    ]
    author: Annotated[str, plain("--author", "Who changes it: a function or a code, not a name.")] = ""
    why: Annotated[str, plain("--why", "Why the form is changed, for those who come later.")] = ""

    def read(self) -> Acceptance:
        """Return it read.

        Raises:
            NotAcceptable: something that nobody may accept, or an acceptance without author or reason.
        """
        return read(self.accept, self.author, self.why)


@dataclass(frozen=True, kw_only=True)
class Authoring(Accepting):
    """The same of a form of the organisation."""

    org: Annotated[str, option("--org", "The organisation, as the overlay shall name it.")] = ""

    def wish(self, schema: str, shell: Shell, *, dry_run: bool) -> Wish:
        """Return what was asked for, read once; raises what `read` raises."""
        credits_ = Credits(self.org, self.author, self.why)
        return Wish(schema, credits_, self.read(), dry_run, shell.today())


def folder_of(shell: Shell) -> Folder:
    """Return the forms folder of the workspace.

    Raises:
        SettingsMissing: this is no workspace.
    """
    if not (shell.root / FILE).is_file():
        raise SettingsMissing
    return Folder(shell.root / "forms")


# --- carrying on --------------------------------------------------------------------------------------------------


def carry_on(
    shell: Shell, folder: Folder, stand: Standing, ops: Sequence[Op], wish: Wish, *, seen: Form | None = None
) -> None:
    """Show what the form would be, and write it unless something stands against it.

    Raises:
        FormRefused: it does what nobody may do, or would not work on phones; nothing was written.
    """
    made = plan(
        stand,
        ops,
        today=wish.today,
        credits_=wish.credits_,
        accepted=wish.accepted,
        seen=seen,
        engine=_has_engine(shell),
        files=media_of(folder.used(stand.form_id), stand.shipped) if folder.root.is_dir() else None,
    )
    writes = not (made.refused or made.held or wish.dry_run) and made.fresh
    if writes:
        write(made, stand, folder, wish.accepted, wish.today)
    shell.show(_document(made, stand, wish, written=writes), _lines(made, stand, wish))
    if made.refused:
        raise FormRefused(file=seen.file if seen else made.form.file, count=len(made.refused))
    if made.held:
        shell.warn(
            _(
                "Nothing was written: these changes break what was collected. Take them back, or accept each one with "
                "--accept, --author and --why."
            )
        )
        shell.attention()


def _has_engine(shell: Shell) -> bool:
    try:
        with engine():
            return True
    except JavaMissing as missing:
        shell.say(missing.words())
        return False


def _document(made: Plan, stand: Standing, wish: Wish, *, written: bool) -> dict[str, Any]:
    return {
        "schema": wish.schema,
        "form": stand.form_id,
        "base": made.overlay.base_name,
        "version": made.form.version,
        "dry_run": wish.dry_run,
        "written": written,
        "operations": [{"op": op.op, "sheet": op.sheet, "key": op.key} for op in made.overlay.ops],
        "left_out": [{"op": op.op, "sheet": op.sheet, "key": op.key} for op in _left_out(made, stand)],
        "refused": [one.document() for one in made.refused],
        "held": [change.document() for change in made.held],
        "changes": [change.document() for change in made.changes],
        "remarks": [finding.document() for finding in made.remarks],
        **wish.more,
    }


def _lines(made: Plan, stand: Standing, wish: Wish) -> Iterator[str]:
    yield from wish.more.get("said", ())
    yield from refused_lines(made.refused)
    if made.refused:
        return
    for change in made.changes:
        if change.level != "info":
            yield from grave_lines(change)
    yield from finding_lines(made.remarks)
    count = len(made.overlay.ops)
    told = ngettext(
        "{form}: {n} change to the base {base}.", "{form}: {n} changes to the base {base}.", count
    )
    yield told.format(form=stand.form_id, n=count, base=made.overlay.base_name)
    yield from _ops(made.overlay.ops)
    if left_out := _left_out(made, stand):
        told = _(
            "Version {version} had more, which is left out again. If it was in another copy of the workbook, dikalo forms "
            "upgrade {form} --undo puts it back:"
        )
        yield told.format(version=stand.used.version if stand.used else "-", form=stand.form_id)
        yield from _ops(left_out)
    if made.fresh and stand.used is not None and made.form.version == stand.used.version:
        told = _("It is in use already, as version {version}; only who changed it, and why, was noted anew.")
        yield deed(told, dry_run=wish.dry_run).format(version=made.form.version)
    elif not made.fresh:
        yield _("It is in use already, as version {version}; nothing was written.").format(
            version=made.form.version
        )
    elif not made.held:
        yield deed(_("Version {version} is now in use: forms/{form}.xlsx."), dry_run=wish.dry_run).format(
            version=made.form.version, form=stand.form_id
        )


def _left_out(made: Plan, stand: Standing) -> tuple[Op, ...]:
    """Return what the organisation had changed in the form in use and changes no more.

    Two copies of one workbook bear the same version: who saves the second one undoes what the first one changed.
    """
    if stand.overlay is None or stand.overlay.base != made.overlay.base:
        return ()
    now = {_what(op) for op in made.overlay.ops}
    return tuple(op for op in stand.overlay.ops if _what(op) not in now)


def _what(op: Op) -> tuple[str, ...]:
    return op.op, op.sheet, op.key, getattr(op, "column", "")


_SIGNS = {"set": "~", "add": "+", "move": ">", "drop": "-"}
_SHOWN = 40


def _ops(ops: Sequence[Op]) -> Iterator[str]:
    """Yield the operations, the texts of a new language as one of them."""
    spoken = {op.key: op.row["name"] for op in ops if isinstance(op, Add) and op.sheet == "languages"}
    texts = dict.fromkeys(spoken, 0)
    shown = []
    for op in ops:
        code = op.column.partition(".")[2] if isinstance(op, Set) else ""
        if code in texts:
            texts[code] += 1
        elif op.sheet != "languages":
            shown.append(f"  {_SIGNS[op.op]} {op.sheet} {op.key} {getattr(op, 'column', '')}".rstrip())
    yield from shown[:_SHOWN]
    yield from and_more(len(shown), _SHOWN, "  ")
    for code, count in texts.items():
        told = ngettext("{n} text in {language}", "{n} texts in {language}", count)
        yield "  + " + told.format(n=count, language=spoken[code])


def refused_lines(refused: Sequence[Change | Finding]) -> Iterator[str]:
    """Yield what stands against a form: changes one by one, findings by their causes, as the check of a form tells them."""
    for one in refused:
        if not isinstance(one, Finding):
            yield from grave_lines(one)
    yield from finding_lines(one for one in refused if isinstance(one, Finding))


def grave_lines(one: Change | Finding) -> Iterator[str]:
    """Yield one finding or change in three lines: where, what and why, what to do."""
    where = one.where if isinstance(one, Finding) else f"{one.data.get('cell', '')} {one.path}".strip()
    words = {"error": _("ERROR"), "break": _("BREAKS"), "warn": _("WARNING"), "info": _("NOTE")}
    yield f"{words[str(one.level)]} {one.code} · {where}".rstrip(" ·")
    yield f"  {one.what} {one.why}"
    yield f"  {one.fix}"


# --- a newer base -------------------------------------------------------------------------------------------------


def show_conflicts(
    shell: Shell, path: Path, stand: Standing, done: Rebased, wish: Wish, *, kept: Mapping[Key, Decision]
) -> None:
    """Write the workbook of conflicts, unless only a look was asked for, and ask for attention."""
    form = form_of(done.sheets, version=stand.shipped.version, file=path.name)
    if not wish.dry_run:
        data = workbook_of(done.conflicts, form, base=f"{stand.form_id}@{stand.shipped.version}", kept=kept)
        put(path, data)
    document = {
        "schema": wish.schema,
        "form": stand.form_id,
        "base": f"{stand.form_id}@{stand.shipped.version}",
        "dry_run": wish.dry_run,
        "written": False,
        "file": str(path),
        "conflicts": [_conflict(one) for one in done.conflicts],
        "notices": [{"code": one.code, "sheet": one.sheet, "key": one.key} for one in done.notices],
    }
    shell.show(document, conflict_lines(done.conflicts))
    asked = either(
        _(
            "The form in use was not changed. Settle this in the sheet Conflits of {file} (yellow columns), save it, and run: "
            "dikalo forms upgrade {form}"
        ),
        _("Nothing was written. This would have to be settled in the sheet Conflits of {file}."),
        dry_run=wish.dry_run,
    )
    shell.warn(asked.format(file=f"forms/overlays/{path.name}", form=stand.form_id))
    shell.attention()


def _conflict(one: Conflict) -> dict[str, Any]:
    return {
        "code": one.code,
        "sheet": one.sheet,
        "key": one.key,
        "column": one.column,
        "before": one.before,
        "now": one.now,
        "yours": one.ours,
        "ways": list(one.ways),
    }


def conflict_lines(conflicts: Iterable[Conflict]) -> Iterator[str]:
    """Yield what has to be decided, three lines a conflict."""
    for one in conflicts:
        yield f"{one.code} · {one.sheet} {one.key} {one.column}".rstrip()
        yield "  " + _("base before: {before} | now: {now}").format(
            before=one.before or "-", now=one.now or "-"
        )
        yield "  " + _("yours: {yours}").format(yours=one.ours or "-")


def notice_lines(done: Rebased, *, dry_run: bool = False) -> Iterator[str]:
    """Yield what there is to know about an upgrade and nothing to decide."""
    words = {
        "ORDER-CHANGED": deed(
            _("{key}: the base has another order there; your place was kept."), dry_run=dry_run
        ),
        "ANCHOR-GONE": deed(
            _("{key}: the row before it is gone; it stands at the end of its group."), dry_run=dry_run
        ),
        "TEXT-MOVED": _("{key}: the base's text has changed; look at your translation again."),
    }
    for one in done.notices:
        yield words[one.code].format(key=one.key)
