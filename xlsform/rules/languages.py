"""Rules on languages, names, versions and columns: what a person reads, what servers tell apart, what would be absent on the phone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher, get_close_matches
from itertools import combinations

from xlsform import columns
from xlsform.expressions.conditions import references
from xlsform.findings.problems import Finding, Severity, Spot, at_setting
from xlsform.model import Choice, Form, Kind, Place, Resolved, Row
from xlsform.translate.texts import KNOWN
from xlsform.workbooks import layout

_CODED = re.compile(r".*\S \(([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\)")

LEAST_WORDS = 4
"""A text of so many words that is the same in two languages was probably never translated."""


def check_languages(form: Resolved) -> Iterator[Finding]:
    """Yield missing and uneven translations, languages spelt twice, and labels that cannot be told apart."""
    yield from _names(form.form)
    names = form.named.keys()
    for path, texts, place in _texts(form.form):
        yield from _translations(form.form, path, texts, place)
        for column, by_language in texts.items():
            yield from _unread(Spot(form.form, place, path, column), by_language, names)
    yield from _labels(form.form)


def _texts(form: Form) -> Iterator[tuple[str, Mapping[str, Mapping[str, str]], Place]]:
    for path, row in form.paths():
        if row.kind not in {Kind.CALCULATE, Kind.METADATA}:  # no phone shows a text of theirs
            yield "/".join(path), row.texts, row.place
    for name, choices in form.choices.items():
        for choice in choices:
            yield f"{name}/{choice.name}", choice.texts, choice.place


def _translations(
    form: Form, path: str, texts: Mapping[str, Mapping[str, str]], place: Place
) -> Iterator[Finding]:
    for column, by_language in texts.items():
        here = Spot(form, place, path, column)
        if form.languages and by_language.get(""):
            yield here.finding("TR-MIXED")
            continue
        for code in form.languages:
            if not by_language.get(code):
                yield replace(here, language=code).finding("TR-MISSING")
        yield from _uneven(here, by_language)
        yield from _same(here, by_language)


def _unread(here: Spot, texts: Mapping[str, str], names: AbstractSet[str]) -> Iterator[Finding]:
    """Yield what is nearly a reference to a question, and is shown as it stands."""
    for code, text in texts.items():
        for found in _NEARLY.finditer(text) if "$" in text or "{" in text else ():
            name = next(part for part in found.groups() if part)
            if name in names:
                yield replace(here, language=code).finding("TEXT-REF", value=found[0], near=f"${{{name}}}")
                break


_NEARLY = re.compile(
    r"\$([A-Za-z_][\w.-]*)|\$\s*[(\[]\s*([A-Za-z_][\w.-]*)\s*[)\]]|(?<![$\w])#?\{\s*([A-Za-z_][\w.-]*)\s*\}"
)


def _uneven(here: Spot, texts: Mapping[str, str]) -> Iterator[Finding]:
    if not any("${" in text for text in texts.values()):
        return
    used = {code: references(text) for code, text in texts.items() if text}
    shared = frozenset.intersection(*used.values()) if used else frozenset()
    for code, names in used.items():
        if extra := names - shared:
            yield replace(here, language=code).finding("TR-REF", names=", ".join(sorted(extra)))


def _same(here: Spot, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a sentence that stands in two languages in the same words; media and bare references have none."""
    seen: dict[str, str] = {}
    if len({*texts.values()}) == len(texts):
        return
    for code, text in texts.items():
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"\$\{[^}]*\}", " ", text))
        if here.column in columns.MEDIA or len(words) < LEAST_WORDS:
            continue
        if (other := seen.setdefault(text, code)) != code:
            yield replace(here, language=code).finding("TR-SAME", other=here.form.languages.get(other, other))


def _names(form: Form) -> Iterator[Finding]:
    header = Spot(form, Place(file=form.file, sheet=columns.SURVEY, row=1))
    names = list(form.languages.values())
    for name in names:
        if not _CODED.fullmatch(name):
            yield header.finding("LANG-CODE", name=name)
    for one, other in combinations(names, 2):
        if _alike(one, other):
            yield (_header_of(form, other) or header).finding("LANG-SPELL", name=one, other=other)
    default = form.settings.get("default_language", "")
    if default and default not in names:
        words = {"name": default, "known": ", ".join(names) or "-"}
        yield at_setting(form, "default_language").finding("LANG-DEFAULT", **words)


