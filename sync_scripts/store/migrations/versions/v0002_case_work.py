"""The second layout: what case work needs beyond the first.

Its statements stand in two files beside this one, each ended by a semicolon and a new line. They bring a register with
data along: a column that must be filled has a default. What may not be removed is guarded as in the first layout.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

from sync_scripts.store.migrations import triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the statements of this step in their order."""
    connection = op.get_bind()
    text = Path(__file__).with_name(f"v0002_{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    for statement in triggers.statements(connection.dialect.name, triggers.CASE_WORK):
        connection.exec_driver_sql(statement)
