"""What a coordinator keys in becomes a submission: XML as a phone would have sent it, then the ordinary pull.

So it is sealed, split, filed, triaged, put into the chain of custody and rebuilt like all others; nothing here knows
how. Answers are never logged.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lxml import etree

from sync_scripts.errors import Attention
from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.register.care import desk_entries
from sync_scripts.register.decisions.base import deciding
from sync_scripts.servers.desk import DESK, Desk, Keyed
from sync_scripts.store.database import Actor, Register
from xlsform.answers.interview import Interview
from xlsform.columns import STAMPS
from xlsform.model import Form, resolve

AnswerPath = tuple[str, ...]


NotKept: Final = Attention.declare(
    "DK-P01",
    "What was keyed in could not be taken into the register ({problem}). It is in quarantine, sealed: see dikalo "
    "quarantine list.",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One filled sheet.

    Attributes:
        form, version: stamps of the form version.
        instance_id: with ``uuid:`` in front.
        answers: (path without the root element, answer) in the order of the form; a repetition of a repeat is told by
            its number in the path: ``("evidence", "evidence[2]", "type")`` is the second.
        files: name in the answers -> the file.
        root_id: id of the thing of which this is a version; "" = its own id.
        replaces: id of the version before; "" = it is the first.
    """

    form: str
    version: str
    instance_id: str
    answers: Sequence[tuple[AnswerPath, str]]
    files: Mapping[str, Path] = field(default_factory=dict)
    root_id: str = ""
    replaces: str = ""

    def __repr__(self) -> str:
        """Say which form; never what was answered."""
        return f"Sheet({self.form})"


def new_id() -> str:
    """Return the id of a submission that is nobody else's."""
    return f"uuid:{uuid.uuid4()}"


def own_id(key: bytes, *parts: str | bytes) -> str:
    """Return the id that follows from what a submission is about: the same parts, the same id.

    Keyed, so that nobody who sees the id can try which file or row it stands for.
    """
    made = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        made.update(len(raw).to_bytes(8, "big") + raw)
    return f"uuid:{uuid.UUID(bytes=made.digest()[:16], version=4)}"


def write(sheet: Sheet) -> bytes:
    """Return the XML of a sheet."""
    root = etree.Element("data", {"id": sheet.form, "version": sheet.version})
    groups: dict[AnswerPath, etree._Element] = {(): root}
    said = (("instanceID", sheet.instance_id), ("rootUuid", sheet.root_id), ("deprecatedID", sheet.replaces))
    ids = [(("meta", name), one) for name, one in said if one]
    stamps = list(zip(((one,) for one in STAMPS), (sheet.form, sheet.version), strict=True))
    for path, answer in (*sheet.answers, *stamps, *ids):
        leaf = etree.SubElement(_group(path[:-1], groups), path[-1])
        leaf.text = _printable(answer)
    made: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _group(path: AnswerPath, groups: dict[AnswerPath, etree._Element]) -> etree._Element:
    if path not in groups:
        groups[path] = etree.SubElement(_group(path[:-1], groups), path[-1].partition("[")[0])
    return groups[path]


def _printable(answer: str) -> str:
    """Return an answer without what XML cannot hold: control characters that a paste brought along."""
    return "".join(one for one in answer if one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff"))


def keep(
    register: Register,
    sheets: Iterable[Sheet],
    actor: Actor,
    way: Way,
    *,
    server: str = DESK,
    must: bool = True,
) -> Pulled:
    """Take filled sheets into the register; one that is held already changes nothing.

    The caller holds the lock of the workspace, or the turn to write while a pull goes on.

    Args:
        register: the open register.
        sheets: what was keyed in.
        actor: who keyed it in.
        way: how a pull works.
        server: the built-in server they belong to.
        must: refuse to say "done" when one was put aside.

    Raises:
        NotKept: one of them was put aside.
    """
    shown = [Keyed(one.instance_id, write(one), one.files, actor.code) for one in sheets]
    desk = (
        Desk(shown, name=server, page_size=max(len(shown), 1)) if way.together else Desk(shown, name=server)
    )
    done = pull(register, [desk], actor, replace(way, beside=True))
    if must and done.report.quarantined_new:
        raise NotKept(problem=", ".join(code for code, _count in done.report.notes) or "-")
    return done


def times(form: Form, started: datetime, ended: datetime | None) -> list[tuple[AnswerPath, str]]:
    """Return when a form was begun and finished, where it keeps that; of one that was cut short it keeps no end."""
    clock = {"start": started} if ended is None else {"start": started, "end": ended}
    return [
        (one.path, clock[one.row.base].isoformat(timespec="milliseconds"))
        for one in resolve(form).questions
        if one.row.base in clock
    ]


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert that was told to a coordinator.

    Attributes:
        interview: the form that was asked.
        answers: what was answered, by question.
        channel: how it came, a code of the list ``channel``.
        started: when the talk began, aware.
        whole: its questions came to their end. The register marks one that was cut short: somebody asks the rest.
    """

    interview: Interview
    answers: Mapping[str, str]
    channel: str
    started: datetime
    whole: bool = True

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"NewAlert({self.channel})"


def keep_alert(
    register: Register, told: NewAlert, actor: Actor, way: Way, *, instance_id: str | None = None
) -> dict[str, Any]:
    """Take an alert into the register; return its code, level and due times, None for what is not known yet.

    Raises:
        NotKept: it was put aside.
    """
    form = told.interview.form
    paths = {one.name: one.path for one in told.interview.questions}
    sheet = Sheet(
        form=form.form_id,
        version=form.version,
        instance_id=instance_id or new_id(),
        answers=[
            *times(form, told.started, way.clock() if told.whole else None),
            *((paths[name], answer) for name, answer in told.answers.items()),
        ],
    )
    keep(register, [sheet], actor, way)
    if way.dry_run:
        return {"code": None, "urgency": None, "contact_due_at": None, "action_due_at": None}
    with deciding(register, actor, way.clock()) as by:
        return desk_entries.came_by(by, (sheet.form, sheet.instance_id), told.channel)
