"""``dikalo forms list``: which forms there are, and how complete their translations are. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any

from sync_scripts.cli.forms.checking import forms_folder
from sync_scripts.cli.frame.shell import Shell, command
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
    rows = [_form_row(one, root) for one in pack.forms(root)]
    shell.show(
        {"schema": "dikalo.forms.list/1", "forms": rows},
        [_form_line(row) for row in rows] or [_none_yet(pack.forms())],
    )


def _none_yet(shipped: Iterable[Packed]) -> str:
    names = ", ".join(one.form_id for one in shipped)
    return _(
        "No form is in use in this folder yet. dikalo ships: {names}. To put one into use, run: dikalo forms customise "
        "FORM, then dikalo forms save FILE."
    ).format(names=names)


def _form_row(packed: Packed, root: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": packed.form_id,
        "workbook": str(packed.workbook),
        "source": None,
        "problem": None,
    }
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


def _form_line(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"{row['code']}: {row['problem']} · {row['words']}"
    questions = ngettext("{n} question", "{n} questions", row["questions"]).format(n=row["questions"])
    languages = [translation_words(one) for one in row["translations"]] or row["languages"]
    counted = _("{questions}; {languages}").format(questions=questions, languages=", ".join(languages))
    return f"{row['code']:<12} {row['version']}  {row['title']}  ({counted})"


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
