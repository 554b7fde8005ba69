"""One submission never takes the place of another one, whatever it says of itself, and a proof counts what is here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.errors import NotBelieved, OtherVersion
from sync_scripts.intake.places import moved_server
from sync_scripts.intake.pull import pull
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import alert as alerts
from sync_scripts.store.seal import form_keys
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.encrypted import far as phones
from tests.encrypted.phone import encrypt
from tests.encrypted.test_pulling import PHOTO, WITH_PHOTO
from tests.intake.scene import COORDINATOR, Scene, alert, draw, story, uid
from tests.intake.test_servers import Far


def make(one: Scene, kind: str, cap: int = 1000) -> Far:
    """Return a scene with an empty stand-in."""
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=cap)
    world.now = one.now - timedelta(hours=2)
    return Far(one, kind, world)


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in."""
    return make(one, request.param)


def kinds_of_entries(far: Far) -> list[tuple[str, str]]:
    """Return what lies in quarantine: why, and its state."""
    return sorted((one.problem, one.state) for one in far.scene.aside())


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_that_names_another_one_replaces_nothing(one: Scene, first: bool) -> None:
    """Anybody may send who has the form, and one list holds two hundred: each is stored as what it is."""
    far = make(one, "kobo")
    told = f"<note><instanceID>{uid(1)}</instanceID></note>"
    sent = {9: told + story("Faux"), 1: story("Vrai")}
    for number in sent if first else reversed(sent):
        far.send(number, sent[number])
    (found,) = far.report().proofs

    assert [root for (root,) in far.rows("root_id")] == [uid(1), uid(9)]
    assert far.rows("root_id") == far.rows("instance_id")
    assert len(one.rows(alerts)) == 2
    assert found == Proof("kobo", count=2, here=2)
    assert far.report().new == 0


def lose_content(far: Far, number: int) -> None:
    """Let the server say of one submission that it has no content."""
    hand_over(far, number, httpx.Response(404))


def wrong_content(far: Far, number: int, content: bytes) -> None:
    """Let the server hand over other bytes for one submission than those that it lists."""
    hand_over(far, number, httpx.Response(200, content=content, headers={"content-type": "text/xml"}))


def hand_over(far: Far, number: int, said: httpx.Response) -> None:
    """Let the server answer so when it is asked for the bytes of one submission."""
    place = f"/{far.world.find(uid(number)).number}/" if far.kind == "kobo" else f"{uid(number)}.xml"

    def knob(request: httpx.Request) -> httpx.Response | None:
        path, xml = request.url.path, request.url.params.get("format") == "xml"
        if xml and path.endswith("/data/"):
            return httpx.Response(200, content=b"<root><results></results></root>")
        asked = path.endswith(place) and (xml or far.kind == "central")
        return said if asked else None

    far.world.knob = knob


def test_bytes_that_say_another_number_are_put_aside(far: Far) -> None:
    """Whatever handed them over: they are kept, and neither of the two that they could be is touched."""
    far.send(1, story("Vrai"))
    far.send(2, story("Autre"))
    wrong_content(far, 2, alert(1, story("Faux")))
    report = far.report()
    (found,) = report.proofs

    assert (report.new, report.quarantined_new, report.needs_person) == (1, 1, True)
    assert kinds_of_entries(far) == [(OtherVersion.code, "open")]
    assert far.rows("root_id", "instance_id") == [(uid(1), uid(1))]
    assert found == Proof(far.server.name, count=2, here=1, aside=1)
    far.world.knob = lambda _request: None
    tags = frozenset(one.tag for one in far.scene.aside())
    far.scene.way = replace(far.scene.way, only=tags)
    assert (far.report().new, kinds_of_entries(far)) == (1, [(OtherVersion.code, "solved")])


def test_a_place_from_which_another_one_was_stored_is_read_again(far: Far) -> None:
    """What was passed over so by an earlier version of dikalo comes in by itself; until then there is no proof."""
    far.send(1)
    far.report()
    far.wait(30)
    far.send(2)
    (page,) = [page for page in far.server.pages(None) if page.sightings]
    (shown,) = [one for one in page.sightings if one.version == uid(2)]
    tags = Tagger(far.scene.register.match_key)
    with far.scene.register.reading() as rows:
        own = moved_server.identity(rows, tags, far.server)
    tag = tags.place(far.server.name, own, shown.place)
    before = {"size": shown.size, "moved_ns": shown.moved_ns, "state": "stored"}
    with far.scene.register.writing() as rows:
        rows.execute(insert(raw.place).values(server=far.server.name, tag=tag, **before))
    lose_content(far, 2)
    lost = far.report()
    far.world.knob = lambda _request: None
    far.wait(1)
    healed = far.report()

    assert (lost.proofs[0].missing, lost.proofs[0].holds) == (1, False)
    assert (healed.new, healed.proofs[0]) == (1, Proof(far.server.name, count=2, here=2))


