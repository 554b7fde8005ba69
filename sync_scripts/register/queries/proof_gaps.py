"""Which cases rest on a submission that nothing proves yet: it was opened before its files came, or does not fit them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.schema.register import filing

__all__ = ["cases"]

_UNPROVED: Final = ("provisional", "broken")
"""How such a submission came, as the raw store says it."""


def cases(rows: Rows) -> frozenset[str]:
    """Return the codes of those cases; each of their figures counts a case that may turn out otherwise."""
    of_filing = and_(  # the whole primary key: by the server alone each case would look at every submission
        submission.c.server == filing.c.server,
        submission.c.form == filing.c.form,
        submission.c.root_id == filing.c.root_id,
        submission.c.instance_id == filing.c.instance_id,
    )
    asked = (
        select(filing.c.case_code)
        .join(submission, of_filing)
        .where(submission.c.encryption.in_(_UNPROVED), filing.c.case_code.is_not(None))
        .distinct()
    )
    return frozenset(row.case_code for row in rows.execute(asked))
