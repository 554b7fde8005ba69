"""The guard of the protected core: what no overlay, import or flag may loosen. Pure; there is nothing here to switch off.

It compares the organisation's form with the base itself, not operations, so that a workbook, an overlay changed by hand
and an import meet the same guard.

A rule on the sheet can be walked around by a column that the converter hands on (``bind::jr:preload``) or an old name of a type; so
the bans are looked at once more on the XForm that phones get.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from lxml import etree

from xlsform import columns
from xlsform.compare import pairing
from xlsform.compare.change import Change, change
from xlsform.compare.differences import Gate
from xlsform.compare.shape import shape_of
from xlsform.findings.problems import Finding
from xlsform.model import SEALED, Choice, Form, Kind, Question, Resolved, Row, resolve
from xlsform.overlay.core import Core
from xlsform.rules.gate import check_key, check_safety
from xlsform.rules.languages import LONGEST_NAME, near
from xlsform.rules.leaks import check_leaks, leaking
from xlsform.rules.lists import check_lists
from xlsform.workbooks import layout

OWN = "org_"
"""What names of an organisation's own rows and choices begin with."""
FROZEN = (
    "type",
    "relevant",
    "constraint",
    "calculation",
    "default",
    "trigger",
    "required",
    "choice_filter",
    "repeat_count",
    "readonly",
    columns.REGISTER,
)
SETTINGS = ("form_id", "instance_name", "public_key", "submission_url")
"""Settings that an overlay never touches."""
LEGAL_LANGUAGES = ("fr", "en")
LEGAL_TEXTS = ("label", "hint")
BANS = frozenset(
    {
        *("META-ID", "GEO-AUTO", "RECORD-ALWAYS", "AUTOPLAY", "AUDIT-TRACK", "LAST-SAVED", "ENTITY-WRITE"),
        *("SUBMISSION-URL", "PULLDATA", "OR-OTHER", "NAME-SENSITIVE", "KEY-PRIVATE", "KEY-INVALID"),
        "SENS-CARRIED",
    }
)
"""Findings that stop a form of ours whatever is asked for."""

_IDENTITIES = frozenset(
    {
        *("nom", "noms", "prenom", "prenoms", "surnom", "name", "names", "firstname", "surname", "nickname"),
        *("alias", "fullname", "tel", "telephone", "phone", "mobile", "whatsapp", "cni"),
    }
)
_ASKED_FREELY = frozenset({"text", "integer", "decimal", "barcode"})
_ARMED = re.compile(
    r"\b(?:boko ?haram|jas|iswap|eiao|isis|daech|daesh|ambazonia\w*|amba|ambaboys?|ababoys?|adf|soca\w*|agovc|"
    r"red dragons?|tigers? of \w+|seleka|anti ?balaka)\b"
)


def guard(base: Form, made: Form, core: Core | None) -> tuple[Change | Finding, ...]:
    """Return what an organisation's form does that it may not do; empty = nothing.

    Args:
        base: the form as dikalo ships it.
        made: the organisation's form.
        core: what is protected in it; None for a form that is not one of ours, which has bans only.
    """
    return (*loosened(base, made, core), *(_names(base, made) if core else ()))


def loosened(base: Form, made: Form, core: Core | None) -> tuple[Change | Finding, ...]:
    """Return what touches the core, loosens consent or secrecy, or is banned; names are not looked at."""
    old, new = resolve(base), resolve(made)
    if core is None:
        return tuple(bans(made))
    return (
        *_frozen(base, made, core),
        *_wording(base, made, core),
        *_lists(base, made, core),
        *_settings(base, made),
        *_consent(old, new, core),
        *_secrecy(old, new),
        *_fields(old, new, core),
        *bans(made),
        *_identities(base, made),
        *_armed(base, made),
    )


