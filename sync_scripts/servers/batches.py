"""Submissions named in questions to a server, as many at once as a URL bears. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

__all__ = ["ROOTS_AT_ONCE", "ROOTS_BYTES", "batches", "borne"]

ROOTS_AT_ONCE = 80
"""Submissions named in one question: 5 kB of URL with the ids that phones give."""
ROOTS_BYTES = 8_000
"""Bytes of their ids in a URL, with what stands around each; servers refuse a URL of 16 kB."""
_AROUND = 40
"""Bytes that a question puts around an id."""


def borne(root: str) -> bool:
    """Tell whether a URL bears an id."""
    return _bytes(root) <= ROOTS_BYTES


def _bytes(root: str) -> int:
    return len(quote(root, safe="")) + _AROUND


def batches(wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield (form, roots) of submissions named by form and root, as many at once as a URL bears.

    An id that no URL bears is left out: a phone may give any, and the others must be asked for.
    """
    by_form: dict[str, list[str]] = {}
    for form, root in wanted:
        by_form.setdefault(form, []).append(root)
    for form, roots in by_form.items():
        batch: list[str] = []
        size = 0
        for root in roots:
            if not borne(root):
                continue
            more = _bytes(root)
            if batch and (len(batch) == ROOTS_AT_ONCE or size + more > ROOTS_BYTES):
                yield form, batch
                batch, size = [], 0
            batch.append(root)
            size += more
        if batch:
            yield form, batch
