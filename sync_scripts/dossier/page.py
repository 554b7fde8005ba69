"""The dossier as one page to read and to print: HTML without a script, nothing loaded from anywhere. Pure.

Everything that was typed by anybody is escaped. Every table can be broken over pages; nothing says anything by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import gettext as _
from html import escape
from typing import Any, Final

from sync_scripts.dossier.markup import day, h2, moment, p, pairs, spoken, table, who
from sync_scripts.dossier.sentences import entity_words, kind_words
from sync_scripts.register.labels import label

__all__ = ["page"]

_OF_ACTS: Final = ("involvement", "detention", "torture", "death", "loss", "facility")
Document = Mapping[str, Any]


def page(document: Document) -> str:
    """Return the page, in the language that is spoken at this moment."""
    title = _("Dossier of case {case}").format(case=document["case"])
    parts = (
        _heading,
        _summary,
        _consents,
        _people,
        _facts,
        _acts,
        _authors,
        _sources,
        _legal,
        _services,
        _files,
        _received,
        _history,
        _left_out,
        _check,
    )
    body = "\n".join(line for part in parts for line in part(document))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(document["lang"])}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_style(document)}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


_STYLE: Final = """
@page { size: A4; margin: 16mm 16mm 18mm; @bottom-left { content: "FOOT"; font: 8pt "Liberation Sans", sans-serif }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "Liberation Sans", sans-serif } }
* { box-sizing: border-box }
body { font: 11pt/1.45 "Liberation Serif", "Times New Roman", serif; color: #111; max-width: 178mm; margin: 0 auto;
  padding: 8mm 4mm }