def _header_of(form: Form, name: str) -> Spot | None:
    """Return the first header that names a language."""
    code = next((code for code, known in form.languages.items() if known == name), "")
    heads = (
        Spot(form, Place(file=form.file, sheet=sheet, row=1), "", column, code)
        for sheet, column, said in form.letters
        if said == code
    )
    return next(heads, None)


def _alike(one: str, other: str) -> bool:
    """Say whether two names of languages are one name spelt twice."""
    plain = [unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() for name in (one, other)]
    bare = [re.sub(r"[^a-z]", "", text.lower()) for text in plain]
    codes = [coded[1] if (coded := _CODED.fullmatch(name)) else "" for name in (one, other)]
    if not all(codes):  # a name with its code and the same name without
        bare = [re.sub(r"[^a-z]", "", re.sub(r"\(.*\)", "", text.lower())) for text in plain]
    likeness = SequenceMatcher(None, bare[0], bare[1]).ratio()
    return bare[0] == bare[1] or codes[0] == codes[1] != "" or likeness > 0.9


def _labels(form: Form) -> Iterator[Finding]:
    for name, choices in form.choices.items():
        seen: dict[tuple[object, ...], Choice] = {}
        for choice in choices:
            for code, text in choice.labels.items():
                # choices of one label under different parents never stand on one screen
                key = (code, " ".join(text.split()).casefold(), tuple(sorted(choice.cells.items())))
                if (other := seen.setdefault(key, choice)) is not choice:
                    here = Spot(form, choice.place, f"{name}/{choice.name}", "label", code)
                    header = layout.header(form, "label", code)
                    words = {"list": name, "name": choice.name, "other": other.name, "header": header}
                    found = here.finding("CHOICE-DUP-LABEL", **words)
                    is_same = other.labels.get(code, "").strip() == text.strip()
                    yield found if is_same else replace(found, here=Severity.MISLEADS)


LONGEST_NAME = 32
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_FORM_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
_CHOICE = re.compile(r"[A-Za-z0-9_]+")
_VERSION = re.compile(r"(\d{4})(\d{2})(\d{2})\d{2}")
_SERVER_FIELDS = frozenset(
    {
        *("_id", "_uuid", "_submission_time", "_submitted_by", "_status", "_tags", "_notes", "_attachments"),
        *("_geolocation", "_validation_status", "_version_", "_xform_id_string", "_userform_id"),
        *("_bamboo_dataset_id", "_supplementalDetails", "_date_modified", "_deleted_at"),
    }
)
"""What KoboToolbox writes beside the answers."""
_RESERVED = frozenset({"meta", "instanceid", "instancename", "deprecatedid", "rootuuid", "formhub", "entity"})


def check_names(form: Resolved) -> Iterator[Finding]:
    """Yield what is wrong with the names of questions and choices, the form id and the version."""
    yield from _questions(form.form)
    yield from _choices(form)
    yield from _settings(form.form)


def near(name: str, longest: int = LONGEST_NAME) -> str:
    """Return the plain name nearest to one: accents off, small letters, blanks and signs as _."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return (plain if plain[:1].isalpha() else f"q_{plain}".rstrip("_"))[:longest]


def _questions(form: Form) -> Iterator[Finding]:
    seen: dict[str, tuple[str, str]] = {}
    for path, row in form.paths():
        if not row.name or row.base in columns.ENDS:
            continue
        place = "/".join(path)
        yield from _one(form, place, row)
        if (before := seen.setdefault(row.name.lower(), (row.name, place)))[1] != place:
            code, other = ("NAME-REUSED", before[1]) if before[0] == row.name else ("NAME-CASE", before[0])
            yield Spot(form, row.place, place, "name").finding(code, name=row.name, other=other)


def _one(form: Form, path: str, row: Row) -> Iterator[Finding]:
    here = Spot(form, row.place, path, "name")
    if row.name in columns.STAMPS:
        yield here.finding("STAMP", name=row.name)
    elif _is_reserved(path, row.name):
        found = here.finding("NAME-RESERVED", name=row.name)
        yield replace(found, here=Severity.BREAKS) if row.name == "meta" else found
    elif not _NAME.fullmatch(row.name):
        found = here.finding("NAME-FORM", name=row.name, near=near(row.name))
        yield found if _ELEMENT.fullmatch(row.name) else replace(found, here=Severity.BREAKS)


def _is_reserved(path: str, name: str) -> bool:
    """Say whether a server or the build has a field of that name, beside the form's outermost questions."""
    is_theirs = name in _SERVER_FIELDS or name.lower() in _RESERVED
    is_theirs |= name.startswith("__") and name != "__version__"
    return name == "meta" or name.startswith("dikalo_") or (path == name and is_theirs)


