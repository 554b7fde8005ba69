"""``dikalo forms check``; and which files are meant by what is named. Changes nothing unless asked to mend."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, cast

import click

from sync_scripts.cli.forms.annotating import ANNOTATE, annotate_copy, require_copy
from sync_scripts.cli.forms.finding_words import cause_lines
from sync_scripts.cli.frame.options import DryRun, Yes
from sync_scripts.cli.frame.shell import Shell, command, option, place
from xlsform import pack
from xlsform.convert import Target
from xlsform.findings.causes import Cause, causes
from xlsform.findings.depth import Deep
from xlsform.findings.inspection import Inspection, inspect, sarif_document
from xlsform.findings.profiles import PROFILES, Level


def forms_folder(shell: Shell) -> Path:
    """Return the forms folder: the workspace's when there is one, else the one that belongs to dikalo."""
    here = shell.root / "forms"
    return here if (shell.root / "dikalo.toml").is_file() and here.is_dir() else pack.forms_root()


def to_check(root: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the file of each form or file named; of all forms when none is."""
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
    try:
        one = pack.find(name, root)
    except pack.FormUnknown:
        return pack.find(name).workbook
    return one.source or one.workbook


# --- check --------------------------------------------------------------------------------------------------------


@command("check")
def check(
    shell: Shell,
    *,
    files: Annotated[tuple[str, ...], place(_("[FORM OR FILE]..."))],
    profile: Annotated[
        str | None,
        option(
            "--profile",
            "How strictly: ours for forms of the register, odk or kobo for any other, strict for everything. Without "
            "it: ours where there is a column register or sensitivity, else odk.",
            type=click.Choice([*PROFILES]),
        ),
    ] = None,
    target: Annotated[
        str | None,
        option(
            "--target",
            "The server it goes to, if not the one of the profile; any asks for what every server can do.",
            type=click.Choice(["any", "central", "kobo"]),
        ),
    ] = None,
    style: Annotated[bool, option("--style", "Show matters of style too, which change no answer.")],
    deep: Annotated[
        bool,
        option(
            "--deep", "Ask ODK Collect's engine too, and fill each form many times at random (needs Java)."
        ),
    ],
    fills: Annotated[
        int,
        option(
            "--fills",
            "How many random fillings --deep makes of each form.",
            type=click.IntRange(1, 10_000),
            show_default=True,
        ),
    ] = 300,
    sarif: Annotated[bool, option("--sarif", "Print the findings as SARIF 2.1, for editors and code hosts.")],
    fix: Annotated[
        bool,
        option(
            "--fix", "Put spellings right in the workbook that cannot change the form, after showing them."
        ),
    ],
    dry_run: DryRun,
    yes: Yes,
    annotate: Annotated[Path | None, ANNOTATE],
) -> None:
    """Check forms by name or file, all of them when none is named."""
    if sarif and shell.json:
        raise click.UsageError(_("Ask for --json or for --sarif, not for both."))
    paths = list(to_check(forms_folder(shell), files))
    require_copy(paths, annotate)
    told: list[tuple[Path, list[dict[str, Any]]]] = []
    if fix:
        from sync_scripts.cli.forms.mending import mend  # the converter, which proves what it mends

        told = [mend(shell, path, dry_run=dry_run, yes=yes) for path in paths]
        paths = [path for path, _mends in told]
    state = _deep_state(shell, deep=deep)
    aim = partial(inspect, target=cast("Target | None", target), profile=profile, root=forms_folder(shell))
    inspections = _inspected(shell, paths, aim, fills if state == "run" else 0)
    annotate_copy(shell, paths[0], inspections[0], annotate, style=style)
    findings = [finding for one in inspections for finding in _documents(one, style=style)]
    profiles = {one.file: one.profile.name for one in inspections}
    document = {
        "schema": "dikalo.forms.check/1",
        "target": target,
        "deep": state,
        "profiles": profiles,
        "mended": [one for _path, mends in told for one in mends],
        "findings": findings,
    }
    shell.show(document, _sarif_text(inspections) if sarif else _check_lines(inspections, style=style))
    levels = {finding["level"] for finding in findings}
    if Level.ERROR in levels or state == "not_run":
        shell.exit_code = 1
    elif Level.WARN in levels:
        shell.attention()


def _inspected(
    shell: Shell, paths: Sequence[Path], look: Callable[..., Inspection], fills: int
) -> list[Inspection]:
    """Check each form, and fill it so many times at random."""
    found = []
    with shell.progress(_("Checking"), len(paths) * max(fills, 1)) as done:
        depth = Deep(fills, tick=lambda: done(1)) if fills else None
        for path in paths:
            found.append(look(path, deep=depth))
            done(0 if depth else 1)
    return found


def _sarif_text(inspections: Iterable[Inspection]) -> str:
    return json.dumps(sarif_document(inspections, version("dikalo")), ensure_ascii=False, indent=2)


def _deep_state(shell: Shell, *, deep: bool) -> str:
    """Tell whether ODK Collect's engine is asked; say so in one sentence when it was wanted and cannot be."""
    if not deep:
        return "not_asked"
    from xlsform.engine.jvm import JavaMissing, engine

    try:
        with engine():
            return "run"
    except JavaMissing as missing:
        shell.warn(missing.words())
        return "not_run"


def _causes(one: Inspection, *, style: bool) -> list[Cause]:
    return causes(one.findings if style else one.shown)


def _documents(one: Inspection, *, style: bool) -> Iterator[dict[str, Any]]:
    if one.failure is not None:
        nothing: dict[str, Any] = {"line": None, "cell": "", "path": "", "why": "", "fix": "", "data": {}}
        yield {
            "code": one.failure.code,
            "level": "error",
            "severity": "breaks",
            "file": one.file,
            "what": one.failure.words(),
            **nothing,
        }
    for cause in _causes(one, style=style):
        level, severity = one.profile.level(cause.first), one.profile.severity(cause.first)
        yield {**cause.document(), "level": str(level), "severity": str(severity)}


def _check_lines(inspections: Iterable[Inspection], *, style: bool) -> Iterator[str]:
    for one in inspections:
        found = _causes(one, style=style)
        for cause in found:
            yield from cause_lines(cause, one.profile)
        yield summary(one, found)
        if not style and (left_out := len(_causes(one, style=True)) - len(found)):
            yield ngettext(
                "Checked with the profile {profile}; {n} matter of style is not shown: --style shows it.",
                "Checked with the profile {profile}; {n} matters of style are not shown: --style shows them.",
                left_out,
            ).format(profile=one.profile.name, n=left_out)


def summary(one: Inspection, found: Sequence[Cause]) -> str:
    """Return how much was found in one file, or why it cannot be read."""
    if one.failure is not None:
        return f"{one.failure.code} · {one.failure.words()}"
    levels = Counter(one.profile.level(cause.first) for cause in found)
    counts = {level: levels[level] for level in (Level.ERROR, Level.WARN, Level.INFO)}
    if not any(counts.values()):
        return _("{file}: nothing to say.").format(file=one.file)
    parts = [
        ngettext("{n} error", "{n} errors", counts[Level.ERROR]).format(n=counts[Level.ERROR]),
        ngettext("{n} warning", "{n} warnings", counts[Level.WARN]).format(n=counts[Level.WARN]),
        ngettext("{n} note", "{n} notes", counts[Level.INFO]).format(n=counts[Level.INFO]),
    ]
    return _("{file}: {counts}.").format(file=one.file, counts=", ".join(parts))