def bans(form: Form) -> Iterator[Finding]:
    """Yield what is banned in every form of ours: it identifies, tracks or gives away."""
    made = resolve(form)
    for finding in (*check_safety(made), *check_key(made), *check_leaks(made), *check_lists(made)):
        if finding.code in BANS and finding.level == "error":
            yield finding


# --- rows ---------------------------------------------------------------------------------------------------------


def _rows(form: Form) -> dict[tuple[str, ...], Row]:
    return {path: row for path, row in form.paths() if row.kind is not Kind.END}


def _at(form: Form, row: Row, column: str) -> dict[str, str]:
    return {"cell": layout.address(form, row.place, column)}


def _frozen(base: Form, made: Form, core: Core) -> Iterator[Change]:
    old, new = _rows(base), _rows(made)
    for path in (path for path in old if path in core.frozen):
        if path not in new:
            yield change("CORE-TOUCHED/gone", path)
            continue
        for column in _frozen_columns(old[path]):
            was, now = old[path].cell(column), new[path].cell(column)
            if " ".join(was.split()) != " ".join(now.split()):
                words = {"column": column, "old": was or "-", "new": now or "-"}
                yield change("CORE-TOUCHED", path, **words, **_at(made, new[path], column))


def _frozen_columns(row: Row) -> tuple[str, ...]:
    """Return the columns that may not change; which column of a file is stored is part of the question."""
    return (*FROZEN, "parameters") if row.list_file else FROZEN


def _wording(base: Form, made: Form, core: Core) -> Iterator[Change]:
    old, new = _rows(base), _rows(made)
    for path in (path for path in old if path in core.texts and path in new):
        for column in LEGAL_TEXTS:
            for code in LEGAL_LANGUAGES:
                was, now = old[path].text(column, code), new[path].text(column, code)
                if " ".join(was.split()) != " ".join(now.split()):
                    words = {"language": base.languages.get(code, code), "old": was or "-", "new": now or "-"}
                    here = {"cell": layout.address(made, new[path].place, column, code)}
                    yield change("CORE-TOUCHED/wording", path, **words, **here)


def _names(base: Form, made: Form) -> Iterator[Change]:
    old = _rows(base)
    for path, row in _rows(made).items():
        if path not in old and not row.name.startswith(OWN) and row.base != "audit":
            yield change("ORG-NAME", path, name=row.name, near=_own(row.name), **_at(made, row, "name"))
    for name, choices in made.choices.items():
        if name not in base.choices and not name.startswith(OWN):
            cell = layout.address(made, choices[0].place, "list_name")
            yield change("ORG-NAME", (name,), name=name, near=_own(name), cell=cell)


def _own(name: str) -> str:
    """Return the name that the organisation may give instead: a valid one, however long or accented this one is."""
    plain = near(name)
    return plain if plain.startswith(OWN) else (OWN + plain)[:LONGEST_NAME]


# --- lists and settings -------------------------------------------------------------------------------------------


def _lists(base: Form, made: Form, core: Core) -> Iterator[Change]:
    gate = _rows(base).get(core.gate)
    for name, choices in base.choices.items():
        old, new = _by_name(choices), _by_name(made.choices.get(name, ()))
        if not new and not any(row.list_name == name for row in made.survey):
            continue  # nothing asks it any more
        for code in (code for code in old if code not in new):
            yield change("CORE-TOUCHED/choice", (name, code), list=name, name=code)
        for code, choice in new.items():
            here = {
                "list": name,
                "name": code,
                "near": _own(code),
                "cell": layout.address(made, choice.place, "name"),
            }
            if code not in old:
                own = code.startswith(OWN)
                kind = "CORE-TOUCHED/list" if name in core.closed else "" if own else "ORG-NAME"
                if kind:
                    yield change(kind, (name, code), **here)
            elif choice.cells != old[code].cells:
                yield change("CORE-TOUCHED/list", (name, code), **here)
            elif gate is not None and gate.list_name == name:
                yield from _said(base, made, name, old[code], choice)


