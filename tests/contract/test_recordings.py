"""The stand-in against recorded answers of a real Central: the same status, number, details, members, headers and tags.

The calls of our client are in `central_calls`, in one story; what everybody else asks is in the rooms of `central_story`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.contract import central_calls, central_story
from tests.contract.central_calls import STORY
from tests.contract.central_same import HERE, Kind, differences, recorded
from tests.contract.central_story import ROOMS

LEFT: Final = 0
"""Recordings that are left unanswered today, of 282: a ceiling that may only fall."""


@pytest.fixture(scope="module")
def answers() -> dict[str, httpx.Response]:
    """Ask the stand-in everything that our client asks, in order."""
    return central_calls.answered()


def test_a_key_that_the_server_keeps_is_known(answers: dict[str, httpx.Response]) -> None:
    """As it was recorded: true for one that Central made, null for one of our own."""
    for name in ("enc_self_keys", "enc_managed_keys"):
        want = [one["managed"] for one in recorded(name).response["body"]]
        assert [one["managed"] for one in answers[name].json()] == want


@pytest.mark.parametrize(("name", "kind"), STORY, ids=[name for name, _kind in STORY])
def test_the_stand_in_answers_as_a_real_central_did(
    name: str, kind: Kind, answers: dict[str, httpx.Response]
) -> None:
    """Every call of our client that was recorded, with what it reads of the answer."""
    assert differences(recorded(name).response, answers[name], kind) == []


@pytest.mark.parametrize(
    ("room", "name"), [(room, one.name) for room, (_begin, asks) in ROOMS.items() for one in asks]
)
def test_the_stand_in_answers_everybody_else_as_a_real_central_did(room: str, name: str) -> None:
    """Phones, people at the web, the audit log, tables and exports."""
    assert differences(recorded(name).response, _all(room)[name]) == []


@lru_cache
def _all(room: str) -> dict[str, httpx.Response]:
    return central_story.answered(room)


PHONES: Final = "forms and phones"
PLANTED: Final[dict[str, tuple[str, str, Callable[[httpx.Response], httpx.Response]]]] = {
    "another status": ("rest_submit", "status 201 for 200", lambda said: _with(said, status=201)),
    "a member less": ("comment_create", "missing .actorId", lambda said: _without(said, "actorId")),
    "a member more": ("comment_create", "invented .secret", lambda said: _changed(said, secret=1)),
    "another number": ("comment_empty", "code 400.8 for 400.2", lambda said: _changed(said, code=400.8)),
    "details less": ("comment_empty", "missing .details.field", lambda said: _changed(said, details={})),
    "a header lost": (
        "formList",
        "header x-openrosa-version: False for True",
        lambda said: _less(said, "x-openrosa-version"),
    ),
    "no date": ("openrosa_head", "header date: False for True", lambda said: _less(said, "date")),
    "another place": (
        "submission_get_by_new_id_redirect",
        "header location: False for True",
        lambda said: _less(said, "location"),
    ),
    "another namespace": (
        "manifest",
        "root {http://openrosa.org/xforms/other}manifest for {http://openrosa.org/xforms/xformsManifest}manifest",
        lambda said: _with(said, said.content.replace(b"xformsManifest", b"other")),
    ),
    "a tag less": (
        "formList",
        "missing <{http://openrosa.org/xforms/xformsList}manifestUrl>",
        lambda said: _with(said, re.sub(b"<manifestUrl>.*?</manifestUrl>", b"", said.content)),
    ),
}
"""What is planted in an answer, and what the comparison must say of it."""


@pytest.mark.parametrize(("name", "told", "plant"), PLANTED.values(), ids=PLANTED)
def test_a_planted_difference_is_said(
    name: str, told: str, plant: Callable[[httpx.Response], httpx.Response]
) -> None:
    """The comparison sees what it is for."""
    want, said = recorded(name).response, _all(PHONES)[name]

    assert differences(want, said) == []
    assert told in differences(want, plant(said))


def _with(said: httpx.Response, content: bytes | None = None, *, status: int = 0) -> httpx.Response:
    body = said.content if content is None else content
    headers = {name: value for name, value in said.headers.items() if name != "content-length"}
    return httpx.Response(status or said.status_code, content=body, headers=headers)


def _changed(said: httpx.Response, **members: object) -> httpx.Response:
    return _with(said, json.dumps({**said.json(), **members}).encode())


def _without(said: httpx.Response, member: str) -> httpx.Response:
    kept = {name: told for name, told in said.json().items() if name != member}
    return _with(said, json.dumps(kept).encode())


def _less(said: httpx.Response, header: str) -> httpx.Response:
    made = _with(said)
    del made.headers[header]
    return made


def test_a_row_of_a_repeat_has_the_number_that_a_real_central_gave_it() -> None:
    """It is made of the first id of the submission, the repeats and the position in each, and moves with it."""
    for name in ("odata_subtable", "odata_subtable_nested", "odata_single_nav"):
        here, there = (
            one["value"][0]["__id"] for one in (_all(PHONES)[name].json(), recorded(name).response["body"])
        )
        assert here == there


def test_every_recording_is_answered_or_named_with_a_reason() -> None:
    """Over the whole index of what was recorded, not over what is kept here of it."""
    names = [row["name"] for row in table(HERE / "INDEX.tsv")]
    left = {row["name"]: row["why"] for row in table(HERE / "UNANSWERED.tsv")}

    asked = [name for name, _kind in STORY] + [one.name for _begin, asks in ROOMS.values() for one in asks]
    assert sorted(names) == sorted(asked + list(left))
    assert {path.stem for path in HERE.glob("*.json")} == set(asked)
    assert all(left.values())
    assert len(left) == LEFT


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
