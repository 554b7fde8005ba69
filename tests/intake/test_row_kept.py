"""What the JSON of a KoboToolbox says beside the answers, member by member: where it stands here, or why it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from sync_scripts.servers.kobo.account import FIELDS
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from tests.contract import kobo_world
from tests.intake.scene import Scene, uid
from tests.intake.test_machine import PHOTO
from tests.intake.test_servers import Far

KEPT: Final[dict[str, str]] = {
    "_id": "custody.row",
    "_uuid": "submission.instance_id",
    "meta/instanceID": "submission.instance_id",
    "meta/rootUuid": "submission.root_id",
    "meta/deprecatedID": "submission.deprecated_id",
    "_submission_time": "submission.received_at, custody.stamp when it lies ahead of now",
    "_submitted_by": "submission.submitter",
    "_validation_status.uid": "submission.review",
    "_validation_status.timestamp": "submission.review",
    "_validation_status.by_whom": "custody.account",
    "_attachments.uid": "attachment.mark, as a keyed tag",
    "_attachments.media_file_basename": "attachment.tag, keyed; in clear in the sealed part of the file",
    "_attachments.question_xpath": "attachment.question, by the answer that names the file",
    "_attachments.is_deleted": "attachment.mark",
    "_xform_id_string": "submission.form",
    "__version__": "the sealed XML, deployed_form.version",
    "formhub/uuid": "the sealed XML",
}
"""Member of a row -> where it is kept; the tests below read each place."""

LEFT: Final[dict[str, str]] = {
    "_status": "the same word for every submission",
    "_geolocation": "an answer once more; it is sealed in the XML",
    "_tags": "servers have it no more",
    "_notes": "servers have it no more",
    "_validation_status.label": "the status in the language of whoever asks",
    "_attachments.download_url": "an address",
    "_attachments.download_large_url": "an address",
    "_attachments.download_medium_url": "an address",
    "_attachments.download_small_url": "an address",
    "_attachments.filename": "where the server keeps the file; the name on the phone is kept",
    "_attachments.mimetype": "a guess at bytes that are kept",
}
"""Member of a row -> why it is not kept."""

RECORDED: Final = Path(__file__).parents[1] / "recordings" / "kobo"
ANSWERS: Final = ("start", "end", "deviceid", "username", "meta/audit", "meta/instanceName")
"""Of the phone: they stand in the XML."""


@pytest.fixture
def kobo(one: Scene) -> Far:
    """Give a KoboToolbox with an alert and its photo, edited, approved, its photo deleted there; all of it pulled."""
    world = kobo_world.World()
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    far.send(1, PHOTO, {"p.jpg": b"\xff\xd8 invented"})
    far.report()
    far.wait(1)
    far.send(101, PHOTO, {"p.jpg": b"\xff\xd8 invented"}, of=1)
    world.validate(uid(1), "validation_status_approved", by="coordination")
    far.report()
    far.wait(25)
    files = world.find(uid(1)).files
    files |= {held: (name, content, True) for held, (name, content, _gone) in files.items()}
    far.report()
    return far


def versions(far: Far) -> dict[str, dict[str, Any]]:
    """Return the raw rows by instance id."""
    return {row["instance_id"]: row for row in far.scene.rows(raw.submission)}


def details(far: Far, action: str) -> list[dict[str, Any]]:
    """Return what lines of custody say."""
    with far.scene.register.reading() as rows:
        return [one.entry["details"] for one in custody.read(rows) if one.entry["action"] == action]


def test_ids_and_stamps_are_kept(kobo: Far) -> None:
    """Number, current id, root, the id before, arrival, account, form; each version its own."""
    there = kobo.world.find(uid(1))
    held = versions(kobo)
    received = [one for one in details(kobo, "RECEIVED") if "road" in one]

    assert set(held) == {uid(1), uid(101)}
    assert {row["root_id"] for row in held.values()} == {there.root}
    assert (held[uid(101)]["deprecated_id"], held[uid(1)]["deprecated_id"]) == (uid(1), None)
    at = instant(datetime.fromisoformat(there.received).replace(tzinfo=UTC))
    assert {row["received_at"] for row in held.values()} == {at}
    assert {row["submitter"] for row in held.values()} == {"enum1"}
    assert {row["form"] for row in held.values()} == {kobo_world.FORM}
    assert [(one["version"], one["row"]) for one in received] == [
        (uid(1), there.number),
        (uid(101), there.number),
    ]
    assert not any("stamp" in one for one in received)


def test_status_time_and_reviewer_are_kept(kobo: Far) -> None:
    """The word with its time in the row, the account in the chain."""
    said = kobo.world.find(uid(1)).status
    (line,) = [one for one in details(kobo, "INTEGRITY") if one.get("deed") == "reviewed"]

    assert str(versions(kobo)[uid(101)]["review"]).endswith(f"{said['uid']}@{said['timestamp']}")
    assert (line["account"], line["review"]) == (said["by_whom"], said["uid"])
    assert line["when"] == instant(datetime.fromtimestamp(said["timestamp"], UTC))


def test_the_list_of_files_is_kept(kobo: Far) -> None:
    """Which question each answers, that the server has one no more, and its name, sealed."""
    files = kobo.scene.rows(raw.attachment)
    gone = [row["instance_id"] for row in files if (row["mark"] or "").startswith("gone:")]
    names = [json.loads(one)["name"] for one in kobo.scene.opened("filepart")]

    assert {row["question"] for row in files} == {"story/photo"}
    assert gone == [uid(101)]
    assert all(row["mark"] and row["mark"] != "gone:" for row in files)
    assert set(names) == {"p.jpg"}


def test_a_time_ahead_of_ours_is_kept_as_it_was_said(one: Scene) -> None:
    """The server's clock, or the sender's word: nothing is received in the future, and what was said stays in the chain."""
    world = kobo_world.World()
    world.now = one.now + timedelta(hours=3)
    far = Far(one, "kobo", world)
    far.send(1)
    far.report()
    (line,) = [each for each in details(far, "RECEIVED") if "road" in each]
    (row,) = versions(far).values()

    assert row["received_at"] == line["at"] == instant(one.now)
    assert line["stamp"] == instant(datetime.fromisoformat(world.find(uid(1)).received).replace(tzinfo=UTC))


def test_nobody_is_not_whoever_the_phone_says(one: Scene) -> None:
    """Sent without an account: the server says so, and a name that the phone wrote proves nobody."""
    world = kobo_world.World()
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    far.send(1, "<username>RD-07</username>")
    world.find(uid(1)).submitter = None
    far.report()

    assert [row["submitter"] for row in versions(far).values()] == [None]


def test_every_member_of_a_row_is_kept_or_named() -> None:
    """Those that are asked for, and all that were ever recorded; none is in both tables."""
    asked = {*FIELDS, "meta/rootUuid"} - {"_validation_status", "_attachments"}
    recorded = {
        name
        for path in sorted(RECORDED.glob("*.json"))
        for name in members(json.loads(path.read_text("utf-8")))
    }

    assert {"_id", "_validation_status.by_whom", "_attachments.question_xpath"} <= recorded
    assert (asked | recorded) - KEPT.keys() - LEFT.keys() == set()
    assert KEPT.keys() & LEFT.keys() == set()
    assert asked <= KEPT.keys()


def members(said: Any) -> Iterator[str]:
    """Yield the members of every row in an answer that are no answers of a form."""
    if isinstance(said, list):
        for each in said:
            yield from members(each)
    elif isinstance(said, dict):
        if "_id" in said and "_uuid" in said:
            yield from _members_of_row(said)
        for each in said.values():
            yield from members(each)


def _members_of_row(row: dict[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if name in {"_validation_status", "_attachments"}:
            parts = value if isinstance(value, list) else [value]
            yield from (f"{name}.{each}" for part in parts for each in part)
        elif name.startswith(("_", "meta/", "formhub/")) and name not in ANSWERS:
            yield name
