"""What differs in the choices. A list is compared where a question that is in both versions uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from xlsform.compare import meaning
from xlsform.compare.change import Change, change
from xlsform.compare.pairing import Pairs, Version
from xlsform.compare.shape import Entry

__all__ = ["choices"]


def choices(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield what differs in the lists, each once, however many questions use it."""
    used = dict.fromkeys(
        (old.shape.nodes[path].list, new.shape.nodes[other].list)
        for path, other in pairs.paths.items()
        if old.shape.nodes[path].list and new.shape.nodes[other].list
    )
    for before, after in used:
        yield from _list(before, old.shape.lists.get(before, {}), new.shape.lists.get(after, {}))


def _list(name: str, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> Iterator[Change]:
    come = {code: entry for code, entry in new.items() if code not in old}
    for code, entry in old.items():
        if code in new:
            yield from _choice(name, code, entry, new[code])
        else:
            yield change("CHOICE-GONE", (name, code), list=name, name=code, near=_near(code, entry, come))
    for code in come:
        yield change("CHOICE-NEW", (name, code), list=name, name=code)
    stayed = [code for code in old if code in new]
    if stayed != [code for code in new if code in old]:
        yield change("ORDER-CHANGED", (name,))


def _choice(name: str, code: str, entry: Entry, other: Entry) -> Iterator[Change]:
    labels = [one.texts.get("label", {}) for one in (entry, other)]
    language = next(meaning.differing(*labels), None)
    if language is not None:
        words = {"language": language or "-", "old": labels[0][language], "new": labels[1][language]}
        yield change("CHOICE-MEANING", (name, code), list=name, name=code, **words)
    elif any(labels[0][known] != labels[1][known] for known in labels[0] if known in labels[1]):
        yield change("TEXT-CHANGED", (name, code))
    if entry.cells != other.cells:
        yield change("LOOK-CHANGED", (name, code))


def _near(code: str, entry: Entry, come: Mapping[str, Entry]) -> str:
    """Return the new choice that says the same, else the one spelt most alike, else ``-``."""
    label = entry.texts.get("label", {})
    same = (other for other, found in come.items() if label and found.texts.get("label") == label)
    return next(same, None) or next(iter(get_close_matches(code, list(come), n=1)), "-")
