"""What a server says of submissions that a cut pull has just stored: the next pull hears it, without the day's comparison."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from sync_scripts.intake.places.server_status import Hearing
from sync_scripts.servers.base import Status
from sync_scripts.store.schema.raw import submission
from tests.intake import test_servers
from tests.intake.scene import uid
from tests.intake.test_servers import Far

far = test_servers.far
"""The fixture of that module."""


def review(far: Far, number: int) -> str | None:
    """Return how a submission is reviewed here."""
    asked = select(submission.c.review).where(submission.c.root_id == uid(number), submission.c.current)
    with far.scene.register.reading() as rows:
        return rows.execute(asked).scalar()


def test_a_review_of_what_was_stored_right_before_a_cut_is_heard(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was reviewed before its first pull, and that one was cut behind its rows; others came an hour later."""
    far.send(1)
    far.report()
    far.wait(1)
    far.send(4)
    far.review(4, "approved", "validation_status_approved")
    said = far.word("approved", "validation_status_approved")
    far.wait(1)
    far.send(6)
    heard = [Hearing.hear]

    def cut(self: Hearing, shown: Sequence[Status], *, stored: bool = False) -> None:
        if not heard:
            raise KeyboardInterrupt  # behind the rows of the page
        heard.pop()(self, shown, stored=stored)

    with monkeypatch.context() as patch:
        patch.setattr(Hearing, "hear", cut)
        with pytest.raises(KeyboardInterrupt):
            far.report()
    assert review(far, 4) is None
    far.wait(1)
    far.report()

    assert review(far, 4) == said
