"""What is said of the risk in a case, in the order in which the register heard it. Pure; for what stands, see `rating.risk`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sync_scripts.register.case import rating
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import raised
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.corrections import corrected, subject_of
from sync_scripts.register.lifecycle.states import CaseNow
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event
from sync_scripts.store.schema import metadata

__all__ = ["risk_of", "risks"]

Heard = tuple[str, str | None]
_ASKED: Final = {
    "interview": ("assessment", "retaliation_risk", "level"),
    "followup": ("followup", "risk_change", "change"),
}
"""Kind of a form -> the entity and field that tell of the risk, and as what."""
_WORSE: Final[Mapping[str, Sequence[str]]] = {
    "level": ("", "low", "medium", "unknown", "high"),
    "change": ("", "down", "same", "unknown", "up"),
}
"""Answers from the best to the worst; none at all says nothing."""


def risk_of(given: CaseInput, now: CaseNow) -> tuple[str | None, list[RowOf]]:
    """Return the risk that stands in a case, and a flag with both values where an edit alone would have lowered it.

    Args:
        given: what the case is made of.
        now: where its events brought the case.
    """
    stands = rating.risk(risks(given.filed, given.said, now))
    edited = [one for one in given.filed if one.kind in _ASKED and one.versions > 1]
    said = rating.risk(risks(given.filed, given.said, now, ever=False)) if edited else stands
    if said == stands:
        return stands, []
    at = instant(max(one.received[1] for one in edited))
    return stands, [raised(given.first, at, given.unit, "risk_kept", f"{stands}|{said or ''}")]


Said = Mapping[str, Sequence[Event]]
"""What was decided about submissions, by subject."""


def risks(filed: Iterable[Filed], decided: Said, now: CaseNow, *, ever: bool = True) -> Iterator[Heard]:
    """Yield what assessments and follow-ups say of the risk, and that of each case that was merged into this one.

    Of a form that was edited the worst that any of its versions said counts, until a person corrects it: no risk falls by an
    edit alone.

    Args:
        filed: the submissions of the case by arrival.
        decided: what was decided about them, by subject; a correction lies over every version.
        now: where its events brought the case.
        ever: False for what the forms say by now.
    """
    said: list[tuple[str, str, str | None]] = []
    for one in filed:
        if one.kind not in _ASKED:
            continue
        (entity, field, heard), at = _ASKED[one.kind], instant(one.received[0])
        answers = _answers(one, decided.get(subject_of(one), ()), entity, field, ever=ever)
        if answers:
            said.append((at, heard, max(answers, key=_WORSE[heard].index)))
    said += [(at, "at_least", risk) for at, _code, _level, risk in now.took]
    yield from ((kind, value) for _at, kind, value in sorted(said, key=lambda one: one[0]))


def _answers(one: Filed, said: Sequence[Event], entity: str, field: str, *, ever: bool) -> list[str]:
    found = []
    for _, reading in one.history if ever else ():
        found += _answer(
            corrected(one.showing(reading), said) if reading is not one.reading else one, entity, field
        )
    return found or _answer(one, entity, field)


def _answer(one: Filed, entity: str, field: str) -> list[str]:
    """Return the answer of a form, empty when it says nothing of it that its list knows; nothing where it has no such part."""
    record = one.one(entity)
    if record is None:
        return []
    said = shape(metadata.tables[entity]).row(record.fields, [])[field] or ""
    return [said] if said in _WORSE[_ASKED[one.kind][2]] else [""]
