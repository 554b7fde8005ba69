"""A submission as the register reads it: all its versions, what the one that is read says, and what was worked out of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache, wraps
from typing import Any, Literal, TypeVar, TypeVarTuple

import msgspec

from sync_scripts.register.forms.answers import Reading, Record
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Root

Kind = Literal["alert", "interview", "followup", "closure", "situation", "evidence", "submission"]


@lru_cache(maxsize=64)
def kind_of(entities: frozenset[str]) -> Kind:
    """Return what a form is about, from the entities that it can feed."""
    kinds: tuple[Kind, ...] = ("alert", "interview", "followup", "closure", "situation", "evidence")
    return next((kind for kind in kinds if kind in entities), "submission")


def by_entity(reading: Reading) -> dict[str, list[Record]]:
    """Return the records of a reading by entity."""
    found: dict[str, list[Record]] = {}
    for record in reading.records:
        if record.entity in found:
            found[record.entity].append(record)
        else:
            found[record.entity] = [record]
    return found


class Filed(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One submission, as the register reads it today.

    Attributes:
        root: form stamp and root id.
        number: order of the arrival of its first version; begins the key of all its rows.
        server, form, instance_id, form_version: the raw version that is read.
        kind: what the form is about; ``submission`` for a form that the register has no rows for.
        reading: what it says.
        records: its records by entity, in the order of the form.
        received: instants when the first and the read version reached a server.
        ended: the phone's clock at the end of the first version; None when it says nothing.
        versions: how many versions there are.
        roads: how many servers or server forms it came by.
        maybe_draft: the version that is read only came from a phone's folder, where a draft looks like a finished form.
        encryption: how the version that is read came as to encryption; None = in the clear, as its form asks.
        gone: when every server that had it was found to have deleted it; None while one shows it.
        outdated: it was edited after it had been approved at its server, and nobody has reviewed it there since.
        erased: a person had it erased; what it says is only what may stay, and so is what lies over it.
        history: (received at, reading) of every version, oldest first; the read one included.
        corrections: rows of the corrections that lie over its answers.
        arrivals: in which order the register read its versions, by the instant at which a server received each; empty where
            there is one version.
    """

    root: Root
    number: int
    server: str
    form: str
    instance_id: str
    form_version: str
    kind: Kind
    reading: Reading
    records: Mapping[str, Sequence[Record]]
    received: tuple[datetime, datetime]
    ended: datetime | None
    versions: int
    roads: int
    maybe_draft: bool
    encryption: str | None
    gone: datetime | None
    history: tuple[tuple[datetime, Reading], ...]
    corrections: tuple[Mapping[str, Any], ...] = ()
    erased: bool = False
    outdated: bool = False
    arrivals: Mapping[datetime, int] = {}

    def arrival(self, at: datetime) -> int:
        """Return in which order the register read the version that a server received at an instant: by its first road."""
        return self.arrivals.get(at, self.number)

    def as_of(self, at: datetime, reading: Reading) -> Filed:
        """Return it as it was with one version of its ``history``, and as if that were the only one; no correction lies over it."""
        return msgspec.structs.replace(
            self.showing(reading), received=(self.received[0], at), history=((at, reading),)
        )

    def showing(self, reading: Reading) -> Filed:
        """Return it with another version than the one that is read, and with all of them behind it; no correction lies over it."""
        return msgspec.structs.replace(self, reading=reading, records=by_entity(reading), corrections=())

    def is_read(self, version: tuple[datetime, Reading]) -> bool:
        """Tell whether a version of its ``history`` is the one that is read: of several that say the same the last."""
        return version[1] is self.reading and version[0] == max(
            at for at, one in self.history if one is self.reading
        )

    @cached_property
    def key(self) -> str:
        """Return stamp and root id as they stand in subjects."""
        return f"{self.root[0]}/{self.root[1]}"

    @cached_property
    def at(self) -> datetime:
        """Return when it happened: by the phone, but not after it was received: a clock that runs ahead makes nothing later."""
        return min(self.ended or self.received[0], self.received[0])

    def one(self, entity: str) -> Record | None:
        """Return the record of an entity at the root, None when nothing of it was answered."""
        found = self.records.get(entity)
        return found[0] if found else None

    def all(self, entity: str) -> Sequence[Record]:
        """Return the records of an entity, in the order of the form."""
        return self.records.get(entity, ())


_Beside = TypeVarTuple("_Beside")
_Found = TypeVar("_Found")


def once(made: Callable[[Filed, *_Beside], _Found]) -> Callable[[Filed, *_Beside], _Found]:
    """Return a function of what a form says, worked out once for as long as the form is kept, and for no copy of it.

    What else it takes must not change and have a hash. What it returns is shared: nobody changes it.
    """

    @wraps(made)
    def kept(filed: Filed, /, *beside: *_Beside) -> _Found:
        known: dict[Any, Any] = vars(filed)
        name = made, beside
        if name not in known:
            known[name] = made(filed, *beside)
        found: _Found = known[name]
        return found

    return kept


@once
def codes_named(filed: Filed) -> tuple[str | None, str | None]:
    """Return the codes of the case and the alert that a form names, as far as they can be read."""
    record = filed.one(filed.kind)
    fields: Mapping[str, Any] = record.fields if record is not None else {}
    case_code, alert = fields.get("case_code"), fields.get("alert_code")
    return (
        codes.read(case_code, "DK") if isinstance(case_code, str) else None,
        codes.read(alert, "AL") if isinstance(alert, str) else None,
    )


def case_named(filed: Filed, reading: Reading) -> str | None:
    """Return the code of the case that a version of a form names."""
    told = next((one for one in reading.records if one.entity == filed.kind), None)
    named = told.fields.get("case_code") if told is not None else None
    return codes.read(named, "DK") if isinstance(named, str) else None
