"""Files of a version that an edit left behind at a Central: its own, asked for by version, never those of the present one."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import httpx
import pytest

from sync_scripts.intake.notes import FileUnread
from sync_scripts.servers.central import Central
from sync_scripts.store.schema import raw
from tests.contract import central_world
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far

FIRST, SECOND = b"\xff\xd8 first", b"\xff\xd8 the second one"


@pytest.fixture(params=[False, True], ids=["own", "store"])
def central(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in, which keeps its files itself or in a store elsewhere."""
    world = central_world.World(
        forms={"alert": []}, now=one.now - timedelta(hours=2), store=bool(request.param)
    )
    return Far(one, "central", world)


def photo(name: str) -> str:
    """Return answers that announce a photo."""
    return f"<story><safe_to_photo>yes</safe_to_photo><photo>{name}</photo></story>"


def held(far: Far) -> dict[str, tuple[str, int | None]]:
    """Return how the file of each version stands here, and its size."""
    return {row["instance_id"]: (row["state"], row["size"]) for row in far.scene.rows(raw.attachment)}


@pytest.mark.parametrize("later", ["b.jpg", "a.jpg"])
def test_the_photo_of_a_version_that_was_never_the_present_one_comes(central: Far, later: str) -> None:
    """Sent and edited before the first pull: each version has its own photo, under whatever name."""
    central.send(1, photo("a.jpg"), {"a.jpg": FIRST})
    central.send(101, photo(later), {later: SECOND}, of=1)
    report = central.report()
    central.world.log.clear()
    again = central.report()

    assert held(central) == {uid(1): ("held", len(FIRST)), uid(101): ("held", len(SECOND))}
    assert (report.files_new, report.files_waiting, report.needs_person) == (2, 0, False)
    assert (again.files_new, [path for _method, path, _status in central.world.log if "attach" in path]) == (
        0,
        [],
    )


def test_each_of_many_versions_has_its_own(central: Far) -> None:
    """Also those between the first and the last one; a photo that an edit keeps is that of the version before."""
    for number, before, sent in ((1, 0, b"1"), (101, 1, b"22"), (102, 101, None), (103, 102, b"4444")):
        central.send(number, photo("p.jpg"), {"p.jpg": sent} if sent else None, of=before or None)
    central.report()

    assert held(central) == {
        uid(1): ("held", 1),
        uid(101): ("held", 2),
        uid(102): ("held", 2),
        uid(103): ("held", 4),
    }


def test_a_photo_that_comes_after_its_version_was_edited_is_taken(central: Far) -> None:
    """Waited for like any other, by version, though the present one announces none."""
    central.send(1, photo("a.jpg"))
    first = central.report()
    central.wait(1)
    central.send(101, of=1)
    second = central.report()
    central.world.find("alert", uid(1)).first.files["a.jpg"] = FIRST
    central.wait(1)
    third = central.report()

    assert [one.files_waiting for one in (first, second, third)] == [1, 1, 0]
    assert (third.files_new, held(central)) == (1, {uid(1): ("held", len(FIRST))})


def test_a_list_that_a_server_does_not_give_by_version_is_said(central: Far) -> None:
    """It waits, and everything else is taken."""
    central.send(1, photo("a.jpg"), {"a.jpg": FIRST})
    central.send(101, photo("b.jpg"), {"b.jpg": SECOND}, of=1)
    end = f"/versions/{uid(1)}/attachments"
    central.world.knob = lambda request: (
        httpx.Response(404, json={"code": 404.1}) if request.url.path.endswith(end) else None
    )
    report = central.report()

    assert (report.new + report.edited, report.files_new) == (2, 1)
    assert dict(report.notes)[FileUnread.code] == 1
    assert held(central) == {uid(1): ("announced", None), uid(101): ("held", len(SECOND))}


def test_the_digest_of_a_file_is_that_of_its_version(central: Far) -> None:
    """Asked by name alone, the present version's would be taken for a replacement."""
    central.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    central.send(101, photo("p.jpg"), {"p.jpg": SECOND}, of=1)
    server = cast(Central, central.server)
    places = [one.place for page in server.pages(None) for one in page.sightings]
    marks = [server.mark_of(ref) for place in places for ref in server.attachments(place)]

    assert len(set(marks)) == 2
    assert all(marks)
