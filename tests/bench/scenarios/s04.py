"""S4, the usual day: nothing new, and then one in a hundred edited, on a server whose submissions are all held."""

from __future__ import annotations

import http.client
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from sync_scripts.intake.completeness.sweeping import FILES_SWEPT
from sync_scripts.store import file_checks
from sync_scripts.store.schema.raw import watermark
from sync_scripts.store.workspace import REGISTER, open_workspace
from tests.bench.ground import Far, far, pull, workspace
from tests.bench.lines import Line
from tests.bench.make import DAY
from tests.bench.scenarios.peers import peer
from tests.bench.stock import UIDS, Kind

GATE_BYTES = "160 bytes a submission, not packed"
GATE_SHARE = "a twelfth of a full re-pull's bytes in the same encoding"


def run(count: int = 100_000) -> Iterator[Line]:
    """Yield figures for both servers."""
    for kind in ("kobo", "central"):
        with far(kind, count) as there, workspace(there.kind, there.address) as root:
            pull(root)
            yield from _quiet(there, root, count)
            yield from _first_of_the_day(there, root, count)
            yield from _edited(there, root, count)
        if kind == "kobo":
            yield from _peers(count)


def where(kind: Kind) -> str:
    """Return a server's name for people."""
    return "KoboToolbox" if kind == "kobo" else "Central"


def _quiet(there: Far, root: Path, count: int) -> Iterator[Line]:
    there.tell()
    done = pull(root)
    said = there.tell()
    named = where(there.kind)
    each = said["unpacked"] / count
    yield Line(
        "S4",
        "dikalo",
        f"nothing new, {count:,} held, {named}",
        f"{done.cpu_s} CPU s with its start, {said['requests']} requests, {said['sent']:,} bytes packed, "
        f"{each:.0f} bytes a submission unpacked",
        GATE_BYTES,
        each <= 160,
        {"cpu_s": done.cpu_s, "exit": done.line["exit"], **_counts(said)},
        note="files are listed once a day" if there.kind == "kobo" else "",
    )
    bare = _bare(there)
    idle = _start(there)
    own = done.cpu_s - idle
    yield Line(
        "S4",
        "dikalo",
        f"the same beside the bare requests, {named}",
        f"{own:.2f} CPU s without its start, {bare:.2f} for the requests alone: {own / max(bare, 0.01):.1f} times",
        "2 times (or 0.05 CPU s), and 1 CPU s",
        own <= max(2 * bare, 0.05) and own <= 1,
        {"own_cpu_s": own, "bare_cpu_s": bare, "start_cpu_s": idle},
    )


def _first_of_the_day(there: Far, root: Path, count: int) -> Iterator[Line]:
    """Let what is done once a day be done again: every page of the register's file read, every file's mark compared."""
    (root / f"{REGISTER}{file_checks.SUFFIX}").unlink(missing_ok=True)
    opened = open_workspace(root, secret=lambda _question: DAY)
    with opened.register.writing() as rows:
        rows.execute(delete(watermark).where(watermark.c.form == FILES_SWEPT))
    opened.register.doubt()
    opened.close()
    there.tell()
    done = pull(root)
    said = there.tell()
    size = (root / REGISTER).stat().st_size / 1e6
    yield Line(
        "S4",
        "dikalo",
        f"the first pull of a day, nothing new, {count:,} held, {where(there.kind)}",
        f"{done.cpu_s} CPU s with its start: every page of the register's file is read ({size:.0f} MB); "
        f"{said['sent']:,} bytes packed, {said['unpacked'] / count:.0f} bytes a submission unpacked, marks of files included",
        figures={"cpu_s": done.cpu_s, "exit": done.line["exit"], **_counts(said)},
    )


def _start(there: Far) -> float:
    """Return the CPU seconds of a pull of a form that holds nothing."""
    with workspace(there.kind, there.address, ("alert",)) as root:
        return pull(root).cpu_s


