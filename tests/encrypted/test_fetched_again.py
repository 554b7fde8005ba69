"""What is fetched again of an encrypted submission while one of its files does not come: little, however often one pulls."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.places.table import LATE
from sync_scripts.store.schema import raw
from tests.encrypted.far import Far, far
from tests.intake.scene import Scene, uid

TEXT = "submission.xml.enc"
NAMES = ("photo", "photo_2", "photo_3")
FILES = {f"{name}.jpg": b"\xff\xd8 invented " + name.encode() * 900 for name in NAMES}
ANSWERS = f"<story>{''.join(f'<{name}>{name}.jpg</{name}>' for name in NAMES)}</story>"


@pytest.fixture(params=["central", "kobo"])
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a server that holds two alerts with three photos each, and a key of the everyday use."""
    made = far(request.param, one)
    made.make_key()
    made.world.now = one.now - timedelta(minutes=5)
    for number in (1, 2):
        made.send(number, ANSWERS, FILES)
    return made


def log(place: Far, *dead: str) -> Counter[str]:
    """Let files of the first alert not be handed over; return how often each of its files was, as it grows."""
    handed: Counter[str] = Counter()

    def knob(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.rstrip("/")
        if request.method != "GET" or "/attachments/" not in path:
            return None
        if place.kind == "central":
            names = [path.rpartition("/")[2]] if uid(1) in path else []
        else:
            files = place.world.find(uid(1)).files
            names = [held[0] for one, held in files.items() if f"/attachments/{one}" in path]
        if not names:
            return None
        if names[0] in dead:
            return httpx.Response(403, json={})
        handed.update(names)
        return None

    place.world.knob = knob
    return handed


def photos(handed: Counter[str]) -> int:
    """Return how many photos were handed over since the last look."""
    found = sum(count for name, count in handed.items() if name != TEXT)
    handed.clear()
    return found


def texts(place: Far, handed: Counter[str], times: int, minutes: float) -> list[int]:
    """Pull some times; return how often the answers of the first alert were handed over in each."""
    found = []
    for _time in range(times):
        assert place.pull().failure is None
        found.append(handed[TEXT])
        handed.clear()
        place.wait(minutes)
    return found


def pulled(place: Far, handed: Counter[str], times: int, minutes: float) -> list[int]:
    """Pull some times; return how many photos were handed over in each."""
    found = []
    for _time in range(times):
        assert place.pull().failure is None
        found.append(photos(handed))
        place.wait(minutes)
    return found


@pytest.mark.parametrize("dead", range(3))
def test_photos_beside_one_that_does_not_come_are_fetched_once_until_it_comes(place: Far, dead: int) -> None:
    """Wherever it stands among them, in the first half hour and in the weeks after it; all come once it comes."""
    handed = log(place, f"{NAMES[dead]}.jpg.enc")
    early, later = pulled(place, handed, 3, 1), pulled(place, handed, 3, 60 * 24)
    held = place.rows(raw.submission, "encryption")
    log(place)
    whole = place.report()

    assert early == [2, 0, 0]  # those before it, and all that come, sealed as they wait
    assert later == [0, 0, 0]
    assert held == [("provisional",), ("whole",)]
    assert (whole.files_new, place.rows(raw.submission, "encryption")) == (3, [("whole",)] * 2)
    assert {state for (state,) in place.rows(raw.attachment, "state")} == {"held"}


@pytest.mark.parametrize("dead", range(3))
def test_the_answers_beside_a_photo_that_does_not_come_are_fetched_once_a_pull(place: Far, dead: int) -> None:
    """Once when they are opened, not at all while that is less than half an hour ago, and once in each pull after that."""
    handed = log(place, f"{NAMES[dead]}.jpg.enc")
    early, opened, later = (
        texts(place, handed, 3, 14),
        texts(place, handed, 1, 1),
        texts(place, handed, 3, 60 * 24),
    )
    held = place.rows(raw.submission, "encryption")
    handed = log(place)
    whole = texts(place, handed, 1, 1)

    assert (early, opened, later, whole) == ([1, 0, 1], [1], [1, 1, 1], [1])
    assert held == [("provisional",), ("whole",)]
    assert place.rows(raw.submission, "encryption") == [("whole",)] * 2


def test_what_is_held_meanwhile_is_what_came(place: Far) -> None:
    """The sealed answers of what waits open with the vault as the phone sent them."""
    log(place, f"{NAMES[2]}.jpg.enc")
    place.report()
    sizes = sorted(size for (size,) in place.rows(raw.waiting_file, "size"))
    sent = place.sent[1].files

    assert sizes == sorted(len(data) for name, data in sent.items() if name != f"{NAMES[2]}.jpg.enc")


def test_of_two_that_do_not_come_the_second_is_learnt_of_once_the_first_has(place: Far) -> None:
    """What stands before it is fetched once for that."""
    pulled(place, log(place, f"{NAMES[0]}.jpg.enc", f"{NAMES[2]}.jpg.enc"), 2, 31)
    handed = log(place, f"{NAMES[2]}.jpg.enc")

    assert pulled(place, handed, 3, 60) == [2, 0, 0]


def test_a_pull_that_only_looks_remembers_nothing(place: Far) -> None:
    """And asks in the same order."""
    handed, empty = log(place, f"{NAMES[2]}.jpg.enc"), place.scene.dump()
    place.pull(dry_run=True)
    assert place.scene.dump() == empty

    handed.clear()
    pulled(place, handed, 1, 31)
    before = place.scene.dump()
    place.pull(dry_run=True)
    looked = photos(handed)

    assert place.scene.dump() == before
    assert looked == 0


def test_no_name_of_a_file_is_written_down(place: Far) -> None:
    """One may be called after somebody."""
    pulled(place, log(place, f"{NAMES[2]}.jpg.enc"), 1, 1)
    late = [row for row in place.rows(raw.place, "state", "tag", "form") if row[0] == LATE]
    log(place)
    pulled(place, log(place), 1, 31)

    assert late
    assert not [one for one in late if "photo" in str(one) or uid(1) in str(one)]
    assert (LATE,) not in place.rows(raw.place, "state")
