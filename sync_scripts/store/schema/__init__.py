"""Every table of the register, as SQLAlchemy Core objects under one ``metadata``."""

from __future__ import annotations

from sync_scripts.store.schema import raw, register, workbooks
from sync_scripts.store.schema.base import metadata

__all__ = ["metadata", "raw", "register", "workbooks"]
