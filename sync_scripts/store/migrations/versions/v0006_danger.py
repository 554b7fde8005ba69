"""The sixth layout: tasks about a danger that nobody had seen who decided stand in an index of their own.

Its statements stand in two files beside this one, each ended by a semicolon and a new line.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the statements of this step in their order."""
    connection = op.get_bind()
    text = Path(__file__).with_name(f"v0006_{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
