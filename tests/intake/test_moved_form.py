"""One submission that a server holds in two forms, because its form was moved or copied: one alert, nothing put aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import InTwoForms
from sync_scripts.intake.pull import pull
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.base import Server
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, alert, draw, uid
from tests.intake.test_files import PHOTO
from tests.intake.test_servers import Far

OTHER = {"central": "alert_sud", "kobo": "aAutreFormulaire"}
SAID = PHOTO.format(name="p.jpg")
PICTURE = {"p.jpg": b"\xff\xd8 photo"}


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in whose form has a copy; one alert was pulled from the first."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=10)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    made.send(1, SAID, PICTURE)
    assert made.report().new == 1
    world.forms[OTHER[request.param]] = []
    made.wait(1)
    return made


def copy(far: Far, answers: str = SAID, files: dict[str, bytes] | None = None, number: int = 1) -> None:
    """Let the phone send it once more, through the other form."""
    name = OTHER[far.kind]
    if far.kind == "central":
        xml = alert(number, answers, form=name).replace(b"<dikalo_form>alert_sud", b"<dikalo_form>alert")
        far.world.send(name, xml, PICTURE if files is None else files)
        return
    xml = alert(number, answers).partition(b"?>")[2].replace(b'id="alert"', b'id="%s"' % name.encode(), 1)
    far.world.send(xml, PICTURE if files is None else files, form=name)


def both(far: Far) -> PullReport:
    """Pull from both forms, and expect the server to be there."""
    way = replace(far.scene.way, clock=lambda: far.scene.now, draw=draw)
    done = pull(far.scene.register, [server(far)], COORDINATOR, way)
    assert done.failure is None
    return done.report


def server(far: Far) -> Server:
    """Return our client, which reads both forms."""
    if far.kind == "central":
        return test_central.source(far.world, page=3, wanted=("alert", OTHER["central"]))
    return test_kobo.source(far.world, wanted=(kobo_world.FORM, OTHER["kobo"]))


def test_it_is_one_alert_and_nothing_is_put_aside(far: Far) -> None:
    """Nobody is told of a number with other content; the proof holds, and so does verify."""
    copy(far)
    report = both(far)
    far.wait(24)
    again = both(far)
    proof = again.proofs[0]
    found = verify(far.scene.register, [server(far)])

    assert (report.new, report.quarantined_new, report.needs_person) == (0, 0, False)
    assert (dict(report.notes), dict(again.notes)) == ({InTwoForms.code: 1}, {})
    assert (proof.count, proof.here + proof.twice, proof.holds) == (2, 2, True)
    assert (len(far.scene.rows(tables.alert)), found.not_pulled, found.short) == (1, 0, 0)
    assert [row["state"] for row in far.scene.rows(raw.attachment)] == ["held"]


def test_other_content_is_still_put_aside(far: Far) -> None:
    """Whoever has the blank copy can write another's number into it."""
    copy(far, f"<story><short_text>autre</short_text></story>{SAID}")
    report = both(far)

    assert (report.new, report.quarantined_new, len(far.scene.rows(tables.alert))) == (0, 1, 1)


def test_another_length_is_other_content(far: Far) -> None:
    """What is sealed is known by its length alone: what the name of the form does not explain is something else."""
    copy(far, f"{SAID}<!--sealed-->")

    assert both(far).quarantined_new == 1


def test_a_copy_without_the_photo_takes_none_away(far: Far) -> None:
    """The first row has it as before."""
    copy(far, files={})
    report = both(far)
    (row,) = far.scene.rows(raw.attachment)

    assert report.quarantined_new == 0
    assert (row["state"], (row["mark"] or "").startswith("gone:")) == ("held", False)


def test_a_photo_that_only_the_copy_has_is_taken(far: Far) -> None:
    """It is the same submission, whichever of its rows the phone sent the photo with."""
    far.send(2, SAID)
    assert far.report().files_waiting == 1
    far.wait(1)
    copy(far, number=2)
    report = both(far)

    assert (report.quarantined_new, report.files_new, report.files_waiting) == (0, 1, 0)


def test_what_is_left_in_the_other_form_is_not_gone(far: Far) -> None:
    """Once the first row is deleted, a comparison says that it is there."""
    copy(far)
    both(far)
    far.delete(1)
    far.wait(24)
    both(far)
    far.wait(24)
    both(far)
    (status,) = {row["status"] for row in far.scene.rows(raw.submission) if row["root_id"] == uid(1)}

    assert status in {"ok", "restored"}


def test_both_rows_in_one_run_are_one_alert_with_its_photo(far: Far) -> None:
    """Whichever of them has it, and although files have their turn after all answers; a trial says the same."""
    far.send(3, SAID, PICTURE)
    copy(far, number=3)
    far.send(4, SAID)
    copy(far, number=4)
    far.wait(24)
    way = replace(far.scene.way, clock=lambda: far.scene.now, draw=draw, dry_run=True)
    trial = pull(far.scene.register, [server(far)], COORDINATOR, way).report
    real = both(far)

    for report in (trial, real):
        assert (report.new, report.files_new, report.repeats, report.quarantined_new) == (2, 2, 2, 0)
        assert dict(report.notes)[InTwoForms.code] == 2
    assert trial.notes == real.notes
    assert trial.proofs == real.proofs
    assert real.proofs[0].holds
    assert len(far.scene.rows(tables.alert)) == 3
    assert {row["state"] for row in far.scene.rows(raw.attachment)} == {"held"}
    far.wait(24)
    assert both(far).notes == ()
