"""The law of every test in which people decide: at its end a rebuild gives the same register."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.decisions.work import Work


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let a test that was given a register to decide in pass only if a rebuild makes the same of it; no test says so itself."""
    done = yield
    for given in pyfuncitem.funcargs.values():
        assert not isinstance(given, Work) or not given.whole or given.sound()
    return done
