"""The register learns the organisation's form versions from the workspace's own folder. Never changes a form.

A trainer saves a form on a laptop without register or passphrase; the next pull meets the workbook in ``forms/`` and
keeps its version, so that submissions filled in with it are understood. What was in use before is learnt too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.rule_changes import keep_holidays
from sync_scripts.register.forms.formmap import FormVersionTaken, remember
from sync_scripts.register.rules.own_deadlines import HolidayWrong
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema.raw import form_version
from xlsform.errors import FormError, Worded


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one look into the folder brought: ``form version`` of each new one, and what could not be learnt."""

    versions: tuple[str, ...] = ()
    problems: tuple[Worded, ...] = ()


def learn_forms(register: Register, folder: Path, now: datetime) -> Learnt:
    """Keep the form versions whose workbooks lie in the folder and that the register does not know.

    A workbook that cannot be read, or that asks something else under a known version, stops no other.
    """
    with register.reading() as rows:
        known = {row.sha256 for row in rows.execute(select(form_version.c.sha256))}
        versions = {
            (row.form, row.version)
            for row in rows.execute(select(form_version.c.form, form_version.c.version))
        }
    learnt: list[str] = []
    problems: list[Worded] = []
    for path in _workbooks(folder):
        raw = path.read_bytes()
        if hashlib.sha256(raw).hexdigest() in known:
            continue
        try:
            with register.writing() as rows:
                made = remember(rows, raw, instant(now))
        except (FormError, FormVersionTaken) as problem:
            problems.append(problem)
            continue
        if (made.form, made.version) not in versions:
            versions.add((made.form, made.version))
            learnt.append(f"{made.form} {made.version}")
    return Learnt(tuple(learnt), tuple(problems))


def learn_holidays(
    register: Register, said: Mapping[str, str], actor: Actor, now: datetime
) -> tuple[Worded, ...]:
    """Keep the dates of holidays that the settings say; return what could not be used.

    A line that is wrong stops no pull. Settings that say nothing change nothing: on a shared register another laptop
    may have said it.
    """
    if not said:
        return ()
    try:
        with deciding(register, actor, now) as by:
            keep_holidays(by, said)
    except HolidayWrong as problem:
        return (problem,)
    return ()


def _workbooks(folder: Path) -> Iterator[Path]:
    """Yield what is in use, then what was in use before."""
    found = (*sorted(folder.glob("*.xlsx")), *sorted((folder / "overlays" / "before").glob("*/*/*.xlsx")))
    return (path for path in found if not path.name.startswith(("~$", ".")) and path.is_file())
