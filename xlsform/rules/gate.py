"""Rules on consent and safety: nothing about a person can be asked before the person, or who speaks for them, agreed. Runs nothing.

A condition counts only when it can be true for no other reason than the agreement: "not no" does not, because an unanswered
question is not a no either. Then: a way out of every hard question, nothing that gives away who collects or who spoke, and
no private key in a form. ``core.yaml`` names the gate of each form, and alone may name a form without one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from xlsform import pack
from xlsform.expressions.conditions import limit, requires
from xlsform.findings.problems import Finding, Severity, Spot, at_question, at_setting
from xlsform.model import Form, Kind, Place, Question, Resolved
from xlsform.sources import plain_yaml


@dataclass(frozen=True, slots=True)
class KnownGate:
    """Path of the question of the agreement and the answers that open; ``question`` None = the form needs none."""

    question: str | None
    opens: frozenset[str] = frozenset()


def known_gates(root: Path | None = None) -> Mapping[str, KnownGate]:
    """Return the gate of each form that ``core.yaml`` names, by form id.

    Raises:
        FormError: the file holds something else.
    """
    path = (root or pack.forms_root()) / "core.yaml"
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _gates(path, changed)


@lru_cache(maxsize=8)
def _gates(path: Path, _changed: int) -> Mapping[str, KnownGate]:
    file = pack.shown(path)
    top = plain_yaml.mapping(plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file), "core")
    found = {}
    for form_id, node in top.entries.items():
        said = plain_yaml.mapping(node, form_id).entries.get("gate")
        if isinstance(said, plain_yaml.ScalarNode) and said.value == "none":
            found[form_id] = KnownGate(None)
        elif said is not None:
            opens = frozenset(plain_yaml.texts_under(said, "opens"))
            question = plain_yaml.mapping(said, "gate").entries.get("question")
            found[form_id] = KnownGate(plain_yaml.scalar(question or said, "question").value, opens)
    return found


GATES = frozenset({("alert", "consent_state"), ("interview", "consent_case")})
"""Register fields that hold the agreement itself."""

CLOSED = frozenset({"no", "refused", "none", ""})
"""Answers that are no agreement."""

FARTHEST = 40
"""Questions between a question and its gate; what is farther away proves nothing."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The question of the agreement, and its answers that are one."""

    question: Question
    opens: frozenset[str]


def check_gate(form: Resolved) -> Iterator[Finding]:
    """Yield each question of level 1 or more that can be asked without the agreement."""
    asked = [question for question in form.questions if _needs_agreement(question)]
    known = known_gates().get(form.form.form_id)
    if not asked or (known is not None and known.question is None):
        return
    gate = _gate(form, known)
    if gate is None:
        yield at_question(form.form, asked[0], "relevant").finding("NO-GATE")
        return
    proofs: dict[str, bool] = {}
    for question in asked:
        if question.path != gate.question.path and not _behind(form, question, gate, frozenset(), proofs):
            yield _finding(question, gate, form)


def _gate(form: Resolved, known: KnownGate | None) -> Gate | None:
    """Return the gate that ``core.yaml`` names for this form, else the one that the form itself has."""
    question = gate_of(form)
    if known is not None:
        wanted = tuple((known.question or "").split("/"))
        question = next((one for one in form.questions if one.path == wanted), None)
    if question is None:
        return None
    codes = {choice.name for choice in form.form.choices.get(question.list or "", ())} - CLOSED
    return Gate(question, known.opens if known is not None else frozenset(codes))


def gate_of(form: Resolved) -> Question | None:
    """Return the question that holds the agreement: by its register field, else the first select called consent…."""
    for question in form.questions:
        if (question.entity, question.field) in GATES:
            return question
    named = (question for question in form.questions if question.list and question.name.startswith("consent"))
    return next(named, None)


def _needs_agreement(question: Question) -> bool:
    return question.level >= 1 and question.kind is Kind.QUESTION


def _behind(
    form: Resolved, question: Question, gate: Gate, seen: frozenset[str], proofs: dict[str, bool]
) -> bool:
    """Say whether some condition on the way to the question holds only after the agreement.

    ``proofs`` keeps what was found for each text, so that a long form is read once.
    """

    def opens(comparison: str) -> bool:
        said = limit(comparison)
        if said is None or said.without or said.values & CLOSED:
            return False
        if said.question == gate.question.name:
            return said.values <= gate.opens
        other = form.question(said.question)
        return (
            other is not None
            and other.name not in seen
            and _behind(form, other, gate, seen | {question.name}, proofs)
        )

    if len(seen) > FARTHEST:
        return False
    for text in filter(None, (*question.relevances, question.relevance)):
        holds = proofs[text] if text in proofs else requires(text, opens)
        if not seen:  # inside, some ways were left out
            proofs[text] = holds
        if holds:
            return True
    return False


