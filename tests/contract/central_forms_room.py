"""The addresses of forms of a stand-in Central: uploading, publishing, files, versions, fields, the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import httpx

from tests.contract.central_answers import (
    Failed,
    as_json,
    as_xml,
    done,
    exists,
    extended,
    missing,
    sent_as,
    sent_json,
    unexpected,
)
from tests.contract.central_copies import Copy, copied, file_said
from tests.contract.central_state import ADMIN, PROJECT

if TYPE_CHECKING:
    from tests.contract.central_forms import Forms

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answer(forms: Forms, request: httpx.Request, rest: list[str]) -> httpx.Response | None:
    """Answer what is about forms; None = it is about something else."""
    if rest[:1] != ["forms"]:
        return None
    if rest[2:3] == ["draft"]:
        return _draft(forms, request, rest[1], rest[3:])
    return _published(forms, request, rest[1:])


def _published(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
    forms: Forms, request: httpx.Request, rest: list[str]
) -> httpx.Response | None:
    match request.method, rest:
        case "GET", [] if request.url.params.get("deleted") == "true":
            return as_json([_trashed(forms, number) for number in forms.trash])
        case "GET", [] if forms.published:
            whole = extended(request)
            return as_json(
                [forms.whole(form) if whole else forms.described(form) for form in forms.published]
            )
        case "POST", []:
            return _create(forms, request)
        case "POST", [number, "restore"]:
            return _restore(forms, int(number) if number.isdigit() else 0)
        case "DELETE", [form] if form in forms.published:
            forms.trash[len(forms.trash) + 1] = (form, forms.published.pop(form), forms.tick())
            return done()
        case "PATCH", [form] if form in forms.published:
            forms.state(form, sent_json(request).get("state", "open"))
            return as_json(forms.described(form))
        case "GET", [form, "versions"] if form in forms.published:
            versions = sorted((each for name, each in forms.ever if name == form), reverse=True)
            return as_json([_version(forms, form, each, whole=extended(request)) for each in versions])
        case "GET", [form, "versions", name] if (form, name) in forms.ever:
            return as_json(_version(forms, form, name))
        case "GET", [form, "versions", name] if (form, name.removesuffix(".xlsx")) in forms.ever:
            return _sheet(form, forms.books.get((form, name.removesuffix(".xlsx"))))
        case "GET", [form, "attachments"] if form in forms.published:
            return _files(forms, forms.published[form])
        case "GET", [form, "attachments", name] if form in forms.published:
            data = forms.served(forms.published[form], name, None)
            if data is None:
                raise missing()
            return sent_as(name, data)
        case "GET", [form, "fields"] if form in forms.published:
            return _fields(forms.published[form])
        case "GET", [form, "draft.xlsx"]:
            return _book(forms, form, forms.drafts.get(form))
        case "GET", [form, "draft.xml"]:
            return as_xml(forms.xml(form, draft=True))
        case "GET", [name]:
            return _one(forms, name, whole=extended(request))
    return None


def _draft(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
    forms: Forms, request: httpx.Request, form: str, rest: list[str]
) -> httpx.Response | None:
    draft = forms.drafts.get(form)
    if request.method == "POST" and not rest:
        return _new_draft(forms, request, form)
    if request.method == "POST" and rest == ["publish"]:
        forms.publish(form, request.url.params.get("version"))
        forms.publish_notes[form] = unquote(request.headers.get("x-action-notes", "")) or None
        return done()
    if draft is None:
        return None
    match request.method, rest:
        case "GET", []:
            return as_json(forms.said(form, draft, since=None))
        case "DELETE", []:
            if form not in forms.published:
                raise Failed(409.7, "The form has never been published: its draft is all there is of it.")
            del forms.drafts[form]
            return done()
        case "GET", ["attachments"]:
            return _files(forms, draft)
        case "GET", ["attachments", name]:
            data = forms.served(draft, name, None)
            if data is None:
                raise missing()
            return sent_as(name, data)
        case "POST", ["attachments", name]:
            return _file(forms, request, draft, name)
        case "PATCH", ["attachments", name]:
            return _fill(forms, draft, name, fill=sent_json(request)["dataset"])
        case "DELETE", ["attachments", name]:
            if draft.files.get(name) is None or name in draft.linked:
                raise missing()
            return _file(forms, None, draft, name)
        case "GET", ["dataset-diff"]:
            return _lists_of(forms, draft)
    return None


def _one(forms: Forms, name: str, *, whole: bool) -> httpx.Response | None:
    form, _dot, kind = name.rpartition(".")
    if name in {*forms.published, *forms.drafts}:
        notes = {"publishNotes": forms.publish_notes.get(name)}
        return as_json(forms.whole(name) | notes if whole else forms.described(name))
    if kind == "xml" and form in forms.published:
        return as_xml(forms.xml(form))
    if kind == "xlsx" and form in {*forms.published, *forms.drafts}:
        return _book(forms, form, forms.published.get(form))
    return None


def _version(forms: Forms, form: str, version: str, *, whole: bool = False) -> dict[str, Any]:
    said = {**forms.described(form), "version": version}
    book = {"excelContentType": XLSX if (form, version) in forms.books else None}
    more = {**book, "publishedBy": forms.person(ADMIN), "publishNotes": None}
    return said | (more if whole else {})


def _book(forms: Forms, form: str, held: Copy | None) -> httpx.Response:
    """Return a workbook, unless the server wrote its key into the form: then it keeps none."""
    return _sheet(form, held.workbook if held and not forms.seals(held) else None)


def _sheet(form: str, content: bytes | None) -> httpx.Response:
    if not content:
        raise missing()
    said = sent_as(f"{form}.xlsx", content)
    said.headers["content-type"] = XLSX
    return said


def _is_xml(request: httpx.Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0] in {"application/xml", "text/xml"}


def _create(forms: Forms, request: httpx.Request) -> httpx.Response:
    """Make a form, with its first draft or already published; a form in the trash holds its id no longer."""
    form, made = copied(request.content, None, xml=_is_xml(request))
    if not made.named:
        form = request.headers.get("x-xlsform-formid-fallback", form)
    if form in forms.published or form in forms.drafts:
        raise exists("forms", projectId=str(PROJECT), xmlFormId=form)
    forms.drafts[form] = forms.seal(made)
    forms.touch(form)
    if request.url.params.get("publish") == "true":
        forms.publish(form)
    return as_json(forms.described(form))


def _new_draft(forms: Forms, request: httpx.Request, form: str) -> httpx.Response:
    before = forms.published.get(form)
    held = forms.drafts.get(form, before)  # files come from the draft before, else from what is published
    if held is None:
        raise missing()
    if not request.content and before:
        forms.drafts[form] = Copy(
            before.workbook,
            before.version,
            dict(held.files),
            set(held.linked),
            before.source,
            dict(held.stamps),
        )
        return done()
    named, made = copied(request.content, held, xml=_is_xml(request))
    if _is_xml(request) and named != form:
        raise unexpected("xmlFormId", named, "does not match the form you are updating")
    forms.drafts[form] = forms.seal(made)
    return done()


def published_before(form: str, version: str) -> Failed:
    """Return: this version was published already."""
    text = f"You tried to publish the form '{form}' with version '{version}', but a published form has it."
    return Failed(409.6, text, xmlFormId=form, version=version)


def _files(forms: Forms, copy: Copy) -> httpx.Response:
    unsaid = set() if forms.digests() else {"hash", "size"}
    said = [file_said(copy, name) for name in sorted(copy.files)]
    return as_json([{key: value for key, value in one.items() if key not in unsaid} for one in said])


def _file(forms: Forms, request: httpx.Request | None, draft: Copy, name: str) -> httpx.Response:
    """Keep the file that is sent, or none."""
    if name not in draft.files:
        raise missing()
    if name not in forms.broken:
        draft.files[name] = request.content if request else None
        draft.stamps[name] = forms.tick()
        draft.linked.discard(name)
    if request is None:
        return done()
    return as_json(file_said(draft, name) | {"exists": True})


def _fill(forms: Forms, draft: Copy, name: str, *, fill: bool) -> httpx.Response:
    """Fill a file from the list of its name; the file of before is lost, also when the list is let go again."""
    if name in draft.files and not fill:
        draft.linked.discard(name)
        draft.files[name] = None
    elif name not in draft.files or name.removesuffix(".csv") not in forms.lists.lists:
        raise missing()
    else:
        draft.linked.add(name)
        draft.files[name] = b"(list)"
    draft.stamps[name] = forms.tick()
    return as_json(file_said(draft, name, whole=False))


def _fields(copy: Copy) -> httpx.Response:
    known = copy.known()
    if known is None:
        raise missing()
    return as_json(
        [
            {
                "path": "/" + "/".join(one.path),
                "name": one.name,
                "type": one.type,
                "binary": True if one.type == "binary" else None,
                "selectMultiple": True if one.multiple else None,
            }
            for one in known.walk()
        ]
    )


def _lists_of(forms: Forms, draft: Copy) -> httpx.Response:
    """Return what publishing a draft would do to entity lists."""
    known = draft.known()
    if known is None or known.dataset is None:
        return as_json([])
    held = forms.lists.lists.get(known.dataset)
    there = held.properties if held else []
    named = [one.saves for one in known.walk() if one.saves]
    properties = [
        {"name": one, "isNew": one not in there, "inForm": one in named}
        for one in dict.fromkeys([*there, *named])
    ]
    return as_json([{"name": known.dataset, "isNew": held is None, "properties": properties}])


def _trashed(forms: Forms, number: int) -> dict[str, Any]:
    form, copy, at = forms.trash[number]
    return forms.said(form, copy, since=forms.at, draft=False) | {"deletedAt": at, "id": number}


def _restore(forms: Forms, number: int) -> httpx.Response:
    """Take a form out of the trash, unless another one took its id."""
    if number not in forms.trash:
        raise missing()
    form, copy, _at = forms.trash[number]
    if form in forms.published or form in forms.drafts:
        raise exists("forms", projectId=str(PROJECT), xmlFormId=form)
    del forms.trash[number]
    forms.published[form] = copy
    return done()
