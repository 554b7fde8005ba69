"""What a translation must keep of its source: placeholders, ``<output>``, tags, emphasis and links. Pure.

The words are the translator's business; these signs are the form's. A placeholder that is lost or misspelt makes a form
that no phone opens, or a question without the name of the person it asks about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext

from xlsform.errors import N_

__all__ = ["Damage", "damage"]

_PLACEHOLDER = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_OUTPUT = re.compile(r"<\s*output\b[^>]*?/?\s*>", re.IGNORECASE)
_ALIKE = re.compile(r"\$\s*[{(\[]|\$\s+\w+\s*\}|(?<!\$)\{\s*[A-Za-z_][\w-]*\s*\}|\$\{")
_TAG = re.compile(r"<\s*(/?)\s*([A-Za-z][\w-]*)((?:\s[^<>]*)?)>")
_LINK = re.compile(r"\[[^\]\n]*\]\(\s*([^)\s]+)\s*\)")
_HEADING = re.compile(r"^#{1,6}\s", re.MULTILINE)
_STRONG = re.compile(r"\*\*|__(?=\S)|(?<=\S)__")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]+?(?<=[^\s*])\*(?![\w*])")
_VOID = frozenset(("br", "hr", "img", "output"))


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that a translation lost or added: ``code`` is TABLE-PLACEHOLDER or TABLE-MARKUP."""

    code: str
    message: str
    found: str

    @property
    def words(self) -> str:
        """What is wrong, in the language chosen at start."""
        return gettext(self.message).format(found=self.found)


def damage(source: str, translation: str) -> Iterator[Damage]:
    """Yield what a translation does not keep of its source."""
    yield from _placeholders(source, translation)
    yield from _markup(_without(source), _without(translation))


def _placeholders(source: str, translation: str) -> Iterator[Damage]:
    for wanted, had in (
        (_names(source), _names(translation)),
        (_outputs(source), _outputs(translation)),
    ):
        if lost := wanted - had:
            yield Damage("TABLE-PLACEHOLDER", N_("{found} of the source is missing"), ", ".join(sorted(lost)))
        if more := had - wanted:
            yield Damage("TABLE-PLACEHOLDER", N_("{found} is not in the source"), ", ".join(sorted(more)))
    known = set(_ALIKE.findall(_without(source)))
    if alike := [sign for sign in _ALIKE.findall(_without(translation)) if sign not in known]:
        yield Damage(
            "TABLE-PLACEHOLDER",
            N_("{found} looks like a damaged placeholder; write it as in the source"),
            alike[0],
        )


def _names(text: str) -> set[str]:
    return {f"${{{name}}}" for name in _PLACEHOLDER.findall(text)}


def _outputs(text: str) -> set[str]:
    return {" ".join(one.split()) for one in _OUTPUT.findall(text)}


def _without(text: str) -> str:
    """Take the sound placeholders out."""
    return _OUTPUT.sub("", _PLACEHOLDER.sub("", text))


def _markup(source: str, translation: str) -> Iterator[Damage]:
    if difference := _difference(_tags(source), _tags(translation)):
        yield Damage(
            "TABLE-MARKUP", N_("the tags are not those of the source: {found}"), " ".join(difference)
        )
    elif unclosed := _unclosed(translation):
        yield Damage("TABLE-MARKUP", N_("the tag {found} is not closed, or closed twice"), unclosed)
    if difference := _difference(Counter(_LINK.findall(source)), Counter(_LINK.findall(translation))):
        yield Damage(
            "TABLE-MARKUP", N_("the links are not those of the source: {found}"), " ".join(difference)
        )
    for pattern, sign in ((_STRONG, "**"), (_HEADING, "#")):
        wanted, had = len(pattern.findall(source)), len(pattern.findall(translation))
        if bool(wanted) != bool(had) or (sign == "**" and had % 2 and not wanted % 2):
            yield Damage(
                "TABLE-MARKUP", N_("the signs {found} of the source are missing, odd, or too many"), sign
            )
    if bool(_EMPHASIS.search(source)) != bool(_EMPHASIS.search(translation)):
        yield Damage("TABLE-MARKUP", N_("the signs {found} of the source are missing, odd, or too many"), "*")


def _tags(text: str) -> Counter[str]:
    return Counter(
        f"<{slash}{name.lower()}{' ' + ' '.join(more.split()) if more.strip() else ''}>"
        for slash, name, more in _TAG.findall(text)
    )


def _difference(one: Counter[str], other: Counter[str]) -> list[str]:
    return sorted((one - other).keys() | (other - one).keys())


def _unclosed(text: str) -> str:
    open_tags: list[str] = []
    for slash, name, more in _TAG.findall(text):
        tag = name.lower()
        if tag in _VOID or more.rstrip().endswith("/"):
            continue
        if not slash:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return f"</{tag}>"
    return f"<{open_tags[-1]}>" if open_tags else ""
