"""What was refused is never told as "done, and a person must look": nothing was done."""

from __future__ import annotations

import re
from functools import cache

import pytest

from docs.generate import errors
from sync_scripts.errors import Attention, Declined
from xlsform.errors import Worded

OF_A_LONGER_RUN = {
    "DK-C43": "the list of providers is held back, that of cases is sent",
    "DK-E04": "one form is held back, the others are sent",
    "DK-F41": "one form is held back by a breaking change, the others are sent",
    "DK-F42": "as the breaking change",
    "DK-F47": "as the breaking change",
    "DK-F48": "as the breaking change: somebody has a draft of that form at the server",
    "DK-F49": "as the breaking change: which form of this id is ours, nobody knows",
    "DK-F58": "as the breaking change: that form lies in the trash of its server",
    "DK-F59": "as the breaking change: that form was archived at its server",
    "DK-U02": "found while a register is compared, which changes nothing: all that could be compared was",
    "DK-R01": "found while forms are taken, beside others that were taken",
}
"""What is held back in a run that does the rest: done, and a person must look. Code -> why."""

NOTHING = re.compile(
    r"[Nn]othing was (changed|opened|confirmed|written|sent|done|erased|given|made)|was not sent|No list was sent|no file was made"
)
"""How a message says that nothing came of what was asked for."""


@cache
def classes() -> dict[str, type[Worded]]:
    """Return every error of the product, by code."""
    return {kind.code: kind for kind in errors()}


def test_what_did_nothing_does_not_end_as_done() -> None:
    """Code 3 would tell a program that runs a list of commands that this one was carried out."""
    silent = {code: kind for code, kind in classes().items() if NOTHING.search(kind.message)}
    as_done = {code for code, kind in silent.items() if kind.exit_code == Attention.exit_code}

    assert len(silent) > 150
    assert as_done == set(OF_A_LONGER_RUN)


def test_whoever_must_look_at_something_done_is_told_with_code_3() -> None:
    """Also the other way round: every refusal is 1, everything else to look at is 3."""
    for code, kind in classes().items():
        if issubclass(kind, Attention):
            assert kind.exit_code == (1 if issubclass(kind, Declined) else 3), code
        else:
            assert kind.exit_code != Attention.exit_code, code


@pytest.mark.parametrize(
    "code",
    [
        "DK-R12",
        "DK-R30",
        "DK-R31",
        "DK-R43",
        "DK-R52",
        "DK-R55",
        "DK-R71",
        "DK-R85",
        "DK-R86",
        "DK-R88",
        "DK-R92",
    ],
)
def test_a_refused_decision_is_code_1(code: str) -> None:
    """A reason that lacks, a move that is not listed, a plan that changed, an opening that nobody has agreed to yet."""
    found = classes()

    assert issubclass(found[code], Declined)
    assert found[code].exit_code == 1