h1 { font-size: 20pt; margin: 0 0 1mm } h2 { font-size: 13.5pt; margin: 9mm 0 2mm; padding-bottom: 1mm;
  border-bottom: 1.5pt solid #1f3a5f; color: #1f3a5f; break-after: avoid }
h3 { font-size: 11.5pt; margin: 5mm 0 1mm; break-after: avoid }
p { margin: 1mm 0 2mm } .small { font-size: 9.5pt; color: #333 } .mark { border: 1.5pt solid #8a1c1c; padding: 2mm 3mm;
  margin: 0 0 5mm; font-weight: bold } .note { border-left: 3pt solid #1f3a5f; padding: 1mm 0 1mm 4mm; margin: 3mm 0 }
table { border-collapse: collapse; width: 100%; margin: 1mm 0 3mm; font-size: 10pt }
th, td { text-align: left; vertical-align: top; padding: 1.2mm 2mm; border-bottom: .5pt solid #bbb;
  overflow-wrap: anywhere } th { font-weight: bold } thead th { border-bottom: 1pt solid #1f3a5f; background: #f2f4f7; white-space: nowrap }
table.pairs th { width: 34%; font-weight: normal; color: #333 } tr { break-inside: avoid }
td.story { white-space: pre-wrap } code { font: 8.5pt/1.3 "Liberation Mono", monospace; overflow-wrap: anywhere }
td.wide { width: 60% } dl.hash { margin: 0; font-size: 9pt } dl.hash dt { color: #333 } dl.hash dd { margin: 0 0 .6mm }
dl.hash code { font-size: 7.5pt }
@media (max-width: 150mm) { table { font-size: 9pt } th, td { padding: 1mm } td { min-width: 6em } }
@media print { body { padding: 0; max-width: none } }
"""


def _style(document: Document) -> str:
    """Return the style, with the foot of every printed page: letters and digits of our own, never a typed text."""
    foot = " - ".join((_("CONFIDENTIAL"), document["case"], document["reference"]))
    return _STYLE.replace("FOOT", foot)


# --- what it is -------------------------------------------------------------------------------------------------------


def _heading(document: Document) -> Iterator[str]:
    if document["demo"]:
        yield p(_("DEMONSTRATION: invented data. This dossier is about nobody."), "mark")
    yield p(
        _(
            "CONFIDENTIAL. It names people and may put them in danger. Do not copy it, do not pass it on; keep it locked up."
        ),
        "mark",
    )
    title = _("Dossier of case {case}").format(case=document["case"])
    yield f"<h1>{escape(title)}</h1>"
    purpose = label("consent_purpose", document["purpose"])
    if document["service"]:
        purpose = f"{purpose} ({label('service', document['service'])})"
    receiver = f"{document['receiver']} ({kind_words(document['receiver_kind'])})"
    yield pairs(
        (_("Handed to"), receiver),
        (_("Purpose"), purpose),
        (_("Why"), document["reason"]),
        (_("Made on"), moment(document["made_at"])),
        (_("Made by"), who(document["made_by"], document["proof"])),
        (_("Reference of this hand-over"), document["reference"]),
        (_("Authorisation of the data-protection authority"), document["authorisation_no"] or _("not given")),
        (_("Case opened on"), day(document["opened_at"])),
        (_("State of the case"), label("case_state", document["state"])),
    )


def _summary(document: Document) -> Iterator[str]:
    yield '<div class="note">'
    yield p(
        _(
            "This is what an organisation that documents violations recorded about one case. It is an account, not a finding: "
            "nothing in it has been judged. People, acts, alleged perpetrators and sources are named by a letter and a number "
            "(V1, A1, P1, S1) that mean something inside this dossier only; workers are codes."
        )
    )
    if document["left_out"]:
        yield p(
            _(
                "It is not everything that is known. What was left out, and why, stands in the list at its end; what does not "
                "stand here may exist all the same."
            )
        )
    yield "</div>"


def _consents(document: Document) -> Iterator[str]:
    if not document["consents"]:
        return
    yield h2(_("On which consent it rests"))
    yield table(
        (_("Person"), _("For"), _("Answer"), _("Given on"), _("Until")),
        (
            (
                one["person"],
                one["purpose_words"],
                _override(one) + (f" ({label('consent_scope', one['scope'])})" if one["scope"] else ""),
                day(one["given_at"]),
                day(one["expires_at"]),
            )
            for one in document["consents"]
        ),
    )


def _override(one: Mapping[str, Any]) -> str:
    words = str(one["state_words"])
    return (
        _("{state}; acted upon for a vital interest, signed by two people").format(state=words)
        if one["by_override"]
        else words
    )


# --- people and facts -------------------------------------------------------------------------------------------------


def _people(document: Document) -> Iterator[str]:
    yield from _each(document, "person", _("People"))
    if document["purpose"] == "services":
        yield from _each(document, "interview", _("Interview"))


def _facts(document: Document) -> Iterator[str]:
    yield from _each(document, "incident", _("Facts"))
    if document["purpose"] != "services":
        yield from _each(document, "interview", _("How it was recorded"))


def _acts(document: Document) -> Iterator[str]:
    acts = _of(document, "act")
    if not acts:
        return
    yield h2(_("Acts"))
    for act in acts:
        yield f"<h3>{escape(act['heading'])}</h3>"
        against = ", ".join(act["people"])
        if act["others"]:
            others = _("and others, who are not named here")
            against = f"{against} {others}".strip()
        yield pairs((_("Against"), against), *_fields(act))
        for entity in _OF_ACTS:
            for part in (one for one in _of(document, entity) if one["parent"] == act["key"]):
                yield p(" ".join((entity_words(entity), part["with"])).strip(), "small")
                yield pairs(*_fields(part))


def _authors(document: Document) -> Iterator[str]:
    yield from _each(document, "perpetrator", _("Alleged perpetrators"))


def _sources(document: Document) -> Iterator[str]:
    sources = _of(document, "source")
    if not sources:
        return
    yield h2(_("Sources"))
    for source in sources:
        yield f"<h3>{escape(source['heading'])}</h3>"
        yield pairs(*_fields(source))
        for part in (one for one in _of(document, "information") if one["parent"] == source["key"]):
            yield pairs(*_fields(part))


def _legal(document: Document) -> Iterator[str]:
    yield from _each(document, "legal_event", _("Legal steps"))


def _services(document: Document) -> Iterator[str]:
    yield from _each(document, "need", _("Needs"))
    yield from _each(document, "intervention", _("Services"))


def _each(document: Document, entity: str, heading: str) -> Iterator[str]:
    found = [one for one in _of(document, entity) if one["fields"]]
    if not found:
        return
    yield h2(heading)
    for number, one in enumerate(found, 1):
        name = one["name"] or (str(number) if len(found) > 1 else "")
        if name:
            yield f"<h3>{escape(f'{entity_words(entity)} {name}')}</h3>"
        people = ((_("For"), ", ".join(one["people"])),) if one["people"] else ()
        yield pairs(*people, *_fields(one))


def _of(document: Document, entity: str) -> list[Mapping[str, Any]]:
    return [one for one in document["records"] if one["entity"] == entity]


def _fields(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in record["fields"]:
        yield one["label"], spoken(one["words"])


# --- proofs -----------------------------------------------------------------------------------------------------------


def _files(document: Document) -> Iterator[str]:
    files = document["files"]
    evidence = _of(document, "evidence")
    if not files and not evidence:
        return
    yield h2(_("Evidence and files"))
    yield p(
        _(
            "The files themselves are not part of this dossier. Each can be compared with the hashes given here."
        ),
        "small",
    )
    for one in evidence:
        yield f"<h3>{escape(one['heading'])}</h3>"
        yield pairs(*_fields(one))
    if files:
        heading = _("Files")
        yield f"<h3>{escape(heading)}</h3>"
        yield table(
            (_("Evidence"), _("What"), _("Name, size"), _("Hashes")),
            ((one["evidence"], _what(one), _size(one), _hashes(one)) for one in files),
            raw=(3,),
        )


def _what(one: Mapping[str, Any]) -> str:
    return ", ".join(word for word in (one["type"], one["state"]) if word)


def _size(one: Mapping[str, Any]) -> str:
    if one["with"]:
        return _("not with this version; see version {version}").format(version=one["with"])
    if not one["held"]:
        return _("never arrived")
    size = _("{size} bytes").format(size=one["size"]) if one["size"] is not None else ""
    return ", ".join(word for word in (one["name"], size) if word)


def _received(document: Document) -> Iterator[str]:
    if not document["submissions"]:
        return
    yield h2(_("What was received"))
    yield p(
        _("Each form as it came in, with its hashes: whoever is given one later can compare it."),
        "small",
    )
    yield table(
        (_("Form"), _("Received"), _("Hashes")),
        ((_form(one), moment(one["received_at"]), _hashes(one)) for one in document["submissions"]),
        raw=(2,),
    )


def _form(one: Mapping[str, Any]) -> str:
    names = {
        "case": _("interview"),
        "followup": _("follow-up visit"),
        "evidence": _("evidence brought to the office"),
    }
    form = names.get(one["form"], one["form"])
    words = _("{form}, version {version}").format(form=form, version=one["form_version"])
    return words if one["current"] else _("{form} (replaced by a later version)").format(form=words)


def _hashes(one: Mapping[str, Any]) -> str:
    known = (
        (_("SHA-256 of the bytes"), one["sha256"]),
        (_("nonce"), one["nonce"]),
        (_("commitment"), one["commitment"]),
        (_("SHA-256 as sealed"), one["sealed_sha256"]),
        (_("line of the chain of custody"), str(one["custody_line"] or "")),
    )
    shown = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in known if value
    )
    return f'<dl class="hash">{shown}</dl>' if shown else ""


# --- history, what stays, how to check --------------------------------------------------------------------------------


def _history(document: Document) -> Iterator[str]:
    if not document["history"]:
        return
    yield h2(_("Decisions"))
    yield table(
        (_("When"), _("Who"), _("What")),
        ((moment(one["at"]), who(one["by"], one["proof"]), one["words"]) for one in document["history"]),
    )


def _left_out(document: Document) -> Iterator[str]:
    yield h2(_("What was left out, and why"))
    if not document["left_out"]:
        yield p(_("Nothing."))
        return
    yield table(
        (_("What"), _("How many"), _("Left out"), _("Because")),
        ((one["what"], str(one["count"]), one["part_words"], one["words"]) for one in document["left_out"]),
    )


def _check(document: Document) -> Iterator[str]:
    if not document["submissions"] and not document["files"]:
        return
    yield h2(_("How to check the hashes"))
    yield p(
        _(
            "The SHA-256 of a file that you are given later has to be the one that stands here. The commitment was written into the "
            "chain of custody when the form or file arrived; it follows from nonce and SHA-256:"
        )
    )
    yield "<p><code>printf 'dikalo-commit-v1 %s %s\\n' NONCE SHA256 | sha256sum</code></p>"
    yield pairs(
        (_("Last line of the chain when this was made"), str(document["custody_head"]["seq"])),
        (_("Its SHA-256"), document["custody_head"]["hash"]),
    )
    yield p(
        _(
            "The chain proves the order of things only against a copy of this last hash kept elsewhere: keep this page. No authority "
            "has stamped it with a time."
        ),
        "small",
    )
