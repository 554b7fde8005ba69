"""Forms onto stand-ins of both servers: once is enough, a failure leaves nothing behind, a break needs a name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from sync_scripts.deploy import (
    LISTS,
    CentralForms,
    DraftOfOthers,
    FilesNotTaken,
    FormHeldBack,
    KoboForms,
    MediaLacking,
    Package,
    SameVersion,
    Standing,
    WorkbookUnknown,
    keyed,
    pack,
    plan,
    refuse,
)
from sync_scripts.deploy.central import FormInTrash
from sync_scripts.deploy.kobo import FormNotOurs
from sync_scripts.errors import DikaloError
from sync_scripts.servers.central import Project, visiting
from sync_scripts.servers.http import Client, Credential
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from tests.contract import central_world, kobo_content, kobo_world
from tests.contract.kobo_forms import Asset
from tests.contract.test_central import FAST
from xlsform.compare.change import Acceptance, NotAcceptable, accept
from xlsform.model import Form
from xlsform.workbooks import workbook, writing

FORMS = Path(__file__).parents[2] / "forms"
NOBODY = Acceptance()


@dataclass
class Place:
    """A server to deploy to."""

    kind: str
    world: Any
    forms: Any

    def deploy(self, package: Package, accepted: Acceptance = NOBODY) -> int:
        """Deploy one form; return how many requests wrote something."""
        before = len(self.world.log)
        made = plan(package, self.forms.look(package), accepted)
        refuse(made, self.kind)
        handle = self.forms.carry_out(package, made) if made.deeds else ""
        if self.kind == "kobo" and handle:
            self.forms.known[package.form] = handle
            self.forms.sent[package.form] = (self.world.deployed.assets[handle].version, package.workbook)
        reading = {"GET", "HEAD"}
        return sum(
            method not in reading and path != "/v1/sessions"
            for method, path, _status in self.world.log[before:]
        )

    def on_phones(self, form: str) -> tuple[bytes, dict[str, Any]]:
        """Return the workbook that phones get, and its files by name."""
        if self.kind == "central":
            held = self.world.published.published[form]
            return held.workbook, held.files
        asset = next(one for one in self.world.deployed.assets.values() if one.form == form)
        assert asset.deployed == asset.version
        return asset.workbook, dict(asset.media.values())


def at_central(world: central_world.World) -> Place:
    """Return a Central to deploy to."""
    client, _visit = visiting(
        lambda login: Client("https://central.example", login, below=world.transport(), patience=FAST),
        central_world.EMAIL,
        central_world.PASSWORD,
    )
    return Place("central", world, CentralForms(Project(client, central_world.PROJECT)))


@pytest.fixture(params=["central", "kobo"])
def place(request: pytest.FixtureRequest) -> Place:
    """Give a server without forms."""
    if request.param == "central":
        return at_central(central_world.World())
    return at_kobo(kobo_world.World(forms={}))


def at_kobo(world: kobo_world.World) -> Place:
    """Return a KoboToolbox to deploy to."""
    token = Credential.token(kobo_world.TOKEN, "Token")
    account = Account(Client("https://kobo.example", token, below=world.transport(), patience=FAST))
    return Place("kobo", world, KoboForms(account, sleep=lambda _seconds: None))


def changed(package: Package, change: Callable[[Form], Form], version: str = "2030010101") -> Package:
    """Return another version of a form."""
    return replace(package, workbook=_changed(package.workbook, change, version), version=version)


@cache
def _changed(raw: bytes, change: Callable[[Form], Form], version: str) -> bytes:
    form = change(workbook.read(raw, file="x.xlsx").form)
    form = replace(form, settings={**form.settings, "version": version})
    return writing.write(form)


def without(name: str) -> Callable[[Form], Form]:
    """Drop a question."""
    return lambda form: replace(form, survey=tuple(row for row in form.survey if row.name != name))


def reworded(form: Form) -> Form:
    """Change one label."""
    rows = [
        replace(row, texts={**row.texts, "label": {**row.texts["label"], "fr": "Autre question ?"}})
        if row.name == "danger_now"
        else row
        for row in form.survey
    ]
    return replace(form, survey=tuple(rows))


def test_a_form_goes_up_with_its_files_and_a_second_run_writes_nothing(place: Place, alert: Package) -> None:
    """Phones get exactly these bytes; the request log of the second run holds no writing call."""
    first, second = place.deploy(alert), place.deploy(alert)
    raw, files = place.on_phones("alert")

    assert first > 0
    assert second == 0
    assert raw == alert.workbook
    assert {name: files[name] for name in alert.files} == dict(alert.files)


def older_central() -> Place:
    """Return a Central that says no digest of a file."""
    return at_central(central_world.World(lacks=central_world.BEFORE["2024.3"]))


def test_another_computer_sends_a_form_that_is_there_no_second_time(alert: Package) -> None:
    """KoboToolbox writes a workbook of its own: other bytes, no title, and what the phone notes outside its group."""
    place = at_kobo(kobo_world.World(forms={}))
    place.deploy(alert)
    (asset,) = place.world.deployed.assets.values()

    def anew(package: Package) -> int:
        place.forms.known.clear()
        place.forms.sent.clear()
        return place.deploy(package)

    assert kobo_content.kept(asset.workbook) != alert.workbook
    assert anew(alert) == 0
    with pytest.raises(FormHeldBack):
        anew(keyed(alert, "MIIB"))
    assert anew(changed(alert, reworded)) > 0
    with pytest.raises(FormHeldBack):
        anew(changed(alert, reworded, version="2029010101"))


def test_at_an_older_central_a_second_run_writes_nothing_either(alert: Package, followup: Package) -> None:
    """It says no digest of a file, so the file is looked at; else all phones got a new version at every run."""
    place = older_central()
    first = [place.deploy(one) for one in (alert, followup)]
    second = [place.deploy(one) for one in (alert, followup)]
    other = replace(alert, files={**alert.files, "alert_child.png": b"\x89PNG invented"})
    third, fourth = place.deploy(other), place.deploy(other)

    assert min(*first, third) > 0
    assert (second, fourth) == ([0, 0], 0)
    assert place.on_phones("alert")[1]["alert_child.png"] == b"\x89PNG invented"


def test_at_an_older_central_files_of_somebodys_draft_are_seen_too(alert: Package) -> None:
    """And a draft of ours that a cut left is none of somebody's."""
    place = older_central()
    place.deploy(alert)
    ours = replace(alert, files={**alert.files, "alert_child.png": b"another picture"})
    place.forms.project.draft("alert", None)
    place.forms.project.put_file("alert", "alert_child.png", b"theirs")
    with pytest.raises(DraftOfOthers):
        place.deploy(ours)

    place.forms.project.put_file("alert", "alert_child.png", b"another picture")
    place.deploy(ours)
    assert place.on_phones("alert")[1] == dict(ours.files)


