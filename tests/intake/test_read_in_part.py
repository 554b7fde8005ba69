"""A KoboToolbox account that may read only some submissions of a form: its list and its count shrink alike, so neither proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts.cli.inflow.pull import pull_lines, verify_lines
from sync_scripts.intake.completeness.proof import words
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import FormReadInPart
from sync_scripts.intake.places.owed import owed
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.report import Verified
from tests.contract import kobo_world, test_kobo
from tests.contract.kobo_forms import Asset
from tests.contract.kobo_world import FORM
from tests.intake.scene import COORDINATOR, Scene, draw
from tests.intake.test_server_commands import Run, central, kobo, logged_in, run
from tests.intake.test_servers import Far

__all__ = ["central", "kobo", "logged_in", "run"]

ALERT = Path(__file__).parents[2] / "forms" / "alert.xlsx"
WHOLE = ("view_asset", "view_submissions")
PART = ("view_asset", "partial_submissions")


def share(world: kobo_world.World, rights: tuple[str, ...] = WHOLE) -> Asset:
    """Let a form be somebody else's; where it is shared in part, with what one account sent."""
    made = Asset(FORM, ALERT.read_bytes(), "alert", "v1", "v1", owner="quelqu.un", own_rights=rights)
    world.deployed.assets[FORM] = made
    made.filters["coord"] = {"view_submissions": [{"_submitted_by": "enum1"}]}
    return made


class Shared:
    """A form of somebody else, shared with the account of the pull; the settings name it, or nothing."""

    def __init__(self, one: Scene, *, named: bool) -> None:
        """Begin with six submissions of two accounts."""
        self.one = one
        self.wanted: tuple[str, ...] = (FORM,) if named else ()
        self.world = kobo_world.World(now=one.now - timedelta(hours=2))
        self.far = Far(one, "kobo", self.world)
        self.asset = share(self.world)
        for number in range(1, 7):
            self.send(number)

    def send(self, number: int) -> None:
        """Let one of the two accounts send a submission, in turn."""
        self.far.send(number)
        self.world.forms[FORM][-1].submitter = f"enum{1 + number % 2}"

    def pull(self) -> Pulled:
        """Pull, an hour later."""
        self.far.wait(1)
        way = replace(self.one.way, clock=lambda: self.one.now, draw=draw)
        return pull(self.one.register, [test_kobo.source(self.world, wanted=self.wanted)], COORDINATOR, way)

    def verify(self) -> Verified:
        """Compare with the register."""
        return verify(self.one.register, [test_kobo.source(self.world, wanted=self.wanted)])

    def states(self) -> list[str]:
        """Return how each submission here stands."""
        return [state for (state,) in self.far.rows("status")]

    def asked(self, since: int) -> int:
        """Return how often the form was asked itself, after a point of the log."""
        return sum(path == f"/api/v2/assets/{FORM}/" for _method, path, _status in self.world.log[since:])


@pytest.fixture(params=[True, False], ids=["named", "all"])
def shared(request: pytest.FixtureRequest, one: Scene) -> Shared:
    """Return it, once in settings that name the form."""
    return Shared(one, named=request.param)


def told(done: Pulled) -> bool:
    """Tell whether a pull said that it saw only a part, in all three places."""
    (proof,) = done.report.proofs
    noted = dict(done.report.notes).get(FormReadInPart.code, 0)
    said = any(line.startswith("No proof") and FORM in line for line in pull_lines(done.report))
    assert (done.failure, noted, said) == (None, int(not proof.holds), not proof.holds)
    assert done.report.needs_person >= bool(noted)
    return bool(noted)


def test_what_is_shown_in_part_is_no_proof(shared: Shared) -> None:
    """From the first pull on; what is shown is taken, and verify names the form and asks for the right."""
    shared.asset.own_rights = PART
    done = shared.pull()
    checked = shared.verify()

    assert told(done)
    assert done.report.new == 3
    assert "only some submissions" in words(done.report.proofs[0])
    assert checked.partly == (("kobo", FORM),)
    assert any(FORM in line and "only some of its submissions" in line for line in verify_lines(checked))
    assert checked.document()["partly"] == [{"server": "kobo", "form": FORM}]


def test_a_right_that_is_narrowed_deletes_nothing(shared: Shared) -> None:
    """What the account is not shown any more may be there; and it is compared again once it is shown."""
    assert not told(shared.pull())
    shared.asset.own_rights = PART
    narrowed = [told(shared.pull()) for _time in range(2)]
    meanwhile = shared.states()
    shared.send(7)
    shared.send(8)
    shared.pull()
    shared.asset.own_rights = WHOLE
    before = shared.verify()
    widened = shared.pull()

    assert narrowed == [True, True]
    assert (meanwhile, set(shared.states())) == (["ok"] * 6, {"ok"})
    assert (before.not_pulled, before.short, before.partly) == (1, 0, ())
    assert not told(widened)
    assert (widened.report.new, len(shared.states())) == (1, 8)


