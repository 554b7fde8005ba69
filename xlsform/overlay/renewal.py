"""Renew an organisation's form, or take back the last save or upgrade: from operations to the files to write. Decides first, then acts.

A plan says everything: the new form and overlay, what stands against it, what differs from the form in use. Nothing is written while
something stands against it. Each change keeps what was there before. A form goes back under a new version, because phones never
exchange a form for an older one; nothing is put back that would loosen consent or secrecy.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from xlsform import pack
from xlsform.build import replace as put
from xlsform.compare import compare
from xlsform.compare.change import FILE, NEVER, Acceptance, Change, held_back, recorded
from xlsform.convert import ConversionFailed, convert
from xlsform.findings.inspection import examine
from xlsform.findings.problems import Finding
from xlsform.model import Form, media
from xlsform.overlay import file
from xlsform.overlay.bench import Folder, Standing, edited, load_overlay, standing
from xlsform.overlay.guard import bans, copied, guard, recorded_by_itself
from xlsform.overlay.operations import Op, Overlay, apply, same
from xlsform.overlay.sheets import BaseUnknown, ConflictOpen
from xlsform.rules.lists import Folder as MediaFolder
from xlsform.workbooks import workbook, writing

_VERSION = re.compile(r"\d{10}")


@dataclass(frozen=True, slots=True)
class Credits:
    """Who changes the form and why; what is empty stays as the overlay says it."""

    org: str = ""
    author: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a save or an upgrade would write.

    Attributes:
        form, data: the organisation's form and its workbook; overlay: what makes it of the base.
        refused: what nobody may do and what would not work on phones: nothing is written.
        held: changes that break and that nobody has accepted: nothing is written.
        changes: everything that differs from the form in use.
        remarks: warnings of the check.
        fresh: whether anything would be written at all.
    """

    form: Form
    data: bytes
    overlay: Overlay
    refused: tuple[Change | Finding, ...]
    held: tuple[Change, ...]
    changes: tuple[Change, ...]
    remarks: tuple[Finding, ...]
    fresh: bool


def plan(
    stand: Standing,
    ops: Sequence[Op],
    *,
    today: date,
    credits_: Credits | None = None,
    accepted: Acceptance | None = None,
    seen: Form | None = None,
    engine: bool = False,
    files: MediaFolder | None = None,
) -> Plan:
    """Return what a form made of the shipped base and these operations would be, and what stands against it.

    Args:
        stand: how the form stands now.
        ops: operations that fit the shipped base.
        today: day of the new version.
        credits_: who changes it and why.
        accepted: changes that somebody takes upon themselves.
        seen: the form as a person edited it, when there is one: what stands against it is then named by its cells.
        engine: ask ODK Collect's engine too.
        files: the pictures, sounds and lists that phones would get with it; None = they are not looked at.

    Raises:
        OverlayUnfit: an operation does not fit.
        JavaMissing, EngineForked: the engine was asked for and cannot run here.
    """
    draft = _overlay(stand, ops, credits_ or Credits(), version=stand.shipped.version)
    made = apply(stand.shipped, draft)
    if seen is not None and not same(seen, made):
        raise AssertionError  # a fault of ours: operations must give what they were derived from
    is_same = stand.used is not None and same(stand.used, made) and _is_as_put(stand)
    version = _version(stand, today, seen, is_same=is_same, is_base=not ops)
    edited = seen.version if seen is not None else ""
    if is_same and stand.overlay is not None:
        edited = stand.overlay.edited
    overlay, form = (
        replace(draft, version=version, edited=edited),
        replace(made, settings={**made.settings, "version": version}),
    )
    data = writing.write(form, core=stand.core.frozen if stand.core else ())
    refused, remarks = _judged(stand, form, data, seen, engine=engine, files=files)
    changes = changed(stand.used, form) if not refused else ()
    return Plan(
        form,
        data,
        overlay,
        refused,
        held_back(changes, accepted or Acceptance()),
        changes,
        remarks,
        fresh=not is_same or overlay != stand.overlay,
    )


