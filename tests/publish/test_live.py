"""Lists and phones against a real ODK Central, when one is named; each test makes a project and deletes it.

Needs ``DIKALO_CENTRAL_URL``, ``DIKALO_CENTRAL_EMAIL`` and ``DIKALO_CENTRAL_PASSWORD`` of an administrator.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest

from sync_scripts.config import TeamSettings
from sync_scripts.publish.audiences import OpenCase, teams_of
from sync_scripts.publish.central import CentralLists
from sync_scripts.publish.files import Note
from sync_scripts.publish.phones import CentralPhones
from sync_scripts.servers.central import Project, visiting
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.http import Client
from tests.publish.places import CASES, NOW, PROVIDERS, TEAMS, case
from tests.publish.test_never_wider import SWAPPED

NAMES = ("DIKALO_CENTRAL_URL", "DIKALO_CENTRAL_EMAIL", "DIKALO_CENTRAL_PASSWORD")
URL, EMAIL, PASSWORD = (os.environ.get(name, "") for name in NAMES)  # a test itself sees none of them
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (URL and EMAIL and PASSWORD), reason="no real Central: set " + ", ".join(NAMES)),
]
FORM = """<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>Suivi</h:title><model><instance><data id="followup" version="1"><x/><meta><instanceID/></meta></data>
</instance><instance id="cases" src="jr://file-csv/cases.csv"/><bind nodeset="/data/x" type="string"/>
<bind nodeset="/data/meta/instanceID" type="string"/></model></h:head><h:body><select1 ref="/data/x"><label>x</label>
<itemset nodeset="instance('cases')/root/item"><value ref="label"/><label ref="label"/></itemset></select1></h:body>
</h:html>"""


@dataclass
class Live:
    """A project of its own, with a form that asks for the list of cases and shows an empty file."""

    http: httpx.Client
    lists: Lists
    notes: dict[str, Note] = field(default_factory=dict)

    teams: Sequence[TeamSettings] = TEAMS

    def send(self, cases: list[OpenCase], *, everywhere: bool = False) -> bool:
        """Publish; tell whether something was written."""
        sender = CentralLists(
            "live",
            self.lists,
            teams_of(self.teams),
            recall=lambda form: self.notes.get(form, Note()),
            remember=self.notes.__setitem__,
            everywhere=everywhere,
        )
        return sender.send(cases, PROVIDERS, NOW, hurry=False, dry_run=False).changed

    def on_phone(self, code: str) -> set[str]:
        """Return the codes that a phone downloads, by the road that Collect takes."""
        (token,) = (one.token for one in self.lists.phones() if one.display_name == code and one.token)
        where = f"/v1/key/{token}/projects/{self.lists.project.id}/forms/followup/attachments/cases.csv"
        found = self.http.get(where, headers={"Authorization": ""})
        return {line.split(",")[1] for line in found.text.splitlines()[1:]}


@pytest.fixture
def live() -> Iterator[Live]:
    """Make the project and its form; delete the project afterwards."""
    http = httpx.Client(base_url=URL, timeout=60)
    token = http.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).json()["token"]
    http.headers["Authorization"] = f"Bearer {token}"
    number = http.post("/v1/projects", json={"name": "dikalo: essai"}).json()["id"]
    forms = f"/v1/projects/{number}/forms"
    client, visit = visiting(lambda login: Client(URL, login), EMAIL, PASSWORD)
    try:
        kind = {"Content-Type": "application/xml"}
        http.post(f"{forms}?publish=false", content=FORM, headers=kind).raise_for_status()
        http.post(f"{forms}/followup/draft/attachments/cases.csv", content="name,label\n").raise_for_status()
        http.post(f"{forms}/followup/draft/publish").raise_for_status()
        yield Live(http, Lists(Project(client, number)))
    finally:
        http.delete(f"/v1/projects/{number}")
        visit.end()
        client.close()
        http.close()


def test_each_phone_downloads_its_own_zone(live: Live) -> None:
    """Made, linked, filtered; nothing the second time; what becomes secret leaves, what comes back is restored."""
    phones = CentralPhones("live", live.lists)
    for code in ("F12", "F20"):
        phones.add(code, ["followup"], dry_run=False)
    first, again = live.send(CASES), live.send(CASES)
    seen = live.on_phone("F12"), live.on_phone("F20")
    live.send([case("DK-A", level="C4"), *CASES[1:]])
    without = live.on_phone("F12")
    live.send([case("DK-A", status="follow_up"), *CASES[1:]])
    back = live.on_phone("F12")
    live.send(CASES, everywhere=True)

    assert (first, again) == (True, False)
    assert seen == ({"DK-A", "DK-B"}, {"DK-C"})
    assert (without, back) == ({"DK-B"}, {"DK-A", "DK-B"})
    assert live.on_phone("F20") == {"DK-A", "DK-B", "DK-C"}


def test_a_case_comes_back_when_two_teams_changed_places(live: Live) -> None:
    """Its row is restored with its old department; the list is shut meanwhile and open again at the end."""
    phones = CentralPhones("live", live.lists)
    for code in ("F12", "F20"):
        phones.add(code, ["followup"], dry_run=False)
    live.send(CASES)
    live.send(CASES[1:])
    live.teams = SWAPPED
    done = (
        live.send([case("DK-A", "CM010001"), *CASES[1:]]),
        live.send([case("DK-A", "CM010001"), *CASES[1:]]),
    )

    assert done == (True, False)
    assert (live.on_phone("F12"), live.on_phone("F20")) == ({"DK-A", "DK-C"}, {"DK-B"})


def test_a_phone_is_locked_out(live: Live) -> None:
    """Its token opens nothing afterwards, and the server's own list says so."""
    phones = CentralPhones("live", live.lists)
    made = phones.add("F12", ["followup"], dry_run=False)
    where = f"/v1/key/{made.token}/projects/{live.lists.project.id}/formList"
    headers = {"Authorization": "", "X-OpenRosa-Version": "1.0"}
    before = live.http.get(where, headers=headers).status_code
    done = phones.revoke("f12", dry_run=False)
    after = live.http.get(where, headers=headers).status_code

    assert (before, done.accounts, done.failure) == (200, 1, None)
    assert after in {401, 403}
    assert [one.open for one in phones.listed()] == [False]
