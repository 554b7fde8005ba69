"""Two alerts compared with the vault open: in a process of its own, written down first, and nothing of it is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import update

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import DAY, last_line, store_alert
from tests.store.databases import NOW
from tests.store.test_open_one import show

pytestmark = pytest.mark.skipif(os.name == "nt", reason="descriptors cannot be handed over there")

FIRST, SECOND = "AL-39WJ1P-S", "AL-K7Q4ZZ-6"


@pytest.fixture
def two(real: Path) -> Path:
    """Give two alerts of one day and place, their places in words and contacts sealed."""
    workspace = open_workspace(real, secret=lambda _prompt: DAY)
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        said = (
            ("uuid:3", FIRST, "Mbatu, Alakuma", "677 12 34 56"),
            ("uuid:4", SECOND, "alakuma", "+237677123456"),
        )
        for root, code, place, contact in said:
            store_alert(rows, root, {f"s{root[-1]}0": ""}, code, None)
            fields = {"place_hint": place, "contact": contact, "short_text": "canari"}
            part = {"entity": "alert", "fields": fields, "v": 1}
            sealer.seal_part(part, f"s{root[-1]}0", "row", f"alert:{root}", root)
        keep(rows, sealer, NOW)
        alike(rows)
    workspace.close()
    return real


def alike(rows: Rows) -> None:
    """Let the open answers of both say one day, place and kind."""
    said = {
        "department": "CM007005",
        "arrondissement": "CM007005003",
        "date_min": "2026-11-20",
        "date_max": "2026-11-20",
        "icons": "burning",
        "victim_kind": "group",
        "state": "received",
    }
    rows.execute(update(tables.alert).where(tables.alert.c.filing_no.in_([3, 4])).values(**said))


def test_places_and_contacts_are_compared_and_shown(two: Path) -> None:
    """The everyday page first, then what was opened: places side by side, the number, points before and after."""
    done = show(two, "alerts", "links", FIRST, "--open", "one event or two?")
    line = last_line(two)

    assert done.returncode == 0, done.stderr
    assert "Mbatu, Alakuma\talakuma" in done.stdout
    assert "Contact: the same" in done.stdout
    assert "place names: 70 % alike (+8)" in done.stdout
    assert "canari" not in done.stdout
    assert (line["action"], line["details"]["reason"]) == ("OPENED", "one event or two?")


def test_nothing_of_it_is_kept(two: Path) -> None:
    """What the everyday rules say of the pair is the same before and after, and no pair has a row."""
    before = show(two, "--json", "alerts", "links", FIRST).stdout
    show(two, "alerts", "links", FIRST, "--open", "one event or two?")
    workspace = open_workspace(two, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        kept = rows.execute(tables.alert_link.select()).all()
    workspace.close()

    assert show(two, "--json", "alerts", "links", FIRST).stdout == before
    assert (kept, "place_text" in before) == ([], False)


def test_a_program_gets_the_comparison(two: Path) -> None:
    """One document, with the points of both."""
    done = show(two, "--json", "alerts", "links", FIRST, "--open", "why")
    document = json.loads(done.stdout)
    (link,) = document["links"]

    assert document["schema"] == "dikalo.vault-compare/1"
    assert link["points"] == link["points_everyday"] + 8
    assert link["same_contact"] is True


def test_without_a_reason_or_a_code_nothing_is_opened(two: Path) -> None:
    """Neither a line nor an answer."""
    for words in ((FIRST, "--open", "  "), ("--open", "why")):
        refused = show(two, "alerts", "links", *words)
        assert refused.returncode == 2
        assert "Alakuma" not in refused.stdout
    assert last_line(two)["action"] != "OPENED"
