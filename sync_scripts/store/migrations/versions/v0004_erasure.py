"""The fourth layout: the list of what was erased, so that it never comes again.

Its statements stand in two files beside this one, each ended by a semicolon and a new line.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

from sync_scripts.store.migrations import triggers

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the statements of this step in their order, then guard the list."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    text = Path(__file__).with_name(f"v0004_{dialect}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    for statement in triggers.statements(dialect, triggers.ERASURE):
        connection.exec_driver_sql(statement)
