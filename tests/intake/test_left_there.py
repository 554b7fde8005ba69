"""Files that are too large for a pull: told of by everything until a person takes them, and never advised away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sync_scripts.cli.inflow import pull as cli_pull
from sync_scripts.cli.work.history import not_taken
from sync_scripts.intake.checkup import findings
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.places.skipped_files import Left, words
from sync_scripts.register.queries.pages import alert_view
from sync_scripts.servers.http import Client
from sync_scripts.servers.http.errors import TooLarge
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.contract import central_world, kobo_world
from tests.intake.scene import COORDINATOR, Scene, alert
from tests.intake.test_files import PHOTO, states
from tests.intake.test_servers import Far

LIMIT = 1000
VIDEO = b"v" * (LIMIT + 1)


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in that holds a file which is too large, pulled once."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(days=60)
    made = Far(one, request.param, world)
    made.send(1, PHOTO.format(name="p.jpg"), {"p.jpg": VIDEO})
    world.now = one.now
    one.way = replace(one.way, file_limit=LIMIT)
    made.report()
    made.wait(1)
    return made


def left(far: Far) -> tuple[Left, ...]:
    """Return what stands as left at the server."""
    return (Left(far.server.name, "alert" if far.kind == "central" else kobo_world.FORM, 1),)


def test_every_pull_and_verify_name_it(far: Far) -> None:
    """For a person and for a program; the second pull as well as the first."""
    report = far.report()
    found = verify(far.scene.register, [far.server])
    (sentence,) = (words(one) for one in left(far))

    assert report.left == found.left == left(far)
    assert (
        sentence in list(cli_pull.pull_lines(report)),
        sentence in list(cli_pull.verify_lines(found)),
    ) == (
        True,
        True,
    )
    assert [one["words"] for one in (*report.document()["left"], *found.document()["left"])] == [sentence] * 2
    assert (report.files_waiting, report.lacking) == (0, ())


def test_doctor_says_so_and_advises_nobody_to_delete_it(far: Far) -> None:
    """The server has the only copy."""
    register, now = far.scene.register, far.scene.now
    told = [(one.code, one.level, one.server) for one in findings.of_forms(register, now)]
    known = findings.known(register, far.server.name, findings.cutoff(now))
    said = findings.lying("bureau", clear=1, encrypted=0, files=known.files, remedy="DELETE THEM")
    other = findings.known(register, "another", findings.cutoff(now))

    assert told == [("files-left", "warn", far.server.name)]
    assert (known.files, other.files) == (1, 0)
    assert ("DELETE THEM" in said.words, said.level) == (False, "warn")
    assert "DELETE THEM" in findings.lying("b", clear=1, encrypted=0, files=0, remedy="DELETE THEM").words


def test_the_page_of_the_alert_says_so(far: Far) -> None:
    """Whoever works on it knows that there is more than what is here."""
    with far.scene.register.reading() as rows:
        code = str(rows.execute(select(tables.alert.c.code)).scalar_one())
        page = alert_view(rows, code, COORDINATOR)

    assert page["files_left"] == 1
    assert "lies at its server alone" in " ".join(not_taken(page["files_left"]))
    assert list(not_taken(0)) == list(not_taken(None)) == []


def test_a_person_takes_it_by_allowing_more(far: Far) -> None:
    """By hand, for one run; then nothing speaks of it any more."""
    far.scene.way = replace(far.scene.way, file_limit=LIMIT + 1)
    taken = far.report()
    far.scene.way = replace(far.scene.way, file_limit=LIMIT)
    far.wait(30)
    after = far.report()

    assert (taken.files_new, taken.left, after.left, dict(after.notes)) == (1, (), (), {})
    assert [row["size"] for row in far.scene.rows(raw.attachment)] == [len(VIDEO)]
    assert not list(findings.of_forms(far.scene.register, far.scene.now))


def test_what_is_larger_still_stays_left(far: Far) -> None:
    """Allowing too little is said, and takes nothing away."""
    far.world.now += timedelta(minutes=1)
    far.scene.way = replace(far.scene.way, file_limit=LIMIT)

    assert (far.report().left, states(far.scene)) == (left(far), ["refused"])


def test_of_a_stick_it_is_taken_the_same_way(both: Scene) -> None:
    """Nothing in a folder says which submission lies where, so all are looked at for this one run."""
    both.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": VIDEO})
    both.lay("b", alert(2, PHOTO.format(name="q.jpg")), {"q.jpg": b"x"})
    first = both.pull(file_limit=LIMIT)
    second = both.pull(file_limit=LIMIT + 1)

    assert [one.count for one in first.left] == [1]
    assert (second.left, second.files_new, second.new, states(both)) == ((), 1, 0, ["held", "held"])


def test_a_client_believes_no_more_than_somebody_allows() -> None:
    """A file that is announced as larger than its bound is not begun; the bound is raised for one run."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "video/mp4"}, stream=_Long())

    with Client("https://example.org", below=httpx.MockTransport(answer)) as client:
        client.file_limit = 5
        small = client.download("/f")
        client.file_limit = 50
        with client.download("/f") as body:
            whole = body.read()
        with pytest.raises(TooLarge), small:
            small.read()

    assert whole == b"x" * 10


class _Long(httpx.SyncByteStream):
    def __iter__(self) -> Any:
        yield b"x" * 10
