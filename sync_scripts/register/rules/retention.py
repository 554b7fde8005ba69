"""How long alerts and cases are kept and what is left of them then, from the data file. Pure; erases nothing, reads no clock."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync_scripts.register.rules.ruleset import RulesBroken

__all__ = ["RETENTION", "Depth", "Keeps", "Retention", "load"]

RETENTION: Final = Path(__file__).parent / "retention.toml"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Undecided(_Strict, frozen=True):
    """What holds while nobody has said how long."""

    years: int


Depth = Literal["identity", "trace"]
"""How much is erased: who it was, with everything sealed; or all but the trace that such a thing was there."""


class OfAlerts(_Strict, frozen=True):
    """How long an alert without a case is kept, and what identifies somebody in one that ended or asked nobody."""

    without_case_months: int
    ended_days: int
    not_asked_days: int


class Days(_Strict, frozen=True):
    """A number of days."""

    days: int


class Review(_Strict, frozen=True):
    """Which classes somebody looks at, case by case, before they may be erased."""

    classes: tuple[str, ...]


class OfPlans(_Strict, frozen=True):
    """For how long a confirmed plan may be carried out."""

    holds_days: int


class Keeps(_Strict, frozen=True):
    """What of the answers stays readable, as ``entity.field``."""

    always: frozenset[str]
    statistics: frozenset[str]


class Retention(_Strict, frozen=True):
    """The whole file; ``years_by_class`` and ``left`` by code of the list ``retention_class``."""

    schema: Literal[1]
    ruleset: str
    years_by_class: Mapping[str, int]
    undecided: Undecided
    alerts: OfAlerts
    withdrawn: Days
    left: Mapping[str, Depth]
    review: Review
    plan: OfPlans
    keeps: Keeps

    def years(self, retention_class: str | None) -> int:
        """Return for how many years a case of a class is kept; of no class, until somebody has to decide."""
        return self.years_by_class.get(retention_class or "", self.undecided.years)


@cache
def load(path: Path = RETENTION) -> Retention:
    """Return the rules of a file, checked whole.

    Raises:
        RulesBroken: a word, type or name in it is wrong; says which.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Retention)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise RulesBroken(file=path.name, why=str(error)) from error
