"""The stand-in of KoboToolbox against recorded answers of a real one: the same status, the same shape.

As with Central, the stand-in invents no member and gives every member that our client reads; answers of a submission
and what a recording was trimmed of are left out.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from sync_scripts.servers.kobo import shapes
from tests.servers.kobo_world import BASE, FORM, TOKEN, World
from tests.servers.test_recordings import Kind, reads

HERE = Path(__file__).parents[1] / "recordings" / "kobo"
STORY: Final[dict[str, Kind]] = {
    "00_bad_token": None,
    "00_no_auth": None,
    "01_me": shapes.Me,
    "02_environment": shapes.Environment,
    "160_assets_limit": shapes.Assets,
    "12_asset_detail": shapes.Asset,
    "46_missing": None,
    "46_missing_asset_accept_json": None,
    "46_missing_asset_detail_json": None,
    "48_xml_page": None,
    "48_xml_with_fields": None,
    "48_xml_with_sort": None,
    "48_one_xml_unedited": None,
    "80_bulk_default_limit": shapes.Rows,
    "80_bulk_limit_5000": shapes.Rows,
    "81_keyset_page": shapes.Rows,
    "82_query_id_gt": shapes.Rows,
    "163_fields_with_status": shapes.Rows,
    "163_fields_without_status": shapes.Rows,
    "164_query_uuid_in": shapes.Rows,
    "189_fingerprint_page": shapes.Rows,
    "85_att_b0_png_download_url": None,
    "86_att_badid": None,
    "69_history_noperm": None,
    "166_history_window": shapes.History,
    "167_history_unknown_field": shapes.History,
    "190_history_one_root_uuid": shapes.History,
}
OWN: Final = {1: "45aa696a-102e-4e82-8525-26d266a1dead", 2: "29c7a098-a4f9-4904-9393-6038a60ec5b7"}
"""Ids of submissions that recordings name."""
UNANSWERED: Final[dict[str, str]] = {}
"""Recordings of calls that the stand-in does not answer, and why."""
TAKEN_APART = re.compile(
    r"\.results\[\]\.(?!_id$|_uuid$|meta/|_submission_time|_submitted_by|_validation|_attach)"
)


def recorded(name: str) -> dict[str, Any]:
    """Return a recording."""
    said: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return said


@pytest.fixture
def world() -> World:
    """Return a form with enough rows for every page, the first with a file."""
    made = World(now=datetime(2026, 11, 25, 9, 10, tzinfo=UTC))
    for number in range(1, 45):
        own = OWN.get(number, f"{number:08d}-0000-4000-8000-000000000000")
        xml = f'<data id="alert"><meta><instanceID>uuid:{own}</instanceID></meta></data>'
        made.send(xml.encode(), {"b0.png": b"x"})
    made.validate(made.forms[FORM][0].root, "validation_status_approved")
    return made


def asked(said: dict[str, Any], world: World) -> httpx.Request:
    """Return the request as our world needs it: its form, its first row, its first file, its token."""
    first = world.forms[FORM][0]
    world.manages = said["name"] != "69_history_noperm"
    where = re.sub(
        r"/a(iUe6rc2v6Czgh6SFTjBAT|tsnUxptrCAfjLE8eJXPxy)(?=/)", f"/{FORM}", said["request"]["path"]
    )
    where = re.sub(r"/data/[0-9]{1,4}/", f"/data/{first.number}/", where)
    where = where.replace("att2e4iCu2AmeLu3ZASu77TE", next(iter(first.files)))
    query = urlencode(said["request"].get("query", {}))
    headers = {"Accept": said["request"]["headers"].get("Accept", "application/json")}
    if said["name"] == "00_bad_token":
        headers["Authorization"] = "Token 0000"
    elif said["request"]["user"]:
        headers["Authorization"] = f"Token {TOKEN}"
    return httpx.Request(said["request"]["method"], f"{BASE}{where}?{query}", headers=headers)


def paths(value: object, at: str = "") -> Iterator[str]:
    """Yield the places of all members, of all values of a list."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, f"{at}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from paths(inner, f"{at}.{name}")


def below(place: str, sign: str, there: set[str]) -> bool:
    """Tell whether a recorded member has members; of an empty one it shows nothing."""
    return any(one.startswith(f"{place}{sign}") for one in there)


@pytest.mark.parametrize("name", STORY)
def test_the_stand_in_answers_as_a_real_kobotoolbox_did(name: str, world: World) -> None:
    """Status and members."""
    said = recorded(name)
    want, got = said["response"], world.answer(asked(said, world))
    assert got.status_code == want["status"]
    if not isinstance(want["body"], dict):
        return
    there, here = set(paths(want["body"])), set(paths(got.json()))
    read = set(reads(STORY[name], ""))
    bare = tuple(f"{place}{sign}" for place in there for sign in ("[]", ".") if not below(place, sign, there))

    assert {one for one in here - there if not (TAKEN_APART.match(one) or one.startswith(bare))} == set()
    assert (read & there) - here == set()
    if STORY[name] is not None:
        msgspec.convert(got.json(), STORY[name], strict=False)


def test_every_recording_is_answered_or_named() -> None:
    """Nothing is left out in silence, and what is left out is little."""
    with (HERE / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        names = {row["file"].removesuffix(".json") for row in csv.DictReader(file, delimiter="\t")}

    assert names == {path.stem for path in HERE.glob("*.json")}
    assert names == STORY.keys() | UNANSWERED.keys()
    assert len(UNANSWERED) <= len(names) / 10
