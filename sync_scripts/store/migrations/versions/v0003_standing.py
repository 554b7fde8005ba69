"""The third layout: what a comparison with a server reads stands together in an index.

Its statements stand in two files beside this one, each ended by a semicolon and a new line.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the statements of this step in their order."""
    connection = op.get_bind()
    text = Path(__file__).with_name(f"v0003_{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
