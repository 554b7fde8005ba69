"""How a mistake gets into a program that is loaded: in place of a function, wherever that function is bound by then."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import CellType, FrameType, FunctionType, ModuleType
from typing import Any


def swap(holder: Any, **new: Any) -> None:
    """Put other things in place of what a module or class holds.

    A function that is swapped in its own module is swapped in all others that imported it, in declarations and in tables too:
    a mistake in it would be met at each of these doors. One that is swapped in a module that only imports it is swapped there
    alone, as the mistake of whoever calls it.
    """
    for name, value in new.items():
        assert hasattr(holder, name), f"{name} is called otherwise by now"
        old = getattr(holder, name)
        setattr(holder, name, value)
        if (
            isinstance(old, FunctionType)
            and isinstance(holder, ModuleType)
            and old.__module__ == holder.__name__
        ):
            _rebind(old, value)


def _rebind(old: FunctionType, new: Any) -> None:
    gc.unfreeze()  # what was collected for a run is put out of Python's sight: tests/conftest.py
    for one in _bound_by(old):
        if isinstance(one, dict):
            one.update({key: new for key, held in one.items() if held is old})
        elif is_dataclass(one):
            for field in fields(one):
                if getattr(one, field.name) is old:
                    object.__setattr__(one, field.name, new)
    left = [type(one).__name__ for one in _bound_by(old)]
    gc.freeze()
    assert not left, f"{old.__qualname__} is bound where no plant reaches it: {left}"


def _bound_by(old: FunctionType) -> Iterator[Any]:
    """Yield what holds a function, but for the lines that are at work on it and the mistake that builds on it."""
    for one in gc.get_referrers(old):
        if not isinstance(one, CellType | FrameType):
            yield one
