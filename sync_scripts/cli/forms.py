"""``dikalo forms``: list and check forms. Parses, calls `xlsform`, prints; decides nothing."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sync_scripts.cli.forms_audio import audio
from sync_scripts.cli.forms_build import build
from sync_scripts.cli.forms_customise import customise
from sync_scripts.cli.forms_deploy import deploy
from sync_scripts.cli.forms_dictionary import dictionary
from sync_scripts.cli.forms_diff import diff
from sync_scripts.cli.forms_fill import fill
from sync_scripts.cli.forms_import import import_
from sync_scripts.cli.forms_paper import paper
from sync_scripts.cli.forms_save import save
from sync_scripts.cli.forms_simulate import simulate
from sync_scripts.cli.forms_translate import completeness, translate, translation_words
from sync_scripts.cli.forms_upgrade import upgrade
from sync_scripts.cli.shell import Shell, group, pass_shell

if TYPE_CHECKING:
    from xlsform.convert import Target
    from xlsform.deep import Deep
    from xlsform.inspection import Inspection
    from xlsform.pack import Packed
    from xlsform.problems import Finding

__all__ = ["forms"]


@group("forms", help=_("The forms: list, check, build, import, compare."))
def forms() -> None:
    """Hold the commands about forms."""


forms.add_command(audio)
forms.add_command(build)
forms.add_command(customise)
forms.add_command(deploy)
forms.add_command(dictionary)
forms.add_command(diff)
forms.add_command(fill)
forms.add_command(import_)
forms.add_command(paper)
forms.add_command(save)
forms.add_command(simulate)
forms.add_command(translate)
forms.add_command(upgrade)


# --- list ---------------------------------------------------------------------------------------------------------


@forms.command(
    "list", help=_("List the forms: those of the workspace, or those that belong to dikalo outside one.")
)
@pass_shell
def list_(shell: Shell) -> None:
    """List the forms with version, languages and number of questions."""
    from xlsform import pack

    root = _root(shell)
    rows = [_form_row(one, root) for one in pack.forms(root)]
    shell.show(
        {"schema": "dikalo.forms.list/1", "forms": rows},
        [_form_line(row) for row in rows] or [_none_yet(pack.forms())],
    )


def _none_yet(shipped: Iterable[Packed]) -> str:
    names = ", ".join(one.form_id for one in shipped)
    return _(
        "No form is in use in this folder yet. dikalo ships: {names}. To put one into use, run: dikalo forms customise "
        "FORM, then dikalo forms save FILE."
    ).format(names=names)


def _form_row(packed: Packed, root: Path) -> dict[str, Any]:
    from xlsform import source, workbook
    from xlsform.errors import FormError
    from xlsform.model import Kind

    row: dict[str, Any] = {
        "code": packed.form_id,
        "workbook": str(packed.workbook),
        "source": None,
        "problem": None,
    }
    try:
        if packed.source is not None:
            row["source"] = str(packed.source)
            form = source.load(packed.source, packed.workbook.parent)
        else:
            form = workbook.read(workbook.load(packed.workbook), file=packed.workbook.name).form
    except FormError as problem:
        return row | {"problem": problem.code, "words": problem.words()}
    questions = sum(row.kind is Kind.QUESTION for row in form.survey)
    return row | {
        "title": form.title,
        "version": form.version,
        "languages": list(form.languages.values()),
        "translations": completeness(form, root),
        "questions": questions,
    }


def _form_line(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"{row['code']}: {row['problem']} · {row['words']}"
    questions = ngettext("{n} question", "{n} questions", row["questions"]).format(n=row["questions"])
    languages = [translation_words(one) for one in row["translations"]] or row["languages"]
    counted = _("{questions}; {languages}").format(questions=questions, languages=", ".join(languages))
    return f"{row['code']:<12} {row['version']}  {row['title']}  ({counted})"


# --- check --------------------------------------------------------------------------------------------------------


@forms.command("check", help=_("Say what is wrong with forms, where, why, and how to mend it."))
@click.argument("files", nargs=-1, metavar=_("[FORM OR FILE]..."))
@click.option(
    "--target",
    type=click.Choice(["any", "central", "kobo"]),
    default="any",
    help=_("The server it goes to; any asks for what every server can do."),
)
@click.option(
    "--protect",
    is_flag=True,
    help=_("Apply the rules on consent, secrecy and the register to forms of other people too."),
)
@click.option(
    "--deep",
    is_flag=True,
    help=_("Ask ODK Collect's engine too, and fill each form many times at random (needs Java)."),
)
@click.option(
    "--fills",
    type=click.IntRange(1, 10_000),
    default=300,
    show_default=True,
    metavar=_("NUMBER"),
    help=_("How many random fillings --deep makes of each form."),
)
@click.option("--sarif", is_flag=True, help=_("Print the findings as SARIF 2.1, for editors and code hosts."))
@pass_shell
def check(
    shell: Shell, *, files: tuple[str, ...], target: str, protect: bool, deep: bool, fills: int, sarif: bool
) -> None:
    """Check forms by name or file, all of them when none is named."""
    from xlsform.problems import Level

    if sarif and shell.json:
        raise click.UsageError(_("Ask for --json or for --sarif, not for both."))
    paths = list(_to_check(_root(shell), files))
    state = _deep_state(shell, deep=deep)
    inspections = []
    with shell.progress(_("Checking"), len(paths) * (fills if state == "run" else 1)) as done:
        depth = _depth(fills, lambda: done(1)) if state == "run" else None
        for path in paths:
            inspections.append(
                _inspect(path, cast("Target", target), protect=protect, deep=depth, root=_root(shell))
            )
            done(0 if depth else 1)
    findings = [finding for one in inspections for finding in _documents(one)]
    document = {"schema": "dikalo.forms.check/1", "target": target, "deep": state, "findings": findings}
    shell.show(document, _sarif_text(inspections) if sarif else _check_lines(inspections))
    levels = {finding["level"] for finding in findings}
    if Level.ERROR in levels or state == "not_run":
        shell.exit_code = 1
    elif Level.WARN in levels:
        shell.attention()


def _depth(fills: int, tick: Callable[[], None]) -> Deep:
    from xlsform.deep import Deep

    return Deep(fills, tick=tick)


def _inspect(path: Path, target: Target, *, protect: bool, deep: Deep | None, root: Path) -> Inspection:
    from xlsform.inspection import inspect

    return inspect(path, target, protect=protect, deep=deep, root=root)


def _sarif_text(inspections: Iterable[Inspection]) -> str:
    from importlib.metadata import version

    from xlsform import sarif

    return json.dumps(sarif.document(inspections, version("dikalo")), ensure_ascii=False, indent=2)


def _to_check(root: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the file of each form or file named; of all forms when none is."""
    from xlsform import pack

    for name in names:
        if Path(name).suffix.lower() in {".xlsx", ".yaml", ".yml", ".xls", ".xlsm", ".ods"}:
            if not Path(name).is_file():
                raise click.BadParameter(_("The file {file} is not there.").format(file=Path(name).name))
            yield Path(name)
        else:
            yield _named(root, name)
    if not names:
        yield from (one.source or one.workbook for one in pack.forms(root))


