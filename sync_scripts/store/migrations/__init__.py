"""The layout of the register, step by step. A register of a later layout is refused before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from sync_scripts.store.engine import transaction
from sync_scripts.store.errors import RegisterNewer

HEAD: Final = "0001"
"""The layout that this program knows; the id of the last step in ``versions``."""


STEPS: Path = Path(__file__).parent
"""Where Alembic finds the steps."""


def upgrade(engine: Engine) -> None:
    """Bring the register to this program's layout, in one transaction; nothing happens when it is there.

    Raises:
        RegisterNewer: a later program wrote it; it was only looked at.
    """
    with transaction(engine, reads=True) as connection:
        found = layout(connection)
    if found == HEAD:
        return
    with transaction(engine) as connection:
        _run(connection, layout(connection))


def layout(connection: Connection) -> str | None:
    """Return the layout of the register; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _run(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", STEPS.as_posix().replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise RegisterNewer(found=found, known=HEAD)
    command.upgrade(config, "head")
