"""What would be done to one entity list of a Central, and to the zones of its phones. Pure; the same twice does nothing.

A row is ours when its uuid is one that we make from a code that this register knows or once sent. Others' rows, those of
another register too, are counted and left alone.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync_scripts.publish.audiences import Audience
from sync_scripts.publish.lists import Row
from sync_scripts.servers.central.lists import Dataset, Entity, Filter, Phone, Rule

ZONE = "dikalo_zone_"
"""Begins the name of the phones' properties that hold the departments of their zone."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is there and differs: only the values that do."""

    uuid: str
    version: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What to do with the rows of a list, in this order.

    Attributes:
        delete: uuids of rows that left.
        restore: uuids of rows that come back; compared again afterwards.
        create: new rows with their uuids.
        change: rows that differ.
        astray: a row would come back with another department than its own, and keep it until it is changed.
        foreign: how many rows are there that we did not make.
    """

    delete: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    create: tuple[tuple[str, Row], ...] = ()
    change: tuple[Change, ...] = ()
    astray: bool = False
    foreign: int = 0

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.delete or self.restore or self.create or self.change)


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """What to do so that each phone gets its own rows.

    Attributes:
        properties: names of properties that the server must learn.
        phones: what to write to which phone; None takes a property away.
        rules: the filter to set, None = it is as it shall be, () = it must go.
        parting: the filter as it shall be in the end, () = no phone is parted from another.
    """

    properties: tuple[str, ...] = ()
    phones: Mapping[int, Mapping[str, str | None]] = field(default_factory=dict)
    rules: tuple[Rule, ...] | None = None
    parting: tuple[Rule, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.properties or self.phones) and self.rules is None

    @property
    def shut(self) -> tuple[Rule, ...]:
        """Return a filter that lets no phone have a row: no status is a department."""
        return tuple(
            Rule(dataset_property="status", actor_property=one.actor_property) for one in self.parting[:1]
        )


def plan_list(
    wanted: Mapping[str, Row],
    there: Iterable[Entity],
    trashed: Mapping[str, str | None],
    known: Container[str],
) -> ListPlan:
    """Return what to do with the rows.

    Args:
        wanted: the rows that phones shall get, by uuid.
        there: the rows that are there.
        trashed: departments of deleted rows by uuid, None = the server does not say it.
        known: uuids that this register makes, of closed cases too; other rows there are left alone.
    """
    held = {one.uuid: one for one in there}
    absent = [uuid for uuid in wanted if uuid not in held]
    changes = [_change(held[uuid], row) for uuid, row in wanted.items() if uuid in held]
    surplus = sorted(held.keys() - wanted.keys())
    back = tuple(uuid for uuid in absent if uuid in trashed)
    return ListPlan(
        delete=tuple(uuid for uuid in surplus if uuid in known),
        restore=back,
        create=tuple((uuid, wanted[uuid]) for uuid in absent if uuid not in trashed),
        change=tuple(one for one in changes if one.values),
        astray=any(trashed[uuid] != wanted[uuid].values["department"] for uuid in back),
        foreign=sum(uuid not in known for uuid in surplus),
    )


def taken_away(plan: ListPlan, *, parted: bool) -> tuple[str, ...]:
    """Return the uuids to delete from a list to which nothing may come.

    They are the rows that left, and where each phone gets its own rows those that stand in a zone that is theirs no more.
    """
    moved = (one.uuid for one in plan.change if parted and "department" in one.values)
    return (*plan.delete, *moved)


def parts(dataset: Dataset) -> bool:
    """Tell whether a list gives each phone the rows of its own zone alone."""
    standing = dataset.access_filter
    return standing is not None and any(rule.actor_property.startswith(ZONE) for rule in standing.rules)


def shows_astray(plan: ListPlan, zones: ZonePlan) -> bool:
    """Tell whether phones must get no row until both plans are carried out, since one would show in a wrong zone.

    So it is of a row that comes back as it was before it moved, and of one that moves while phones change their zones.
    Where no phone is parted from another, no row is in a wrong zone.
    """
    moves = any("department" in one.values for one in plan.change)
    return bool(zones.parting) and (plan.astray or (moves and not zones.empty))


def _change(held: Entity, row: Row) -> Change:
    differing = {name: value for name, value in row.values.items() if held.values.get(name, "") != value}
    return Change(held.uuid, held.version, differing)


def plan_zones(
    to: Audience, phones: Sequence[Phone], known: frozenset[str], dataset: Dataset | None
) -> ZonePlan:
    """Return what to do so that each phone gets the rows of its own zone, and with `Audience.everywhere` all rows."""
    standing = dataset.access_filter if dataset else None
    if to.everywhere or not to.parted:
        ours = standing is not None and any(rule.actor_property.startswith(ZONE) for rule in standing.rules)
        return ZonePlan(rules=() if ours else None)
    zones = {phone.id: _zone(to, phone) for phone in phones if phone.token is not None}
    names = [f"{ZONE}{number + 1}" for number in range(max(map(len, zones.values()), default=0))]
    writes: dict[int, Mapping[str, str | None]] = {}
    for phone in phones:
        if phone.id in zones:
            writes |= _describe(phone, dict(zip(names, zones[phone.id], strict=False)))
    rules = tuple(Rule(dataset_property="department", actor_property=name) for name in names)
    same = standing is not None and standing == Filter(type="property", rules=rules)
    return ZonePlan(
        properties=tuple(name for name in names if name not in known),
        phones=writes,
        rules=None if same or not rules else rules,
        parting=rules,
    )


def _zone(to: Audience, phone: Phone) -> list[str]:
    return sorted(
        {place for team in to.teams if team.holds(phone.display_name) for place in team.departments}
    )


def _describe(phone: Phone, wanted: Mapping[str, str]) -> dict[int, Mapping[str, str | None]]:
    """Return what to write to a phone, nothing when it is as it shall be."""
    held = {name: value for name, value in (phone.properties or {}).items() if name.startswith(ZONE)}
    gone: dict[str, str | None] = {name: None for name in held if name not in wanted}
    new = {name: value for name, value in wanted.items() if held.get(name) != value}
    return {phone.id: {**gone, **new}} if gone or new else {}


def place_of(project: int, dataset: str) -> str:
    """Return what the uuids of a list's rows name beside their codes."""
    return f"{project}/{dataset}"


def dataset_name(file: str) -> str:
    """Return the name of the entity list that fills a file: the file's own, so that servers link the two."""
    return file.removesuffix(".csv")


def parted(values: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return the label of a row apart from its other values."""
    return values["label"], {name: value for name, value in values.items() if name != "label"}