def test_at_an_older_central_a_file_that_stayed_the_one_of_before_is_seen(alert: Package) -> None:
    """The server says that it is there; it is not what was sent."""
    place = older_central()
    place.deploy(alert)
    place.world.knob = lambda asked: (
        httpx.Response(200, json={"success": True})
        if asked.method == "POST" and asked.url.path.endswith("alert_child.png")
        else None
    )
    with pytest.raises(FilesNotTaken):
        place.deploy(replace(alert, files={**alert.files, "alert_child.png": b"another picture"}))

    assert place.on_phones("alert")[1] == dict(alert.files)


def test_notes_for_the_log_of_a_central_are_percent_encoded(alert: Package) -> None:
    """An accent in a header is an error of the HTTP library; Central decodes. Nothing is sent where there is nothing to say."""
    place = at_central(central_world.World())
    place.forms = replace(place.forms, notes="Publié : l'équipe")
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response | None:
        seen.extend(request.headers.get_list("x-action-notes"))
        return None

    place.world.knob = look
    place.deploy(alert)

    assert set(seen) == {"Publi%C3%A9%20%3A%20l%27%C3%A9quipe"}
    assert {unquote(one) for one in seen} == {"Publié : l'équipe"}


def test_phones_get_the_files_a_while_after_the_server_took_them(alert: Package) -> None:
    """KoboToolbox hands pictures on later; a form that its list does not name is not there, and a page that is no list is an error."""
    place = at_kobo(kobo_world.World(forms={}))
    place.forms = replace(place.forms, door=Door(place.forms.account.client))
    place.world.deployed.slow = 2
    place.deploy(alert)
    there = [place.forms.on_phones(alert, place.forms.known["alert"]) for _time in range(3)]
    told = b"<xforms></xforms>"
    place.world.knob = lambda asked: (
        httpx.Response(200, content=told) if asked.url.path == "/formList" else None
    )

    assert there == [False, True, True]
    assert not place.forms.on_phones(alert, place.forms.known["alert"])
    told = b"<html></html>"
    with pytest.raises(ShapeUnknown):
        place.forms.on_phones(alert, place.forms.known["alert"])