def _bare(there: Far) -> float:
    """Return the CPU seconds of asking for as many rows of marks as a pull does, and looking at nothing."""
    line = http.client.HTTPConnection(there.address.removeprefix("http://"))
    begun = time.process_time()
    if there.kind == "kobo":
        number, more = 0, True
        while more:
            query = f"query=%7B%22_id%22%3A%7B%22%24gt%22%3A{number}%7D%7D&fields=%5B%22_id%22%5D&limit=1000"
            line.request(
                "GET", f"/api/v2/assets/{UIDS['case']}/data/?{query}", headers={"Accept-Encoding": "gzip"}
            )
            line.getresponse().read()
            number += 3000
            more = number < 3 * _rows(there) + 7
    else:
        for skip in range(0, _rows(there), 5000):
            asked = f"/v1/projects/7/forms/case.svc/Submissions?%24top=5000&%24skip={skip}&%24select=__id"
            line.request("GET", asked, headers={"Accept-Encoding": "gzip"})
            line.getresponse().read()
    took = time.process_time() - begun
    line.close()
    return took


def _rows(there: Far) -> int:
    return int(there.tell()["live"])


def _edited(there: Far, root: Path, count: int) -> Iterator[Line]:
    planted = there.tell(plant={"share": 0.5})["planted"]
    there.tell()
    done = pull(root)
    said = there.tell()
    whole = _again(there)
    files = said["bytes_of"].get("files", 0)
    ratio = (said["sent"] - files) / whole["sent"]
    raw = said["unpacked"] / whole["unpacked"]
    yield Line(
        "S4",
        "dikalo",
        f"{len(planted['edited']):,} of {count:,} edited, {where(there.kind)}",
        f"{said['sent']:,} bytes packed beside {whole['sent']:,} of all rows again: 1/{1 / ratio:.1f}; "
        f"unpacked 1/{1 / raw:.1f}; {done.cpu_s} CPU s",
        GATE_SHARE,
        max(ratio, raw) <= 1 / 12,
        {"cpu_s": done.cpu_s, "exit": done.line["exit"], "whole": whole["sent"], **_counts(said)},
    )


def _again(there: Far) -> dict[str, Any]:
    """Return the counts of asking for all rows anew, answers included, in the same encoding."""
    there.tell()
    line = http.client.HTTPConnection(there.address.removeprefix("http://"), timeout=600)
    rows = _rows(there)
    for start in range(0, rows, 1000):
        if there.kind == "kobo":
            path = f"/api/v2/assets/{UIDS['case']}/data/?limit=1000&start={start}"
        else:
            path = f"/v1/projects/7/forms/case.svc/Submissions?%24top=1000&%24skip={start}&%24expand=*"
        line.request("GET", path, headers={"Accept-Encoding": "gzip"})
        line.getresponse().read()
    line.close()
    return there.tell()


def _counts(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("requests", "sent", "unpacked", "kinds", "bytes_of")}


def _peers(count: int) -> Iterator[Line]:
    """Yield what the tools cost that can be asked for what is new."""
    held = min(count, 10_000)
    with far("kobo", held) as there:
        with tempfile.TemporaryDirectory() as folder:
            first = peer(there, "dlt", folder)
            there.tell()
            again = peer(there, "dlt", folder) if first else None
            said = there.tell()
            if again is not None:
                seen = f"{again.cpu_s} CPU s with its start, {said['requests']} requests, {said['sent']:,} bytes packed"
                yield Line(
                    "S4",
                    "dlt",
                    f"nothing new after _id, {held:,} held",
                    seen,
                    figures=_counts(said),
                    note="sees no edit, no deletion, no review",
                )
        query = 'query={"_submission_time":{"$gt":"2027-01-01T00:00:00"}}'
        done = peer(there, "koboextractor", query)
        said = there.tell()
        if done is not None:
            seen = f"{done.cpu_s} CPU s with its start, {said['requests']} requests, {said['sent']:,} bytes packed"
            yield Line(
                "S4",
                "koboextractor",
                f"nothing new after a stamp, {held:,} held",
                seen,
                figures=_counts(said),
                note="sees no edit, no deletion, no review",
            )
    with far("central", held) as there:
        there.tell()
        done = peer(
            there,
            "pyodk",
            "filter=__system/submissionDate ge 2027-01-01T00:00:00.000Z or __system/updatedAt ge 2027-01-01T00:00:00.000Z",
        )
        said = there.tell()
        if done is not None:
            seen = f"{done.cpu_s} CPU s with its start, {said['requests']} requests, {said['sent']:,} bytes packed"
            yield Line(
                "S4",
                "pyodk",
                f"nothing new after a stamp, {held:,} held",
                seen,
                figures=_counts(said),
                note="sees no deletion unless asked",
            )
