"""Files that answers announce and that have not arrived, by who sent the form: said while the phone may still have them.

Missing is what the source was asked for and has not got. Of what it never answered that is not known, so it is said as unanswered, and
only after some time. Reads the register alone, asks no server, and knows neither file names nor answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final, Literal

from sqlalchemy import and_, func, or_, select

from sync_scripts.intake.places.awaited_files import LACKING, MISSED
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, form_version, submission
from sync_scripts.store.statements import came_with

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
UNANSWERED: Final = timedelta(days=2)
"""After so long it is said that a source does not answer for a file that was announced."""
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
        unanswered: the source did not answer whether it has them; else it has not got them.
    """

    reporter: str
    sort: Sort
    count: int
    since: datetime
    unanswered: bool = False


def lacking(rows: Rows, now: datetime) -> tuple[Lacking, ...]:
    """Return the files that were looked for and not found, or not answered for, those that wait longest first; only of versions that count."""
    counts: Counter[tuple[str, Sort, bool]] = Counter()
    oldest: dict[tuple[str, Sort, bool], str] = {}
    missing = list(_missing(rows, now))
    sorts = _sorts(rows) if missing else {}
    for reporter, stamp, version, question, unanswered, received, count in missing:
        key = (reporter or "", sorts.get((stamp, version, question), "file"), unanswered)
        counts[key] += count
        oldest[key] = min(oldest.get(key, received), received)
    found = [
        Lacking(reporter, sort, counts[reporter, sort, unanswered], moment(since), unanswered)
        for (reporter, sort, unanswered), since in oldest.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.since, one.reporter, one.sort, one.unanswered)))


def _missing(rows: Rows, now: datetime) -> Iterator[tuple[str | None, str, str, str, bool, str, int]]:
    held, file, filed = submission.c, attachment.c, tables.filing.c
    author = func.coalesce(*(column for column in _AUTHORS))
    source = attachment.join(submission, came_with(file, held)).outerjoin(
        tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id)
    )
    for column in _AUTHORS:
        source = source.outerjoin(column.table, column.table.c.filing_no == filed.filing_no)
    columns = (author, held.stamp, held.form_version, file.question, MISSED.label("asked"), held.received_at)
    asked = (
        select(*columns, func.count())
        .select_from(source)
        .where(
            LACKING,
            or_(MISSED, file.at < instant(now - UNANSWERED)),
            file.at >= instant(now - LOOKED_FOR),
            held.current,
            held.status.in_(("ok", "restored")),
        )
        .group_by(*columns)
    )
    for row in rows.execute(asked):
        author_code, stamp, version, question, asked_for, received, count = tuple(row)
        yield author_code, stamp, version, question or "", not asked_for, received, count


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
        "unanswered": one.unanswered,
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
    if one.unanswered:
        return _(
            "{files}: the source has not said for two days whether it has them. Tell its administrator, and ask {reporter} to "
            "keep what the phone still has."
        ).format(files=told, reporter=one.reporter or _("whoever sent them"))
    if not one.reporter:
        return _("{files}; the form names nobody to ask.").format(files=told)
    return _("{files}; ask {reporter} today to send again while the phone still has what is missing.").format(
        files=told, reporter=one.reporter
    )