def test_files_that_the_server_lost_on_their_way_to_phones_are_given_again(followup: Package) -> None:
    """Lists too, whatever was published into them; one that is archived is left alone, and one that nobody can tell of too."""
    place = at_kobo(kobo_world.World(forms={}))
    place.forms = replace(place.forms, door=Door(place.forms.account.client))
    place.world.deployed.slow = 10_000
    place.deploy(followup)
    (asset,) = place.world.deployed.assets.values()
    lost = place.forms.on_phones(followup, asset.uid)
    asset.coming, place.world.deployed.slow, asset.active = {}, 0, False
    closed, asset.active = place.deploy(followup), True
    told = [httpx.Response(200, content=b"<xforms></xforms>"), httpx.Response(404)]
    for one in told:
        place.world.knob = lambda asked, one=one: one if asked.url.path == "/formList" else None
        assert place.deploy(followup) == 0
    place.world.knob = lambda _asked: None

    assert (lost, closed, place.deploy(followup)) == (False, 0, 1)
    assert place.forms.on_phones(followup, asset.uid)
    asset.on_phones = asset.coming = dict.fromkeys(asset.coming, "published")
    assert place.deploy(followup) == 0


def test_lists_go_up_empty_and_are_never_overwritten(place: Place, followup: Package) -> None:
    """Sample rows stay here; a list that was published since stays there."""
    place.deploy(followup)
    files = dict(place.on_phones("followup")[1])
    if place.kind == "central":
        place.world.published.published["followup"].files["cases.csv"] = b"published"
    else:
        (asset,) = place.world.deployed.assets.values()
        asset.media = {
            uid: (name, b"published" if name == "cases.csv" else data)
            for uid, (name, data) in asset.media.items()
        }
    again = place.deploy(followup)

    assert files["cases.csv"] == LISTS["cases.csv"]
    assert files["providers.csv"] == LISTS["providers.csv"]
    assert again == 0
    assert place.on_phones("followup")[1]["cases.csv"] == b"published"


def test_a_picture_that_changed_goes_up_alone(place: Place, alert: Package) -> None:
    """The form's bytes stay; on Central it gets a version of its own, or nobody would fetch it."""
    place.deploy(alert)
    name = min(one for one in alert.files if one.endswith(".png"))
    other = replace(alert, files={**alert.files, name: b"\x89PNG invented"})
    written, again = place.deploy(other), place.deploy(other)

    assert written > 0
    assert again == 0
    assert place.on_phones("alert")[1][name] == b"\x89PNG invented"
    assert place.on_phones("alert")[0] == alert.workbook


def test_a_harmless_change_goes_up(place: Place, alert: Package) -> None:
    """Another wording under another version."""
    place.deploy(alert)
    other = changed(alert, reworded)

    assert place.deploy(other) > 0
    assert place.on_phones("alert")[0] == other.workbook