@pytest.mark.parametrize("kind", phones.KINDS)
def test_an_encrypted_one_is_what_its_manifest_says(kind: str, one: Scene) -> None:
    """The public key is in every blank form: a signed manifest of one's own may hold another one's answers."""
    place = phones.far(kind, one)
    key = place.make_key()
    place.send(1, story("Vrai"))
    lying = encrypt(key.public, place.xml(1, story("Faux")), outside=uid(9))
    place.lay(9, lying)
    report = place.report()

    assert (report.new, report.quarantined_new) == (1, 1)
    assert [each.problem for each in one.aside()] == [OtherVersion.code]
    assert place.rows(raw.submission, "instance_id") == [(uid(1),)]


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_one_that_is_not_believed_speaks_for_no_other(kind: str, one: Scene) -> None:
    """A broken manifest that names a submission opened before its photo came does not break that one."""
    place = phones.far(kind, one)
    key = place.make_key()
    photo = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
    place.send(1, photo, {"p.jpg": b"x" * 50}, late=("p.jpg",))
    place.report()
    assert place.rows(raw.submission, "encryption") == [("provisional",)]
    place.send(2)
    sent = encrypt(key.public, place.xml(2), outside=uid(1))
    broken = sent.manifest.replace(
        b"<base64EncryptedElementSignature>", b"<base64EncryptedElementSignature>AA"
    )
    far = Far(one, kind, place.world)
    wrong_content(far, 2, broken)
    report = place.report()

    assert (report.new, report.quarantined_new) == (0, 1)
    assert kinds_of_entries(far) == [(NotBelieved.code, "open")]
    assert place.rows(raw.submission, "encryption") == [("provisional",)]


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_another_form_speaks_for_none_of_this_one(kind: str, one: Scene) -> None:
    """Numbers are free to be said in every form: what is broken there says nothing of the one that is here."""
    place = phones.far(kind, one)
    key = place.make_key()
    other = "case" if kind == "central" else "aAutreFormulaire0000001"
    place.world.forms[other] = []
    photo = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
    sent = place.send(1, photo, {"p.jpg": b"x" * 50}, late=("p.jpg",))
    place.report()
    there = encrypt(key.public, place.xml(1, photo).replace(place.form().encode(), other.encode(), 1))
    broken = there.manifest.replace(b"ElementSignature>", b"ElementSignature>AA", 1)
    if kind == "central":
        place.world.send(other, broken, dict(there.files))
    else:
        place.world.send(broken, there.files, form=other)
    source: Any = test_central.source if kind == "central" else test_kobo.source
    way = replace(one.way, clock=lambda: one.now, draw=draw)
    first = pull(one.register, [source(place.world, wanted=(other,))], COORDINATOR, way).report
    before = place.rows(raw.submission, "encryption")
    files = {**sent.files, "p.jpg.enc": bytes(64)}  # and this one does not fit any more
    place.sent[1] = replace(sent, files=files)
    place.arrive(1, "p.jpg")
    place.report()

    assert (first.quarantined_new, before) == (1, [("provisional",)])
    assert place.rows(raw.submission, "encryption") == [("broken",)]


def test_a_photo_in_another_form_is_never_that_of_one_that_bears_its_number(one: Scene) -> None:
    """A stranger's manifest names the number of somebody whose photo is still on the phone, and a file that never comes."""
    place = phones.far("kobo", one)
    key, other = place.make_key(), "aAutreFormulaire0000001"
    place.world.now = one.now
    place.world.forms[other] = []
    both = test_kobo.source(place.world, wanted=(kobo_world.FORM, other))
    way = replace(one.way, draw=draw)

    def run(minutes: float) -> None:
        place.wait(minutes)
        pull(one.register, [both], COORDINATOR, replace(way, clock=lambda: one.now))

    place.world.send(place.xml(1, WITH_PHOTO), {})
    run(1)
    stranger = place.xml(1, WITH_PHOTO).replace(kobo_world.FORM.encode(), other.encode())
    sent = encrypt(key.public, stranger, {"q.jpg": b"q"})
    text = "submission.xml.enc"
    place.world.send(sent.manifest, {text: sent.files[text], "p.jpg": b"forged"}, form=other)
    run(1)
    run(1)
    place.world.send(place.xml(1, WITH_PHOTO), {"p.jpg": PHOTO})
    run(1)
    run(60 * 25)

    held = [row for row in place.rows(raw.attachment, "state", "size", "question") if row[2]]
    assert held == [("held", len(PHOTO), "story/photo")]


def test_a_stranger_that_waits_for_its_files_is_not_taken_for_another_one(one: Scene) -> None:
    """In another form of a Central: nothing of it goes to the one whose number it bears, and it is not forgotten."""
    place = phones.far("central", one)
    place.world.now = one.now
    place.world.forms["case"] = []
    key = form_keys.make(one.register, "case", "day", COORDINATOR, one.now)
    place.world.send("alert", place.xml(1, WITH_PHOTO), {"p.jpg": None})
    place.report()
    lying = encrypt(key.public, place.xml(1, WITH_PHOTO, form="case"), {"q.jpg": b"q", "r.jpg": b"r"})
    late = "r.jpg.enc"
    place.world.send("case", lying.manifest, {**lying.files, late: None})
    for minutes in (1, 2, 60):
        place.wait(minutes)
        place.report()
    place.world.send("case", lying.manifest, {late: lying.files[late]})
    place.wait(60 * 48)
    place.report()

    files = place.rows(raw.attachment, "form", "state", "question")
    assert [row for row in files if row[0] == "alert"] == [("alert", "missing", "story/photo")]
    assert ("case", uid(1)) in place.rows(raw.submission, "form", "instance_id")
