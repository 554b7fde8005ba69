"""The map of an old list: which column goes into which field of the register, and what its words mean there. Pure.

A map is a TOML file that a person writes from a draft: ``key`` names the column that tells the rows apart, ``list`` the
list where several count their rows from one,
``[columns]`` gives a heading its field (``incident.region``) or ``extra.1``, ``extra.2`` for something to be kept
openly beside the fields; a heading that is not named, or named ``sealed``, is sealed. ``[values."heading"]`` gives
words of the list their codes, each a code of the field's list or a label of one.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from sync_scripts.errors import N_, UsageProblem
from sync_scripts.register.forms.formmap import Asked, FormMap, Held, write_map
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.texts import LANGUAGES
from xlsform.errors import nearest
from xlsform.model import Choice

LEGACY: Final = "legacy"
"""Stamp of the built-in form."""
SEALED_WORD: Final = "sealed"
KNOWN: Final = ("talk", "case_known")
"""Where each row says that its case was not in the register: what makes it a case of its own."""
_ENTITIES: Final = ("interview", "incident", "person", "act", "perpetrator", "need")
_GROUPS: Final[Mapping[str, str]] = {
    "interview": "talk",
    "incident": "facts",
    "person": "people",
    "act": "acts",
    "perpetrator": "authors",
    "need": "needs",
}
_REPEATS: Final = ("person", "act", "perpetrator")

Kind = Literal["text", "choice", "choices", "date", "number"]
_KINDS: Final[Mapping[str, Kind]] = {
    "text": "text",
    "select_one": "choice",
    "select_multiple": "choices",
    "select_one_from_file": "choice",
    "rank": "choices",
    "date": "date",
    "integer": "number",
}
_NOT_FROM_A_LIST: Final = {
    ("person", "uid"),
    ("act", "uid"),
    ("perpetrator", "uid"),
    ("interview", "case_code"),
    ("interview", "case_known"),
}
ASKED_ANEW: Final = frozenset(
    f"{entity}.{field}"
    for entity, field in (
        ("interview", "is_private"),
        ("interview", "consent_case"),
        ("interview", "consent_by"),
        ("interview", "consent_mode"),
        ("interview", "child_assent"),
        ("person", "covered_by_consent"),
    )
)
"""What a talk says of consent. No list says it: each person in it is asked anew, and a no would make no case of a row."""


MapWrong: Final = UsageProblem.declare(
    "DK-P13",
    "The map cannot be used: {problems} Nothing was taken. Correct it and run the command again.",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A field of the register that a column can go into.

    Attributes:
        name: ``entity.field``.
        kind: how a cell is read.
        list: the list of its codes, "" without one.
        asked: the question of the case form that fills it.
        words: codes and labels of that list in every language, folded -> the code; a label that two codes share is not
            in it.
    """

    name: str
    kind: Kind
    list: str
    asked: Asked
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: where it goes (None = beside the fields, at ``level``), and the codes of its words, folded."""

    heading: str
    target: Target | None
    level: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListMap:
    """A map that fits a list.

    Attributes:
        key: heading of the column that tells the rows apart.
        columns: by heading, in the order of the list.
        list: what the organisation calls the list, folded; "" when it has only one.
    """

    key: str
    columns: Mapping[str, Column]
    list: str = ""


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    sheet: str = ""
    list: str = ""
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}


def targets(case: FormMap, offered: Mapping[str, Sequence[Choice]] | None = None) -> dict[str, Target]:
    """Return the fields that a column can go into, by name: those that a case form asks for by typing or choosing.

    Args:
        case: the map of the form.
        offered: what its workbook offers, by list: an organisation may have added choices, and labels of its own.
    """
    found: dict[str, Target] = {}
    for asked in case.questions:
        kind = _KINDS.get(asked.type)
        name = f"{asked.entity}.{asked.field}"
        if asked.sort != "question" or kind is None or asked.entity not in _ENTITIES or asked.field is None:
            continue
        if (asked.entity, asked.field) in _NOT_FROM_A_LIST or name in ASKED_ANEW or name in found:
            continue
        name_of_list = _list_of(asked)
        added = (offered or {}).get(asked.list or "", ())
        words = _words(name_of_list, added) if kind in {"choice", "choices"} else {}
        found[name] = Target(name, kind, name_of_list, asked, words)
    return found


def _words(name: str, added: Iterable[Choice]) -> Mapping[str, str]:
    """Return the codes of a list by code and by label; a code means itself, whatever is called like it."""
    if not name:
        return {"oui": "yes", "non": "no", "yes": "yes", "no": "no"}
    said = [(code, label) for lang in LANGUAGES for code, label in labels_of(name, lang).items()]
    said += [(one.name, label) for one in added for label in (one.name, *one.texts.get("label", {}).values())]
    meant: dict[str, set[str]] = {}
    for code, label in said:
        meant.setdefault(folded(label), set()).add(code)
    plain = {word: next(iter(codes)) for word, codes in meant.items() if len(codes) == 1}
    return plain | {folded(code): code for code, _label in said}


def folded(text: str) -> str:
    """Return a word as it is compared: one blank between words, and no capitals."""
    return " ".join(text.split()).casefold()


def _list_of(asked: Asked) -> str:
    if asked.field in {"region", "department", "arrondissement"}:
        return f"cm_admin:{asked.field}"
    return asked.list or ""


def sheet_of(text: str) -> str:
    """Return the sheet that a map names, "" when it names none.

    Raises:
        MapWrong: the text is no map.
    """
    return _written(text).sheet


def _written(text: str) -> _Written:
    try:
        return msgspec.convert(tomllib.loads(text), _Written)
    except tomllib.TOMLDecodeError:
        raise MapWrong(problems=_sentence(N_("it is not TOML."))) from None
    except msgspec.ValidationError:
        raise MapWrong(
            problems=_sentence(
                N_('it needs key, and may have sheet, list, [columns] and [values."heading"], all texts.')
            )
        ) from None


def _sentence(text: str, **fields: str) -> str:
    from gettext import gettext

    return gettext(text).format(**fields)


def read(text: str, headings: Iterable[str], known: Mapping[str, Target]) -> ListMap:
    """Return the map that a text says, for a list with these headings.

    Raises:
        MapWrong: names all that does not fit.
    """
    said, present = _written(text), list(headings)
    wrong = list(_problems(said, present, known))
    if wrong:
        raise MapWrong(problems=" ".join(wrong))
    columns = {
        one: _column(one, said.columns.get(one, SEALED_WORD), said.values.get(one, {}), known)
        for one in present
    }
    return ListMap(said.key, columns, folded(said.list))


def _problems(said: _Written, present: list[str], known: Mapping[str, Target]) -> Iterator[str]:
    for heading in dict.fromkeys((said.key, *said.columns, *said.values)):
        if heading not in present:
            yield _sentence(N_('The list has no column "{heading}".'), heading=heading)
    fields = [one for one in said.columns.values() if one in known]
    for heading, where in said.columns.items():
        if where in ASKED_ANEW:
            yield _sentence(
                N_(
                    '"{heading}" cannot go into "{field}": a list gives no consent, everybody in it is asked anew, by a task of '
                    'the case. Write "sealed" for it, and first take out of the list whoever refused.'
                ),
                heading=heading,
                field=where,
            )
        elif where not in known and where not in {SEALED_WORD, "extra.1", "extra.2"}:
            near = nearest(where, known)
            yield _sentence(
                N_('"{heading}" cannot go into "{field}"; perhaps {near}?'),
                heading=heading,
                field=where,
                near=near or "-",
            )
        elif fields.count(where) > 1:
            yield _sentence(N_('Two columns go into "{field}".'), field=where)
    for heading, values in said.values.items():
        target = known.get(said.columns.get(heading, ""))
        if target is not None and target.words:
            yield from _wrong_words(heading, values, target)


def _wrong_words(heading: str, values: Mapping[str, str], target: Target) -> Iterator[str]:
    """Yield what is no code of the field's list, and words that are given two of them."""
    codes: dict[str, str] = {}
    for word, said in values.items():
        code = target.words.get(folded(said))
        if code is None:
            yield _sentence(
                N_('[values."{heading}"]: "{said}" is no code of {field}; perhaps {near}?'),
                heading=heading,
                said=said,
                field=target.name,
                near=_meant(word, said, target.words),
            )
        elif codes.setdefault(folded(word), code) != code:
            yield _sentence(
                N_('[values."{heading}"]: one word is given two codes, {first} and {second}.'),
                heading=heading,
                first=codes[folded(word)],
                second=code,
            )


