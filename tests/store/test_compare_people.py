"""Two people compared with the vault open: telephone and document, in a process of its own, written down first; nothing is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Table

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import DAY, last_line, store_alert
from tests.store.databases import NOW
from tests.store.test_open_one import show

pytestmark = pytest.mark.skipif(os.name == "nt", reason="descriptors cannot be handed over there")

FIRST, SECOND = "DK-7Q2M4X-B", "DK-K7Q4ZZ-6"


@pytest.fixture
def two(real: Path) -> Path:
    """Give two cases of one person each, with equal tags of a telephone, and their sealed answers."""
    workspace = open_workspace(real, secret=lambda _prompt: DAY)
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        said = (
            ("uuid:5", FIRST, "AL-39WJ1P-S", "677 12 34 56", "AB 123 456"),
            ("uuid:6", SECOND, "AL-K7Q4ZZ-6", "+237677123456", "ab-999-999"),
        )
        for root, case, alert, phone, document in said:
            number = int(root[-1])
            uid = f"p{number}"
            store_alert(rows, root, {f"s{number}0": "", f"s{number}1": f"person:{uid}"}, alert, case)
            add(rows, tables.case, case_code=case, confidentiality="C2", region="CM007", state="assessment")
            add(rows, tables.person, filing_no=number, uid=uid, case_code=case, pseudonym="V1", phone_tag=7)
            fields = {"phone": phone, "national_id": document, "full_name": "canari"}
            part = {"entity": "person", "fields": fields, "v": 1}
            sealer.seal_part(part, f"s{number}1", "row", f"person:{uid}", root)
        keep(rows, sealer, NOW)
    workspace.close()
    return real


def add(rows: Rows, table: Table, **known: object) -> None:
    """Add one row; what must be there and is not said is filled with something."""
    row = {column.name: known.get(column.name) for column in table.columns}
    for column in table.columns:
        if row[column.name] is None and not column.nullable:
            row[column.name] = 1 if column.info["kind"] in {"number", "yes_no"} else "-"
    rows.many(table, [row])


def test_telephone_and_document_are_compared_and_not_shown(two: Path) -> None:
    """The everyday page first, then whether each is the same; no number, no name."""
    done = show(two, "person", "links", FIRST, "--open", "one person or two?")
    line = last_line(two)

    assert done.returncode == 0, done.stderr
    assert f"{FIRST} V1\t{SECOND} V1\tthe same\tdifferent" in done.stdout
    assert not {"canari", "677", "123 456"} & set(done.stdout.split())
    assert (line["action"], line["details"]["reason"]) == ("OPENED", "one person or two?")


def test_a_program_gets_the_comparison(two: Path) -> None:
    """One document."""
    done = show(two, "--json", "person", "links", SECOND, "--open", "why")
    document = json.loads(done.stdout)
    (pair,) = document["pairs"]

    assert document["schema"] == "dikalo.vault-compare-people/1"
    assert (pair["same_phone"], pair["same_document"], pair["decision"]) == (True, False, None)


def test_without_a_reason_or_a_code_nothing_is_opened(two: Path) -> None:
    """Neither a line nor an answer."""
    for words in ((FIRST, "--open", "  "), ("--open", "why")):
        refused = show(two, "person", "links", *words)
        assert refused.returncode == 2
        assert "the same\t" not in refused.stdout
    assert last_line(two)["action"] != "OPENED"
