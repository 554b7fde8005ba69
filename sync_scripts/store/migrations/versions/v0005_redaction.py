"""The fifth layout: a submission out of which one person was taken, so that its open part is another one and says so.

Its statements stand in two files beside this one, each ended by a semicolon and a new line.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

from sync_scripts.store.migrations import triggers

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the statements of this step in their order, then guard the open part anew."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    text = Path(__file__).with_name(f"v0005_{dialect}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    for statement in triggers.statements(dialect, triggers.REDACTION):
        connection.exec_driver_sql(statement)
