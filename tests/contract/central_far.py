"""A real Central as ground for the rooms of recorded questions: what happens there is done by requests. Records nothing.

Needs a server that was just migrated, with one administrator: what is said of the whole site (people, projects, the log) shows else
what others did.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.contract import central_story as story
from tests.contract.central_calls import ACCENTED, CASE, SEALED
from tests.contract.central_room import Room, Site
from tests.contract.central_room import answers as told_of_room
from tests.contract.central_story import ACCENT, EDITED, FORM, LACKING, LATER, alerte, sealed

WORKER_S: Final = 30.0
"""How long the worker for entities may sleep before it looks again, and a little more."""
ROWS: Final = (
    story.CASE,
    story.OTHER,
    story.LOST,
    "5f478646-e0c6-46ef-8f24-4d2fe3464ac0",
    "72f79b16-0dca-4c4b-a852-805ea7cc8963",
    "4cd605e7-afa2-5360-b5b9-c5e9fb5c76f4",
    "4cd605e7-afa2-4360-b5b9-c5e9fb5c76f4",
)
"""The ids of rows of lists that questions name."""
PHOTO: Final = b"x" * 69
SIMPLE: Final = (
    '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
    '<h:title>Simple</h:title><model><instance><data id="simple" version="1"><nom/><meta><instanceID/></meta></data>'
    '</instance><bind nodeset="/data/nom" type="string"/><bind nodeset="/data/meta/instanceID" type="string"/></model>'
    '</h:head><h:body><input ref="/data/nom"><label>nom</label></input></h:body></h:html>'
)


@dataclass
class Far:
    """A real server, asked as its administrator.

    Attributes:
        at: its address, the account of the administrator, and the projects of this room.
        purging: the command that purges the trash there, as words; none = nothing is purged.
        failed: what could not be brought about, as an older server lacks the way to it.
    """

    at: Site
    purging: Sequence[str] = ()
    failed: list[str] = field(default_factory=list)
    token: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120, trust_env=False))

    def __post_init__(self) -> None:
        """Log in, take away the account that an earlier recording made, and begin a project."""
        login = {"email": self.at.email, "password": self.at.password}
        self.token = self.ask("POST", "/v1/sessions", json=login).json()["token"]
        for one in self.ask("GET", "/v1/users").json():
            if one["email"] == story.COORDINATOR[0]:
                self.ask("DELETE", f"/v1/users/{one['id']}")
        self.at.projects[2] = self.ask("POST", "/v1/projects", json={"name": "Dikalo"}).json()["id"]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as the administrator; a refusal is noted."""
        login = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {**login, **more.pop("headers", {})}
        said = self.answer(httpx.Request(method, self.at.base + self.at.put(path), headers=headers, **more))
        if said.is_error:
            self.refused(method, path, said)
        return said

    def refused(self, method: str, where: str, said: httpx.Response) -> None:
        """Note what an older server refuses."""
        self.failed.append(f"{method} {where}: {said.status_code} {said.text[:200]}")

    # --- ground of a room ---

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Let the server answer; nothing is followed. Rows of lists have ids of their own in each room: a server knows an id once."""
        url, content = self._there(str(request.url).encode()).decode(), self._there(request.read())
        asked = httpx.Request(request.method, url, headers=request.headers, content=content)
        said = self.http.send(asked)
        return httpx.Response(
            said.status_code, headers=said.headers, content=self._there(said.content, back=True)
        )

    def _there(self, content: bytes, *, back: bool = False) -> bytes:
        for one in ROWS:
            ours, theirs = one.encode(), f"{one[:-4]}{self.at.projects.get(2, 0):04x}".encode()
            content = content.replace(theirs, ours) if back else content.replace(ours, theirs)
        return content

    def send(self, form: str, xml: bytes, **files: bytes) -> None:
        """Let the administrator send a submission, as a phone does."""
        parts = {name: (name, content, "image/png") for name, content in files.items()}
        parts["xml_submission_file"] = ("submission.xml", xml, "text/xml")
        where = f"/v1/projects/{3 if form == 'chiffre_managed' else 2}/submission"
        self.ask("POST", where, headers={"X-OpenRosa-Version": "1.0"}, files=parts)

    def delete(self, form: str, root: str) -> None:
        """Put a submission into the trash."""
        self.ask("DELETE", _submission(form, root))

    def restore(self, form: str, root: str) -> None:
        """Take it out again."""
        self.ask("POST", f"{_submission(form, root)}/restore")

    def purge(self, form: str, root: str) -> None:
        """Let the server purge its trash, where somebody said how."""
        if self.purging:
            subprocess.run(self.purging, check=False)
        else:
            self.failed.append(f"purge of {form} {root}")

    def review(self, form: str, root: str, state: str | None) -> None:
        """Review it."""
        self.ask("PATCH", _submission(form, root), json={"reviewState": state})

    def work(self) -> None:
        """Wait until the worker was there."""
        time.sleep(WORKER_S)

    def newest_person(self) -> int:
        """Return the number of the account that was made last."""
        return int(max(one["id"] for one in self.ask("GET", "/v1/users").json()))

    def version_of(self, form: str) -> str:
        """Return the version of a form that phones have."""
        project = 3 if form == "chiffre_managed" else 2
        return str(self.ask("GET", f"/v1/projects/{project}/forms/{form}").json()["version"])

    def trashed_form(self) -> int:
        """Return the number of the form in the trash."""
        return int(self.ask("GET", "/v1/projects/2/forms?deleted=true").json()[0]["id"])


def _submission(form: str, root: str) -> str:
    return f"/v1/projects/2/forms/{form}/submissions/{quote(root)}"


def before(far: Far, told: dict[str, str]) -> dict[str, Callable[[], object]]:
    """Return what is to happen at a real server before each call of our client, so that it is in the state of the recordings."""
    room = Room(world=far, site=far.at)

    def project_with_a_key() -> None:
        story_room = Room(world=far, site=far.at)
        told_of_room(
            story_room,
            [
                one
                for one in story.ENCRYPTED
                if one.name in {"project_create", "key_set", "enc_managed_create"}
            ],
        )
        far.send("chiffre_managed", sealed("chiffre_managed", far.version_of("chiffre_managed"), "uuid:m"))

    def lists() -> None:
        room.upload("cas_creation", "cas_creation")
        for name in ("geometry", "derniere_note"):
            far.ask("POST", "/v1/projects/2/datasets/cas/properties", json={"name": name})
        first = {"uuid": story.CASE, "label": "Cas C-001", "data": CASE}
        far.ask("POST", "/v1/projects/2/datasets/cas/entities", json=first)
        room.upload("cas_suivi", "cas_suivi")
        far.ask("POST", "/v1/projects/2/datasets", json={"name": "communes"})

    def simple() -> None:
        headers = {"content-type": "application/xml"}
        far.ask("POST", "/v1/projects/2/forms?publish=true", content=SIMPLE.encode(), headers=headers)

    def submissions() -> None:
        far.send(FORM, alerte(EDITED), **{"photo1.png": PHOTO, "audit.csv": b"a"})
        far.send(FORM, alerte(LACKING))
        far.send(FORM, alerte(ACCENTED, photo=ACCENT), **{ACCENT: PHOTO})
        room.upload("chiffre_self", "chiffre_self")
        far.send("chiffre_self", sealed("chiffre_self", "1", SEALED), **{"submission.xml.enc": b"x" * 32})

    def viewer() -> None:
        email, password = story.COORDINATOR
        made = far.ask("POST", "/v1/users", json={"email": email, "password": password}).json()["id"]
        far.ask("POST", f"/v1/projects/2/assignments/viewer/{made}")
        room.log_in("viewer", email, password)
        told["token"] = room.keys["viewer"]

    return {
        "project_with_key": project_with_a_key,
        "project_extended_datasets": lists,
        "assign_app_user_simple": simple,
        "submission_xml": submissions,
        "odata_submissions": lambda: far.send(FORM, alerte(LATER, of=EDITED)),
        "odata_incremental_3way": lambda: far.delete(FORM, LACKING),
        "viewer_projects": viewer,
        "dataset_property_accent": lambda: told.update(token=room.keys["admin"]),
    }
