"""Files of all rows that a stand-in KoboToolbox makes: asked for once, or kept as a setting; and counts of rows."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx
from openpyxl import Workbook

from tests.contract.kobo_rows import answers, row
from tests.contract.kobo_said import base, missing, said

if TYPE_CHECKING:
    from tests.contract.kobo_world import World

NEEDED: Final = (
    "fields_from_all_versions",
    "group_sep",
    "hierarchy_in_labels",
    "lang",
    "multiple_select",
    "type",
)
SUFFIX: Final = {"xls": "xlsx", "csv": "csv"}
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LAST: Final = (
    *("_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by"),
    *("__version__", "_tags", "meta/rootUuid", "_index"),
)


@dataclass(slots=True)
class Exports:
    """What was asked for, by id, and the files by name."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def answer(world: World, request: httpx.Request, uid: str, rest: list[str]) -> httpx.Response:
    """Answer what is asked of the exports of a form."""
    kept, at = world.exports, f"{base(request)}/api/v2/assets/{uid}/"
    match request.method, rest:
        case "POST", ["exports"]:
            return _begun(world, at, json.loads(request.content))
        case "GET", ["exports", name] if name in kept.jobs:
            return said(_ended(world, request, uid, kept.jobs[name]))
        case "POST", ["export-settings"]:
            name = world.deployed.uid("es")
            where = f"{at}export-settings/{name}/"
            urls = {f"data_url_{kind}": f"{where}data.{kind}" for kind in ("csv", "xlsx")}
            told = {"uid": name, "url": where, "date_modified": world.now.isoformat()} | urls
            kept.settings[name] = told | json.loads(request.content)
            return said(kept.settings[name], 201, location=where)
        case "GET", ["export-settings", name, wanted] if name in kept.settings:
            made = _made(world, uid, wanted.rpartition(".")[2])
            headers = {"content-type": "text/html; charset=utf-8", "location": quote(made)}
            return httpx.Response(302, headers=headers)
    return missing()


def _begun(world: World, at: str, told: dict[str, Any]) -> httpx.Response:
    if not set(NEEDED) <= told.keys():
        *names, last = (f"'{one}'" for one in NEEDED)
        text = f"Must contain all the following required keys: {', '.join(names)} and {last}"
        return said({"data": [text]}, 400)
    name = world.deployed.uid("e")
    where = f"{at}exports/{name}/"
    job = {
        "url": where,
        "status": "created",
        "messages": {},
        "uid": name,
        "date_created": world.now.isoformat(),
        "last_submission_time": None,
        "result": None,
        "data": told | {"source": at, "name": None},
    }
    world.exports.jobs[name] = job
    return said(job, 201, location=where)


def _ended(world: World, request: httpx.Request, uid: str, job: dict[str, Any]) -> dict[str, Any]:
    """Return a job that is done by the time somebody asks for it."""
    if job["status"] == "created":
        made = _made(world, uid, SUFFIX[job["data"]["type"]])
        rows = world.forms[uid]
        job |= {"status": "complete", "result": f"{base(request)}{quote(made)}"}
        job["last_submission_time"] = max((f"{one.received}Z" for one in rows), default=None)
        job["data"]["processing_time_seconds"] = 0.1
    return job


def _made(world: World, uid: str, kind: str) -> str:
    """Make a file of the rows as they are now, and return its path."""
    stamp = world.now.strftime("%Y-%m-%d-%H-%M-%S")
    title = world.title(uid).replace(" ", "_")
    path = f"/private-media/coord/exports/{uid}/{title}_-_all_versions_-_Français_fr_-_{stamp}.{kind}"
    table = list(_table(world, uid))
    world.exports.files[path] = _text(table) if kind == "csv" else _book(table)
    return path


def _table(world: World, uid: str) -> list[list[str]]:
    """Return the rows as text; repeats are not there."""
    layout, shown = world.layout(uid), world.forms[uid]
    told = [answers(one.xml, layout) for one in shown]
    names = list(dict.fromkeys(name for one in told for name, value in one.items() if isinstance(value, str)))
    head = [name for name in names if not name.startswith(("meta/", "formhub/", "__"))]
    lines = []
    for number, (one, found) in enumerate(zip(shown, told, strict=True), 1):
        whole = row(one, None, layout) | {"_index": number}
        whole["_validation_status"] = one.status.get("label", "")
        lines.append(
            [*(found.get(name, "") for name in head), *(str(whole.get(name) or "") for name in LAST)]
        )
    return [[*head, *LAST], *lines]


def _text(table: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    return file.getvalue().encode()


def _book(table: list[list[str]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for line in table:
        sheet.append(line)
    book.save(file)
    return file.getvalue()


def download(world: World, path: str) -> httpx.Response:
    """Answer with a file that was made."""
    content = world.exports.files.get(path)
    if content is None:
        return missing()
    kind = "text/csv" if path.endswith(".csv") else SHEET
    headers = {
        "content-type": kind,
        "content-disposition": f"inline; filename*=utf-8''{quote(path.rpartition('/')[2])}",
        "last-modified": format_datetime(world.now, usegmt=True),
        "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
        "cache-control": "max-age=0, no-cache, must-revalidate, proxy-revalidate",
    }
    return httpx.Response(200, content=content, headers=headers)


def counts(world: World, uid: str) -> httpx.Response:
    """Answer how many rows came each day, which a deletion does not lower, and how many there are."""
    came = Counter(
        one["date_created"][:10]
        for one in world.history
        if one["asset"] == uid and one["action"] == "add-submission"
    )
    return said({"daily_submission_counts": came, "total_submission_count": len(world.forms.get(uid, ()))})


def usage(world: World) -> httpx.Response:
    """Answer what the account has used."""
    kinds = ("asr_seconds", "mt_characters", "llm_requests")
    held = [one for rows in world.forms.values() for one in rows]
    size = sum(len(data) for one in held for _name, data, _gone in one.files.values())
    periods = ("current_period", "all_time")
    first = world.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    told = {
        "total_nlp_usage": {f"{kind}_{period}": 0 for period in periods for kind in kinds},
        "total_storage_bytes": size,
        "total_submission_count": dict.fromkeys(periods, len(held)),
        "balances": dict.fromkeys(("submission", "storage_bytes", *kinds)),
        "current_period_start": first.isoformat(),
        "current_period_end": first.replace(month=first.month % 12 + 1).isoformat(),
        "last_updated": world.now.isoformat(),
    }
    return said(told)


def workbook(uid: str, raw: bytes) -> httpx.Response:
    """Answer with the workbook of a form; its address says xls, and it is none."""
    told = f"attachment; filename={uid}.xlsx"
    headers = {"content-type": f"{SHEET}; charset=utf-8", "content-disposition": told}
    return httpx.Response(200, content=raw, headers=headers)
