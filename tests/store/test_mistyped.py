"""A passphrase that was mistyped: asked for again at a terminal, three times in all; tried once where it is handed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.commands import ALERT, DAY, VAULT, Run
from tests.store.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no pseudo-terminal there")

EVERYDAY = "Everyday passphrase"


def test_a_mistyped_passphrase_is_asked_for_again(real: Path) -> None:
    """The person reads why, types again, and the command goes on."""
    with Terminal("-C", str(real), "--lang", "en", "alerts", "list", "--all") as person:
        person.answers((EVERYDAY, "abri acier agneau"), (EVERYDAY, DAY))
        code = person.end()

    assert code == 0, person.all
    assert person.all.count("DK-K03") == 1
    assert ALERT in person.all


def test_three_wrong_ones_end_the_command(real: Path) -> None:
    """Whoever guesses does not get more; each refusal is told once."""
    with Terminal("-C", str(real), "--lang", "en", "alerts", "list") as person:
        person.answers(*[(EVERYDAY, f"guess {number}") for number in range(3)])
        code = person.end()

    assert code == 4
    assert person.all.count("DK-K03") == 3
    assert ALERT not in person.all


def test_the_vault_asks_again_too(real: Path) -> None:
    """Also the rarely typed one, which is mistyped more often."""
    with Terminal("-C", str(real), "--lang", "en", "vault", "test") as person:
        person.answers(("Vault passphrase", "not this one"), ("Vault passphrase", VAULT))
        code = person.end()

    assert code == 0, person.all
    assert "It opens" in person.all


def test_who_changes_a_passphrase_may_mistype_the_old_one(real: Path) -> None:
    """The old one is asked for again; what comes next is not reached with a wrong one."""
    with Terminal("-C", str(real), "--lang", "en", "keys", "passphrase", "--for", "CO-02") as person:
        person.answer(EVERYDAY, "not this one")
        person.answer(EVERYDAY, DAY)
        person.wait_for("CO-02")

    assert person.all.count("DK-K03") == 1


def test_a_mistyped_recovery_key_is_asked_for_again(real: Path) -> None:
    """Seventy-four characters are seldom right at once; a wrong one opens nothing."""
    with Terminal("-C", str(real), "--lang", "en", "vault", "test", "--key", "paper", "--as", "R") as person:
        person.answers(*[("Recovery key", "AGE-SECRET-KEY-1WRONG")] * 3)
        code = person.end()

    assert code == 4
    assert person.all.count("DK-K") == 3


def test_what_is_handed_over_is_tried_once(real: Path, run: Run) -> None:
    """A program that hands over a wrong passphrase is told at once."""
    code, document, _talk = run("alerts", "list", "--json", day="not this one", vault=VAULT)

    assert real.is_dir()
    assert code == 4
    assert document["code"] == "DK-K03"
