"""Who edited or deleted a submission at a KoboToolbox, and when: a detail beside what comparing found, where it may be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.intake.places import who
from sync_scripts.register.care import rebuild
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.queries.submissions import beside, server_deeds
from sync_scripts.servers.kobo import sharing
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.contract import central_world, kobo_world
from tests.intake.scene import COORDINATOR, Scene, flags, uid
from tests.intake.test_servers import Far, states


@pytest.fixture
def far(one: Scene) -> Far:
    """Give a KoboToolbox whose account may manage its form, with three alerts that are pulled."""
    world = kobo_world.World(manages=True)
    world.now = one.now - timedelta(hours=2)
    made = Far(one, "kobo", world)
    for number in (1, 2, 3):
        made.send(number)
    made.report()
    made.wait(1)
    return made


def deeds(far: Far) -> list[tuple[str, str, str, str]]:
    """Return root, deed, account and time of what is written down."""
    with far.scene.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows)]
    return [
        (one["object"], one["details"]["deed"], one["details"]["account"], one["details"]["when"])
        for one in lines
        if "deed" in one["details"]
    ]


def asked(far: Far, since: int = 0) -> list[str]:
    """Return the methods of the questions to the history."""
    return [method for method, path, _status in far.world.log[since:] if path.endswith("/history/")]


def stamp(far: Far) -> str:
    """Return the server's clock in whole seconds."""
    return instant(far.world.now.replace(microsecond=0))


def test_an_edit_and_a_deletion_bear_account_and_time(far: Far) -> None:
    """The deletion is dated by the server, not by when it was noticed; no address is kept; the next run asks nothing."""
    far.send(101, of=1)
    edited = stamp(far)
    far.wait(1)
    far.world.delete(uid(2), by="inconnu")
    deleted = stamp(far)
    far.wait(3)
    far.report()
    before = len(far.world.log)
    far.report()

    assert sorted(deeds(far)) == [
        (uid(1), "edited", "enum1", edited),
        (uid(2), "deleted", "inconnu", deleted),
    ]
    assert [at for at in far.rows("gone_at") if at[0]] == [(deleted,)]
    assert "gone_at_server" in flags(far.scene)
    assert asked(far, before) == []
    assert not any("192.0.2" in row["line"] for row in far.scene.rows(raw.custody))
    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_without_the_right_one_question_a_run_and_nothing_is_missing(far: Far) -> None:
    """A reading account gets 403: remembered for the run, the next form is not tried; what was found stays as it is."""
    far.world.manages = False
    far.send(101, of=1)
    far.world.delete(uid(2))
    before = len(far.world.log)
    report = far.report()

    assert asked(far, before) == ["GET"]
    assert (report.edited, sorted(states(far))) == (1, ["deleted", "ok", "ok", "ok"])
    assert deeds(far) == []


def test_what_could_not_be_asked_is_asked_once_the_right_is_there(far: Far) -> None:
    """What to ask is read from the register: neither a refusal nor a cut loses it."""
    far.world.manages = False
    far.send(101, of=1)
    far.report()
    far.world.manages = True
    far.report()

    assert [one[:3] for one in deeds(far)] == [(uid(1), "edited", "enum1")]


def test_nothing_found_is_nothing_asked(far: Far) -> None:
    """The history is no detector: a run in which nothing changed does not look at it, nor does a first pull."""
    assert asked(far) == []
    far.send(4)
    far.world.history.append(
        {
            "asset": kobo_world.FORM,
            "username": "x",
            "action": "delete-submission",
            "metadata": {"submission": {"root_uuid": uid(3).removeprefix("uuid:")}},
            "date_created": "2026-11-20T08:00:00Z",
        }
    )
    far.report()

    assert asked(far) == []
    assert states(far) == ["ok"] * 4


def test_a_deletion_that_the_data_do_not_show_is_passed_over(far: Far) -> None:
    """Its row is there, edited: the history alone marks nothing and is not believed."""
    far.send(101, of=1)
    far.world.history.append(
        {
            "asset": kobo_world.FORM,
            "username": "x",
            "action": "delete-submission",
            "metadata": {"submission": {"root_uuid": uid(1).removeprefix("uuid:")}},
            "date_created": "2026-11-20T08:00:00Z",
        }
    )
    far.report()

    assert [one[1] for one in deeds(far)] == ["edited"]
    assert set(states(far)) == {"ok"}


