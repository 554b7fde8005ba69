"""No word is written to a server over what nobody looked at: an edit after the decision, or one not read yet."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.config import ServerSettings
from sync_scripts.intake.connections import ServerNotAsked
from sync_scripts.publish import reviews
from sync_scripts.publish.reviews import CENTRAL, KOBO
from sync_scripts.register.case.flags import EDITED_AFTER_TRIAGE
from sync_scripts.secrets.os_keyring import KeyringNotInstalled
from sync_scripts.store.logins import Kept
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.intake import test_reviews
from tests.intake.scene import COORDINATOR, draw, uid
from tests.intake.test_reviews import push, settings, word, written
from tests.intake.test_servers import Far

far = test_reviews.far
"""The fixture of that module."""


def shown_after_edit(made: Far) -> str:
    """Return what a server says by itself of a submission that was edited and never reviewed."""
    return "edited" if made.kind == "central" else ""


def test_an_edit_that_was_not_read_yet_is_not_approved(far: Far) -> None:
    """It came to the server after the last pull: the decision was about the version before."""
    far.send(101, of=1)
    before = written(far)
    done = push(far)

    assert (done.counts["edited"], done.counts["write"]) == (1, 0)
    assert (word(far, 1), written(far)) == (shown_after_edit(far), before)


def test_an_edit_that_came_after_the_decision_is_not_approved(far: Far) -> None:
    """Here it is, and nobody has triaged it since. A KoboToolbox says nothing of an edit by itself."""
    far.wait(3)
    far.send(101, of=1)
    far.report()

    assert push(far).counts["edited"] == 1
    assert word(far, 1) == shown_after_edit(far)


def test_an_edit_that_lay_at_the_server_when_it_was_decided_is_not_approved(far: Far) -> None:
    """The laptop had no network: its decision is later than the edit, and knew nothing of it."""
    far.send(102, of=2)
    far.wait(5)
    decide(far, 2)
    far.wait(1)
    far.report()

    assert push(far).counts["edited"] == 1
    assert word(far, 2) == shown_after_edit(far)


def test_an_edit_that_was_looked_at_is_approved(far: Far) -> None:
    """What was decided after it came covers it."""
    far.send(102, of=2)
    far.report()
    far.wait(1)
    decide(far, 2)
    words = CENTRAL if far.kind == "central" else KOBO

    assert push(far).counts["write"] == 2
    assert word(far, 2) == words["approved"]


def decide(made: Far, number: int) -> None:
    """Let the coordinator triage an alert and open a case from it."""
    codes = {row["alert_id"]: row["code"] for row in made.scene.rows(tables.alert)}
    with every_decision.deciding(made.scene.register, COORDINATOR, made.scene.now, draw=draw) as by:
        every_decision.triage(by, codes[uid(number)])
        every_decision.open_case(by, codes[uid(number)], owner="M1", new=True)


def test_an_edit_whose_remark_is_settled_is_approved(far: Far) -> None:
    """Somebody looked at it, and said so; a further edit is one more to look at."""
    far.wait(3)
    far.send(101, of=1)
    far.report()
    settle(far, 1)

    assert push(far).counts["write"] == 1
    far.wait(3)
    far.send(111, of=101)
    far.report()
    assert [row["resolved_at"] for row in remarks(far)] == [None]


def remarks(made: Far) -> list[dict[str, Any]]:
    """Return the remarks on alerts that were edited after they were triaged."""
    return [one for one in made.scene.rows(tables.flag) if one["code"] == EDITED_AFTER_TRIAGE]


def settle(made: Far, number: int) -> None:
    """Let the coordinator say of a remark that it was looked at."""
    codes = {row["alert_id"]: row["code"] for row in made.scene.rows(tables.alert)}
    (remark,) = remarks(made)
    with every_decision.deciding(made.scene.register, COORDINATOR, made.scene.now, draw=draw) as by:
        every_decision.resolve_flag(by, codes[uid(number)], remark["flag_id"], resolution="relu")


def test_a_server_whose_settings_cannot_be_used_stops_no_other(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No keyring in which its login lies, say: that is told of it, and the other one gets its reviews."""

    def login(_register: object, server: ServerSettings, *_more: object) -> Kept:
        if server.name == "autre":
            raise KeyringNotInstalled
        return Kept()

    monkeypatch.setattr(reviews, "login_for", login)
    servers = [settings(far, name="autre"), settings(far)]
    order = reviews.Order(far.scene.root, COORDINATOR, far.scene.now)
    other, own = reviews.push(far.scene.register, servers, order)

    assert isinstance(other.failure, ServerNotAsked)
    assert "DK-J02" in other.failure.why
    assert (own.failure, own.counts["write"]) == (None, 1)
