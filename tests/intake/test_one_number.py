"""Two rows of a KoboToolbox, each with a root of its own, that bear one number."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from sync_scripts.intake.proof import words
from sync_scripts.intake.refusals import ContentChanged
from sync_scripts.intake.verify import verify
from sync_scripts.store.schema import raw
from tests.intake.scene import Scene, story, uid
from tests.intake.test_servers import Far
from tests.servers import kobo_world


def test_the_second_of_two_with_one_number_is_put_aside_and_counted_as_such(one: Scene) -> None:
    """Nobody's answers take the place of others; the proof says where each row is, and a person what to do."""
    world = kobo_world.World(cap=10)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    far.send(1)
    far.send(2, story("une autre histoire"))
    row = world.find(uid(2))
    row.xml = row.xml.replace(uid(2).encode(), uid(1).encode())
    first, again = far.report(), far.report()
    with one.register.reading() as rows:
        put_aside = [
            tuple(each) for each in rows.execute(select(raw.quarantine.c.problem, raw.quarantine.c.state))
        ]

    assert put_aside == [(ContentChanged.code, "open")]
    assert (first.new, first.quarantined_new, first.needs_person) == (1, 1, True)
    assert words(again.proofs[0]) == "Proof, kobo: 2 at the server = 1 here + 1 put aside."
    assert verify(one.register, [far.server]).not_pulled == 0
    assert "dikalo alerts new" in ContentChanged().words()