def test_an_empty_history_is_asked_once_and_believed_by_nobody(far: Far) -> None:
    """It has a line for every reading of ours: none at all means that it does not work, not that nobody did it."""
    far.send(101, of=1)
    empty: dict[str, object] = {"count": 0, "next": None, "previous": None, "results": []}
    far.world.knob = lambda request: (
        httpx.Response(200, json=empty) if request.url.path.endswith("/history/") else None
    )
    before = len(far.world.log)
    far.report()
    after_empty = asked(far, before)
    far.world.knob = lambda _request: None
    far.report()

    assert after_empty == ["GET"]
    assert [one[:3] for one in deeds(far)] == [(uid(1), "edited", "enum1")]


@pytest.mark.parametrize("status", [500, 502, 404])
def test_a_history_that_fails_fails_no_pull(far: Far, status: int) -> None:
    """HTML or not; the next run asks again, and each answer is written down once."""
    far.send(101, of=1)
    far.world.knob = lambda request: (
        httpx.Response(status, text="<html></html>", headers={"content-type": "text/html"})
        if request.url.path.endswith("/history/")
        else None
    )
    report = far.report()
    far.world.knob = lambda _request: None
    far.report()
    far.send(102, of=101)
    far.report()

    assert report.edited == 1
    assert [one[:2] for one in deeds(far)] == [(uid(1), "edited")] * 2


def test_a_review_is_no_edit(far: Far) -> None:
    """It stands in the history under the same name, with a status; the row itself says it better, and it is written once."""
    far.review(1, "", "validation_status_approved")
    far.wait(1)
    far.send(101, of=1)
    far.report()

    assert [one[1] for one in deeds(far)] == ["reviewed", "edited"]


