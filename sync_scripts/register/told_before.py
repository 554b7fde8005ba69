"""Who outside has heard of somebody in the case that her form has left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from sync_scripts.register.brought import Stay
from sync_scripts.register.owed import SERVED, Told, told_by_decision
from sync_scripts.register.standing import CASE
from sync_scripts.store.events import Event

__all__ = ["told_before"]


def told_before(
    number: int,
    code: str,
    left: Iterable[Stay],
    happened: Mapping[str, Sequence[Event]],
    involved: Mapping[str, Iterable[str]],
) -> Iterator[Told]:
    """Yield who outside got something of a person in the case that her form has left: they hear of what she takes back since.

    What she took back before is owed where it was said.

    Args:
        number: of the first submission of the case in which she is now.
        code: of that case.
        left: where its interviews were before.
        happened: what was decided about those cases, by unit.
        involved: whom each piece of evidence involves, by its uid.
    """
    made: dict[str, Told] = {}
    for stay in left:
        from_there = [one for one in happened.get(stay.unit, ()) if one.at <= stay.until]
        for one in told_by_decision(number, code, from_there, involved):
            people = one.people if one.people is not None else frozenset(stay.people) or None
            name = f"{one.name}@{stay.unit}"
            made.setdefault(name, msgspec.structs.replace(one, name=name, people=people, at=stay.until))
        for said in stay.receivers:
            name = f"{said['provider_code']}:{said['person_uid']}:{said['service']}@{stay.unit}"
            people = frozenset({said["person_uid"]})
            service, at = said["service"] or "", stay.until
            told = Told(number, f"{CASE}{code}", people, SERVED, name, at, at, service)
            made.setdefault(name, told)
    yield from made.values()