def test_a_break_is_held_back_until_somebody_takes_it_upon_themselves(place: Place, alert: Package) -> None:
    """Refused by name, accepted by name; nothing reached the server before."""
    place.deploy(alert)
    other = changed(alert, without("short_text"))
    with pytest.raises(FormHeldBack) as found:
        place.deploy(other)
    before = place.on_phones("alert")[0]
    words = found.value.changes.split(", ")

    assert before == alert.workbook
    assert place.deploy(other, accept(words, "formatrice", "essai")) > 0


def lowered(form: Form) -> Form:
    """Let a narrative count as harmless."""
    rows = [
        replace(row, cells={**row.cells, "sensitivity": "1"}) if row.name == "short_text" else row
        for row in form.survey
    ]
    return replace(form, survey=tuple(rows))


def test_secrecy_cannot_be_lowered(place: Place, alert: Package) -> None:
    """No acceptance exists for it."""
    place.deploy(alert)
    with pytest.raises(FormHeldBack) as found:
        place.deploy(changed(alert, lowered))

    assert "SENS-LOWERED" in found.value.changes
    with pytest.raises(NotAcceptable):
        accept(found.value.changes.split(", "), "formatrice", "essai")


def test_the_same_version_with_other_content_is_refused_on_central(alert: Package) -> None:
    """Central would refuse it late and keep a draft; KoboToolbox gives versions itself."""
    other = changed(alert, reworded, version=alert.version)
    made = plan(other, Standing(workbook=alert.workbook, version=alert.version), NOBODY)
    with pytest.raises(SameVersion):
        refuse(made, "central")


def test_a_file_that_the_server_loses_stops_it_before_phones_see_anything(alert: Package) -> None:
    """Publishing is not blocked by the server: we look first. A draft that is all of a form stays for the next run."""
    world = central_world.World()
    world.published.broken.add("arrondissements.csv")
    place = at_central(world)
    with pytest.raises(FilesNotTaken):
        place.deploy(alert)

    assert world.published.published == {}
    assert list(world.published.drafts) == ["alert"]  # the server keeps the draft of a form never published

    world.published.broken.clear()
    place.deploy(alert)
    assert place.on_phones("alert")[0] == alert.workbook
    assert world.published.drafts == {}


def test_a_form_in_the_trash_is_not_made_anew(alert: Package) -> None:
    """It could not be restored any more, and what phones sent to it would be destroyed with it."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    forms = world.published
    held = forms.published.pop("alert")
    forms.trash[1] = ("alert", held, forms.tick())
    before = len(world.log)
    with pytest.raises(FormInTrash):
        place.deploy(changed(alert, reworded))
    wrote = [one for one in world.log[before:] if one[0] not in {"GET", "HEAD"}]
    forms.published["alert"] = forms.trash.pop(1)[1]
    sent = place.deploy(changed(alert, reworded))

    assert wrote == []
    assert sent > 0
    assert place.on_phones("alert")[0] != alert.workbook


def test_a_trash_that_this_login_may_not_see_stops_nothing(alert: Package) -> None:
    """It is a wider right than sending a form."""
    world = central_world.World()
    world.knob = lambda asked: (
        httpx.Response(403, json={"code": 403.1}) if "deleted" in asked.url.params else None
    )
    at_central(world).deploy(alert)

    assert "alert" in world.published.published


def test_a_new_version_that_fails_leaves_no_draft(alert: Package) -> None:
    """Phones keep the form they have, and nobody finds half a new one at the server."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    world.published.broken.add("alert_child.png")
    other = replace(alert, files={**alert.files, "alert_child.png": b"another picture"})
    with pytest.raises(FilesNotTaken):
        place.deploy(changed(other, reworded))

    assert place.on_phones("alert")[0] == alert.workbook
    assert world.published.drafts == {}


