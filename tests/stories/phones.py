"""What phones send in a story: filled forms as XML, with a sign of ours in every answer that must never be seen.

A canary is an answer of level 3 that can be found again: texts say ``kanari``, phone numbers, places, days and numbers
are ones that stand nowhere else. `Canaries` collects them; whoever reads an output asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape

from tests.register.field import Said, changed, map_of

WORD: Final = "kanari"
FILES: Final = frozenset({"image", "audio", "file"})


def uid(number: int) -> str:
    """Return the id of the n-th thing that a phone ever sent."""
    return f"uuid:57000000-0000-4000-8000-{number:012d}"


_DIGEST = re.compile(rb"(?<![0-9a-zA-Z])[0-9a-f]{32,}(?![0-9a-zA-Z])")


@dataclass
class Canaries:
    """Every answer of level 3 that was sent, so far as it can be told from other text."""

    sown: int = 0
    numbers: set[str] = field(default_factory=set)

    def sow(self, form: str, said: Said) -> dict[str, Any]:
        """Return the answers with a canary in every question of level 3, in each repetition that there is."""
        made = changed(said)
        repeats = {one.path for one in map_of(form).groups if one.repeat}
        for asked in map_of(form).questions:
            if asked.level == 3 and asked.type not in FILES:
                first = asked.path[0]
                if len(asked.path) > 1 and (first,) in repeats:
                    made[first] = [self._put(one, asked.path[1:], asked.type) for one in made.get(first, ())]
                else:
                    made = self._put(made, asked.path, asked.type)
        return made

    def _put(self, said: Mapping[str, Any], path: tuple[str, ...], kind: str) -> dict[str, Any]:
        """Return answers with a canary at a place below them."""
        name, *rest = path
        value = self._put(said.get(name, {}), tuple(rest), kind) if rest else self._value(name, kind)
        return {**said, **({} if value is None else {name: value})}

    def _value(self, name: str, kind: str) -> str | None:
        self.sown += 1
        if name in {"contact_code", "service_phone", "victim_phone", "source_contact"}:
            return self._remember(f"67799{self.sown:04d}")
        match kind:
            case "text":
                return f"{WORD} {name} {self.sown}"
            case "geopoint":
                return self._remember(f"4.98{self.sown:05d}") + " 9.2 0 0"
            case "date":
                return self._remember("1917-03-13")
            case "integer":
                return self._remember("918273")
        return None

    def _remember(self, number: str) -> str:
        self.numbers.add(number)
        return number

    def seen_in(self, content: bytes) -> set[str]:
        """Return the canaries that stand in an output, whatever their capitals.

        Not in a digest: among the thousands of a chain of custody, one holds six given digits now and then.
        """
        every = "|".join([WORD, *(re.escape(one) for one in sorted(self.numbers))])
        return {one.decode() for one in re.findall(every.encode(), _DIGEST.sub(b"#", content), re.IGNORECASE)}


@dataclass(frozen=True)
class Form:
    """One filled form on its way: which, whose thing it is, and the answers.

    Attributes:
        form: id of the form.
        number: of this version; ``of`` is that of the version before, None for a first one.
        files: by name; a content of None is announced and comes later.
    """

    form: str
    number: int
    said: Mapping[str, Any]
    of: int | None = None
    files: Mapping[str, bytes | None] = field(default_factory=dict)


def filled(one: Form, root: str = "") -> bytes:
    """Return a form as a phone writes it; ``root`` is the id that the server gave the form, where it gave one."""
    version = map_of(one.form).version
    edited = f"<deprecatedID>{uid(one.of)}</deprecatedID>" if one.of is not None else ""
    answers = "".join(_elements(one.said))
    return (
        f'<data id="{root or one.form}" version="{version}">{answers}<dikalo_form>{one.form}</dikalo_form>'
        f"<dikalo_version>{version}</dikalo_version>"
        f"<meta>{edited}<instanceID>{uid(one.number)}</instanceID></meta></data>"
    ).encode()


def _elements(said: Mapping[str, Any]) -> Iterator[str]:
    for name, value in said.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                inner = "".join(_elements(one)) if isinstance(one, Mapping) else escape(str(one))
                yield f"<{name}>{inner}</{name}>"
