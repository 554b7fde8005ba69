"""A decision that was refused is never told as "done, and a person must look": nothing was done."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from sync_scripts import register
from sync_scripts.errors import Attention, Declined
from xlsform.errors import Worded

NOT_OF_DECISIONS = {"DK-R01", "DK-R58"}
"""Found while forms are taken, beside others that were taken; and what a plan of erasure leaves to a person."""


def descendants(kind: type[Worded]) -> Iterator[type[Worded]]:
    """Yield every class below one."""
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def refusals() -> dict[str, type[Worded]]:
    """Return what the register refuses with "Nothing was changed", by code."""
    for module in pkgutil.walk_packages(register.__path__, f"{register.__name__}."):
        import_module(module.name)
    return {
        kind.code: kind
        for kind in descendants(Worded)
        if kind.__module__.startswith(register.__name__) and "Nothing was changed" in kind.message
    }


def test_what_changed_nothing_does_not_end_as_done() -> None:
    """Code 3 would tell a program that runs a list of decisions that this one was taken."""
    found = refusals()

    assert len(found) > 40
    assert {code for code, kind in found.items() if kind.exit_code == Attention.exit_code} == NOT_OF_DECISIONS


def test_a_refused_decision_is_code_1() -> None:
    """A reason that lacks, a move that is not listed, a guard that fails, a case that was merged, a link without a reason."""
    found = refusals()

    for code in ("DK-R12", "DK-R30", "DK-R31", "DK-R43", "DK-R71"):
        assert issubclass(found[code], Declined)
        assert found[code].exit_code == 1
