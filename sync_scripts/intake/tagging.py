"""The keyed tags that a pull makes: of numbers, of file names, of places at a source. Keeps none of the values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from unicodedata import category

from sync_scripts.store.tags import bytes_mark, contact_tag, document_tag, media_tag, source_tag


@dataclass(slots=True)
class Tagger:
    """Makes tags under the match key, and counts the numbers that are none."""

    key: bytes = field(repr=False)
    unreadable: Counter[str] = field(default_factory=Counter)

    def number(self, kind: str, text: str) -> int | None:
        """Return the cut tag of a phone or document number; None for what is no number, which is counted."""
        tag = (contact_tag if kind == "contact" else document_tag)(self.key, text)
        if tag is None:
            self.unreadable[kind] += 1
        return tag

    def file(self, instance_id: str, name: str) -> str:
        """Return the tag of a file name within one submission version."""
        return media_tag(self.key, instance_id, name)

    def bytes(self, said: str) -> str:
        """Return the cut tag of what a server says of a file's bytes."""
        return bytes_mark(self.key, said)

    def place(self, server: str, origin: str, place: str) -> str:
        """Return the tag of a place at a source; ``origin`` keeps apart two sources of one server name."""
        return source_tag(self.key, server, f"{origin}\0{place}")


_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)


def hostile(name: str) -> bool:
    """Tell whether a file name could do harm where names are used: no path, no hidden sign, nothing reserved."""
    return (
        len(name.encode("utf-8", "surrogatepass")) > 255
        or name != name.strip(". ")
        or any(sign in '/\\:*?"<>|' or category(sign).startswith("C") for sign in name)
        or name.partition(".")[0].strip().lower() in _RESERVED
    )
