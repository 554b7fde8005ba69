"""What a stand-in Central makes of submissions that name an entity: later, by a worker, and silently for the sender.

An update of a version that is no longer the current one is taken, as a conflict; one of a phone that was offline and
whose earlier update has not come waits; one of a row that is not there is an error in the log, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from lxml import etree

from tests.contract import central_audit as audit
from tests.contract import central_entities as entities
from tests.contract import central_xform as xform
from tests.contract.central_answers import as_json, extended, missing
from tests.contract.central_rows import Change, Dataset, Entity
from tests.contract.central_state import Submission, listed, version

if TYPE_CHECKING:
    from tests.contract.central_world import World


@dataclass(frozen=True, slots=True)
class _Came:
    """A submission of a form that names an entity: its tag, and what it gives."""

    form: str
    one: Submission
    tag: Any
    received: dict[str, str]


def work(world: World) -> None:
    """Let the worker take what has come since it was here."""
    for form, one in world.arrived:
        known = world.form(form)
        tag = _tag(one.present.xml)
        held = world.published.lists.lists.get(tag.get("dataset", "")) if tag is not None else None
        if known is None or tag is None or held is None:
            continue
        came = _Came(form, one, tag, _received(known, one, tag))
        if tag.get("create") in {"1", "true"}:
            _create(world, held, came)
        elif tag.get("update") in {"1", "true"}:
            _update(world, held, came)
    world.arrived.clear()


def _tag(xml: bytes) -> Any:
    try:
        top = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return None
    return next(iter(top.iter("{*}entity")), None)


def _received(known: xform.XForm, one: Submission, tag: Any) -> dict[str, str]:
    """Return what a submission gives: the answers of the fields that fill a property, and the label."""
    said = dict(xform.flat(one.present.xml))
    told = {each.saves: said[each.path] for each in known.walk() if each.saves and said.get(each.path)}
    label = tag.findtext("{*}label")
    return told | ({"label": label} if label else {})


def _create(world: World, held: Dataset, came: _Came) -> None:
    form, one, tag, received = came.form, came.one, came.tag, came.received
    data = {name: text for name, text in received.items() if name != "label"}
    key, by = tag.get("id", ""), one.present.by
    made = entities.begin(
        world.published.lists,
        held,
        key,
        received.get("label", ""),
        data,
        agent=one.present.agent,
        by=by,
        source=(form, one.root),
    )
    _log(world, "entity.create", one, tag, made)


def _update(world: World, held: Dataset, came: _Came) -> None:
    form, one, tag, received = came.form, came.one, came.tag, came.received
    key = tag.get("id", "")
    row = held.rows.get(key)
    base = int(tag.get("baseVersion") or 0)
    if tag.get("branchId") and (row is None or base > row.version):
        world.note(
            "submission.backlog.hold",
            form,
            {"submissionId": one.number, "submissionDefId": one.present.number},
            root=one.root,
            actor=one.present.by,
        )
        return
    if row is None:
        _failed(world, one, tag)
        return
    before = next((each for each in row.versions() if each.version == base), row.versions()[-1])
    present = row.versions()[-1]
    trunk = int(tag.get("trunkVersion") or 0) or None
    made = entities.go_on(
        world.published.lists, row, received, base=base, agent=one.present.agent, by=one.present.by
    )
    made.source = (form, one.root)
    made.branch = (tag.get("branchId") or None, trunk, base if trunk else None)
    made.changed_here = [name for name in received if received[name] != _told(before, name)]
    made.changed_there = [name for name in made.received if received[name] != _told(present, name)]
    if before is not present:
        moved = [name for name in present.data if present.data[name] != before.data.get(name)]
        made.conflicting = [name for name in received if name in moved]
        made.conflict = row.conflict = "hard" if made.conflicting else "soft"
    _log(world, "entity.update.version", one, tag, row)


def _told(one: Change, name: str) -> str | None:
    return one.label if name == "label" else one.data.get(name)


def _failed(world: World, one: Submission, tag: Any) -> None:
    where = {"entityUuid": tag.get("id"), "datasetName": tag.get("dataset")}
    told = f"The entity with UUID ({tag.get('id')}) specified in the submission does not exist in the dataset"
    details = {
        "problem": {"problemCode": 404.8, "problemDetails": where},
        "errorMessage": f"{told} ({tag.get('dataset')}).",
        "submissionId": one.number,
        "submissionDefId": one.present.number,
    }
    world.note("entity.error", "", details, root=one.root, actor=one.present.by)


def _log(world: World, action: str, one: Submission, tag: Any, row: Entity) -> None:
    numbers = {"submissionId": one.number, "submissionDefId": one.present.number}
    details = {
        "entity": {"uuid": tag.get("id"), "dataset": tag.get("dataset")},
        "entityId": 1,
        "entityDefId": len(row.history),
        **numbers,
    }
    world.note(action, f"list:{tag.get('dataset')}", details, root=tag.get("id"), actor=one.present.by)


def answer(
    world: World, request: httpx.Request, name: str, key: str, below: list[str]
) -> httpx.Response | None:
    """Answer what needs the submissions behind a row: its versions and its history; None = something else."""
    held = world.published.lists.lists.get(name)
    row = held.rows.get(key) if held else None
    if row is None:
        return None
    match request.method, below:
        case "GET", ["versions"]:
            every = row.versions()
            if request.url.params.get("relevantToConflict") == "true":
                every = [one for one in every if _relevant(row, one)]
            return as_json([_version(world, row, one) for one in every])
        case "GET", ["audits"]:
            return as_json([_event(world, one, extended(request)) for one in audit.of_entity(world, key)])
    return None


def _event(world: World, one: audit.Event, whole: bool) -> dict[str, Any]:
    """Return an event of a row with the submission that it came of."""
    said = audit.told(world, one, whole=whole)
    number = (one.details or {}).get("submissionId")
    found = [
        (form, each.root) for form, some in world.forms.items() for each in some if each.number == number
    ]
    source = _source(world, *found[0]) if found else {}
    return said | {"details": {"source": source, **(one.details or {})}}


def _relevant(row: Entity, one: Change) -> bool:
    """Tell whether a version has to do with a conflict: one that conflicts, what it was made from, what lies between."""
    clashes = [each for each in row.versions() if each.conflict]
    return any((each.base or 0) <= one.version <= each.version for each in clashes)


def _version(world: World, row: Entity, one: Change) -> dict[str, Any]:
    good = [each.version for each in row.versions() if not each.conflict]
    return {
        "conflict": one.conflict,
        "resolved": one.conflict is not None and row.conflict is None,
        "baseDiff": one.changed_here,
        "serverDiff": one.changed_there,
        "lastGoodVersion": bool(good) and one.version == max(good),
        **entities.version(row, one),
        "source": _source(world, *one.source) if one.source else {},
        "relevantToConflict": _relevant(row, one),
    }


def _source(world: World, form: str, root: str) -> dict[str, Any]:
    """Return the submission that a version came of, and the event of its arrival."""
    one = next((one for one in world.forms.get(form, []) if one.root == root), None)
    if one is None:
        raise missing()
    event = next(
        each for each in world.audit.events if each.root == root and each.action == "submission.create"
    )
    who = world.actor(one.first.by)
    told = {name: said for name, said in listed(one).items() if name != "currentVersion"}
    present = {**version(one, one.present), "submitter": world.actor(one.present.by)}
    return {
        "event": audit.told(world, event) | {"actor": who},
        "submission": {"xmlFormId": form, **told, "submitter": who, "currentVersion": present},
    }
