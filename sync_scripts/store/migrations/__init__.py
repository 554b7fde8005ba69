"""Alembic steps that bring a register to this version's schema."""
