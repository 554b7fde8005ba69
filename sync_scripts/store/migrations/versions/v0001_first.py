"""The first layout: the raw store, the register, and the triggers that keep what is append-only so.

Its statements stand in two files beside this one. As long as nobody keeps data they are written from the tables in the
code (``nox -s layout``); from then on they are never changed again, and what comes later is a further step.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

from sync_scripts.store.migrations import triggers

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, then the triggers."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    text = Path(__file__).with_name(f"v0001_{dialect}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    for statement in triggers.statements(dialect, triggers.GUARDS):
        connection.exec_driver_sql(statement)
