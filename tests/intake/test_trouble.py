"""Sources that fail, runs that are cut, runs that only look: nothing is lost, nothing is done twice."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from sync_scripts.errors import DikaloError
from sync_scripts.intake.report import PullReport
from sync_scripts.register.queries.today import today
from sync_scripts.servers.base import AttachmentRef, Found, Kind, Page, Sighting, Unread
from sync_scripts.servers.folder import Folder
from sync_scripts.store import durable
from sync_scripts.store.canonical import instant
from sync_scripts.store.errors import DiskFull
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import alert as alerts
from sync_scripts.store.seal.sealed_files import INCOMING
from tests.faults.points import at, points
from tests.intake.scene import FORMS, Scene, alert, edit_of, flags, story

PHOTO = "<story><photo>{name}</photo></story>"


def test_a_source_that_is_not_there_is_a_failure(one: Scene) -> None:
    """A disk that is not plugged in never looks like nothing new."""
    one.lay("a", alert(1))
    one.root.rename(one.root.with_name("gone"))
    done = one.try_pull()

    assert done.failure is not None
    assert (done.failure.code, done.failure.exit_code) == ("DK-I01", 5)
    assert one.rows(raw.run)[0]["outcome"] == "failed"


def test_one_source_that_fails_does_not_stop_the_others(one: Scene, tmp_path: Path) -> None:
    """The second folder is pulled although the first one is not there."""
    one.lay("a", alert(1))
    done = one.try_pull(Folder(tmp_path / "nowhere"), one.server)

    assert done.failure is not None
    assert done.report.new == 1


def named(name: str, root: Path) -> Folder:
    """Return a folder that stands for a server."""
    made = Folder(root)
    made.name = name
    return made


def test_each_source_has_a_record_of_its_own(both: Scene, tmp_path: Path) -> None:
    """One that is down does not make the one that was read look old, nor the other way round."""
    both.lay("a", alert(1))
    office = named("office", both.root)
    assert both.try_pull(office, named("kobo", tmp_path / "nowhere")).failure is not None
    ended = {row["server"]: row for row in both.rows(raw.run)}

    assert {name: row["outcome"] for name, row in ended.items()} == {"office": "done", "kobo": "failed"}
    assert [msgspec.json.decode(ended[name]["counts"])["new"] for name in ("office", "kobo")] == [1, 0]
    with both.register.reading() as rows:
        pulled = {one.server: one for one in today(rows, both.now, ["office", "kobo"]).pulled}
    assert (pulled["office"].at, pulled["office"].failed) == (instant(both.now), False)
    assert (pulled["kobo"].at, pulled["kobo"].failed) == (None, True)


def test_what_broke_off_is_failed_for_what_was_not_read_yet(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the files of the second source: the first one was read to its end, and its record says so."""

    def full(_self: Folder, _place: str) -> tuple[AttachmentRef, ...]:
        raise DiskFull

    one.lay("a", alert(1), {"a.jpg": b"a photo"})
    second = named("second", one.root)
    real = Folder.attachments
    monkeypatch.setattr(
        Folder, "attachments", lambda self, place: (full if self is second else real)(self, place)
    )
    with pytest.raises(DiskFull):
        one.try_pull(named("first", one.root), second, named("third", one.root))

    outcomes = {row["server"]: row["outcome"] for row in one.rows(raw.run)}
    assert outcomes == {"first": "done", "second": "failed", "third": "failed"}


def test_only_this_workspace_s_dead_run_is_noted_as_failed(both: Scene) -> None:
    """On a shared register another laptop may be pulling at this moment; in a file there is nobody else.

    Nor is one of another source: it may be between its answers and its files, in a process of its own.
    """
    begun = {"command": "pull", "actor_code": "coord-1", "outcome": "running", "counts": "{}"}
    at = instant(both.now)
    own, other, parked = f"{both.register.workspace_id}-1", "f" * 32 + "-1", f"{both.register.workspace_id}-2"
    name = both.server.name
    lines = [
        {**begun, "id": one, "server": server, "started_at": at}
        for one, server in ((own, name), (other, name), (parked, "kobo"))
    ]
    with both.register.writing() as rows:
        rows.many(raw.run, lines)
    both.pull()
    outcomes = {row["id"]: row["outcome"] for row in both.rows(raw.run)}

    shared = both.register.dialect == "postgresql"
    assert (outcomes[own], outcomes[other]) == ("failed", "running" if shared else "failed")
    assert outcomes[parked] == "running"


