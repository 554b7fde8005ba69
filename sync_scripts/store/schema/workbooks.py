"""The tables about follow-up workbooks: which went out with what in them, which came back, and what could not be decided then."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table

from sync_scripts.store.schema.base import NUMBER, WORDS, column, metadata

REWRITTEN: Final = "rewritten"
"""Choice by which an earlier version ended what a file alone has (`held`) where another file wrote its cell. No person answered: it is open."""

followup_export: Table = Table(
    "followup_export",
    metadata,
    column("export_id", WORDS, primary_key=True),
    column("by", WORDS, level=1),
    column("at", WORDS, level=1),
    column("tier", WORDS),
    column("scope", WORDS, level=1),
    column("lang", WORDS),
    column("expires", WORDS, level=1),
    column("columns", WORDS),  # canonical JSON: sheet -> keys of its columns
    column("file_sha256", WORDS, level=1, nullable=True),
    column("labels", WORDS, nullable=True),  # canonical JSON: list -> code -> label, as they were shown
    column(
        "known", WORDS, nullable=True
    ),  # canonical JSON: up to which order of arrival the register had read
)

followup_row: Table = Table(
    "followup_row",
    metadata,
    column("export_id", WORDS),
    column("sheet", WORDS),
    column("row_id", WORDS),
    column("version", WORDS, nullable=True),
    # canonical JSON as written; NULL for a reserved blank row, and for one that was erased with its person
    column("values", WORDS, level=2, nullable=True),
    column("case_code", WORDS, nullable=True),
    column("record_id", WORDS, nullable=True),  # of the intervention that a row of actions or referrals shows
    PrimaryKeyConstraint("export_id", "sheet", "row_id"),
    ForeignKeyConstraint(["export_id"], ["followup_export.export_id"]),
    Index("ix_followup_row_case_code", "case_code"),
)

followup_import: Table = Table(
    "followup_import",
    metadata,
    column("file_sha256", WORDS, primary_key=True),  # of the file as it came, locked or not
    column("export_id", WORDS),
    column("at", WORDS, level=1),
    column("by", WORDS, level=1),
    column("changes", NUMBER),  # fields and rows that were written
)

followup_conflict: Table = Table(
    "followup_conflict",
    metadata,
    column(
        "conflict_id", WORDS, primary_key=True
    ),  # covers base, register and file: another value is another one
    column("export_id", WORDS),
    column("file_sha256", WORDS, level=1),
    column(
        "kind", WORDS
    ),  # conflict, erase, date, no_base; held, waits, row: no value, mine is the place of the file
    column("sheet", WORDS),
    column("row_id", WORDS),
    column("cell", WORDS),
    column("case_code", WORDS, nullable=True),
    column("record_id", WORDS, nullable=True),
    column("field", WORDS),
    column("base", WORDS, level=2, nullable=True),
    column("register", WORDS, level=2, nullable=True),
    column("mine", WORDS, level=2, nullable=True),
    column("raised_at", WORDS, level=1),
    column("raised_by", WORDS, level=1),
    column("settled_at", WORDS, level=1, nullable=True),
    column("settled_by", WORDS, level=1, nullable=True),
    column(
        "choice", WORDS, nullable=True
    ),  # register, file, both, other, moved, erased; NULL while it is open; rewritten: an earlier version ended it, it is open
    CheckConstraint("(choice IS NULL) = (settled_at IS NULL)", name="settled"),
    Index("ix_followup_conflict_case_code", "case_code"),
    Index("ix_followup_conflict_open", "settled_at", "raised_at"),
)
