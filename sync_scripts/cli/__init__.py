"""The command line: parse, call, print. Decides nothing."""

from __future__ import annotations


def main(argv: list[str] | None = None) -> int:
    """Run ``dikalo``; return the exit code."""
    raise NotImplementedError