def test_a_form_that_is_named_and_not_shown_is_none_of_them(one: Scene) -> None:
    """No right is missing to read all of it: it is gone, or not shared, and that is said by itself."""
    made = Shared(one, named=True)
    made.wanted = (FORM, "aGone")
    done = made.pull()

    assert dict(done.report.notes).get(FormReadInPart.code, 0) == 0
    assert made.verify().partly == ()


def test_a_right_that_is_narrowed_in_the_middle_of_a_pull_deletes_nothing(shared: Shared) -> None:
    """After the list of forms was asked for: before anything is marked as deleted, the form itself is asked."""
    shared.pull()

    def narrow(request: httpx.Request) -> None:
        if request.url.path.endswith("/data/"):
            shared.asset.own_rights = PART

    shared.world.knob = narrow

    assert told(shared.pull())
    assert shared.states() == ["ok"] * 6


def test_a_deletion_is_seen_where_everything_is_shown(shared: Shared) -> None:
    """The form itself is asked only before something is taken for deleted, where the list of forms says the right."""
    shared.pull()
    mark = len(shared.world.log)
    idle = shared.pull()
    quiet = shared.asked(mark)
    shared.far.delete(2)
    gone = shared.pull()

    assert not told(idle)
    assert not told(gone)
    assert (quiet, shared.asked(mark)) == (0, 1)
    assert sorted(shared.states()) == ["deleted", "ok", "ok", "ok", "ok", "ok"]


@pytest.mark.parametrize("told_in_list", [True, False])
def test_a_server_that_says_nothing_of_rights_is_taken_at_its_count(
    shared: Shared, told_in_list: bool
) -> None:
    """An older one; and rights that a list does not name, as those of an organisation, are asked of the form."""

    def older(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v2/assets/":
            found: dict[str, Any] = {"uid": FORM, "deployment_status": "deployed"}
            found |= {"permissions": "?"} if told_in_list else {}
            return httpx.Response(200, json={"count": 1, "next": None, "previous": None, "results": [found]})
        if request.url.path == f"/api/v2/assets/{FORM}/":
            return httpx.Response(200, json={"uid": FORM})
        return None

    shared.world.knob = older

    assert not told(shared.pull())


def test_a_form_that_does_not_say_its_rights_proves_nothing_and_deletes_nothing(shared: Shared) -> None:
    """While the server answers everything else; the form is named, and no other trouble comes of it."""
    shared.pull()
    shared.asset.own_rights = PART
    shared.world.knob = lambda asked: (
        httpx.Response(500) if asked.url.path == f"/api/v2/assets/{FORM}/" else None
    )

    assert told(shared.pull())
    assert shared.states() == ["ok"] * 6


def test_what_is_owed_is_not_forgotten_while_it_is_not_shown(shared: Shared) -> None:
    """A submission that was shown and not handed over waits, until the account sees it again."""
    number = shared.world.forms[FORM][1].number
    shared.world.knob = lambda asked: (
        httpx.Response(500)
        if asked.url.params.get("format") == "xml" and str(number) in str(asked.url)
        else None
    )
    shared.pull()
    shared.world.forms[FORM][1].submitter = "enum2"
    shared.asset.own_rights = PART
    shared.pull()
    with shared.one.register.reading() as rows:
        left = list(owed(rows, "kobo"))

    assert [form for form, _root in left] == [FORM]


def test_the_commands_end_with_attention(logged_in: Run, kobo: tuple[kobo_world.World, str]) -> None:
    """Pull and verify say it and end with 3; doctor calls it bad, and says what to change."""
    share(kobo[0], PART)
    kobo[0].forms[FORM][0].submitter = "enum2"
    pulled = logged_in("--lang", "en", "pull")
    checked = logged_in("--lang", "en", "verify")
    _code, found, _talk = logged_in("--lang", "en", "doctor", "--open", "--json")
    words = [one["words"] for one in found["findings"] if one["code"] == "server-partly"]

    assert (pulled[0], checked[0]) == (3, 3)
    assert "Proof, terrain" not in pulled[1]
    assert f"others: {FORM}" in pulled[1]
    assert f"Form {FORM} of the server terrain" in checked[1]
    assert [one["level"] for one in found["findings"] if one["code"] == "server-partly"] == ["bad"]
    assert "view submissions" in words[0]
