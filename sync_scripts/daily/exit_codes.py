"""What the result of each part of a round means for its exit code. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Final

from sync_scripts.daily.pulling import Pull
from sync_scripts.errors import Worded
from sync_scripts.intake.connections import LoginMissing
from sync_scripts.intake.report import Verified
from sync_scripts.notify import Flushed
from sync_scripts.publish.lists import Done
from sync_scripts.publish.rounds import Published
from sync_scripts.store.health import Finding

__all__ = ["meaning", "worst"]

_ORDER: Final = (0, 3, 2, 4, 5, 1, 6)
"""Exit codes, the worst last: damage, then a fault of ours, then what the network did, what is not allowed, attention."""


def worst(codes: Iterable[int]) -> int:
    """Return the worst of some exit codes, 0 of none."""
    return max(codes, key=lambda code: _ORDER.index(code) if code in _ORDER else len(_ORDER), default=0)


@singledispatch
def meaning(_result: object) -> int:
    """Return the exit code that a result stands for."""
    return 0


@meaning.register
def _of_check(result: Verified) -> int:
    return 6 if result.damaged else 0


@meaning.register
def _of_messages(result: Flushed) -> int:
    return 3 if result.needs_person else 0


@meaning.register
def _of_pull(result: Pull) -> int:
    return result.exit_code


@meaning.register
def _of_finding(result: Finding) -> int:
    return 3 if result.level == "bad" else 0


@meaning.register
def _of_problem(_result: Worded) -> int:
    return 3


@meaning.register
def _of_place(result: Done) -> int:
    """Without the right to publish a round says so and goes on: many laptops have none."""
    if result.failure is None:
        return 3 if result.asks else 0
    return 0 if isinstance(result.failure, LoginMissing) else result.failure.exit_code


@meaning.register
def _of_places(result: Published) -> int:
    return worst([*map(_of_place, result.places), *(one.exit_code for one in result.refusals)])


@meaning.register
def _of_many(result: list) -> int:  # type: ignore[type-arg] # dispatch knows the bare class alone
    return worst([meaning(one) for one in result])
