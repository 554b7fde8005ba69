"""What people decide on other people, declared: a value of a person corrected, two records that are one, who works here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from gettext import gettext
from typing import Any, Final

from msgspec import to_builtins

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.facts import Corrected, correct
from sync_scripts.register.case_decisions.facts import restore as restore_answer
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import CODE, Declaration, named, none_of, option, place, switch
from sync_scripts.register.directory import staff
from sync_scripts.register.history.corrections import CORRECT as CORRECTED
from sync_scripts.register.history.corrections import RESTORE
from sync_scripts.register.history.person_decisions import SAME
from sync_scripts.register.links.same import Same, SameMany, decide_people, decide_person
from sync_scripts.register.queries.tasks import after_group

_ROLES: Final = (
    "focal_point",
    "documenter",
    "case_owner",
    "supervisor",
    "coordinator",
    "deputy_coordinator",
    "lawyer",
    "committee",
    "trainer",
)


def _correct(by: By, code: str, field: str, value: str | None, *, restore: bool, reason: str) -> Corrected:
    if restore:
        return restore_answer(by, code, field, reason=reason)
    return correct(by, code, field, value or "", reason=reason)


def _decide(
    by: By, code: str, person: str, other: tuple[str, ...], decision: str, *, reason: str
) -> dict[str, Any]:
    """Decide on one other person, named by case and pseudonym, or on a group by its mark."""
    done: Same | SameMany
    if len(other) == 1:
        done = decide_people(by, code, person, other[0], decision, reason=reason)
    else:
        done = decide_person(by, code, person, (other[0], other[1]), decision, reason=reason)
    return dict(to_builtins(done))


def _after_group(done: Mapping[str, Any]) -> Iterable[str]:
    return after_group(done.get("came", 0), f"dikalo person links {done['code']}")


def _add(by: By, code: str, *, roles: Sequence[str]) -> dict[str, Any]:
    return {"code": staff.name(by, code, roles), "roles": sorted(set(roles))}


_IN_HAND: Final = {
    "cases": N_(
        "Open cases in these hands: {codes}. To give one to somebody: dikalo cases assign CODE WORKER"
    ),
    "alerts": N_("Alerts in these hands: {codes}. To give one to somebody: dikalo alerts assign CODE WORKER"),
    "merged": N_(
        "Merged cases with tasks in these hands: {codes}. They go along when the case that was kept is given to somebody."
    ),
}
"""What may be in the hands of somebody who leaves, before and afterwards, and how it gets into others."""


def _in_hand(done: Mapping[str, Any]) -> Iterable[str]:
    for kind, words in _IN_HAND.items():
        if done[kind]:
            yield gettext(words).format(codes=", ".join(done[kind]))


def _keys_and_phones(_done: Any) -> Iterable[str]:
    yield gettext(
        "A passphrase of their own ends with dikalo keys passphrase --remove --for CODE; phones with dikalo phones revoke CODE."
    )


CORRECT: Final = Declaration(
    name="person correct",
    decide=_correct,
    writes=(CORRECTED, RESTORE),
    schema="dikalo.correction/1",
    shows=named("code", "entity", "field", "was", value="now"),
    arguments=(
        CODE,
        place("field", N_("FIELD")),
        place("value", N_("[VALUE]"), kind="answer", required=False),
        switch("restore", "Take a correction back: what was collected counts again."),
    ),
)
DECIDE: Final = Declaration(
    name="person decide",
    decide=_decide,
    writes=(SAME,),
    schema="dikalo.person_decided/1",
    mirrored=True,
    together=(
        none_of(
            ("code",),
            N_("The other person is named by case and pseudonym, or a group by its mark."),
            when=lambda said: len(said["other"]) > len(("CODE", "V1")),
        ),
    ),
    arguments=(
        CODE,
        place("person", "V1"),
        place("other", N_("CODE V1|MARK"), several=True),
        place("decision", choices=("same", "not_same")),
    ),
    facts=_after_group,
)
ADD: Final = Declaration(
    name="people add",
    decide=_add,
    writes=("worker.add",),
    schema="dikalo.person_added/1",
    shows=named("code", "roles"),
    reason=False,
    arguments=(
        CODE,
        option(
            "roles",
            "A role; give it again for more.",
            option="role",
            choices=_ROLES,
            required=True,
            several=True,
        ),
    ),
)
RETIRE: Final = Declaration(
    name="people retire",
    decide=staff.retire,
    writes=("worker.add",),
    schema="dikalo.person_retired/1",
    shows=named("code", *_IN_HAND),
    reason=False,
    arguments=(CODE,),
    next_step=_keys_and_phones,
    facts=_in_hand,
    attention=lambda done: any(done[kind] for kind in _IN_HAND),
)
