"""What many random fillings of a form show, as findings of a deep check. Needs Java; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from xlsform.engine import FormUnreadable, MediaMissing, Setting
from xlsform.engine.rehearsal import Plan, Rehearsal, gate_of, rehearse, unreachable
from xlsform.findings.depth import Deep
from xlsform.findings.problems import Finding, Spot
from xlsform.lesson.kit import Kit, lists
from xlsform.model import Form, Place, resolve
from xlsform.rules.lists import Folder


def rehearsed(form: Form, xform: str, media: Folder | None, deep: Deep, root: Path | None) -> list[Finding]:
    """Return what the fillings show.

    Lists that come from the register are filled with invented rows two times in three. What ``unreachable.yaml`` of the
    forms folder declares is not said.

    A form that the engine cannot fill at all is a finding too.

    Raises:
        JavaMissing, EngineForked: the engine cannot run here.
    """
    try:
        return list(_said(form, _rehearsal(form, xform, media, deep, root)))
    except MediaMissing as missing:
        data = {"name": missing.file, "near": "-"}
        return [Finding("MEDIA-MISSING", place=Place(file=form.file), data=data)]
    except FormUnreadable as stopped:
        return [Finding("JR-OTHER", place=Place(file=form.file), data={"engine": stopped.engine_says})]


def _rehearsal(form: Form, xform: str, media: Folder | None, deep: Deep, root: Path | None) -> Rehearsal:
    resolved = resolve(form)
    places = tuple(dict.fromkeys(file.parent for file in media.files.values())) if media is not None else ()
    with lists(Kit(resolved, xform, places)) as laid:
        filled, bare = Setting(media=laid.filled), Setting(media=laid.bare)
        settings = (filled, filled, bare) if laid.invented else (filled,)
        gate, known = gate_of(resolved, root), unreachable(form.form_id, root)
        return rehearse(resolved, xform, Plan(deep.fills, deep.seed, settings, gate, known), deep.tick)


def _said(form: Form, seen: Rehearsal) -> Iterator[Finding]:
    rows = {"/".join(path): row for path, row in form.paths() if row.name}

    def spot(path: str, column: str) -> Spot:
        return Spot(form, rows[path].place if path in rows else Place(file=form.file), path, column)

    for path, count in Counter(one.path for one in seen.invalid).items():
        yield spot(path, "constraint").finding("STUCK", count=str(count), runs=str(seen.runs))
    for path in seen.dead:
        yield spot(path, "relevant").finding("DEAD", runs=str(seen.runs))
    for path, count in Counter(one.path for one in seen.leaks).items():
        yield spot(path, "relevant").finding("LEAK", count=str(count), runs=str(seen.refusals))