def test_somebodys_draft_is_left_alone(alert: Package) -> None:
    """A colleague works on it in the browser: neither replaced by what we send nor removed when that fails."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    place.forms.project.draft("alert", changed(alert, reworded).workbook)
    theirs = world.published.drafts["alert"].workbook
    with pytest.raises(DraftOfOthers):
        place.deploy(replace(alert, files={**alert.files, "alert_child.png": b"another picture"}))

    assert world.published.drafts["alert"].workbook == theirs
    assert place.deploy(alert) == 0  # nothing to send, so nothing is in the way


def test_files_that_somebody_put_into_a_draft_are_left_alone(alert: Package) -> None:
    """The same form with another picture is work of theirs, too; a draft of ours that a cut left is not."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    ours = replace(alert, files={**alert.files, "alert_child.png": b"another picture"})
    place.forms.project.draft("alert", None)
    place.forms.project.put_file("alert", "alert_child.png", b"theirs")
    with pytest.raises(DraftOfOthers):
        place.deploy(ours)
    assert world.published.drafts["alert"].files["alert_child.png"] == b"theirs"

    place.forms.project.put_file("alert", "alert_child.png", b"another picture")
    place.deploy(ours)
    assert place.on_phones("alert")[1] == dict(ours.files)


def test_a_form_that_somebody_only_drafted_is_left_alone(alert: Package) -> None:
    """Never published: all of it is theirs."""
    world = central_world.World()
    place = at_central(world)
    place.forms.project.create("alert", changed(alert, reworded).workbook)
    with pytest.raises(DraftOfOthers):
        place.deploy(alert)

    assert world.published.published == {}


def test_files_that_go_back_to_what_they_were_get_a_version_of_their_own(alert: Package) -> None:
    """A Central publishes no version twice; the one that the same files had before is taken for ever."""
    world = central_world.World()
    place = at_central(world)
    other = replace(alert, files={**alert.files, "alert_child.png": b"another picture"})
    for each in (alert, other, alert, other, alert):
        place.deploy(each)
        assert place.on_phones("alert")[1] == dict(each.files)
        assert place.deploy(each) == 0

    assert len(world.published.ever) == 5


