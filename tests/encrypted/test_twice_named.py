"""A KoboToolbox shows a file twice: a phone sent again what had come already. What waits encrypted is taken all the same."""

from __future__ import annotations

import pytest

from sync_scripts.store.schema import raw
from tests.encrypted.far import Far, far
from tests.encrypted.test_vault_intake import PHOTO, WITH_PHOTO, open_all
from tests.intake.scene import Scene, uid


@pytest.fixture
def place(one: Scene) -> Far:
    """Give a KoboToolbox whose form has a key of the vault, and a submission whose files stand there twice."""
    made = far("kobo", one)
    made.make_key("vault")
    made.lay(1, made.send(1, WITH_PHOTO, {"p.jpg": PHOTO}))
    made.send(2)
    return made


def test_a_file_that_stands_there_twice_stops_no_pull(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken once, the other submissions come too, the next pull asks for nothing, and the vault opens it."""
    first = place.report()
    again = place.report()
    taken = len(place.rows(raw.waiting_file, "tag"))
    open_all(place, monkeypatch)

    assert (first.new, taken, again.notes) == (0, 3, ())
    assert place.rows(raw.submission, "root_id", "encryption") == [(uid(1), "whole"), (uid(2), "whole")]
    assert place.rows(raw.attachment, "state") == [("held",)]