def _named(root: Path, name: str) -> Path:
    """Return the file of a form; one that a workspace does not have yet is the one that dikalo ships."""
    from xlsform import pack

    try:
        one = pack.find(name, root)
    except pack.FormUnknown:
        return pack.find(name).workbook
    return one.source or one.workbook


def _deep_state(shell: Shell, *, deep: bool) -> str:
    """Tell whether ODK Collect's engine is asked; say so in one sentence when it was wanted and cannot be."""
    if not deep:
        return "not_asked"
    from xlsform.engine import JavaMissing
    from xlsform.engine.jvm import engine

    try:
        with engine():
            return "run"
    except JavaMissing as missing:
        shell.warn(missing.words())
        return "not_run"


def _documents(one: Inspection) -> Iterator[dict[str, Any]]:
    if one.failure is not None:
        nothing: dict[str, Any] = {"line": None, "cell": "", "path": "", "why": "", "fix": "", "data": {}}
        yield {
            "code": one.failure.code,
            "level": "error",
            "file": one.file,
            "what": one.failure.words(),
            **nothing,
        }
    yield from (finding.document() for finding in one.findings)


def _check_lines(inspections: Iterable[Inspection]) -> Iterator[str]:
    for one in inspections:
        if one.failure is not None:
            yield f"{one.failure.code} · {one.failure.words()}"
            continue
        for finding in one.findings:
            yield from _finding_lines(finding)
        yield _summary(one)


def _finding_lines(finding: Finding) -> Iterator[str]:
    """Yield place, fault and remedy of one finding, wrapped for a terminal and whole for a file, and an empty line."""
    level = click.style(_level_word(finding.level), fg=_COLOURS.get(finding.level), bold=True)
    yield f"{level} {click.style(finding.code, bold=True)} · {finding.where}"
    yield _indented(f"{finding.what} {finding.why}", "  ")
    yield _indented(finding.fix, "  → ")
    yield ""


_COLOURS: Mapping[str, str] = {"error": "red", "warn": "yellow", "info": "cyan"}
WIDEST = 110
"""Letters of a line on a wide terminal: longer ones are hard to read."""


def _indented(text: str, mark: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 0
    if not width:
        return f"{mark}{text}"
    return textwrap.fill(
        text,
        width,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _level_word(level: str) -> str:
    return {"error": _("ERROR"), "warn": _("WARNING"), "info": _("NOTE")}.get(level, level)


def _summary(one: Inspection) -> str:
    counts = {
        level: sum(finding.level == level for finding in one.findings) for level in ("error", "warn", "info")
    }
    if not any(counts.values()):
        return _("{file}: nothing to say.").format(file=one.file)
    parts = [
        ngettext("{n} error", "{n} errors", counts["error"]).format(n=counts["error"]),
        ngettext("{n} warning", "{n} warnings", counts["warn"]).format(n=counts["warn"]),
        ngettext("{n} note", "{n} notes", counts["info"]).format(n=counts["info"]),
    ]
    return _("{file}: {counts}.").format(file=one.file, counts=", ".join(parts))


def _root(shell: Shell) -> Path:
    """Return the forms folder: the workspace's when there is one, else the one that belongs to dikalo."""
    from xlsform import pack

    here = shell.root / "forms"
    return here if (shell.root / "dikalo.toml").is_file() and here.is_dir() else pack.forms_root()
