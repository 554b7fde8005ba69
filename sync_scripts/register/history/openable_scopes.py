"""What may be opened with the vault for one alert or case: which scopes, and how its fields are called. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select

from sync_scripts.register.forms.formmap import read_map
from sync_scripts.register.model.codes import read
from sync_scripts.register.model.roots import chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import form_version, scope, submission
from sync_scripts.store.schema.register import alert, filing

__all__ = ["Unit", "labels_of", "replaced", "scopes_of", "units_of"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a scope belongs to: the subject of an alert's events, its code if it is one, and the case in which it is."""

    scope: str
    subject: str
    alert: str | None
    case: str | None


def scopes_of(rows: Rows, code: str) -> Sequence[str]:
    """Return the scopes of an alert or case: its submissions, and the persons in them; none for an unknown code."""
    roots = [(row.stamp, row.root_id) for row in rows.execute(_roots(code))]
    if not roots:
        return []
    theirs = or_(*(and_(submission.c.stamp == stamp, submission.c.root_id == root) for stamp, root in roots))
    same = and_(
        scope.c.server == submission.c.server,
        scope.c.form == submission.c.form,
        scope.c.root_id == submission.c.root_id,
    )
    found = rows.execute(select(scope.c.id).join(submission, same).where(theirs).distinct())
    return sorted(found.scalars())


def _roots(code: str) -> Select[tuple[str, str]]:
    """Return the query for stamp and root id of the submissions behind a code, however it is written."""
    as_alert = read(code, "AL")
    if as_alert is not None and read(code, "DK") is None:
        same = alert.c.filing_no == filing.c.filing_no
        return select(filing.c.stamp, filing.c.root_id).join(alert, same).where(alert.c.code == as_alert)
    return select(filing.c.stamp, filing.c.root_id).where(filing.c.case_code == (read(code, "DK") or code))


def units_of(rows: Rows, scopes: Iterable[str]) -> Iterator[Unit]:
    """Yield what some scopes belong to; a person's scope to what her submission does, one of no submission to nothing."""
    same = and_(
        submission.c.server == scope.c.server,
        submission.c.form == scope.c.form,
        submission.c.root_id == scope.c.root_id,
    )
    filed = and_(filing.c.stamp == submission.c.stamp, filing.c.root_id == submission.c.root_id)
    asked = (
        select(scope.c.id, filing.c.stamp, filing.c.root_id, filing.c.case_code, alert.c.code)
        .select_from(scope)
        .join(submission, same)
        .join(filing, filed)
        .outerjoin(alert, alert.c.filing_no == filing.c.filing_no)
        .distinct()
    )
    for some in chunks(sorted(set(scopes))):
        for row in rows.execute(asked.where(scope.c.id.in_(some))).all():
            yield Unit(row.id, f"alert:{row.stamp}/{row.root_id}", row.code, row.case_code)


def labels_of(rows: Rows, lang: str) -> dict[tuple[str, str], str]:
    """Return entity and field -> label of its question in the newest form version that asks it."""
    found: dict[tuple[str, str], str] = {}
    statement = select(form_version.c.map).order_by(form_version.c.imported_at, form_version.c.version)
    for text in rows.execute(statement).scalars():
        for asked in read_map(text).questions:
            label = asked.en if lang == "en" else asked.fr
            if asked.entity and asked.field and label:
                found[asked.entity, asked.field] = label
    return found


def replaced(rows: Rows, versions: Iterable[str]) -> set[str]:
    """Return those of some versions (instance ids) in whose place a later edit stands, whatever server they came from."""
    named = sorted(set(versions))
    found = rows.execute(
        select(submission.c.instance_id, submission.c.current).where(submission.c.instance_id.in_(named))
    ).all()
    standing = {row.instance_id for row in found if row.current}
    return {row.instance_id for row in found} - standing