def _finding(question: Question, gate: Gate, form: Resolved) -> Finding:
    name = gate.question.name
    codes = [
        choice.name
        for choice in form.form.choices.get(gate.question.list or "", ())
        if choice.name in gate.opens
    ]
    one = len(codes) == 1
    example = f"${{{name}}} = '{codes[0]}'" if one else f"selected('{' '.join(codes)}', ${{{name}}})"
    words = {"gate": name, "sensitivity": str(question.level), "example": example}
    return at_question(form.form, question, "relevant").finding("CONSENT-GATE", **words)


EXITS = frozenset({"unknown", "prefer_not"})
CONSENT_EXITS = frozenset({"no", "none", "refused"})
PLACES = frozenset({"region", "department", "arrondissement"})

_IDENTIFYING = frozenset(
    {"deviceid", "imei", "subscriberid", "simserial", "phonenumber", "email", "username"}
)
_POSITIONS = frozenset({"start-geopoint", "background-geopoint"})
_GEO = frozenset({"geopoint", "geotrace", "geoshape"})
_TRACKING = ("location-", "identify-user", "track-changes")
_NOT_REQUIRED = frozenset({"", "no", "false", "false()"})


def check_safety(form: Resolved) -> Iterator[Finding]:
    """Yield what could harm the person who speaks or the person who collects."""
    for question in form.questions:
        yield from _metadata(form.form, question)
        yield from _no_exit(form.form, question)
        yield from _written(form.form, question)
        yield from _pictures(form.form, question)
    yield from _settings(form.form)


def is_required(question: Question) -> bool:
    """Say whether the question must be answered, at least sometimes."""
    return question.row.cell("required").strip().lower() not in _NOT_REQUIRED


def _metadata(form: Form, question: Question) -> Iterator[Finding]:
    base, parameters = question.type, question.row.cell("parameters")
    is_kept_account = base == "username" and question.classed and question.level > 0
    if base in _IDENTIFYING and not is_kept_account:
        here = Severity.MISLEADS if base == "username" else None
        yield replace(at_question(form, question, "type").finding("META-ID", type=base), here=here)
    if base in _POSITIONS:
        yield at_question(form, question, "type").finding("GEO-AUTO", type=base)
    if base in _GEO and is_required(question):
        yield at_question(form, question, "required").finding("GEO-REQUIRED")
    if base == "background-audio":
        yield at_question(form, question, "type").finding("RECORD-ALWAYS")
    if question.row.cell("autoplay"):
        yield at_question(form, question, "autoplay").finding("AUTOPLAY")
    if base == "audit" and any(word in parameters for word in _TRACKING):
        yield at_question(form, question, "parameters").finding("AUDIT-TRACK", parameters=parameters)


def _no_exit(form: Form, question: Question) -> Iterator[Finding]:
    if question.list is None or question.level < 2 or not is_required(question):
        return
    if question.field in PLACES or question.list in PLACES:
        return  # a place of the list is vague enough, and some place there was
    exits = EXITS | (CONSENT_EXITS if question.entity == "consent" else frozenset())
    if not any(choice.name in exits for choice in form.choices.get(question.list, ())):
        yield at_question(form, question, "required").finding("NO-EXIT", list=question.list)


def _written(form: Form, question: Question) -> Iterator[Finding]:
    if question.row.cell("save_to"):
        yield at_question(form, question, "save_to").finding("ENTITY-WRITE")


def _pictures(form: Form, question: Question) -> Iterator[Finding]:
    looks = question.row.cell("appearance").split()
    if question.type == "image" and "signature" in looks:
        yield at_question(form, question, "appearance").finding("SIGNATURE")
    elif question.type == "image" and "max-pixels" not in question.row.cell("parameters"):
        yield at_question(form, question, "parameters").finding("IMG-PIXELS")


def _settings(form: Form) -> Iterator[Finding]:
    if "entities" in form.others:
        yield Spot(form, Place(file=form.file, sheet="entities", row=1)).finding("ENTITY-WRITE")
    if form.settings.get("submission_url"):
        yield at_setting(form, "submission_url").finding("SUBMISSION-URL")
    if form.settings.get("client_editable", "").lower() not in {"", "no", "false"}:
        yield at_setting(form, "client_editable").finding("EDITABLE")


def check_key(form: Resolved) -> Iterator[Finding]:
    """Yield a public key that protects nothing, or stops the phone."""
    if (key := form.form.settings.get("public_key", "")) and (code := key_fault(key)):
        yield at_setting(form.form, "public_key").finding(code)


_ONE_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def key_fault(cell: str) -> Literal["KEY-PRIVATE", "KEY-INVALID", ""]:
    """Return the code of what is wrong with a public key: one line of base64 of an RSA key of 2048 bits, or ""."""
    text = cell.strip()
    if "PRIVATE KEY" in text or _is_private(text):
        return "KEY-PRIVATE"
    return "" if _ONE_LINE.fullmatch(text) and _is_rsa_2048(text) else "KEY-INVALID"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_private(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        load_der_private_key(_bytes(text), password=None)
    except TypeError:  # locked with a passphrase: private all the same
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _is_rsa_2048(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(_bytes(text))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size == 2048
