"""The first layout: the raw store, the register, and the triggers that keep what is append-only so."""

from __future__ import annotations

from alembic import op

from sync_scripts.store.migrations import triggers
from sync_scripts.store.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, then the triggers."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    tables = [table for table in metadata.sorted_tables if table.info.get("only", dialect) == dialect]
    metadata.create_all(connection, tables=tables)
    for statement in triggers.statements(dialect):
        connection.exec_driver_sql(statement)