def _choices(form: Resolved) -> Iterator[Finding]:
    several = {question.list for question in form.questions if question.type in {"select_multiple", "rank"}}
    for name, choices in form.form.choices.items():
        seen: dict[tuple[object, ...], Choice] = {}
        for choice in choices:
            here = Spot(form.form, choice.place, f"{name}/{choice.name}", "name")
            alike = (columns.bare(choice.name), tuple(sorted(choice.cells.items())))
            if (other := seen.setdefault(alike, choice)).name != choice.name:
                yield here.finding("CHOICE-CASE", list=name, name=choice.name, other=other.name)
            if not _CHOICE.fullmatch(choice.name):
                found = here.finding("CHOICE-NAME", list=name, name=choice.name, near=near(choice.name))
                splits = name in several and " " in choice.name
                yield replace(found, here=Severity.BREAKS) if splits else found


def _settings(form: Form) -> Iterator[Finding]:
    if not _FORM_ID.fullmatch(form.form_id):
        words = {"name": form.form_id, "near": near(form.form_id or form.title or "form", 48)}
        yield at_setting(form, "form_id").finding("FORM-ID", **words)
    if not form.version:
        yield at_setting(form, "version").finding("NO-VERSION")
    elif not _is_version(form.version):
        yield at_setting(form, "version").finding("VERSION-FORM", version=form.version)


def _is_version(version: str) -> bool:
    parts = _VERSION.fullmatch(version)
    try:
        return parts is not None and bool(date(*(int(part) for part in parts.groups())))
    except ValueError:
        return False


PASSED_ON = ("bind::", "body::", "control::", "instance::", "media::")
"""Beginnings of columns that converters hand on to the XForm."""

SKIPPED = ("_", "$", "kobo--")
"""Beginnings of columns of one's own, and of those that KoboToolbox keeps for itself."""

_KEYS = ("list_name", "name")
"""Columns without which the sheet choices holds no lists."""

_ELEMENT = re.compile(r"[^\W\d][\w.\-]*(?::[\w.\-]+)*")
"""What the name of a column of the sheet choices must be: it becomes a tag of the XForm."""


def plain(name: str) -> str:
    """Return the letters, digits and _ of a name."""
    return re.sub(r"\W+", "_", name).strip("_")


def check_columns(resolved: Resolved) -> Iterator[Finding]:
    """Yield each column that phones and servers ignore, once, at its first row."""
    form = resolved.form
    for name, place in _first_places(form).items():
        near = _near(name, columns.SURVEY_COLUMNS) or _spoken(name, form)
        yield _finding(form, name, place, near)
    filters = " ".join(row.cell("choice_filter") for row in form.survey)
    lacking = {*_KEYS} - {column for sheet, column, _ in form.letters if sheet == columns.CHOICES}
    for name, place in _choice_places(form).items():
        near = _near(name, columns.CHOICE_COLUMNS)
        if near and name not in filters:
            found = _finding(form, name, place, near)
            yield replace(found, here=Severity.BREAKS) if near in lacking else found
            lacking.discard(near)
    if form.choices and form.letters:
        for name in sorted(lacking):
            here = Place(file=form.file, sheet=columns.CHOICES, row=1)
            words = {"sheet_name": columns.CHOICES, "missing": name}
            yield Finding("PX-HEADER_003", place=here, cell=f"{columns.CHOICES}!A1", data=words)
    for name, place in _choice_places(form).items():
        if not _ELEMENT.fullmatch(name) and " " not in name:
            yield Spot(form, place, column=name).finding("COL-NAME", name=name, near=f"_{plain(name)}")
    for name in form.settings:
        if name not in columns.SETTINGS_COLUMNS and not name.startswith("_"):
            near = _near(name, columns.SETTINGS_COLUMNS)
            yield _finding(form, name, form.places.get(name, Place(file=form.file)), near)


