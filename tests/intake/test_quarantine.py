"""What was put aside: listed, shown, tried again from its source, and from the vault when the source is gone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.places import table
from sync_scripts.intake.places.owed import owed
from sync_scripts.intake.quarantine import (
    NoSuchEntry,
    entries,
    entry,
    retry,
    retry_opened,
    sealed_bytes,
    written,
)
from sync_scripts.intake.receive.split import entry_code
from sync_scripts.register.building.unread_notices import unread
from sync_scripts.register.queries.submissions import at_servers
from sync_scripts.store.schema import raw
from sync_scripts.store.statements import PUT_ASIDE
from tests.contract import central_world
from tests.intake.scene import COORDINATOR, Scene, alert, edit_of, story, uid
from tests.intake.test_servers import Far
from tests.register.field import dealt


def only(scene: Scene) -> str:
    """Return the code of the one open entry."""
    with scene.register.reading() as rows:
        (found,) = entries(rows)
    return found.code


def test_an_entry_says_why_and_what_to_do(both: Scene) -> None:
    """A person sees form, version, place and a sentence; never a value or a file name."""
    both.lay("a", alert(1, story("Kumba-7731"))[:-25])
    both.lay("b", alert(2, version="1999"))
    both.pull()
    with both.register.reading() as rows:
        found = entries(rows)
        shown = entry(rows, found[0].code)

    assert {(one.problem, one.form, one.version, one.place) for one in found} == {
        ("DK-I14", "", "", "line 1"),
        ("DK-I23", "alert", "1999", ""),
    }
    assert shown == found[0]
    assert all(one.words() and "Kumba" not in f"{one}{one.words()}" for one in found)
    assert all(one.kept and one.tries == 1 for one in found)


@pytest.mark.parametrize("typed", ["Q-0123-ABCD", "q0123abcd", "q-oi23 abcd", "Q-OL23-ABCD"])
def test_a_code_is_read_as_people_write_it(typed: str) -> None:
    """Capitals, hyphens, blanks and look-alikes do not matter."""
    assert written(typed) == "Q-0123-ABCD"


@pytest.mark.parametrize("typed", ["", "Q", "Q-0123-ABC", "AL-0123-ABCD", "Q-0123-ABCD-E", "Q-0123-ABC%"])
def test_what_is_no_code_names_no_entry(one: Scene, typed: str) -> None:
    """A mistyped code is said, and shows nothing."""
    with one.register.reading() as rows, pytest.raises(NoSuchEntry) as caught:
        entry(rows, typed)
    assert "%" not in caught.value.words()


def test_codes_of_entries_are_steady_and_well_formed() -> None:
    """The same place gives the same code again; it can be read aloud."""
    code = entry_code("0123456789abcdef0123456789abcdef")

    assert code == entry_code("0123456789abcdef0123456789abcdef")
    assert written(code) == code


def test_an_entry_keeps_what_it_may_be_about(both: Scene) -> None:
    """An edit that cannot be read may say no: it is known of which submission it is, and which codes it names; no answer is kept."""
    both.lay("a", alert(1))
    both.pull()
    named = (
        f"<case_code>{dealt(0, 'DK')}</case_code><contact><contact_code>677000000</contact_code></contact>"
    )
    both.lay("b", alert(11, named, meta=edit_of(1), version="1999"))
    both.lay("c", alert(2)[:-20])
    both.pull()

    about = {row["problem"]: row["names"] for row in both.rows(raw.place, raw.place.c.problem.is_not(None))}
    assert about == {"DK-I23": " ".join(sorted({uid(1), uid(11), dealt(0, "DK")})), "DK-I14": ""}


def test_a_place_that_is_forgotten_is_owed_and_keeps_what_lies_sealed(both: Scene) -> None:
    """It is counted and asked for until it is read anew; the bytes that lie here are known to the register all the while."""
    both.lay("a", alert(1)[:-20])
    both.lay("b", alert(2))
    both.pull()
    (before,) = both.aside()
    with both.register.writing() as rows:
        named = {one["tag"]: ("alert", f"root {number}") for number, one in enumerate(both.rows(raw.place))}
        table.forget(rows, before.server, named, both.now)
        assert set(owed(rows, before.server)) == set(named.values())
        assert at_servers(rows) == len(named) == 2
    left = {one["tag"]: one for one in both.rows(raw.place)}

    assert {one["state"] for one in left.values()} == {table.OWED}
    assert [one["key_page"] is not None for one in left.values() if one["problem"]] == [True]
    assert (both.pull().seen, both.count(raw.submission)) == (2, 1)
    (after,) = both.aside()
    assert (after.state, after.tries, after.kept) == ("open", 2, True)
    with both.register.reading() as rows:
        assert at_servers(rows) == 0


def test_retry_reads_the_source_again(both: Scene) -> None:
    """After the version was imported, what waited comes in; what is still broken stays and is counted as tried."""
    both.lay("a", alert(1, version="2027010101"))
    both.lay("b", alert(2)[:-20])
    both.pull()
    both.know("alert", "2027010101")
    done = retry(both.register, [both.server], COORDINATOR, (), both.way)

    assert (done.pulled.report.new, done.pulled.report.solved, done.pulled.report.quarantined_new) == (
        1,
        1,
        0,
    )
    assert done.gone == ()
    with both.register.reading() as rows:
        (left,) = entries(rows)
    assert (left.problem, left.tries) == ("DK-I14", 2)
    assert len(both.opened("quarantine")) == 2


def test_retry_of_one_entry_leaves_the_others(one: Scene) -> None:
    """Only what was named is read."""
    one.lay("a", alert(1, version="2027010101"))
    one.lay("b", alert(2, version="2027010101"))
    one.lay("c", alert(3))
    one.pull()
    one.know("alert", "2027010101")
    with one.register.reading() as rows:
        first = entries(rows)[0]
    done = retry(one.register, [one.server], COORDINATOR, [first.code], one.way)

    assert done.pulled.report.new == 1
    with one.register.reading() as rows:
        assert len(entries(rows)) == 1


def test_retry_of_an_unknown_code_does_nothing(one: Scene) -> None:
    """A wrong code stops before anything is read."""
    with pytest.raises(NoSuchEntry):
        retry(one.register, [one.server], COORDINATOR, ["Q-0000-0000"], one.way)


def test_what_is_gone_from_the_source_comes_from_the_vault(both: Scene) -> None:
    """The stick was taken away; the sealed bytes, opened with a reason, give the same submission."""
    content = alert(1, story("They came at night"), version="2027010101")
    folder = both.lay("a", content)
    both.pull()
    both.know("alert", "2027010101")
    (folder / "submission.xml").unlink()
    done = retry(both.register, [both.server], COORDINATOR, (), both.way)

    assert [one.code for one in done.gone] == [only(both)]
    with both.register.reading() as rows:
        sealed = sealed_bytes(rows, done.gone)
    with both.world.vault() as vault:
        opened = [(sealed[0][0], one.data) for one in vault.open_items("source lost", [sealed[0][1]])]
    report = retry_opened(both.register, opened, COORDINATOR, both.way).report

    assert (report.new, report.solved, report.quarantine_open) == (1, 1, 0)
    assert both.opened("raw") == [content]
    (row,) = both.rows(raw.submission)
    assert row["received_at"] == done.gone[0].first_seen
    assert any(
        '"OPENED"' in line["line"] and "source lost" in line["line"] for line in both.rows(raw.custody)
    )


def test_bytes_too_large_to_keep_stay_at_the_source(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond all reason nothing is taken into memory; the entry says so."""
    monkeypatch.setattr("sync_scripts.servers.folder.XML_LIMIT", 5_500_000)
    one.lay("a", alert(1, story("x" * 6_000_000)))
    one.pull()
    with one.register.reading() as rows:
        (found,) = entries(rows)

    assert (found.problem, found.kept) == ("DK-I11", False)
    assert found.size is not None
    assert found.size > 6_000_000


def test_broken_bytes_are_of_the_form_in_which_their_server_shows_them(one: Scene) -> None:
    """They say nothing themselves; but an alert that nobody can read is told to somebody, and the edit of one may say no."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.world.knob = lambda request: (
        httpx.Response(200, content=b"<data") if request.url.path.endswith(".xml") else None
    )
    far.pull()
    (entry_,) = one.rows(raw.place, PUT_ASIDE)

    assert (entry_["problem"], entry_["stamp"], entry_["names"]) == ("DK-I14", "alert", uid(1))
    with one.register.reading() as rows:
        assert [told.level for told in unread(rows, one.now)] == ["critical"]
