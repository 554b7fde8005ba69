"""The proof of a pull: the server's own count beside what became of each row, on every pull of a KoboToolbox, daily of a Central."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from itertools import islice
from typing import Any
from unittest import mock

import httpx
import pytest

from sync_scripts.cli.inflow.pull import pull_lines, verify_lines
from sync_scripts.intake.completeness.proof import Proof, words
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.pull import pull
from sync_scripts.intake.report import FormTotals, Verified
from sync_scripts.servers.central import source as central
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.inquiry import CursorRepeated
from sync_scripts.servers.kobo import Account
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, draw, uid
from tests.intake.test_servers import Far

OTHER = "aFormulaireInvente00002"


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in of three alerts."""
    return make(one, request.param)


def make(one: Scene, kind: str) -> Far:
    """Return a scene with a stand-in of three alerts."""
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=3)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, kind, world)
    for number in (1, 2, 3):
        far.send(number)
    return far


def proof(far: Far) -> Proof:
    """Pull, and return the proof of the one server."""
    (found,) = far.report().proofs
    return found


def test_everything_is_accounted_for(far: Far) -> None:
    """What is new in this pull, what was held before, what was edited, what is gone."""
    first = proof(far)
    far.wait(30)
    far.send(4)
    far.send(101, of=1)
    far.delete(2)
    second = proof(far)

    assert first == Proof(far.server.name, count=3, here=3)
    assert second == Proof(far.server.name, count=3, here=3)
    assert first.holds


def test_it_is_said_in_words(far: Far) -> None:
    """And for programs."""
    report = far.report()

    assert f"Proof, {far.server.name}: 3 at the server = 3 here." in list(pull_lines(report))
    assert report.document()["proofs"][0]["holds"] is True


def test_what_was_put_aside_is_in_it(one: Scene) -> None:
    """A submission that cannot be read is not lost."""
    far = make(one, "central")
    far.world.send("alert", b"<data id='alert'><a></data>")

    found = proof(far)

    assert found == Proof(far.server.name, count=4, here=3, aside=1)
    assert words(found).endswith(": 4 at the server = 3 here + 1 put aside.")


def test_a_twin_is_in_it(one: Scene) -> None:
    """Two rows, one submission, and still a proof."""
    far = make(one, "kobo")
    far.report()
    far.world.twin(uid(1))

    assert proof(far) == Proof(far.server.name, count=4, here=3, twice=1)


def test_what_could_not_be_read_is_missing(one: Scene) -> None:
    """No proof, and the sentence says so."""
    far = make(one, "central")
    far.world.knob = lambda request: (
        httpx.Response(404) if request.url.path.endswith(f"{uid(2)}.xml") else None
    )
    report = far.report()

    assert (report.proofs[0].missing, report.proofs[0].holds) == (1, False)
    assert any(
        line.startswith(f"No proof, {far.server.name}: 3 at the server, but 2 here")
        for line in pull_lines(report)
    )


def test_between_two_comparisons_it_says_when_the_last_one_was(one: Scene) -> None:
    """Central says by itself what is new, so the whole is compared once a day."""
    far = make(one, "central")
    far.report()
    at = one.now
    far.wait(1)
    report = far.report()
    said = f"compared last at {at:%Y-%m-%d %H:%M} (UTC)."

    assert report.proofs[0].count is None
    assert any(line.endswith(said) for line in pull_lines(report))


def test_a_form_out_of_reach_is_in_no_proof(far: Far) -> None:
    """What was not seen to its end proves nothing, and that is said."""
    far.report()
    far.wait(30)
    part = "/forms/alert" if far.kind == "central" else "/data"
    far.world.knob = lambda request: httpx.Response(404, json={}) if part in request.url.path else None

    report = far.pull().report

    assert [(one.count, one.not_compared, one.holds) for one in report.proofs] == [(None, 1, False)]
    assert f"No proof, {far.server.name}: no form was compared to its end (1 forms)." in "".join(
        pull_lines(report)
    )


