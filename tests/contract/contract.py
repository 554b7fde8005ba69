"""What every kind of server must do: one class of tests, run over the folder and over every later kind."""

from __future__ import annotations

from typing import Protocol
from unicodedata import normalize

import pytest

from sync_scripts.errors import DikaloError, Unreachable
from sync_scripts.servers.base import Found, Mark, Server, Sighting, Trouble, Unread


class Place(Protocol):
    """A small world with one source in it, which a test can fill, break and look at."""

    server: Server

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let the source hold one more submission."""

    def lose(self) -> None:
        """Let the whole source go away."""

    def drop(self, name: str) -> None:
        """Let one submission go away."""


def body(number: int) -> bytes:
    """Return an instance that no other number gives."""
    return b'<data id="alert"><meta><instanceID>uuid:0000000%d</instanceID></meta></data>' % number


def sightings(server: Server) -> list[Sighting]:
    """Return everything that a source shows from the start."""
    return [one for page in server.pages(None) for one in page.sightings]


def marks(server: Server) -> list[Mark | Trouble]:
    """Return the marks of everything that a source holds, form by form."""
    return [mark for part in server.sweep().parts for mark in part.marks]


def troubles(server: Server, after: str | None = None) -> list[DikaloError]:
    """Return why forms of a source could not be read to their end."""
    return [page.trouble.failure for page in server.pages(after) if page.trouble]


def contents(server: Server) -> list[bytes]:
    """Return the bytes of everything that a source shows."""
    found = list(server.fetch(sightings(server)))
    assert all(isinstance(one, Found) for one in found)
    return [one.content for one in found if isinstance(one, Found)]


class ServerContract:
    """Tests that hold for every server. A subclass gives the fixture ``place``."""

    def test_every_submission_is_shown_with_its_exact_bytes(self, place: Place) -> None:
        """Nothing is left out and nothing is changed on the way."""
        for number in range(7):
            place.put(f"s{number}", body(number), {})

        assert sorted(contents(place.server)) == [body(number) for number in range(7)]
        assert place.server.count() == 7

    def test_pages_are_bounded_and_in_one_order(self, place: Place) -> None:
        """Memory does not grow with the source, and a second look shows the same order."""
        for number in range(7):
            place.put(f"s{number}", body(number), {})
        sizes = [len(page.sightings) for page in place.server.pages(None)]

        assert sum(sizes) == 7
        assert max(sizes) <= 3
        assert [one.place for one in sightings(place.server)] == [
            one.place for one in sightings(place.server)
        ]

    def test_places_are_different(self, place: Place) -> None:
        """Two submissions never share a place."""
        for number in range(5):
            place.put(f"s{number}", body(number), {})

        assert len({one.place for one in sightings(place.server)}) == 5

    def test_an_empty_source_is_no_error(self, place: Place) -> None:
        """Nothing there is an answer."""
        assert sightings(place.server) == []
        assert place.server.count() == 0

    def test_a_lost_source_is_an_error(self, place: Place) -> None:
        """A source that does not answer never looks like a source with nothing new."""
        place.put("s1", body(1), {})
        place.lose()

        with pytest.raises(Unreachable):
            sightings(place.server)
        with pytest.raises(Unreachable):
            place.server.count()
        with pytest.raises(Unreachable):
            marks(place.server)

    def test_a_source_lost_after_the_listing_is_an_error(self, place: Place) -> None:
        """What was listed and cannot be fetched because everything went away stops the pull."""
        place.put("s1", body(1), {})
        shown = sightings(place.server)
        place.lose()

        with pytest.raises(Unreachable):
            list(place.server.fetch(shown))

    def test_one_submission_gone_does_not_stop_the_others(self, place: Place) -> None:
        """A single submission that went away is handed on as unread, the others come."""
        for number in range(3):
            place.put(f"s{number}", body(number), {})
        shown = sightings(place.server)
        place.drop("s1")
        found = list(place.server.fetch(shown))

        assert sum(isinstance(one, Found) for one in found) == 2
        assert sum(isinstance(one, Unread) for one in found) == 1

    def test_files_are_listed_and_read_exactly(self, place: Place) -> None:
        """The files beside a submission come with name, exact bytes, and their size where the source says it."""
        blob = bytes(range(256)) * 300
        place.put("s1", body(1), {"photo.jpg": blob, "voix é.m4a": b"\r\n\x00"})
        (one,) = sightings(place.server)
        refs = place.server.attachments(one.place)

        sizes = {"photo.jpg": len(blob), "voix é.m4a": 3}
        assert {ref.name for ref in refs} == sizes.keys()
        assert all(ref.size in {None, sizes[ref.name]} for ref in refs)
        read = {}
        for ref in refs:
            with place.server.open(ref) as file:
                read[ref.name] = file.read()
        assert read == {"photo.jpg": blob, "voix é.m4a": b"\r\n\x00"}

    def test_names_of_files_come_in_one_form(self, place: Place) -> None:
        """An accent written in two ways is one name."""
        place.put("s1", body(1), {normalize("NFD", "é.jpg"): b"1"})
        (one,) = sightings(place.server)

        assert [ref.name for ref in place.server.attachments(one.place)] == ["é.jpg"]

    def test_a_sweep_counts_what_it_marks(self, place: Place) -> None:
        """A sweep is complete when its marks are as many as its count; nothing moved = the same marks."""
        for number in range(4):
            place.put(f"s{number}", body(number), {})
        (first,) = place.server.sweep().parts
        shown = list(first.marks)

        assert first.count == first.recount() == len(shown) == 4
        assert marks(place.server) == shown

    def test_a_late_file_moves_the_mark(self, place: Place) -> None:
        """A file that comes after its submission is seen without reading anything again."""
        place.put("s1", body(1), {})
        before = marks(place.server)
        place.put("s1", body(1), {"late.jpg": b"x"})

        assert marks(place.server) != before
