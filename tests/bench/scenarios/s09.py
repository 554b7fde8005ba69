"""S9, a wide form: 500 questions, three levels of repeats, three versions; is an answer lost on the way?"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from sync_scripts.intake.pull import pull
from sync_scripts.register.forms.formmap import form_map, write_map
from sync_scripts.servers.folder import Folder
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import open_workspace
from tests.bench.data import START, narrative, words
from tests.bench.lines import Line
from tests.bench.make import DAY, workspace
from xlsform.model import Form, Place, Row
from xlsform.workbooks import workbook, writing

VERSIONS = ("2026010101", "2026020101", "2026030101")
LEVELS = ("visits", "wounds", "needs_of")
GATE = "no answer lost"


def form(version: str, questions: int) -> Form:
    """Return a form of so many questions in groups of twenty, and repeats inside repeats."""
    survey: list[Row] = []

    def put(kind: str, name: str) -> None:
        place = Place("wide.xlsx", None, "survey", len(survey) + 2)
        labels = {"label": {"": name}} if name else {}
        survey.append(Row(kind, name, {}, labels, place))

    for number in range(questions):
        if number % 20 == 0:
            put("begin_group", f"g{number // 20}")
        put("text", f"q{number}")
        if number % 20 == 19 or number == questions - 1:
            put("end_group", "")
    for name in LEVELS:
        put("begin_repeat", name)
        put("text", f"{name}_said")
    for _name in LEVELS:
        put("end_repeat", "")
    settings = {"form_id": "wide", "version": version, "form_title": "Wide"}
    return Form({}, settings, tuple(survey), {}, file="wide.xlsx")


def answers(chance: random.Random, vocabulary: list[str], number: int) -> tuple[bytes, int]:
    """Return a submission of one of the versions, and how many answers it holds."""
    version = number % 3
    asked = 480 + 10 * version
    groups: dict[int, list[str]] = {}
    for one in range(asked):
        groups.setdefault(one // 20, []).append(f"<q{one}>{chance.choice(vocabulary)}</q{one}>")
    body = "".join(f"<g{name}>{''.join(some)}</g{name}>" for name, some in groups.items())
    inner = "".join(
        f"<needs_of><needs_of_said>{narrative(chance, vocabulary)}</needs_of_said></needs_of>"
        for _ in range(2)
    )
    middle = f"<wounds><wounds_said>x</wounds_said>{inner}</wounds>" * 2
    outer = f"<visits><visits_said>y</visits_said>{middle}</visits>" * 2
    text = (
        f'<?xml version=\'1.0\'?><data id="wide" version="{VERSIONS[version]}">{body}{outer}'
        f"<meta><instanceID>uuid:{number:08d}-0000-4000-8000-000000000000</instanceID></meta></data>"
    )
    return text.encode(), asked + 2 + 4 + 8


def run(count: int = 2_000) -> Iterator[Line]:
    """Yield what was kept; from a folder, for what is asked here lies behind the server."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as place:
        yield _kept(Path(place), count)
    yield Line("S9", "formpack", "columns kept", "not measured: in no registry (GPL-3)")


def _kept(place: Path, count: int) -> Line:
    import time

    source, root = place / "source", place / "w"
    chance = random.Random(9)
    vocabulary = words(chance)
    sent: dict[str, int] = {}
    for number in range(count):
        content, many = answers(chance, vocabulary, number)
        folder = source / "wide" / f"uuid{number}"
        folder.mkdir(parents=True)
        (folder / "submission.xml").write_bytes(content)
        sent[f"uuid:{number:08d}-0000-4000-8000-000000000000"] = many
    workspace(root, source)
    opened = open_workspace(root, secret=lambda _question: DAY)
    with opened.register.writing() as rows:
        rows.many(raw.form_version, [_version(one, 480 + 10 * n) for n, one in enumerate(VERSIONS)])
    begun = time.process_time()
    pull(opened.register, [Folder(source)], Actor("bench-1", "key"))
    took = time.process_time() - begun
    table = raw.submission.c
    with opened.register.reading() as rows:
        here = {
            row.instance_id: _leaves(json.loads(row.open_part))
            for row in rows.execute(select(table.instance_id, table.open_part))
        }
    opened.close()
    lost = sum(sent.values()) - sum(here.values())
    seen = f"{sum(here.values()):,} of {sum(sent.values()):,} answers in {len(here):,} submissions; {took / count * 1e6:.0f} µs each"
    return Line(
        "S9",
        "dikalo",
        f"{count:,} submissions of about 500 answers",
        seen,
        GATE,
        lost == 0 and here.keys() == sent.keys(),
        {"lost": lost},
        (round(took, 2),),
    )


def _version(version: str, questions: int) -> dict[str, Any]:
    made = writing.write(form(version, questions))
    known = form_map(workbook.read(made, file="wide").form)
    return {
        "form": known.form,
        "version": known.version,
        "stamp": known.form,
        "sha256": hashlib.sha256(made).hexdigest(),
        "workbook": made,
        "map": write_map(known),
        "imported_at": instant(START),
    }


def _leaves(tree: list[Any]) -> int:
    """Return how many answers an open part names, sealed ones included."""
    return sum(_leaves(value) if isinstance(value, list) else 1 for _name, value in tree)
