"""A stolen phone that sent alerts: each bears its own code among what it sent, else nobody finds whom to warn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from tests.contract.central_state import Sender
from tests.intake.scene import alert, shipped
from tests.publish.scene import Run, keep, with_register
from tests.publish.test_phones import root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]


def test_an_alert_that_it_sent_bears_its_code(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """The code under which it stands in the list of alerts; a register knows it of itself, and no form has to name it."""
    keep(root, "pull", "bureau")
    with_register(root, _knows_the_forms)
    for number, name in ((1, "F12"), (2, "F20")):
        worlds["bureau"][0].send("alert", alert(number), sender=Sender(name=name))
    run("pull")
    _code, listed, _talk = run("alerts", "list", "--json")
    _code, lost, _talk = run("phones", "lost", "F12", "--dry-run", "--json")
    _code, words, _talk = run("--lang", "en", "phones", "lost", "F12", "--dry-run")

    codes = {one["code"] for one in listed["alerts"]}
    told = [one["alert"] for one in lost["sent"]]
    assert (len(codes), len(told)) == (2, 1)
    assert set(told) < codes
    assert f"alert  {told[0]}" in words


def _knows_the_forms(register: Register) -> None:
    with register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])
