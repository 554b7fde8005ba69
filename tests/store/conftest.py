"""The registers of these tests."""

from __future__ import annotations

from tests.store.databases import (
    holders,
    new_database,
    postgres,
    register,
    sqlite_register,
    sqlite_world,
    template_file,
    world,
)

__all__ = [
    "holders",
    "new_database",
    "postgres",
    "register",
    "sqlite_register",
    "sqlite_world",
    "template_file",
    "world",
]
