"""A run keeps little of each submission that it has stored: laptops of four gigabytes pull a hundred thousand."""

from __future__ import annotations

import gc

from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import unlocking
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.receive.plan import Trial
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.run import Run
from sync_scripts.intake.tally import Tally
from sync_scripts.servers.base import Sighting, Status
from sync_scripts.servers.kobo.listing import cut
from sync_scripts.store.database import Actor
from tests.intake.scene import Scene, uid


def test_cutting_a_list_leaves_nothing_for_the_search_for_cycles() -> None:
    """That search is off while a page is taken."""
    texts = b"".join(b"<a><meta><instanceID>uuid:%d</instanceID></meta></a>" % number for number in range(9))
    gc.collect()
    gc.disable()
    try:
        assert len(cut(b"<root><count>9</count><results>" + texts + b"</results></root>")) == 9
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_of_what_pages_show_only_what_is_owed_is_remembered(one: Scene) -> None:
    """A page that shows all the others costs nothing."""
    tags = Tagger(one.register.match_key)
    opening = unlocking(one.server, Keyring(), lambda: one.now, one.root, 0)
    found = Owed(Run(one.register, opening, Actor("a", "rule"), one.way, Tally(), tags, Trial()))
    with one.register.writing() as rows:
        found.note(Sighting(f"case\t{uid(1)}\t", root_id=uid(1)), "tag")
        found.keep(rows)
        found.recall(rows)
    before = _held(found)
    found.shown([Status("case", uid(number)) for number in range(2, 500)])
    assert _held(found) == before
    found.shown([Status("case", uid(1))])
    assert _held(found) == before + 1


def _held(found: Owed) -> int:
    return sum(len(getattr(found, name)) for name in ("before", "now", "_left", "_places", "_shown"))