def test_questions_are_bounded_and_none_is_lost(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """More edits than one run may ask about: the next runs go on where it stopped."""
    monkeypatch.setattr(who, "AT_ONCE", 2)
    for number in (1, 2, 3):
        far.send(100 + number, of=number)
    before = len(far.world.log)
    far.report()
    first = len(asked(far, before)), len(deeds(far))
    far.report()

    assert first == (2, 2)
    assert {one[0] for one in deeds(far)} == {uid(1), uid(2), uid(3)}
    assert len(deeds(far)) == 3


def test_a_history_that_shows_fewer_lines_than_it_counts_is_asked_about_fewer_at_once(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of reviews count too: an edit behind them would be passed over for good."""
    monkeypatch.setattr(sharing, "LINES", 2)
    for number in (1, 2, 3):
        far.send(100 + number, of=number)
        far.wait(1)
        far.review(number, "", "validation_status_approved")
    far.report()
    far.report()

    assert {one[0] for one in deeds(far) if one[1] == "edited"} == {uid(1), uid(2), uid(3)}


def edited_often(far: Far, times: int) -> list[str]:
    """Let one submission be edited so often, two of them within each second; return when, once each."""
    before, when = 1, set()
    for number in range(times):
        now = far.world.now
        far.send(100 + number, of=before)
        far.world.history[-1]["date_created"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        when.add(instant(now.replace(microsecond=0)))
        before = 100 + number
        far.world.now = now + timedelta(seconds=number % 2)
    far.wait(1)
    return sorted(when)


@pytest.mark.parametrize("lines", [3, 1000])
def test_of_one_submission_with_more_lines_than_a_page_all_are_had(
    far: Far, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    """Page by page back in time, and none between two pages is passed over; the others are answered, too."""
    monkeypatch.setattr(sharing, "LINES", lines)
    when = edited_often(far, 7)
    far.send(102, of=2)
    far.report()

    assert sorted({at for root, _deed, _by, at in deeds(far) if root == uid(1)}) == when
    assert {deed for _root, deed, _by, _at in deeds(far)} == {"edited"}
    assert {root for root, *_rest in deeds(far)} == {uid(1), uid(2)}


def test_what_a_history_does_not_hand_over_is_told(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """One second has more lines than a page, or there are too many pages: it stands in the history of the alert, once."""
    monkeypatch.setattr(sharing, "LINES", 2)
    edited_often(far, 7)
    far.report()
    with far.scene.register.reading() as rows:
        lines = list(server_deeds(rows, _code(far, 1), actor=COORDINATOR))
    words = [told(one["op"], one["payload"], hidden=one["hidden"]) for one in lines]
    far.report()

    assert [one["op"] for one in lines] == ["server.untold", "server.edited", "server.edited"]
    assert (
        words[0] == "what was done to a form at kobo before this moment is more than its history hands over"
    )
    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_no_more_pages_of_a_history_are_asked_for_than_are_bounded(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are had, and the rest is told as untold."""
    monkeypatch.setattr(sharing, "LINES", 3)
    monkeypatch.setattr(sharing, "PAGES", 2)
    edited_often(far, 9)
    before = len(far.world.log)
    far.report()

    assert len(asked(far, before)) == 4  # whether it works, the newest, and two before
    assert sorted(one[1] for one in deeds(far)).count("untold") == 1


def test_a_dry_run_asks_nobody(far: Far) -> None:
    """It writes nothing, so it has nothing to ask for."""
    far.send(101, of=1)
    far.pull(dry_run=True)

    assert asked(far) == []


def test_a_central_is_not_asked(one: Scene) -> None:
    """It says by itself when something was deleted."""
    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    made = Far(one, "central", world)
    made.send(1)
    made.send(101, of=1)
    made.report()

    assert deeds(made) == []


def test_it_is_read_beside_what_was_decided(far: Far) -> None:
    """By the code of the alert, in the server's time, with the account; of a C4 case without the account."""
    far.send(101, of=1)
    far.report()
    far.wait(1)
    far.world.delete(uid(1), by="inconnu")
    far.report()
    code = _code(far, 1)
    with far.scene.register.reading() as rows:
        lines = list(server_deeds(rows, code, actor=COORDINATOR))
        others = list(server_deeds(rows, _code(far, 2), actor=COORDINATOR))
        history: dict[str, Any] = {"code": code, "history": [{"at": "2000-01-01T00:00:00.000000Z"}]}
        whole = beside(rows, history, COORDINATOR)
    words = [told(one["op"], one["payload"], hidden=one["hidden"]) for one in lines]

    assert [one["op"] for one in lines] == ["server.edited", "server.deleted"]
    assert words[0] == "a form was changed at kobo with the account enum1"
    assert words[-1] == "a form was deleted at kobo with the account inconnu"
    assert others == []
    assert [one["at"] for one in whole] == sorted(one["at"] for one in whole)


def test_of_a_c4_case_no_account_is_said(far: Far) -> None:
    """To whoever neither owns it nor coordinates; on the page of the case it is left out."""
    far.world.delete(uid(1), by="inconnu")
    far.report()
    blank = dict.fromkeys(column.name for column in tables.case.columns)
    secret = {
        "case_code": "DK-X",
        "confidentiality": "C4",
        "owner_code": "RD-1",
        "state": "active",
        "urgency": "high",
        "level": "high",
        "service_only": False,
        "legal_hold": False,
        "opened_at": "2026-11-20T08:00:00.000000Z",
    }
    with far.scene.register.writing() as rows:
        rows.many(tables.case, [{**blank, **secret}])
        rows.execute(tables.filing.update().where(tables.filing.c.root_id == uid(1)).values(case_code="DK-X"))
    with far.scene.register.reading() as rows:
        (hidden,) = server_deeds(rows, actor=Actor("RD-2", "claimed"))
        (shown,) = server_deeds(rows, actor=Actor("RD-1", "key"))
        page = beside(rows, {"code": "DK-X", "history": []}, Actor("RD-2", "claimed"))

    assert "inconnu" not in str(hidden)
    assert "inconnu" not in told(hidden["op"], hidden["payload"], hidden=hidden["hidden"])
    assert shown["payload"]["account"] == "inconnu"
    assert page == []


def _code(far: Far, number: int) -> str:
    filing, alert = tables.filing, tables.alert
    with far.scene.register.reading() as rows:
        query = alert.select().join(filing, filing.c.filing_no == alert.c.filing_no)
        found = rows.execute(query.where(filing.c.root_id == uid(number))).mappings().one()
    return str(found["code"])
