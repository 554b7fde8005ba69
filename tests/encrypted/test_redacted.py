"""Somebody who was taken out of a form stays out on every kind of source, and of a form that came encrypted, too."""

from __future__ import annotations

import pytest

from sync_scripts.deploy.package import keyed, pack
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.encryption.unparking import parked
from sync_scripts.register.model.errors import SharedWithOthers
from sync_scripts.register.purging.redaction import Texts
from sync_scripts.store.schema import raw
from tests.contract import kobo_world
from tests.encrypted.far import KOBO_VERSION, Far, far
from tests.encrypted.phone import encrypt
from tests.encrypted.test_vault_intake import open_all
from tests.intake.scene import FORMS, VERSION, Scene, uid
from tests.purging.ground import Ground
from tests.purging.shared import CANARY, OTHER, PHOTO, TALE, Shared, both_told
from tests.store.databases import every_byte

TEXTS = Texts(also=frozenset({"incident.narrative", "torture.circumstances", "evidence.file"}))


def left(at: Far) -> bytes:
    """Return all that V can read, and every file."""
    scene = at.scene
    opened = scene.opened("raw", "row", "file", "filepart", "manifest", "encfile", "quarantine", "version")
    return b"\n".join([repr(scene.dump()).encode(), *opened, every_byte(scene.register.folder)])


def whole(at: Far, made: Shared) -> None:
    """See the register sound, nothing short, and the form counted as here."""
    found = verify(at.scene.register, [at.server], deep=True)
    assert [one for one in found.checks if one.wrong] == []
    assert (found.short, found.not_pulled, found.elsewhere) == (0, 0, 0)
    assert made.ground.sound()
    assert made.deep()[1:] == ((), ())


def case_of(at: Far) -> Shared:
    """Return the only case."""
    ground = Ground(at.scene)
    return Shared(ground, str(ground.case()["case_code"]))


def told(at: Far, number: int, *, meta: str = "") -> None:
    """Let a phone send the interview in the clear."""
    xml = both_told(number, version=VERSION, meta=meta)
    if at.kind == "central":
        at.world.send("case", xml, {"p.jpg": PHOTO})
        return
    xml = xml.replace(b'id="case"', b'id="%s"' % kobo_world.FORM.encode())
    stamped = f"<__version__>{KOBO_VERSION}</__version__><meta>".encode()
    at.world.send(xml.replace(b"<meta>", stamped), {"p.jpg": PHOTO})


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_a_server_that_shows_it_every_day_brings_nothing_back(kind: str, one: Scene) -> None:
    """The form is here and the proof adds up; a change of it at the server is left there."""
    at = far(kind, one)
    if kind == "central":
        at.world.forms = {"case": []}
    told(at, 21)
    assert at.report().new == 1
    made = case_of(at)
    made.take_out(TEXTS)
    for _day in range(3):
        at.wait(60 * 25)
        report = at.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
        assert all(proof.holds for proof in report.proofs if proof.count is not None)
    whole(at, made)
    told(at, 22, meta=f"<deprecatedID>{uid(21)}</deprecatedID>")
    for _day in range(2):
        at.wait(60 * 25)
        report = at.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
    for canary in (CANARY.encode(), TALE.encode(), PHOTO):
        assert canary not in left(at)
    assert OTHER.encode() in left(at)
    assert made.ground.sound()


@pytest.mark.parametrize("late", [False, True])
def test_what_came_encrypted_for_the_vault_is_made_anew_without_her(
    one: Scene, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """First it has to be opened; then manifest and encrypted files go with the original, and nothing waits or comes again."""
    at = far("folder", one)
    key = at.make_key("vault", form="case").public
    package = keyed(pack(FORMS / "case.xlsx", FORMS / "media"), key)
    at.deploy(package.workbook, form="case")
    files = {"p.jpg": PHOTO}
    sent = encrypt(key, both_told(21, version=VERSION), files)
    at.lay(21, sent, ("p.jpg",) if late else (), form="case")
    at.report()
    if late:
        at.wait(60 * 24 * 8)
        at.report()
    open_all(at, monkeypatch)
    made = case_of(at)
    made.take_out(Texts(keep=True) if late else TEXTS)
    for _day in range(2):
        at.wait(60 * 25)
        report = at.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
    with one.register.reading() as rows:
        assert parked(rows) == []
    assert CANARY.encode() not in left(at)
    assert OTHER.encode() in left(at)
    assert not [row for row in one.rows(raw.sealed_item) if row["kind"] in {"manifest", "encfile"}]
    whole(at, made)


def test_what_still_waits_for_the_vault_stands_in_the_way(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit that nobody opened yet may hold her answers."""
    at = far("folder", one)
    key = at.make_key("vault", form="case").public
    at.deploy(keyed(pack(FORMS / "case.xlsx", FORMS / "media"), key).workbook, form="case")
    at.lay(21, encrypt(key, both_told(21, version=VERSION), {"p.jpg": PHOTO}), form="case")
    at.report()
    open_all(at, monkeypatch)
    made = case_of(at)
    with one.register.writing() as rows:
        rows.execute(raw.place.update().where(raw.place.c.waits.is_not(None)).values(state="waiting"))
    with pytest.raises(SharedWithOthers) as refused:
        made.plan()
    assert "dikalo vault intake" in refused.value.words()
