"""Whether anybody kept anything in a register between two transactions of one process, as its database says. Reads only."""

from __future__ import annotations

from sqlalchemy import Connection

__all__ = ["state_of"]


def state_of(connection: Connection) -> str:
    """Return a word for what a transaction sees: the same word twice means that nobody kept anything in between.

    To be asked first in a transaction, and before that keeps anything itself. Another word says only that something may have
    been kept. SQLite counts for each connection what others keep, and beside it what it keeps itself; PostgreSQL names the
    transactions that are over, and those on their way.
    """
    if connection.dialect.name == "sqlite":
        own = id(connection.connection.dbapi_connection)
        others = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return f"{own} {others} {connection.exec_driver_sql('SELECT total_changes()').scalar_one()}"
    return str(connection.exec_driver_sql("SELECT txid_current_snapshot()::text").scalar_one())