def test_a_source_that_vanishes_keeps_what_was_stored(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cable is pulled in the second page: what was read of it is stored, the run fails, the next one goes on."""
    for number in range(80):
        one.lay(f"a{number:02}", alert(number))
    real = Folder.fetch

    def cut(self: Folder, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        for found in real(self, sightings):
            if "a60" in found.sighting.place:
                one.root.rename(one.root.with_name("gone"))
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "fetch", cut)
        done = one.try_pull()
    assert done.failure is not None
    assert done.failure.code == "DK-I03"
    assert one.count(raw.submission) == 61
    one.root.with_name("gone").rename(one.root)

    assert one.pull().new == 19


def test_a_submission_that_cannot_be_read_is_tried_again(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """One damaged sector stops nothing; the run says so and the next one reads it."""
    one.lay("a", alert(1))
    one.lay("b", alert(2))
    real = Folder.fetch

    def damaged(self: Folder, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        for found in real(self, sightings):
            yield Unread(found.sighting, "DK-I04") if "/a/" in found.sighting.place else found

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "fetch", damaged)
        first = one.pull()

    assert (first.new, first.unread, dict(first.notes), first.needs_person) == (1, 1, {"DK-I36": 1}, True)
    assert one.pull().new == 1


def test_two_servers_give_two_raw_rows_and_one_alert(both: Scene) -> None:
    """One submission that came to Central and was copied from the phone is one alert, and says so."""
    both.lay("a", alert(1))
    both.pull()
    other = Other([alert(1)])
    report = both.pull(other)
    again = both.pull(other)

    assert (report.new, report.quarantined_new) == (1, 0)
    assert (again.new, again.unchanged) == (0, 1)
    assert {row["server"] for row in both.rows(raw.submission)} == {"central", "folder"}
    assert all(row["current"] for row in both.rows(raw.submission))
    assert both.count(alerts) == 1
    assert "two_roads" in flags(both)


class Other(Folder):
    """A server of another name that shows what it was given."""

    kind: Kind = "central"
    name = "central"

    def __init__(self, contents: list[bytes]) -> None:
        super().__init__(Path("nowhere"))
        self._contents = contents

    @property
    def origin(self) -> str:
        """Return one name: there is one such server."""
        return "central"

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield one page with the contents in it, and a cursor."""
        start = int(after or 0)
        shown = [
            Sighting(place=f"s{number}", size=len(content), content=content, road="central", files=0)
            for number, content in enumerate(self._contents)
        ]
        yield Page(tuple(shown), cursor=str(start + len(shown)))

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield what the page brought along."""
        for one in sightings:
            yield Found(one, one.content or b"")


def test_the_cursor_goes_on_with_the_rows_of_its_page(both: Scene) -> None:
    """A server's cursor is stored with the page, and given back at the next pull."""
    both.pull(Other([alert(1), alert(2)]))
    both.pull(Other([alert(1), alert(2), alert(3)]))
    (mark,) = both.rows(raw.watermark)

    assert (mark["server"], mark["value"]) == ("central", "5")
    assert both.count(raw.submission) == 3


# --- only looking -------------------------------------------------------------------------------------------------


def fill(made: Scene) -> None:
    """Lay a bit of everything into the source."""
    content = alert(1, PHOTO.format(name="p.jpg"))
    made.lay("a", content, {"p.jpg": b"photo"})
    made.lay("b", alert(2, story("x"), meta=edit_of(1)))
    made.lay("c", alert(3)[:-20])
    made.lay("d", alert(4, PHOTO.format(name="late.jpg")))
    made.lay("e", alert(5), {"empty.jpg": b"", "con.txt": b"1"})
    made.lay("f", alert(6, version="1"))
    made.lay("g", alert(7, story("one")))
    made.lay("h", alert(7, story("other")))
    made.phone("A_2026-11-24_10-00-00", content, {"p.jpg": b"photo", "q.jpg": b"q"})


def test_a_dry_run_says_what_a_real_one_does_and_writes_nothing(one: Scene, tmp_path: Path) -> None:
    """The same report, and not one byte of the workspace is touched."""
    fill(one)
    for number in range(100, 170):
        one.lay(f"n{number}", alert(number))
    one.register.close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    looked = one.pull(dry_run=True)
    one.register.close()
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert after == before
    assert plain(looked) == plain(one.pull())
    assert plain(one.pull(dry_run=True)) == plain(one.pull())


def plain(report: PullReport) -> dict[str, object]:
    """Return a report without what only a real run can count."""
    document = report.document()
    for name in ("dry_run", "files_waiting", "lacking"):
        del document[name]
    return document


# --- cut off ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here, as far as the code can tell."""


def end() -> None:
    """End the run."""
    raise Killed


def is_cut(made: Scene, watcher: Callable[[str], None]) -> bool:
    """Pull while something listens; return whether it ended the run."""
    durable.watch(watcher)
    try:
        made.pull()
    except Killed:
        return True
    finally:
        durable.watch(None)
    return False


def test_a_pull_cut_off_at_any_step_is_finished_by_the_next(one: Scene, tmp_path: Path) -> None:
    """Whatever deed is the last one: nothing lost, nothing double, the same register as without the cut."""
    fill(one)
    one.register.close()
    template = tmp_path / "template.db"
    shutil.copyfile(tmp_path / "register.db", template)
    names: list[str] = []
    assert not is_cut(one, names.append)
    wanted = kept(one)

    for point in points(names)[:: max(1, len(names) // 12)]:
        again = fresh(one, template)
        while not is_cut(
            again, at(point, end)
        ):  # a step that depends on chance: a shelf that was there already
            again = fresh(one, template)
        again.pull()
        assert kept(again) == wanted, point
        assert not list(again.register.folder.glob(f"{INCOMING}/*"))


def test_a_place_whose_files_came_later_stays_the_place_it_was_stored_from(one: Scene) -> None:
    """Cut off between a page and its files, a place is read again; it is still no repeat of itself."""
    one.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": b"photo"})
    assert is_cut(one, at_first("file.create"))
    assert [(row["state"], row["reason"]) for row in one.rows(raw.place)] == [("stored", "files")]

    assert one.pull().repeats == 0
    assert [(row["state"], row["reason"]) for row in one.rows(raw.place)] == [("stored", None)]


def at_first(name: str) -> Callable[[str], None]:
    """Return a watcher that ends the run before the first step of a name."""

    def watch(said: str) -> None:
        if said == name:
            raise Killed

    return watch


def fresh(made: Scene, template: Path) -> Scene:
    """Put the register back as it was before anything was pulled, in the same file: it is the one that is open."""
    made.register.close()
    folder = template.parent
    for path in folder.glob("register.db-*"):
        path.unlink()
    shutil.copyfile(template, folder / "register.db")
    shutil.rmtree(made.register.folder, ignore_errors=True)
    return Scene(made.register, made.root, made.world)


def kept(made: Scene) -> dict[str, object]:
    """Return what must be the same after any interruption, the moments of pulling left out."""
    found = {
        "versions": [
            (row["root_id"], row["instance_id"], row["current"], row["arrival"])
            for row in made.rows(raw.submission)
        ],
        "files": [(row["tag"], row["state"], row["size"]) for row in made.rows(raw.attachment)],
        "quarantine": [(one.code, one.problem, one.state) for one in made.aside()],
        "alerts": [(row["alert_id"], row["code"], row["urgency"]) for row in made.rows(alerts)],
    }
    return {**found, "opened": sorted(made.opened("raw", "row", "file", "quarantine"))}


def test_a_full_disk_stops_the_pull_and_a_later_one_finishes(one: Scene) -> None:
    """No room for a photo: said as such, what was stored is whole, and after freeing space the rest comes."""
    fill(one)

    def full(name: str) -> None:
        if name == "file.write":
            raise OSError(errno.ENOSPC, "no room")

    durable.watch(full)
    try:
        with pytest.raises(DiskFull):
            one.pull()
    finally:
        durable.watch(None)
    assert one.rows(raw.run)[0]["outcome"] == "failed"
    assert not list((one.register.folder / INCOMING).iterdir())
    one.pull()

    assert len(one.opened("file")) == 3


def test_a_fault_of_one_page_leaves_the_pages_before_it(one: Scene) -> None:
    """Fifty submissions are stored, the next page fails: the fifty stay, nothing of the page is there."""
    for number in range(80):
        one.lay(f"a{number:02}", alert(number))
    pages: list[str] = []

    def watch(name: str) -> None:
        pages.append(name)
        if name == "commit" and pages.count("pull.page") == 2:
            raise DiskFull

    durable.watch(watch)
    try:
        with pytest.raises(DikaloError):
            one.pull()
    finally:
        durable.watch(None)

    assert one.count(raw.submission) == one.count(alerts) == 50
    assert one.pull().new == 30


# --- logs and errors ----------------------------------------------------------------------------------------------

CANARY = "Zq7xCanari"


def test_nothing_that_is_said_holds_an_answer(
    one: Scene, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Answers, file names and ids stay out of reports, records, tables, logs and errors."""
    caplog.set_level("DEBUG")
    name = f"{CANARY}.jpg"
    one.lay(
        CANARY,
        alert(1, f"<story><short_text>{CANARY} was here</short_text><photo>{name}</photo></story>"),
        {name: b"x"},
    )
    one.lay("b", alert(2, story(CANARY))[:-30], {name: b""})
    one.lay("c", alert(3, f"<q{CANARY}/>", form="other"))
    one.lay("d", alert(4, f"<unasked>{CANARY}</unasked>"))
    one.lay("e", alert(5).replace(b"<region>CM010", f"<region>{CANARY}\xff".encode("latin-1")))
    one.lay("f", alert(6, meta=f"<instanceName>{CANARY}</instanceName>"))
    report = one.pull()
    said = f"{report}{report.document()}{caplog.text}{capsys.readouterr()}"

    assert CANARY not in said
    dumped = str(one.dump("sealed_item", "key_page"))
    assert dumped.count(CANARY) == dumped.count(f'[["{CANARY}",{{}}]') == 0 or CANARY not in without_names(
        dumped
    )


def without_names(dumped: str) -> str:
    """Return a dump without the names of unknown questions, which are no answers."""
    return dumped.replace(f'["{CANARY}",{{}}]', "").replace(f"question_unknown|{CANARY}", "")


def test_the_whole_of_the_samples_twice(one: Scene) -> None:
    """Everything of the samples in one folder, pulled twice: the second time nothing moves."""
    for form in ("alert", "case", "followup", "closure", "situation"):
        shutil.copytree(FORMS / "samples" / form, one.root / form)
    one.pull()
    before = one.dump("run")
    report = one.pull()

    assert report.seen == report.unchanged
    assert one.dump("run") == before
