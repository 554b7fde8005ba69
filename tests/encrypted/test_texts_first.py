"""The answers of everything come before any photo, of this server and of the others: an alarm waits for no picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake import pull as pulling
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.notes import FileMissing, FileUnread, OpenedProvisionally, PlainBeside, WaitsForFiles
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.receive import later
from sync_scripts.intake.storing import NewPages
from sync_scripts.register.care import rebuild
from sync_scripts.servers.base import Server
from sync_scripts.servers.kobo import source as kobo
from sync_scripts.store.schema import raw, register
from sync_scripts.store.seal import form_keys
from tests.contract import kobo_world, test_kobo
from tests.encrypted.far import Far, far
from tests.encrypted.test_pulling import PHOTO, WITH_PHOTO
from tests.intake.scene import COORDINATOR, Scene, draw, edit_of, uid

SERVERS = ("central", "kobo")
NUMBERS = range(1, 8)


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give an empty server beside an empty register that has a key."""
    made = far(str(request.param), one)
    made.make_key()
    return made


def word(place: Far, request: httpx.Request) -> str:
    """Return what a request is for: ``text``, ``photo``, or nothing of interest."""
    path, query = request.url.path.rstrip("/"), str(request.url.query)
    if "/attachments/" not in path:
        return "text" if path.endswith(".xml") or "format=xml" in query else ""
    if request.method == "HEAD":
        return ""
    name = path.rsplit("/", 1)[1]
    texts = {"submission.xml.enc"}
    if place.kind == "kobo":
        stored = [sent.files.items() for sent in place.world.forms[place.form()]]
        texts = {handle for each in stored for handle, held in each if held[0] == "submission.xml.enc"}
    return "text" if name in texts else "photo"


def asked(*places: Far) -> list[str]:
    """Return what is asked for from now on: of which server, and whether it is a text or a photo."""
    found: list[str] = []

    def listen(place: Far) -> Callable[[httpx.Request], None]:
        def knob(request: httpx.Request) -> None:
            if said := word(place, request):
                found.append(f"{place.kind} {said}")

        return knob

    for place in places:
        place.world.knob = listen(place)
    return found


def in_order(found: list[str], kinds: tuple[str, ...] = SERVERS) -> bool:
    """Tell whether texts came of each server, and the first photo after the first text of every submission."""
    first = next(number for number, one in enumerate(found) if one.endswith("photo"))
    return all(f"{kind} text" in found[:first] and f"{kind} photo" in found[first:] for kind in kinds)


def together(one: Scene, servers: Sequence[Server], **way: object) -> Pulled:
    """Pull from some servers in one run."""
    return pull(
        one.register,
        servers,
        COORDINATOR,
        replace(one.way, clock=lambda: one.now, draw=draw, **way),  # type: ignore[arg-type] # as the caller says
    )


@pytest.mark.parametrize("wrapped", [False, True], ids=["clear", "encrypted"])
def test_no_photo_is_asked_for_before_the_answers_of_every_server_are_here(one: Scene, wrapped: bool) -> None:
    """And what it brings is all, proved, with nothing left to tell."""
    both = [far(kind, one) for kind in SERVERS]
    both[0].make_key()
    for place in both:
        place.key = both[0].key
    for place, numbers in zip(both, (range(1, 5), range(11, 15)), strict=True):
        for number in numbers:
            (place.send if wrapped else place.clear)(number, WITH_PHOTO, {"p.jpg": PHOTO})
    found = asked(*both)
    between: list[tuple[int, int, int]] = []

    def count() -> None:
        here = both[0].rows(raw.submission, "instance_id"), both[0].rows(raw.attachment, "state")
        alerts = both[0].rows(register.alert, "code")
        between.append((len(here[0]), here[1].count(("held",)), len(alerts)))

    done = together(one, [place.server for place in both], between=count)

    assert done.failure is None
    assert between == [(8, 0, 8)] * 2
    assert in_order(found)
    assert (done.report.new, done.report.files_new, done.report.notes) == (8, 8, ())
    assert all(proof.holds for proof in done.report.proofs)
    assert {state for (state,) in both[0].rows(raw.submission, "encryption")} == {
        "whole" if wrapped else None
    }
    assert not rebuild.check(one.register, one.now).differing