def _by_name(choices: tuple[Choice, ...]) -> dict[str, Choice]:
    return {choice.name: choice for choice in choices}


def _said(base: Form, made: Form, name: str, old: Choice, new: Choice) -> Iterator[Change]:
    """Yield an answer to the question of consent that says something else than it did."""
    for code in pairing.differing(old.labels, {code: new.labels.get(code, "") for code in old.labels}):
        words = {
            "language": base.languages.get(code, code),
            "old": old.labels[code],
            "new": new.labels.get(code, "-"),
        }
        here = {"cell": layout.address(made, new.place, "label", code)}
        yield change("CORE-TOUCHED/wording", (name, new.name), **words, **here)


def _settings(base: Form, made: Form) -> Iterator[Change]:
    for name in SETTINGS:
        if base.settings.get(name, "") != made.settings.get(name, ""):
            yield change("CORE-TOUCHED/setting", (), name=name)
    for code, name in base.languages.items():
        if made.languages.get(code) != name:
            yield change("CORE-TOUCHED/language", (), language=name)


# --- consent and secrecy ------------------------------------------------------------------------------------------


def _consent(old: Resolved, new: Resolved, core: Core) -> Iterator[Change]:
    asked, ask = _question(old, core.gate), _question(new, core.gate)
    if asked is None:
        return
    if ask is None:
        yield change("CONSENT-LOOSER/core-gone", core.gate)
        return
    before, now = Gate(old, asked), Gate(new, ask)
    known = {question.path: question for question in old.questions}
    early = _early(old, core.gate)
    for question in new.questions:
        if not _holds_answer(question) or question.path == core.gate:
            continue
        allowed = before.opens(known[question.path]) if question.path in known else core.opens
        if more := now.opens(question) - allowed:
            answers = ", ".join(sorted(answer or "-" for answer in more))
            here = {"cell": layout.address(new.form, question.row.place, "relevant")}
            yield change(
                "CONSENT-LOOSER/core", question.path, gate="/".join(core.gate), answers=answers, **here
            )
    for path in _early(new, core.gate) - early:
        yield change("CORE-TOUCHED/before", path, gate="/".join(core.gate))


def _question(form: Resolved, path: tuple[str, ...]) -> Question | None:
    return next((question for question in form.questions if question.path == path), None)


def _holds_answer(question: Question) -> bool:
    return question.kind is Kind.QUESTION and question.type not in columns.UNANSWERED