def _overlay(stand: Standing, ops: Sequence[Op], said: Credits, *, version: str) -> Overlay:
    before = stand.overlay
    return Overlay(
        form=stand.form_id,
        base=stand.shipped.version,
        version=version,
        ops=tuple(ops),
        org=said.org or (before.org if before else ""),
        author=said.author or (before.author if before else ""),
        why=said.why or (before.why if before else ""),
    )


def _is_as_put(stand: Standing) -> bool:
    """Tell whether the form in use says what it said when its version was given, or bears a version that somebody gave it since.

    A translation is written into it in its place: phones that have that version must get another one.
    """
    if stand.used is None:
        return False
    put_ = apply(stand.base, stand.overlay) if stand.overlay is not None else stand.base
    return stand.used.version != put_.version or same(stand.used, put_)


def _version(stand: Standing, today: date, seen: Form | None, *, is_same: bool, is_base: bool) -> str:
    if is_same and stand.used:
        return stand.used.version
    if is_base and stand.used is None:
        return stand.shipped.version
    return next_version(taken(stand), today, seen)


def taken(stand: Standing) -> list[str]:
    """Return the versions that were given to this form already."""
    used = [stand.used.version] if stand.used else []
    return [stand.shipped.version, *used, *([stand.overlay.version] if stand.overlay else [])]


def next_version(had: Iterable[str], today: date, wanted: Form | None = None) -> str:
    """Return the version after all that it had: the day and a number; what a person wrote counts if it is later."""
    last = max((version for version in had if _VERSION.fullmatch(version)), default="")
    if wanted is not None and _VERSION.fullmatch(wanted.version) and wanted.version > last:
        return wanted.version
    if (first := f"{today:%Y%m%d}01") > last:
        return first
    day, number = last[:8], int(last[8:]) + 1
    if number < 100:
        return f"{day}{number:02d}"
    later = date(int(day[:4]), int(day[4:6]), int(day[6:])) + timedelta(days=1)
    return f"{later:%Y%m%d}01"


_SAID_BETTER = {"ORG-NAME": ("NAME-FORM", "NAME-REUSED")}
"""What the guard says -> what the check says of the same row, with another proposal."""


def _judged(
    stand: Standing, form: Form, data: bytes, seen: Form | None, *, engine: bool, files: MediaFolder | None
) -> tuple[tuple[Change | Finding, ...], tuple[Finding, ...]]:
    """Return what stands against the form, the core first, and what is only remarked."""
    read = form if seen is None else replace(seen, settings={**seen.settings, "version": form.version})
    touched = guard(stand.shipped, read, stand.core)
    found = examine(read, data, read.file, protect=True, media=files)
    known = {(code, one.path) for one in touched for code in _SAID_BETTER.get(one.code, (one.code,))}
    errors = [one for one in found if one.level == "error" and (one.code, one.path) not in known]
    if not (touched or errors):
        xform = convert(data, name=form.file, form=form).xform
        touched = (*recorded_by_itself(xform), *copied(stand.shipped, form, xform))
        errors = [one for one in _engine(form, xform) if one.level == "error"] if engine else []
    return (*touched, *errors), tuple(one for one in found if one.level == "warn")


def _engine(form: Form, xform: str) -> Iterable[Finding]:
    from xlsform.engine import verdict

    return verdict(form, xform)


def changed(used: Form | None, form: Form) -> tuple[Change, ...]:
    """Return what differs from the form in use; nothing when there is none, or none that a server ever took."""
    if used is None or same(used, form):
        return ()
    try:
        return compare(used, form, files=(used.file, form.file))
    except ConversionFailed:
        return ()  # what no server ever took cannot break


# --- deeds --------------------------------------------------------------------------------------------------------


def write(made: Plan, stand: Standing, folder: Folder, accepted: Acceptance, today: date) -> None:
    """Keep what is there, then write base, overlay, acceptances and workbook, each whole or not at all.

    Raises:
        NotWritten: a file cannot be written; run the command again, it goes on where it stopped.
    """
    form_id = stand.form_id
    if made.fresh:
        keep(folder, form_id)
    base = folder.base(form_id, stand.shipped.version)
    if not base.is_file() or base.read_bytes() != stand.raw:
        put(base, stand.raw)
    put(folder.overlay(form_id), file.write(made.overlay).encode())
    _record(made, stand, folder, accepted, today)
    _lay_media(made.form, folder)
    put(folder.used(form_id), made.data)
    for path in (folder.conflicts(form_id), folder.waiting(form_id)):
        path.unlink(missing_ok=True)


