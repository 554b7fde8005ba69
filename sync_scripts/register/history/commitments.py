"""Whether the commitment to the original of a piece of evidence is in the chain of custody. Reads only, opens nothing.

A salted commitment is written with every file as it is sealed. Which file of a submission belongs to which piece of
evidence in it is sealed, too; so all of them have to be there, and no fewer than there are pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import and_, func, select

from sync_scripts.register.forms import formmap
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables

__all__ = ["committed"]

_RECEIVED: Final = '{"action":"RECEIVED",'
_NAMED: Final = '"file":"'
_LENGTH: Final = 64  # of the name of a sealed file: SHA-256 in hex


def committed(rows: Rows, evidence: Mapping[Any, Any]) -> bool:
    """Tell whether every file that came with a piece of evidence is held, and each has its commitment in the chain."""
    files = _files(rows, evidence["filing_no"])
    pieces = tables.evidence.c
    asked = select(func.count()).where(pieces.filing_no == evidence["filing_no"])
    if not files or len(files) < rows.execute(asked).scalar_one():
        return False
    return all(state == "held" for state, _ in files) and _in_chain(rows, {file for _, file in files})


def _files(rows: Rows, filing_no: int) -> list[tuple[str, str | None]]:
    """Return state and sealed name of each file of the evidence in a submission, of the version that is read."""
    filing, sent, held = tables.filing, raw.submission, raw.attachment
    of_filing = and_(sent.c.stamp == filing.c.stamp, sent.c.instance_id == filing.c.instance_id)
    same = and_(
        held.c.server == sent.c.server,
        held.c.form == sent.c.form,
        held.c.root_id == sent.c.root_id,
        held.c.instance_id == sent.c.instance_id,
    )
    asked = select(sent.c.stamp, sent.c.form_version, held.c.question, held.c.state, held.c.file)
    asked = asked.select_from(filing).join(sent, of_filing).join(held, same)
    found = rows.execute(asked.where(filing.c.filing_no == filing_no, sent.c.server == filing.c.server)).all()
    questions = {
        "/".join(one.path)
        for version in {(row.stamp, row.form_version) for row in found}
        for one in getattr(formmap.find(rows, *version), "questions", ())
        if (one.entity, one.field) == ("evidence", "file")
    }
    return [(row.state, row.file) for row in found if row.question in questions]


def _in_chain(rows: Rows, files: set[str | None]) -> bool:
    """Tell whether each file has its line: one pass over the chain, however many there are.

    A line begins with what was done; the name behind ``"file":`` is as long as that of any sealed file.
    """
    line = raw.custody.c.line
    where = (func.instr if rows.dialect == "sqlite" else func.strpos)(line, _NAMED)
    name = func.substr(line, where + len(_NAMED), _LENGTH)
    asked = select(name).where(line.startswith(_RECEIVED), where > 0, name.in_(files))
    return set(rows.execute(asked).scalars()) == files