def test_a_second_form_out_of_reach_leaves_no_proof_of_the_server(far: Far) -> None:
    """The sum of the first is right, and is not that of the server."""
    kind = far.kind
    far.world.forms[OTHER] = []
    first = "alert" if kind == "central" else kobo_world.FORM
    assert proof(far).holds
    far.wait(30)
    far.world.knob = lambda request: httpx.Response(404, json={}) if OTHER in request.url.path else None
    server = (
        test_central.source(far.world, page=2, wanted=(first, OTHER))
        if kind == "central"
        else test_kobo.source(far.world, wanted=(first, OTHER))
    )
    way = replace(far.scene.way, clock=lambda: far.scene.now, draw=draw)
    report = pull(far.scene.register, [server], COORDINATOR, way).report

    (found,) = report.proofs
    assert (found.count, found.here, found.missing, found.not_compared) == (3, 3, 0, 1)
    assert (found.holds, found.document()["holds"]) == (False, False)
    assert words(found).startswith(
        f"No proof, {server.name}: forms that were not compared to their end: 1. Of the others: 3 at the server = 3 here."
    )


def test_a_list_that_ends_early_is_no_proof(one: Scene) -> None:
    """The server counts four and lists three, twice."""
    far = make(one, "kobo")
    far.report()
    far.wait(30)
    with mock.patch.object(Account, "count", return_value=4):
        (found,) = far.report().proofs

    assert (found.count, found.not_compared, found.holds) == (None, 1, False)


def test_an_answer_without_a_count_is_no_proof_and_hides_nobody(one: Scene) -> None:
    """An empty one looks like an empty form; neither a pull nor a look says that all is here, and nothing is marked."""
    far = make(one, "central")
    far.report()
    far.wait(30)
    far.world.knob = lambda request: (
        httpx.Response(200, json={"value": []}) if "$count" in request.url.params else None
    )
    done = far.pull()
    looked = verify(one.register, [far.server])

    assert isinstance(done.failure, ShapeUnknown)
    assert [one.holds for one in done.report.proofs] == [False]
    assert {state for (state,) in far.rows("status")} == {"ok"}
    assert [one.code for one in looked.troubles] == [ShapeUnknown.code]


def test_a_list_that_goes_in_a_circle_of_as_many_rows_is_no_proof(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something on the way gives the first half for the second: four are counted, four come, and two of them are hidden."""
    far = make(one, "central")
    far.send(4)
    far.report()
    far.wait(30)
    monkeypatch.setattr(central, "SWEEP", 2)

    def deaf(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("$top") != "2" or "$skiptoken" not in request.url.params:
            return None
        url = request.url.copy_remove_param("$skiptoken")
        return far.world._route(httpx.Request("GET", url, headers=request.headers))  # type: ignore[no-any-return]

    far.world.knob = deaf
    done = far.pull()

    assert isinstance(done.failure, CursorRepeated)
    assert [one.holds for one in done.report.proofs] == [False]
    assert {state for (state,) in far.rows("status")} == {"ok"}


def test_a_form_that_was_not_compared_is_said_beside_what_is_missing() -> None:
    """Both are reasons, and none hides the other."""
    told = words(Proof("kobo", count=3, here=2, not_compared=1))

    assert "not compared to their end: 1. Of the others: 3 at the server, but 2 here." in told
    assert words(Proof("kobo")) == ""


def test_the_sum_that_verify_prints_is_right() -> None:
    """Each kind once, with a number of its own: what stands behind the sign is what stands before it."""
    kinds = [one.name for one in fields(FormTotals) if one.name not in {"form", "version", "instances"}]
    counts = {name: 2**power for power, name in enumerate(kinds)}
    totals = FormTotals("alert", "1", instances=sum(counts.values()), **counts)
    (line,) = islice(verify_lines(Verified((totals,), (), "", (), elsewhere=0, files_waiting=0)), 1)
    before, parts = line.rpartition(": ")[2].split(" = ")

    assert before == f"at the source {sum(counts.values())}"
    assert sorted(int(part.rpartition(" ")[2]) for part in parts.split(" + ")) == sorted(counts.values())
