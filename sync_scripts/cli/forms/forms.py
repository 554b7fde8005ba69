"""``dikalo forms``: list and check forms. Parses, calls `xlsform`, prints; decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from gettext import gettext as _
from gettext import ngettext
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import click

from sync_scripts.cli.forms.form_files import finding_lines, forms_folder, to_check
from sync_scripts.cli.forms.forms_translate import completeness, translation_words
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from xlsform import pack
from xlsform.convert import Target
from xlsform.engine import JavaMissing
from xlsform.engine.jvm import engine
from xlsform.errors import FormError
from xlsform.findings.inspection import Deep, Inspection, inspect, sarif_document
from xlsform.findings.problems import Level
from xlsform.model import Kind
from xlsform.pack import Packed
from xlsform.sources import source
from xlsform.workbooks import workbook

__all__ = ["check", "list_"]


# --- list ---------------------------------------------------------------------------------------------------------


@command("list")
@pass_shell
def list_(shell: Shell) -> None:
    """List the forms with version, languages and number of questions."""
    root = forms_folder(shell)
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


@command("check")
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
    if sarif and shell.json:
        raise click.UsageError(_("Ask for --json or for --sarif, not for both."))
    paths = list(to_check(forms_folder(shell), files))
    state = _deep_state(shell, deep=deep)
    inspections = []
    with shell.progress(_("Checking"), len(paths) * (fills if state == "run" else 1)) as done:
        depth = _depth(fills, lambda: done(1)) if state == "run" else None
        for path in paths:
            inspections.append(
                _inspect(path, cast("Target", target), protect=protect, deep=depth, root=forms_folder(shell))
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
    return Deep(fills, tick=tick)


def _inspect(path: Path, target: Target, *, protect: bool, deep: Deep | None, root: Path) -> Inspection:
    return inspect(path, target, protect=protect, deep=deep, root=root)


def _sarif_text(inspections: Iterable[Inspection]) -> str:
    return json.dumps(sarif_document(inspections, version("dikalo")), ensure_ascii=False, indent=2)


def _deep_state(shell: Shell, *, deep: bool) -> str:
    """Tell whether ODK Collect's engine is asked; say so in one sentence when it was wanted and cannot be."""
    if not deep:
        return "not_asked"

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
            yield from finding_lines(finding)
        yield _summary(one)


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