def test_a_version_that_the_server_had_before_is_refused_before_anything_is_sent(alert: Package) -> None:
    """Also when it is not the present one: the server would refuse it after the upload."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    place.deploy(replace(alert, files={**alert.files, "alert_child.png": b"another picture"}))
    with pytest.raises(SameVersion):
        place.deploy(changed(alert, reworded, version=alert.version))

    assert world.published.drafts == {}


@pytest.mark.spread(4)
@pytest.mark.parametrize("after", range(12))
def test_a_failure_anywhere_is_mended_by_the_next_run(place: Place, alert: Package, after: int) -> None:
    """Cut after any request: phones have the old form or the new one, and the second run completes it."""
    place.deploy(alert)
    other = changed(alert, reworded)
    seen: list[None] = []

    def cut(_request: httpx.Request) -> httpx.Response | None:
        seen.append(None)
        return httpx.Response(502) if len(seen) > after else None

    place.world.knob = cut
    with suppress(DikaloError):
        place.deploy(other)
    if place.kind == "central":
        assert place.on_phones("alert")[0] in {alert.workbook, other.workbook}
    place.world.knob = lambda _request: None
    if place.kind == "kobo":
        place.forms.known.clear()
        place.forms.sent.clear()
    place.deploy(other)

    assert place.on_phones("alert")[0] == other.workbook
    assert place.deploy(other) == 0


def test_where_the_server_encrypts_what_was_sent_is_remembered(alert: Package) -> None:
    """Such a Central gives no workbook back: what this folder sent is compared, and a break is held back there too."""
    world = central_world.World()
    world.published.encrypts = True
    place = at_central(world)
    place.deploy(alert)
    with pytest.raises(WorkbookUnknown):
        place.deploy(alert)

    place.forms.sent["alert"] = (place.forms.version_of("alert"), alert.workbook)
    assert place.deploy(alert) == 0
    with pytest.raises(FormHeldBack):
        place.deploy(changed(alert, without("short_text")))
    place.forms.sent["alert"] = ("another version", alert.workbook)
    with pytest.raises(WorkbookUnknown):
        place.deploy(alert)


def test_what_was_sent_in_clear_is_known_once_the_server_encrypts(alert: Package) -> None:
    """The server made a version of its own of it; what somebody sent since then is another matter."""
    world = central_world.World()
    place = at_central(world)
    place.deploy(alert)
    place.forms.sent["alert"] = (alert.version, alert.workbook)
    world.published.encrypt()
    assert place.deploy(alert) == 0

    place.forms.project.draft("alert", changed(alert, reworded, version=alert.version).workbook)
    place.forms.project.publish("alert")
    with pytest.raises(WorkbookUnknown):
        place.deploy(alert)


def test_where_the_server_encrypts_a_draft_is_known_by_its_xform(alert: Package) -> None:
    """It keeps no workbook of a draft either: theirs is left alone, and ours, which a cut left behind, is not in the way."""
    world = central_world.World()
    world.published.encrypt()
    place = at_central(world)
    other = changed(alert, reworded)
    place.forms.project.create("alert", other.workbook)
    with pytest.raises(DraftOfOthers):
        place.deploy(alert)
    assert place.deploy(other) > 0

    place.forms.sent["alert"] = (place.forms.version_of("alert"), other.workbook)
    place.forms.project.draft("alert", alert.workbook)
    pictured = replace(other, files={**other.files, "alert_child.png": b"another picture"})
    with pytest.raises(DraftOfOthers):
        place.deploy(pictured)
    place.forms.project.draft("alert", None)
    assert place.deploy(pictured) > 0


def test_kobo_keeps_its_own_id_and_finds_the_form_again(alert: Package) -> None:
    """The asset is found by the form id inside it, also when this folder has forgotten it."""
    world = kobo_world.World(forms={})
    token = Credential.token(kobo_world.TOKEN, "Token")
    account = Account(Client("https://kobo.example", token, below=world.transport(), patience=FAST))
    Place("kobo", world, KoboForms(account)).deploy(alert)
    Place("kobo", world, KoboForms(account)).deploy(changed(alert, reworded))

    assert len(world.deployed.assets) == 1


@pytest.mark.parametrize(("mine", "named"), [(False, ""), (True, ""), (True, "aMine"), (False, "aStranger")])
def test_a_form_of_another_account_is_never_replaced_unasked(alert: Package, mine: bool, named: str) -> None:
    """An account sees what others shared with it: the same form id makes it no form of ours, unless the settings say so."""
    world = kobo_world.World(forms={})
    there = world.deployed.assets
    there["aStranger"] = Asset("aStranger", alert.workbook, "alert", "v1", "v1", owner="autre_ong")
    if mine:
        there["aMine"] = Asset("aMine", alert.workbook, "alert", "v1", "v1")
    forms = replace(at_kobo(world).forms, named=frozenset({named} - {""}))
    place, again = Place("kobo", world, forms), changed(alert, reworded)
    if mine or named:
        place.deploy(again)
    else:
        with pytest.raises(FormNotOurs):
            place.deploy(again)
    versions = {uid: one.version != "v1" for uid, one in there.items()}

    assert versions["aStranger"] == (named == "aStranger")
    assert versions.get("aMine", mine) == mine


def test_two_forms_of_one_id_are_told(alert: Package) -> None:
    """Which of its own two an account means, nobody can know: neither is touched, both are named."""
    world = kobo_world.World(forms={})
    for uid in ("aOne", "aTwo"):
        world.deployed.assets[uid] = Asset(uid, alert.workbook, "alert", "v1", "v1")
    with pytest.raises(FormNotOurs) as found:
        at_kobo(world).deploy(changed(alert, reworded))

    assert found.value.forms == "aOne, aTwo"


def test_a_picture_that_is_not_here_stops_it_at_once(tmp_path: Path) -> None:
    """Before anything is asked of a server; the sentence names the file."""
    with pytest.raises(MediaLacking) as found:
        pack(FORMS / "alert.xlsx", tmp_path)

    assert "arrondissements.csv" in found.value.files


def test_the_empty_lists_are_those_that_ship() -> None:
    """A list is its header alone."""
    for name, content in LISTS.items():
        assert (FORMS / "media" / name).read_bytes() == content