def _meant(word: str, said: str, words: Mapping[str, str]) -> str:
    """Return the code that was perhaps meant: by the word itself, when it is a label, else by what is most like it."""
    if folded(word) in words:
        return words[folded(word)]
    near = nearest(said, words)
    return words[near] if near in words else nearest(said, list(dict.fromkeys(words.values())))


def _column(heading: str, where: str, values: Mapping[str, str], known: Mapping[str, Target]) -> Column:
    level = int(where[-1]) if where.startswith("extra.") else 3
    target = known.get(where)
    words = target.words if target is not None else {}
    codes = {folded(word): words[folded(said)] for word, said in values.items()} if words else {}
    return Column(heading, target, level, codes)


# --- the form -----------------------------------------------------------------------------------------------------


def paths(mapped: ListMap) -> dict[str, tuple[str, ...]]:
    """Return where the answer of each column stands in a submission, by heading."""
    return {
        one.heading: (*_group(one), f"c{number}") for number, one in enumerate(mapped.columns.values(), 1)
    }


def _group(column: Column) -> tuple[str, ...]:
    if column.target is None:
        return ("beside",)
    return (_GROUPS[column.target.name.partition(".")[0]],)


def form_map(mapped: ListMap) -> FormMap:
    """Return the map of the built-in form for one list; its version follows from what it asks."""
    where = paths(mapped)
    questions = [_asked(column, where[heading]) for heading, column in mapped.columns.items()]
    questions += [
        Asked((_GROUPS[entity], name), "calculate", "calculate", None, entity, name, 0)
        for entity in _REPEATS
        for name in ("uid", "number")
    ]
    questions += [
        Asked(KNOWN, "select_one", "question", "yes_no", "interview", "case_known", 0),
        Asked(("acts", "victims"), "select_multiple", "question", None, "act_victim", "person_uid", 1),
        Asked(("authors", "acts"), "select_multiple", "question", None, "involvement", "act_uid", 1),
    ]
    groups = [Held((group,), entity, repeat=entity in _REPEATS) for entity, group in _GROUPS.items()]
    made = FormMap(LEGACY, "", (*groups, Held(("beside",))), tuple(questions))
    version = hashlib.sha256(write_map(made).encode()).hexdigest()[:12]
    return msgspec.structs.replace(made, version=version)


def _asked(column: Column, path: tuple[str, ...]) -> Asked:
    if column.target is None:
        return Asked(path, "text", "question", None, None, None, column.level, column.heading, column.heading)
    return msgspec.structs.replace(column.target.asked, path=path)
