"""The chain of custody says of every byte that was kept that it came: versions, files, and what was put aside."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from sync_scripts.intake.quarantine import entries
from sync_scripts.store import custody
from sync_scripts.store.schema import raw
from sync_scripts.store.seal.sealing import LARGE
from tests.intake.scene import Scene, alert, story


def received(made: Scene) -> list[dict[str, Any]]:
    """Return the lines about what came, in order; the chain is walked first."""
    with made.register.reading() as rows:
        custody.check(rows)
        return [line.entry for line in custody.read(rows) if line.entry["action"] == "RECEIVED"]


def sealed_aside(made: Scene) -> list[str]:
    """Return the hashes of the sealed bytes that were put aside."""
    item = raw.sealed_item
    with made.register.reading() as rows:
        found = rows.execute(select(item.c.blob, item.c.file).where(item.c.kind == "quarantine"))
        return sorted(row.file or hashlib.sha256(row.blob).hexdigest() for row in found)


def test_bytes_put_aside_were_received(both: Scene) -> None:
    """From where, when and why, by the hash of the sealed bytes: no answer, no name of a file, no instance id."""
    both.lay("a", alert(1, story("a sealed sentence")))
    both.lay("b", alert(2, story("another sealed sentence"))[:-20])
    both.pull()
    version, aside = received(both)
    with both.register.reading() as rows:
        (entry,) = entries(rows)

    assert "quarantine" not in version["details"]
    assert aside["object"] == sealed_aside(both)[0]
    assert set(aside["details"]) == {"at", "form", "problem", "quarantine", "road", "server"}
    assert (aside["details"]["quarantine"], aside["details"]["problem"]) == (entry.code, entry.problem)
    assert aside["details"]["server"] == both.server.name
    assert "sealed sentence" not in json.dumps(aside)


def test_it_is_written_with_the_bytes_and_before_their_page(both: Scene) -> None:
    """One transaction: the line stands before the line of the key page that holds the key."""
    both.lay("b", alert(2)[:-20])
    both.pull()
    with both.register.reading() as rows:
        actions = [line.entry["action"] for line in custody.read(rows)]

    assert actions == ["RECEIVED", "SEALED"]


def test_reading_the_same_bytes_again_is_no_new_receipt(both: Scene) -> None:
    """Other bytes in the same place are; solved, the version has a line of its own."""
    both.lay("b", alert(2)[:-20])
    both.pull()
    both.pull()
    assert len(received(both)) == 1
    both.lay("b", alert(2)[:-30])
    both.pull()
    assert sorted(line["object"] for line in received(both)) == sealed_aside(both)
    both.lay("b", alert(2))
    both.pull()
    lines = received(both)

    assert ["quarantine" in line["details"] for line in lines] == [True, True, False]


def test_large_bytes_are_named_by_their_file(one: Scene) -> None:
    """Above 256 KiB the sealed bytes are a file, named by their hash."""
    one.lay("b", alert(2)[:-20] + b" " * LARGE)
    one.pull()

    assert [line["object"] for line in received(one)] == sealed_aside(one)