@pytest.mark.parametrize("wrapped", [False, True], ids=["clear", "encrypted"])
def test_what_is_too_much_to_remember_comes_by_name(
    place: Far, wrapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each photo once, in the same run, after the answers."""
    monkeypatch.setattr(later, "MOST", 2)
    for number in NUMBERS:
        (place.send if wrapped else place.clear)(number, WITH_PHOTO, {"p.jpg": PHOTO})
    found = asked(place)
    report = place.report()

    assert in_order(found, (place.kind,))
    assert found.count(f"{place.kind} photo") == len(NUMBERS)
    assert (report.new, report.files_new, report.files_waiting) == (len(NUMBERS), len(NUMBERS), 0)


@pytest.mark.parametrize("wrapped", [False, True], ids=["clear", "encrypted"])
def test_photos_that_a_cut_left_come_with_the_next_pull(place: Far, wrapped: bool) -> None:
    """The answers are here after the first one, which ended at the first photo; no text comes twice in the clear."""
    for number in NUMBERS:
        (place.send if wrapped else place.clear)(number, WITH_PHOTO, {"p.jpg": PHOTO})

    def knob(request: httpx.Request) -> None:
        if word(place, request) == "photo":
            raise httpx.ConnectError("gone")

    place.world.knob = knob
    cut = place.pull()
    answers = len(place.rows(register.alert, "code"))
    found = asked(place)
    place.wait(1)
    report = place.report()

    assert cut.failure is not None
    assert answers == cut.report.new == len(NUMBERS)
    assert wrapped or "text" not in " ".join(found)
    assert (report.new, report.files_new) == (0, len(NUMBERS))
    assert set(place.rows(raw.attachment, "state")) == {("held",)}


def test_an_edit_that_only_a_comparison_shows_comes_before_photos(one: Scene) -> None:
    """At a KoboToolbox: it may say that somebody is in danger now."""
    place = far("kobo", one)
    place.world.cap = 1000
    place.clear(1)
    place.wait(30)
    for number in range(300, 301 + kobo.OVERLAP_ROWS):  # a page shows the edit of none of those before
        place.clear(number)
    place.report()
    place.wait(60 * 21)
    place.clear(2, WITH_PHOTO, {"p.jpg": PHOTO})
    place.world.send(place.xml(101, meta=edit_of(1)))
    found: list[tuple[str, bool]] = []

    def knob(request: httpx.Request) -> None:
        if said := word(place, request):
            here = (uid(101),) in place.rows(raw.submission, "instance_id")
            found.append((said, here))

    place.world.knob = knob
    report = place.report()

    assert ("photo", True) in found
    assert ("photo", False) not in found
    assert (report.edited, report.files_new) == (1, 1)


def test_a_line_that_was_cut_takes_photos_before_it_compares(one: Scene) -> None:
    """Else one that never bears a whole comparison would never bring any."""
    place = far("kobo", one)
    place.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})

    order: list[str] = []
    sweep = type(place.server).sweep

    def compared(server: Server) -> object:
        order.append("compared")
        return sweep(server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(place.server), "sweep", compared)
        place.world.knob = lambda request: order.append(word(place, request))
        place.report()
        first, order[:] = [one for one in order if one], []
        place.wait(60 * 21)
        place.clear(2, WITH_PHOTO, {"p.jpg": PHOTO})
        with one.register.writing() as rows:
            rows.execute(raw.run.update().values(outcome="failed", counts="{}"))
        place.report()
        after = [one for one in order if one]

    assert first == ["text", "compared", "photo"]
    assert after == ["text", "photo", "compared"]


def test_the_photo_of_what_is_edited_meanwhile_is_its_own(one: Scene) -> None:
    """At a Central each version keeps its files: an edit that comes before the photo of the one before it changes nothing."""
    place = far("central", one)
    place.clear(1, WITH_PHOTO, {"p.jpg": b"\xff\xd8 first"})
    meanwhile = replace(one.way, between=lambda: edit(place))

    def edit(place: Far) -> None:
        place.world.send(
            "alert",
            place.xml(101, WITH_PHOTO, meta=edit_of(1)),
            {"p.jpg": b"\xff\xd8 the second, which is longer"},
        )

    one.way = meanwhile
    place.report()
    first = dict(place.rows(raw.attachment, "instance_id", "size"))
    one.way = replace(meanwhile, between=lambda: None)
    place.wait(1)
    place.report()

    assert first == {uid(1): 8}
    assert dict(place.rows(raw.attachment, "instance_id", "size")) == {uid(1): 8, uid(101): 30}


def test_a_photo_of_a_later_version_is_never_taken_for_that_of_the_one_before(one: Scene) -> None:
    """At a KoboToolbox the row shows the present version alone, with the files that it kept and its own."""
    place = far("kobo", one)
    place.clear(1, WITH_PHOTO, {"p.jpg": b"\xff\xd8 first"})
    one.way = replace(
        one.way,
        between=lambda: place.world.send(
            place.xml(101, WITH_PHOTO, meta=edit_of(1)), {"p.jpg": b"\xff\xd8 the second, which is longer"}
        ),
    )
    place.report()
    early = place.rows(raw.attachment, "instance_id", "state")

    assert early == [(uid(1), "announced"), (uid(101), "held")]
    assert place.rows(raw.attachment, "instance_id", "mark")[0] == (uid(1), f"later:{uid(101)}")


def test_nobody_waits_for_a_photo_of_a_version_that_an_edit_replaced(one: Scene) -> None:
    """At a KoboToolbox, which shows it with the later version alone; nor is it asked for any more."""
    place = far("kobo", one)
    place.world.send(place.xml(1, WITH_PHOTO), {})
    waiting = place.report()
    place.world.send(place.xml(101, WITH_PHOTO, meta=edit_of(1)), {"p.jpg": PHOTO})
    place.wait(1)
    edited = place.report()
    place.wait(60 * 24 * 2)
    found: list[str] = []
    place.world.knob = lambda request: found.append(str(request.url))
    after = place.report()

    assert (waiting.files_waiting, waiting.lacking[0].count) == (1, 1)
    assert (edited.edited, edited.files_new, edited.files_waiting, edited.lacking) == (1, 1, 0, ())
    assert after.files_waiting == 0
    assert place.rows(raw.attachment, "instance_id", "state", "mark")[0] == (
        uid(1),
        "missing",
        f"later:{uid(101)}",
    )
    assert not [one for one in found if uid(1)[5:] in one]


def test_what_is_no_alert_is_opened_with_its_photos(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its encrypted answers are here before any photo, sealed; nothing of it is believed before all of it is proved."""
    place = far("central", one)
    place.make_key()
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    for number in NUMBERS:
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    found = asked(place)
    between: list[tuple[int, int]] = []
    place.scene.way = replace(
        place.scene.way,
        between=lambda: between.append(
            (len(place.rows(raw.submission, "instance_id")), len(place.rows(raw.waiting_file, "tag")))
        ),
    )
    done = place.pull()

    assert done.failure is None
    assert in_order(found, (place.kind,))
    assert between == [(0, len(NUMBERS)), (len(NUMBERS), len(NUMBERS))]
    assert (done.report.new, done.report.files_new, done.report.notes) == (len(NUMBERS), len(NUMBERS), ())
    assert done.report.proofs[0].holds
    assert done.report.proofs[0].waiting == 0
    assert place.rows(raw.submission, "encryption") == [("whole",)] * len(NUMBERS)
    assert set(place.waits("state")) == {("stored",)}


def test_what_is_no_alert_waits_for_no_photo_of_another_server(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor for one of its own server: what can be read with its own photos alone is opened before those of the others."""
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    before, behind = (far(kind, one) for kind in SERVERS)
    behind.key = before.make_key()
    for number in NUMBERS:
        before.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    behind.clear(11, WITH_PHOTO, {"p.jpg": PHOTO})
    behind.send(12, WITH_PHOTO, {"p.jpg": PHOTO})
    seen: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(before, request) == "photo":
            seen.append((uid(12),) in before.rows(raw.submission, "instance_id"))

    before.world.knob = knob
    between: list[tuple[int, int]] = []

    def count() -> None:
        states = before.rows(raw.attachment, "state")
        between.append((len(before.rows(raw.submission, "instance_id")), states.count(("held",))))

    done = together(one, [before.server, behind.server], between=count)

    assert seen == [True] * len(NUMBERS)
    assert between == [(8, 0), (9, 1)]
    assert (done.report.new, done.report.files_new, done.report.notes) == (9, 9, ())


def test_what_is_no_alert_and_comes_while_photos_do_is_the_next_pulls(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull has an end; what does not open is tried once."""
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    place = far("central", one)
    place.make_key()
    for number in NUMBERS:
        place.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    seen: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(place, request) != "photo" or uid(98) in request.url.path or uid(99) in request.url.path:
            return
        if not seen:
            place.send(98, WITH_PHOTO, {"p.jpg": PHOTO})
            sent = place.send(99, WITH_PHOTO, {"p.jpg": PHOTO})
            broken = {**sent.files, "p.jpg.enc": sent.files["p.jpg.enc"][:-16]}
            place.world.find("alert", uid(99)).versions[0].files["p.jpg.enc"] = broken["p.jpg.enc"]
        seen.append((uid(98),) in place.rows(raw.submission, "instance_id"))

    place.world.knob = knob
    report = place.report()

    place.world.knob = lambda _request: None
    later_on = place.report()

    assert seen == [False] * len(NUMBERS)
    assert (report.new, report.files_new, report.quarantined_new) == (len(NUMBERS), len(NUMBERS), 0)
    assert (later_on.new, later_on.files_new, later_on.quarantined_new) == (1, 1, 1)


def test_what_lacks_its_photo_in_the_end_is_said_once(place: Far) -> None:
    """Not of what is opened before its photos and proved by them in the same run."""
    place.world.now = place.scene.now
    for number in (1, 2):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    place.send(3, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    first = place.notes(place.report())
    place.wait(31)
    second = place.notes(place.report())

    assert first == {WaitsForFiles.code: 1}
    assert second == {OpenedProvisionally.code: 1, FileMissing.code: 1}


def test_unencrypted_files_beside_an_alert_are_still_said(place: Far) -> None:
    """It is proved after it was stored."""
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.lay(1, replace(sent, files={**sent.files, "plain.jpg": PHOTO}))
    report = place.report()

    assert place.notes(report)[PlainBeside.code] == 1
    assert place.rows(raw.submission, "encryption") == [("beside",)]


@pytest.mark.parametrize("wrapped", [False, True], ids=["well", "a case with a photo"])
@pytest.mark.parametrize(
    "forms",
    [(kobo_world.FORM,), (kobo_world.FORM, "aAbsent00000000000000")],
    ids=["well", "a form in trouble"],
)
def test_neither_a_form_in_trouble_nor_an_encrypted_case_puts_edits_behind_photos(
    one: Scene, monkeypatch: pytest.MonkeyPatch, forms: tuple[str, ...], wrapped: bool
) -> None:
    """The comparison that shows them comes before; a proof counts what was opened after it as it stands in the end."""
    monkeypatch.setattr(kobo, "OVERLAP_ROWS", 0)
    monkeypatch.setattr(kobo, "OVERLAP", timedelta(0))
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    place = far("kobo", one)
    place.make_key()
    both = [test_kobo.source(place.world, wanted=forms)]
    place.clear(1)
    place.clear(3)
    together(one, both)
    place.wait(60 * 21)
    place.clear(2, WITH_PHOTO, {"p.jpg": PHOTO})
    if wrapped:
        place.send(7, WITH_PHOTO, {"p.jpg": PHOTO})
    place.world.send(place.xml(101, meta=edit_of(1)))
    found: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(place, request) == "photo":
            found.append((uid(101),) in place.rows(raw.submission, "instance_id"))

    place.world.knob = knob
    done = together(one, both)

    assert found
    assert all(found)
    assert done.report.proofs[0].waiting == 0
    assert done.report.proofs[0].holds is (len(forms) == 1)


def test_an_alert_that_comes_while_photos_do_is_here_before_the_others(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for every few minutes, and what waits to be told then goes."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    place = far("central", one)
    for number in NUMBERS:
        place.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    seen: list[bool] = []
    between: list[int] = []

    def knob(request: httpx.Request) -> None:
        if word(place, request) != "photo":
            return
        if not seen:
            place.clear(99, WITH_PHOTO, {"p.jpg": PHOTO})
        seen.append((uid(99),) in place.rows(raw.submission, "instance_id"))

    place.world.knob = knob
    one.way = replace(one.way, between=lambda: between.append(len(place.rows(register.alert, "code"))))
    report = place.report()

    assert seen == [False] + [True] * len(NUMBERS)
    assert between[:2] == [len(NUMBERS), len(NUMBERS) + 1]
    assert (report.seen, report.new, report.files_new) == (len(NUMBERS) + 1,) * 3


@pytest.mark.parametrize("wrapped", [False, True], ids=["clear", "encrypted"])
def test_answers_are_looked_for_everywhere_while_photos_of_one_server_come(
    one: Scene, monkeypatch: pytest.MonkeyPatch, wrapped: bool
) -> None:
    """Also where all photos are here; what comes there is counted, recorded and proved as if it had come at once."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    small, large = (far(kind, one) for kind in SERVERS)
    large.key = small.make_key()
    (small.send if wrapped else small.clear)(30, WITH_PHOTO, {"p.jpg": PHOTO})
    for number in NUMBERS:
        large.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    seen: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(large, request) == "photo":
            if len(seen) == 2:
                (small.send if wrapped else small.clear)(31, WITH_PHOTO, {"p.jpg": PHOTO})
                small.clear(32)
            seen.append((uid(31),) in small.rows(raw.submission, "instance_id"))

    large.world.knob = knob
    done = together(one, [small.server, large.server])
    counts = {name: json.loads(said) for name, said in small.rows(raw.run, "server", "counts")}

    assert seen == [False] * 3 + [True] * (len(NUMBERS) - 3)
    assert done.failure is None
    assert (done.report.seen, done.report.new, done.report.files_new) == (10, 10, 9)
    assert done.report.notes == ()
    assert {name: said["new"] for name, said in counts.items()} == {small.name: 3, large.name: 7}
    assert set(small.rows(raw.attachment, "state")) == {("held",)}
    states = dict(small.rows(raw.submission, "instance_id", "encryption"))
    assert {states[uid(30)], states[uid(31)]} == {"whole" if wrapped else None}


def test_a_server_that_is_lost_after_its_photos_is_said_to_be(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stops no other; it is not asked again in the same run."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    small, large = (far(kind, one) for kind in SERVERS)
    small.clear(30, WITH_PHOTO, {"p.jpg": PHOTO})
    for number in NUMBERS:
        large.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    lost, photos = list[str](), list[str]()

    def gone(request: httpx.Request) -> None:
        lost.append(request.url.path)
        raise httpx.ConnectError("gone")

    def knob(request: httpx.Request) -> None:
        if word(large, request) == "photo":
            photos.append(request.url.path)
        if len(photos) == 4:  # those of the other one are here
            small.world.knob = gone

    large.world.knob = knob
    done = together(one, [small.server, large.server])

    assert done.failure is not None
    assert done.report.files_new == len(NUMBERS) + 1
    assert len(set(lost)) == 1
    assert dict(small.rows(raw.run, "server", "outcome")) == {small.name: "failed", large.name: "done"}


def test_what_waits_for_a_key_is_opened_before_photos_once_it_came(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever form it is of."""
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    place = far("central", one)
    place.make_key()
    place.send(1)
    place.pull(keys=Keyring())
    place.wait(60 * 24 * 3)
    form_keys.make(one.register, "case", "day", COORDINATOR, one.now)
    place.clear(2, WITH_PHOTO, {"p.jpg": PHOTO})
    found: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(place, request) == "photo":
            found.append((uid(1),) in place.rows(raw.submission, "instance_id"))

    place.world.knob = knob
    place.report()

    assert found == [True]


def test_what_was_cut_and_is_more_than_is_remembered_waits_for_the_answers_of_others(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its source shows it once more."""
    monkeypatch.setattr(later, "MOST", 2)
    both = [far(kind, one) for kind in SERVERS]
    for number in NUMBERS:
        both[0].clear(number, WITH_PHOTO, {"p.jpg": PHOTO})

    def knob(request: httpx.Request) -> None:
        if word(both[0], request) == "photo":
            raise httpx.ConnectError("gone")

    both[0].world.knob = knob
    assert together(one, [both[0].server]).failure is not None
    both[1].clear(11, WITH_PHOTO, {"p.jpg": PHOTO})
    found = asked(*both)
    done = together(one, [place.server for place in both])

    assert found.index("kobo text") < found.index("central photo")
    assert done.report.files_new == len(NUMBERS) + 1


@pytest.mark.parametrize("most", [2, 2_000])
def test_photos_that_have_not_come_are_said_once_of_each(
    one: Scene, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However many are remembered."""
    monkeypatch.setattr(later, "MOST", most)
    place = far("central", one)
    for number in NUMBERS:
        place.world.send("alert", place.xml(number, WITH_PHOTO), {"p.jpg": None})
    first, second = place.notes(place.report()), place.notes(place.report())

    assert first == {FileMissing.code: len(NUMBERS)}
    assert second == {}


def test_a_photo_that_only_the_answers_of_an_encrypted_alert_name_is_said(place: Far) -> None:
    """They were opened before its files, and proved by them."""
    place.send(1, WITH_PHOTO, {"other.jpg": PHOTO})

    assert place.notes(place.report()) == {FileMissing.code: 1}


def test_an_edit_between_the_halves_is_no_file_that_could_not_be_read(one: Scene) -> None:
    """At a KoboToolbox: nothing is wrong there."""
    place = far("kobo", one)
    place.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})
    one.way = replace(one.way, between=lambda: place.world.send(place.xml(101, meta=edit_of(1))))

    assert FileUnread.code not in place.notes(place.report())


def test_an_alert_that_nothing_can_prove_is_not_opened_before_its_photos(place: Far) -> None:
    """Its manifest has no signature."""
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    start = sent.manifest.index(b"<base64EncryptedElementSignature>")
    bare = sent.manifest[:start] + sent.manifest[sent.manifest.index(b"</data>") :]
    if place.kind == "central":
        place.world.find("alert", uid(1)).versions[0].xml = bare
    else:
        place.world.find(uid(1)).xml = bare
    place.report()

    assert place.rows(raw.submission, "instance_id") == []
    assert place.aside("place") == [("SIGNATURE_MISSING",)]


@pytest.mark.parametrize("kind", SERVERS)
def test_photos_that_do_not_come_keep_no_pull_going(
    one: Scene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Shown again whenever it is looked for new answers, they have had their turn, however slow the line is."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    place = far(kind, one)
    for number in NUMBERS:
        if kind == "central":
            place.world.send("alert", place.xml(number, WITH_PHOTO), {"p.jpg": None})
        else:
            place.world.send(place.xml(number, WITH_PHOTO), {})
    between: list[int] = []

    def count() -> None:
        between.append(1)
        assert len(between) < 100, "no end"

    one.way = replace(one.way, between=count)
    report = place.report()

    assert place.notes(report) == {FileMissing.code: len(NUMBERS)}


@pytest.mark.parametrize("kind", SERVERS)
def test_a_trial_that_lasts_writes_nothing_and_counts_once(
    one: Scene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It looks for nothing that came meanwhile."""
    place = far(kind, one)
    place.make_key("vault")
    place.clear(99, WITH_PHOTO)  # its photo is awaited, so that a trial has something to ask for
    place.report()
    for number in NUMBERS:
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    before = every_row(one)
    at_once = place.report(dry_run=True)
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    lasting = place.report(dry_run=True)

    assert every_row(one) == before
    assert lasting == at_once


def every_row(one: Scene) -> dict[str, list[tuple[object, ...]]]:
    """Return all that a register holds of what was received."""
    with one.register.reading() as rows:
        return {
            table.name: sorted(map(tuple, rows.execute(table.select())), key=repr)
            for table in (raw.submission, raw.waiting_file, raw.place, raw.watermark)
        }
