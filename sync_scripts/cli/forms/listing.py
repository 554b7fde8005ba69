"""``dikalo forms list``: which forms there are, and how complete their translations are. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any, Final

from sync_scripts.cli.forms.checking import forms_folder
from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.shell import Shell, command
from sync_scripts.errors import N_
from sync_scripts.register.model.listings import Column, Listing
from xlsform import pack
from xlsform.errors import FormError
from xlsform.model import Form, Kind
from xlsform.pack import Packed
from xlsform.sources import source
from xlsform.translate import memory, texts
from xlsform.workbooks import workbook


@command("list")
def list_(shell: Shell) -> None:
    """List the forms with version, languages and number of questions."""
    root = forms_folder(shell)
    found = [_form_row(one, root) for one in pack.forms(root)]
    show_list(shell, FORMS, found, none=_none_yet(pack.forms()))


def _none_yet(shipped: Iterable[Packed]) -> str:
    names = ", ".join(one.form_id for one in shipped)
    return _(
        "No form is in use in this folder yet. dikalo ships: {names}. To put one into use, run: dikalo forms customise "
        "FORM, then dikalo forms save FILE."
    ).format(names=names)


def _form_row(packed: Packed, root: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"code": packed.form_id, "workbook": str(packed.workbook), "source": None}
    row |= {"problem": None, "version": None, "questions": None, "languages": [], "translations": []}
    try:
        if packed.source is not None:
            row["source"] = str(packed.source)
            form = source.load(packed.source, packed.workbook.parent)
        else:
            form = workbook.read(workbook.load(packed.workbook), file=packed.workbook.name).form
    except FormError as problem:
        return row | {"problem": problem.code, "words": problem.words()}
    questions = sum(row.kind is Kind.QUESTION for row in form.survey)
    return row | {
        "title": form.title,
        "version": form.version,
        "languages": list(form.languages.values()),
        "translations": completeness(form, root),
        "questions": questions,
    }


def _title(row: dict[str, Any]) -> str:
    return f"{row['problem']} · {row['words']}" if row["problem"] else row["title"]


def _languages(row: dict[str, Any]) -> str:
    return ", ".join(map(translation_words, row["translations"])) or ", ".join(row["languages"])


FORMS: Final = Listing(
    "dikalo.forms.list/1",
    "forms",
    (
        Column("code", N_("form")),
        Column("version", N_("version")),
        Column("title", N_("title"), _title, whole=True),
        Column("questions", N_("questions")),
        Column("languages", N_("languages"), _languages, whole=True),
    ),
    uncut=True,
)


def completeness(form: Form, root: Path) -> list[dict[str, Any]]:
    """Return for each language of a form how many texts it has, lacks, and must look at again."""
    found = list(texts.texts(form))
    default = next(iter(form.languages), "")
    rows = []
    for code, name in form.languages.items():
        kept = memory.read(memory.path_of(root, form.form_id, default, code)) if code != default else {}
        counts = memory.progress(found, default, code, kept)
        rows.append({"language": name, **counts.document()})
    return rows


def translation_words(row: dict[str, Any]) -> str:
    """Return a language and how complete it is, as a list of forms shows it: nothing more when it is complete."""
    if not row["missing"] and not row["changed"]:
        return str(row["language"])
    parts = []
    if row["missing"]:
        parts.append(
            ngettext("{n} text missing", "{n} texts missing", row["missing"]).format(n=row["missing"])
        )
    if row["changed"]:
        parts.append(ngettext("{n} changed", "{n} changed", row["changed"]).format(n=row["changed"]))
    return _("{language}: {percent} %, {parts}").format(
        language=row["language"], percent=row["percent"], parts=", ".join(parts)
    )
