"""How long a case is kept after it was left, from its data file. Pure; erases nothing and reads no clock."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync_scripts.register.ruleset import RulesBroken

__all__ = ["RETENTION", "Retention", "load"]

RETENTION: Final = Path(__file__).parent / "rules" / "retention.toml"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Undecided(_Strict, frozen=True):
    """What holds while nobody has said how long."""

    years: int


class Retention(_Strict, frozen=True):
    """The whole file; ``years_by_class`` by code of the list ``retention_class``."""

    schema: Literal[1]
    ruleset: str
    years_by_class: Mapping[str, int]
    undecided: Undecided

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
