"""The keyed tags that a pull makes: of numbers, of file names, of places at a source. Keeps none of the values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from unicodedata import category

from sync_scripts.servers.base import SHA1
from sync_scripts.store.durable import is_device
from sync_scripts.store.seal.tags import bytes_mark, contact_tag, document_tag, media_tag, source_tag

_SHA1: Final = "s:"
"""Before the tag of a SHA-1: tags themselves do not say of what they are."""


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
        """Return the cut tag of what a server says of a file's bytes; see `same_bytes`."""
        return f"{_SHA1 if said.startswith(SHA1) else ''}{bytes_mark(self.key, said)}"

    def place(self, server: str, origin: str, place: str) -> str:
        """Return the tag of a place at a source; ``origin`` keeps apart two sources of one server name."""
        return source_tag(self.key, server, f"{origin}\0{place}")


def same_bytes(said: str, held: str) -> bool | None:
    """Tell whether two tags of `Tagger.bytes` speak of the same bytes; None where they are of two kinds of digest.

    A Central says the MD5 of a file that lies in its database, and the SHA-1 of one that it has moved to a store. Only one
    of them is kept: two would tell more of the bytes than a register may.

    >>> same_bytes("a1", "a1"), same_bytes("s:b2", "s:b1"), same_bytes("s:b1", "a1")
    (True, False, None)
    """
    if said.startswith(_SHA1) != held.startswith(_SHA1):
        return None
    return said == held


def hostile(name: str) -> bool:
    """Tell whether a file name could do harm where names are used: no path, no hidden sign, nothing reserved."""
    return (
        len(name.encode("utf-8", "surrogatepass")) > 255
        or name != name.strip(". ")
        or any(sign in '/\\:*?"<>|' or category(sign).startswith("C") for sign in name)
        or is_device(name)
    )


_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def entry_code(tag: str) -> str:
    """Return what a person types to name the entry of a place: ``Q-`` and eight letters and digits."""
    number = int(tag[:10], 16)
    body = "".join(_CODE_LETTERS[number >> shift & 31] for shift in range(35, -5, -5))
    return f"Q-{body[:4]}-{body[4:]}"