def _early(form: Resolved, gate: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Return the questions that stand before the question of consent."""
    paths = [question.path for question in form.questions if _holds_answer(question)]
    return set(paths[: paths.index(gate)]) if gate in paths else set()


def _secrecy(old: Resolved, new: Resolved) -> Iterator[Change]:
    known = {question.path: question for question in new.questions}
    for question in old.questions:
        other = known.get(question.path)
        if other is not None and other.level < question.level:
            words = {"old": str(question.level), "new": str(other.level)}
            yield change(
                "SENS-LOWERED/core", question.path, **words, **_at(new.form, other.row, columns.SENSITIVITY)
            )


def _fields(old: Resolved, new: Resolved, core: Core) -> Iterator[Change]:
    """Yield a question that would speak in the place of one of the core; the pairs that the base has are its own."""
    own: dict[tuple[str | None, str], set[tuple[str, ...]]] = {}
    for question in old.questions:
        if question.field:
            own.setdefault((question.entity, question.field), set()).add(question.path)
    protected = {place for place, paths in own.items() if paths & core.frozen}
    for question in new.questions:
        place = (question.entity, question.field or "")
        if place in protected and question.path not in own[place]:
            name = f"{question.entity}.{question.field}"
            yield change(
                "CORE-TOUCHED/field",
                question.path,
                name=name,
                **_at(new.form, question.row, columns.REGISTER),
            )


# --- bans that need the base --------------------------------------------------------------------------------------


def _identities(base: Form, made: Form) -> Iterator[Change]:
    """Yield what of an alert asks for a name or a number and did not in the base."""
    if base.form_id != "alert":
        return
    old = _rows(base)
    for path, row in _rows(made).items():
        known = old.get(path)
        if row.base not in _ASKED_FREELY or (known is not None and known.labels == row.labels):
            continue
        had = set() if known is None else {word for text in _shown(known) for word in _words(text)}
        asked = (word for text in _shown(row) for word in _words(text) if word in _IDENTITIES - had)
        if word := next(asked, ""):  # a translation may say again what the base says of itself
            yield change("BAN-IDENTITY", path, name=word, **_at(made, row, "name"))


def _shown(row: Row) -> list[str]:
    return [row.name.replace("_", " "), *row.labels.values()]


def _armed(base: Form, made: Form) -> Iterator[Change]:
    for name, choices in made.choices.items():
        known = _by_name(base.choices.get(name, ()))
        for choice in choices:
            if choice.name in known and choice.labels == known[choice.name].labels:
                continue
            texts = (choice.name.replace("_", " "), *choice.labels.values())
            found = next((hit for text in texts if (hit := _ARMED.search(_plain(text)))), None)
            if found:
                here = {"name": found[0], "cell": layout.address(made, choice.place, "name")}
                yield change("BAN-ARMED-GROUP", (name, choice.name), **here)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", letters.lower())


def _words(text: str) -> list[str]:
    return _plain(text).split()


_ACTIONS = frozenset({"setgeopoint", "recordaudio"})
_TRACKING = ("location-", "identify-user", "track-changes")
_TAKING = ("calculation", "default", "trigger")
_PSEUDONYM = "username"
"""The one property that may be read: where the phone is set up with a code, it is no name."""
_ENTITIES = "http://www.opendatakit.org/xforms/entities"


def recorded_by_itself(xform: str) -> Iterator[Change]:
    """Yield what the phone would record, track or send without being asked, by the path of its question."""
    top = etree.fromstring(xform.encode(), etree.XMLParser(resolve_entities=False))
    for node in top.iter(etree.Element):
        for name in dict.fromkeys(_found(node)):
            yield change("BAN-PHONE", _path(node), name=name)


def copied(base: Form, made: Form, xform: str) -> Iterator[Change]:
    """Yield a row of the organisation's that takes over a sealed answer under a lower level, however it names it."""
    resolved, nodes = resolve(made), shape_of(xform).nodes
    known = {question.path: question.row for question in resolve(base).questions}
    for question in resolved.questions:
        row, node = known.get(question.path), nodes.get(question.path)
        is_base = row is not None and all(row.cell(column) == question.row.cell(column) for column in _TAKING)
        if node is None or is_base or question.level >= SEALED:
            continue
        for text in (node.calculation, node.look.get("default", "")):
            for name in leaking(resolved, text, question.level):
                words = {"name": name, "old": str(SEALED), "new": str(question.level)}
                yield change("SENS-LOWERED/copy", question.path, **words)


def _found(node: Any) -> Iterator[str]:
    here = etree.QName(node)
    said = {etree.QName(name).localname: str(text) for name, text in node.attrib.items()}
    if here.localname in _ACTIONS:
        yield here.localname
    if said.get("preload") == "property" and said.get("preloadParams", "").rpartition(":")[2] != _PSEUDONYM:
        yield said.get("preloadParams", "property")
    if here.localname == "submission" and "action" in said:
        yield "submission_url"
    if here.namespace == _ENTITIES or any(etree.QName(name).namespace == _ENTITIES for name in node.attrib):
        yield "entities"
    yield from (name for name in said if name.startswith(_TRACKING))


def _path(node: Any) -> tuple[str, ...]:
    return tuple((node.get("nodeset") or node.get("ref") or "").strip("/").split("/")[1:])