def _lay_media(form: Form, folder: Folder) -> None:
    """Lay the lists and pictures that travel with dikalo beside the form, where the organisation has none of its own."""
    shipped = pack.forms_root() / "media"
    for name in media(form):
        path, source = folder.root / "media" / name, shipped / name
        if Path(name).name == name and source.is_file() and not path.exists():
            put(path, source.read_bytes())


def _record(made: Plan, stand: Standing, folder: Folder, accepted: Acceptance, today: date) -> None:
    path = folder.root / FILE
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    versions = (stand.used.version if stand.used else "", made.form.version)
    new = recorded(old, made.changes, accepted, form=stand.form_id, versions=versions, day=today)
    if new != old:
        put(path, new.encode())


def keep(folder: Folder, form_id: str) -> Path:
    """Copy what is in use into the next numbered folder of ``before``; return that folder."""
    numbers = [int(path.name) for path in folder.before(form_id).glob("*") if path.name.isdigit()]
    kept = folder.before(form_id) / f"{max(numbers, default=0) + 1:04d}"
    kept.mkdir(parents=True)
    for path in (folder.used(form_id), folder.overlay(form_id)):
        if path.is_file():
            shutil.copyfile(path, kept / path.name)
    return kept


def deployable(folder: Folder, form_id: str) -> tuple[Change | Finding, ...]:
    """Return what in a form in use nobody may send to phones; empty for a form that dikalo does not ship.

    The form is judged as it lies there, whoever wrote it, against the base that it stands on.

    Raises:
        ConflictOpen: an upgrade waits for a decision.
        FormError: a file cannot be read.
    """
    if folder.conflicts(form_id).is_file():
        raise ConflictOpen(form=form_id)
    try:
        stand = standing(folder, form_id)
    except (pack.FormUnknown, BaseUnknown):
        return ()
    if stand.used is None:
        return ()
    return (*guard(stand.base, stand.used, stand.core), *bans(stand.used))


@dataclass(frozen=True, slots=True)
class Back:
    """What would be in use again.

    Attributes:
        used, overlay: content of the two files; None = the file is not there afterwards, as it was not before.
        against: what nobody may put back; then nothing must be written.
    """

    used: bytes | None = field(default=None, repr=False)
    overlay: bytes | None = field(default=None, repr=False)
    against: tuple[Change | Finding, ...] = ()


def back(stand: Standing, folder: Folder, kept: Path, today: date) -> Back:
    """Return what putting back a kept folder would do.

    Raises:
        FormError: what was kept cannot be read.
    """
    before, laid = kept / folder.used(stand.form_id).name, kept / folder.overlay(stand.form_id).name
    if not before.is_file():
        return Back()
    old = edited(workbook.load(before), file=before.name).form
    version = next_version((*taken(stand), old.version), today)
    form = replace(old, settings={**old.settings, "version": version})
    data = writing.write(form, core=stand.core.frozen if stand.core else ())
    if against := _against(stand, form, data):
        return Back(against=against)
    if not laid.is_file():
        return Back(data)
    return Back(data, file.write(replace(load_overlay(laid), version=version)).encode())


def _against(stand: Standing, form: Form, data: bytes) -> tuple[Change | Finding, ...]:
    looser = (change for change in changed(stand.used, form) if change.code in NEVER)
    errors = (one for one in examine(form, data, form.file, protect=True) if one.level == "error")
    return (*looser, *bans(form), *errors)


def undo(made: Back, folder: Folder, form_id: str) -> None:
    """Keep what is in use, then put back what was; only where nothing stands against it.

    Raises:
        NotWritten: a file cannot be written; run the command again.
    """
    keep(folder, form_id)
    for path, content in ((folder.overlay(form_id), made.overlay), (folder.used(form_id), made.used)):
        if content is None:
            path.unlink(missing_ok=True)
        else:
            put(path, content)
