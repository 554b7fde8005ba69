"""Files that answers announce and that have not arrived, by who sent the form: said while the phone may still have them.

Reads the register alone, asks no server, and knows neither file names nor answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final, Literal

from sqlalchemy import and_, func, select

from sync_scripts.intake.places.awaited_files import LACKING, MISSED
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, form_version, submission
from sync_scripts.store.statements import came_with

__all__ = ["Lacking", "Sort", "document", "lacking", "words"]

Sort = Literal["photo", "audio", "video", "file"]

_SORTS: Final[dict[str, Sort]] = {
    "image": "photo",
    "audio": "audio",
    "background-audio": "audio",
    "video": "video",
}
_AUTHORS: Final = (
    tables.alert.c.reporter_code,
    tables.interview.c.documenter_code,
    tables.followup.c.worker_code,
    tables.closure.c.closer_code,
    tables.situation.c.reporter_code,
)
"""Where a form says the code of the person who filled it in."""
LOOKED_FOR: Final = timedelta(days=30)
"""How long after they were announced files are looked for; after that no phone has them any more."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Files of one sort that one person's forms announce.

    Attributes:
        reporter: the code on the form; "" when there is none.
        sort: what they are.
        count: how many.
        since: when the oldest of their submissions reached a server.
    """

    reporter: str
    sort: Sort
    count: int
    since: datetime


def lacking(rows: Rows, now: datetime) -> tuple[Lacking, ...]:
    """Return the files that were looked for and not found, those that wait longest first; only of versions that count."""
    counts: Counter[tuple[str, Sort]] = Counter()
    oldest: dict[tuple[str, Sort], str] = {}
    missing = list(_missing(rows, now - LOOKED_FOR))
    sorts = _sorts(rows) if missing else {}
    for reporter, stamp, version, question, received, count in missing:
        key = (reporter or "", sorts.get((stamp, version, question), "file"))
        counts[key] += count
        oldest[key] = min(oldest.get(key, received), received)
    found = [Lacking(*key, count, moment(oldest[key])) for key, count in counts.items()]
    return tuple(sorted(found, key=lambda one: (one.since, one.reporter, one.sort)))


def _missing(rows: Rows, since: datetime) -> Iterator[tuple[str | None, str, str, str, str, int]]:
    held, file, filed = submission.c, attachment.c, tables.filing.c
    author = func.coalesce(*(column for column in _AUTHORS))
    source = attachment.join(submission, came_with(file, held)).outerjoin(
        tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id)
    )
    for column in _AUTHORS:
        source = source.outerjoin(column.table, column.table.c.filing_no == filed.filing_no)
    columns = (author, held.stamp, held.form_version, file.question, held.received_at)
    asked = (
        select(*columns, func.count())
        .select_from(source)
        .where(
            LACKING,
            MISSED,
            file.at >= instant(since),
            held.current,
            held.status.in_(("ok", "restored")),
        )
        .group_by(*columns)
    )
    for row in rows.execute(asked):
        author_code, stamp, version, question, received, count = tuple(row)
        yield author_code, stamp, version, question or "", received, count


def _sorts(rows: Rows) -> dict[tuple[str, str, str], Sort]:
    """Return what each question of files asks for, by form stamp, version and path."""
    found: dict[tuple[str, str, str], Sort] = {}
    for row in rows.execute(select(form_version.c.stamp, form_version.c.version, form_version.c.map)):
        for asked in read_map(row.map).questions:
            if asked.type in _SORTS:
                found[row.stamp, row.version, "/".join(asked.path)] = _SORTS[asked.type]
    return found


def document(one: Lacking) -> dict[str, Any]:
    """Return it for ``--json``."""
    return {
        "reporter": one.reporter,
        "sort": one.sort,
        "count": one.count,
        "since": instant(one.since),
        "words": words(one),
    }


def words(one: Lacking) -> str:
    """Return the sentence for a person: what is missing, and whom to ask today."""
    told = {
        "photo": ngettext(
            "{count} photo announced and not arrived", "{count} photos announced and not arrived", one.count
        ),
        "audio": ngettext(
            "{count} recording announced and not arrived",
            "{count} recordings announced and not arrived",
            one.count,
        ),
        "video": ngettext(
            "{count} video announced and not arrived", "{count} videos announced and not arrived", one.count
        ),
        "file": ngettext(
            "{count} file announced and not arrived", "{count} files announced and not arrived", one.count
        ),
    }[one.sort].format(count=one.count)
    if not one.reporter:
        return _("{files}; the form names nobody to ask.").format(files=told)
    return _("{files}; ask {reporter} today: the phone may already have deleted them.").format(
        files=told, reporter=one.reporter
    )