def _first_places(form: Form) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for row in form.survey:
        for name in row.cells:
            is_passed_on = name.lower().startswith(PASSED_ON) and not _near(name, columns.SURVEY_COLUMNS)
            if (
                name not in columns.SURVEY_COLUMNS
                and not name.lower().startswith(SKIPPED)
                and not is_passed_on
            ):
                places.setdefault(name, row.place)
    return places


def _choice_places(form: Form) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for choices in form.choices.values():
        for choice in choices:
            for name in choice.cells:
                places.setdefault(name, choice.place)
    return places


def _near(name: str, known: tuple[str, ...]) -> str:
    """Return the column that is probably meant, in canonical spelling; a translated one with its language."""
    column, mark, language = name.partition("::")
    if name.lower().startswith(PASSED_ON):
        written = [old for old in columns.OLD_SPELLINGS[columns.SURVEY] if old.startswith(PASSED_ON)]
        return next(iter(get_close_matches(name.lower(), written, n=1, cutoff=0.9)), "")
    single, colon, spoken = name.partition(":")
    if not mark and colon and single.strip() in columns.TRANSLATED:
        return f"{single.strip()}::{spoken.strip()}"
    if french := _FRENCH.get(_unaccented(column)):
        return f"{french}{mark}{language}" if french in known else ""
    near = get_close_matches(column.strip().lower(), known, n=1, cutoff=0.75)
    return f"{near[0]}{mark}{language}" if near else ""


def _spoken(name: str, form: Form) -> str:
    """Return the column of labels that is probably meant by the bare name of a language which the form does not have; "" if none is."""
    full = _LANGUAGES.get(_unaccented(name), "")
    return f"label::{full}" if full and full not in form.languages.values() else ""


_FRENCH: Mapping[str, str] = {
    **dict.fromkeys(("obligatoire", "requis"), "required"),
    **dict.fromkeys(("pertinent", "pertinence", "condition"), "relevant"),
    **dict.fromkeys(("contrainte", "validation"), "constraint"),
    **dict.fromkeys(
        ("message de contrainte", "message contrainte", "message d'erreur"), "constraint_message"
    ),
    **dict.fromkeys(("calcul", "formule"), "calculation"),
    **dict.fromkeys(("libelle", "etiquette", "question", "intitule"), "label"),
    **dict.fromkeys(("indice", "aide", "consigne"), "hint"),
    **dict.fromkeys(("filtre", "filtre de choix"), "choice_filter"),
    **dict.fromkeys(("apparence", "aspect"), "appearance"),
    **dict.fromkeys(("defaut", "valeur par defaut"), "default"),
    **dict.fromkeys(("lecture seule",), "readonly"),
    **dict.fromkeys(("parametres",), "parameters"),
    **dict.fromkeys(("nom de liste", "nom de la liste", "liste"), "list_name"),
    **dict.fromkeys(("titre", "titre du formulaire"), "form_title"),
    **dict.fromkeys(("langue par defaut",), "default_language"),
}
"""What a header is called by somebody who writes it in French, without accents -> the column."""


def _unaccented(text: str) -> str:
    plain_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[_*?:]", " ", plain_text.lower()).split())


_LANGUAGES: Mapping[str, str] = {_unaccented(name.partition(" (")[0]): name for name in KNOWN.values()}
"""The bare name of a language, without accents -> its name with its code."""


def _finding(form: Form, name: str, place: Place, near: str) -> Finding:
    spot = Spot(form, place, column=name)
    return spot.finding("COL-UNKNOWN", name=name, near=near) if near else spot.finding("COL-NOTE", name=name)
