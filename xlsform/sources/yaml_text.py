"""Texts as YAML writes them: plain where that is safe, else quoted. Writes what `plain_yaml` reads back, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["entry", "flow", "scalar"]

WIDTH = 110
"""A mapping stays on one line up to this many characters."""

_FIRST = "-?:,[]{}#&*!|>'\"%@`~=<"
_FLOW = set(",?:[]{}#")
_ESCAPED = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\t\u2028\u2029\ufeff]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def scalar(text: str, *, in_flow: bool = False) -> str:
    r"""Return a text on one line.

    >>> scalar("Oui"), scalar("no"), scalar("a: b"), scalar("l'eau: # 1"), scalar("a\nb")
    ('Oui', 'no', "'a: b'", '"l\'eau: # 1"', '"a\\nb"')
    """
    if _ESCAPED.search(text) or "\n" in text:
        return '"' + "".join(_escape(letter) for letter in text) + '"'
    if _is_plain(text, in_flow=in_flow):
        return text
    if "'" in text and not {'"', "\\"} & set(text):
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _is_plain(text: str, *, in_flow: bool) -> bool:
    if not text or text != text.strip() or (text[0] in _FIRST and not _is_harmless_start(text)):
        return False
    return not (": " in text or " #" in text or text.endswith(":") or (in_flow and _FLOW & set(text)))


def _is_harmless_start(text: str) -> bool:
    """Tell that a sign which may begin something else does not: a number below zero."""
    return text[0] == "-" and text[1:2].isdigit()


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if not _ESCAPED.match(letter):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(entries: Mapping[str, str]) -> str:
    """Return a mapping of texts on one line.

    >>> flow({"fr": "Oui, peut-être", "en": "Yes"})
    "{fr: 'Oui, peut-être', en: Yes}"
    """
    pairs = (f"{scalar(key, in_flow=True)}: {scalar(text, in_flow=True)}" for key, text in entries.items())
    return "{" + ", ".join(pairs) + "}"


def entry(key: str, value: str | Mapping[str, str], indent: str) -> Iterator[str]:
    """Yield the lines of one entry: a text, or a mapping of texts, on one line if it fits and reads well."""
    name = f"{indent}{scalar(key, in_flow=True)}:"
    if isinstance(value, str):
        yield from _text(name, value, indent)
        return
    line = f"{name} {flow(value)}"
    if len(line) <= WIDTH and all(scalar(text, in_flow=True) == text for text in value.values()):
        yield line
        return
    yield name
    for inner, text in value.items():
        yield from entry(inner, text, f"{indent}  ")


def _text(name: str, text: str, indent: str) -> Iterator[str]:
    if "\n" not in text or _ESCAPED.search(text) or any(line != line.rstrip() for line in text.split("\n")):
        yield f"{name} {scalar(text)}"
        return
    yield f"{name} |-"
    for line in text.split("\n"):
        yield f"{indent}  {line}" if line else ""
