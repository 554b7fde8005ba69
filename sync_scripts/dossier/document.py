"""The dossier as one document: plain values for JSON, from what was chosen and what was opened for it. Opens nothing.

Only what was chosen comes in: an opened answer of a record that stays, or of a field that was cut, is dropped here too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from gettext import gettext as _
from typing import Any, Final

import msgspec

from sync_scripts.dossier import wording
from sync_scripts.register.disclosure.sharing import warnings
from sync_scripts.register.forms.answers import GIVEN
from sync_scripts.register.handover.choosing import Choice, Kept, Left
from sync_scripts.register.handover.codebook import FILE, FILES, Word, place_of
from sync_scripts.register.handover.gathered import CAUTIONS, UNTOLD, File, Gathered, Record, Version
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.seal.sealed_items import commitment

SCHEMA: Final = "dikalo.dossier/1"
_DERIVED: Final[dict[tuple[str, str], str]] = {
    ("intervention", "status"): "intervention_status",
}
"""Fields that no form asks and that are told all the same -> their list."""
_SHORTER: Final = frozenset({("intervention", "provider_code"), ("need", "rank")})
"""Fields whose question makes sense on a phone only."""
_PLACES: Final = frozenset({"arrondissement"})
"""Fields that hold the code of a place of a list as long as a country."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a dossier says of itself.

    Attributes:
        reference: drawn for this one hand-over; the same in the register.
        at: when it was made.
        actor: who made it.
        reason: why, as it was typed.
        authorisation: number given by the data-protection authority, or empty.
        lang: language of labels and page.
        demo: invented data.
    """

    reference: str
    at: datetime
    actor: Actor
    reason: str
    authorisation: str
    lang: str
    demo: bool = False


@dataclass(slots=True)
class Opened:
    """What was opened for it; nothing of it is kept anywhere.

    Attributes:
        rows: sealed answers by row (``person:<uid>``).
        nonces, hashes: of each version, by instance id: nonce of its commitment, SHA-256 of its bytes.
        parts: name, nonce and SHA-256 of each file, by (page, item).
        damaged: kinds of what did not open.
    """

    rows: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    nonces: dict[str, str] = field(default_factory=dict, repr=False)
    hashes: dict[str, str] = field(default_factory=dict, repr=False)
    parts: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict, repr=False)
    damaged: list[str] = field(default_factory=list)

    def take(self, kind: str, row: str, version: str, place: tuple[str, int], data: bytes) -> None:
        """Take in one opened thing."""
        if kind == "row":
            self.rows.setdefault(row, {}).update(msgspec.json.decode(data)["fields"])
        elif kind == "raw":
            self.hashes[version] = hashlib.sha256(data).hexdigest()
        elif kind == "version":
            self.nonces[version] = msgspec.json.decode(data).get("nonce", "")
        elif kind == "filepart":
            self.parts[place] = msgspec.json.decode(data)


def document(
    found: Gathered,
    choice: Choice,
    opened: Opened,
    words: Mapping[tuple[str, str], Word],
    header: Header,
) -> dict[str, Any]:
    """Return the dossier. Labels are in the language that is spoken at this moment."""
    return _Document(found, choice, opened, words, header).made()


@dataclass(frozen=True)
class _Document:
    """One dossier being put together."""

    found: Gathered
    choice: Choice
    opened: Opened
    words: Mapping[tuple[str, str], Word]
    header: Header

    def made(self) -> dict[str, Any]:
        found, choice, header, request = self.found, self.choice, self.header, self.choice.request
        damaged = (Left(entity, "", "all", "damaged") for entity in self.opened.damaged)
        return {
            "schema": SCHEMA,
            "reference": header.reference,
            "case": found.code,
            "demo": header.demo,
            "lang": header.lang,
            "made_at": instant(header.at),
            "made_by": header.actor.code,
            "proof": header.actor.proof,
            "purpose": request.purpose,
            "service": request.service,
            "receiver": request.receiver,
            "receiver_kind": request.kind,
            "reason": header.reason,
            "authorisation_no": header.authorisation,
            "opened_at": found.row["opened_at"],
            "state": found.row["state"],
            "consents": list(self._consents()),
            "records": [self._record(one) for one in choice.kept],
            "files": [self._file(one) for one in choice.files],
            "submissions": [self._version(one) for one in choice.versions],
            "custody_head": {"seq": found.head[0], "hash": found.head[1]},
            "history": [_event(one) for one in choice.history],
            "left_out": [wording.left_out(one) for one in _told_outside([*choice.left, *damaged])],
        }

    def _consents(self) -> Iterator[dict[str, Any]]:
        """Yield on which consents it rests: those of the people of whom something leaves.

        What somebody refused or took back is no such, and no matter of a receiver.
        """
        purpose = self.choice.request.purpose
        purposes = {"services", "refer_identity"} if purpose == "services" else {purpose, "photo_audio"}
        for uid in self.choice.people:
            for one in self.found.agreed.of(uid).consents:
                overridden = self.choice.answers[uid].by_override
                stands = one.state in GIVEN and one.withdrawn_at is None
                if one.purpose in purposes and (stands or overridden):
                    yield {
                        "person": self.found.names.get(uid, ""),
                        "purpose": one.purpose,
                        "purpose_words": label("consent_purpose", one.purpose),
                        "state": one.state,
                        "state_words": label("consent_state", one.state),
                        "scope": one.scope,
                        "given_at": one.given_at,
                        "expires_at": one.expires_at,
                        "by_override": overridden,
                    }

    # --- records ---

    def _record(self, kept: Kept) -> dict[str, Any]:
        record = kept.record
        values = {**_open(kept), **self._sealed(kept)}
        return {
            "entity": record.entity,
            "name": record.name,
            "key": record.key,
            "filing": record.filing,
            "heading": wording.named(record.entity, record.name),
            "people": [self.found.names[uid] for uid in self._named(kept)],
            "others": kept.hidden if record.entity == "act" else 0,
            "parent": str(record.row.get("act_uid") or record.row.get("source_uid") or ""),
            "with": self._with(kept),
            "fields": [
                self._field(record.entity, name, str(values[name]))
                for name in self._ordered(record.entity, values)
            ],
        }

    def _sealed(self, kept: Kept) -> dict[str, str]:
        if not kept.sealed:
            return {}
        rows = self.opened.rows.get(f"{kept.record.entity}:{kept.record.key}", {})
        return {name: value for name, value in rows.items() if name not in kept.cut}

    def _ordered(self, entity: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield the fields that have words, as the forms ask for them; names of files stand with the files."""
        yield from (name for derived, name in _DERIVED if derived == entity and name in values)
        for (asked, name), word in self.words.items():
            if (
                asked == entity
                and name in values
                and word.type not in FILES
                and (entity, name) not in _DERIVED
            ):
                yield name

    def _field(self, entity: str, name: str, value: str) -> dict[str, str]:
        word = self.words.get((entity, name))
        derived = _DERIVED.get((entity, name))
        listed = derived or (word.list if word else None)
        return {
            "field": f"{entity}.{name}",
            "label": _derived(name)
            if derived or word is None or (entity, name) in _SHORTER
            else word.label(self.header.lang),
            "value": value,
            "words": labels(listed, value)
            if listed
            else place_of(value)
            if name in _PLACES
            else _plain(value),
        }

    def _named(self, kept: Kept) -> Sequence[str]:
        """Return the people whom a record names: acts and services only, and only those who agreed."""
        if kept.record.entity not in {"act", "need", "intervention"}:
            return ()
        allowed = set(self.choice.people) & self.found.names.keys()
        return [uid for uid in self.found.people_of(kept.record) if uid in allowed]

    def _with(self, kept: Kept) -> str:
        """Return the alleged perpetrator of a part in an act."""
        wanted = kept.record.row.get("perpetrator_uid")
        records = (one.record for one in self.choice.kept)
        return next((one.name for one in records if one.entity == "perpetrator" and one.key == wanted), "")

    # --- what arrived ---

    def _version(self, one: Version) -> dict[str, Any]:
        """Return the hashes of a version; those of its bytes only where everybody in it agreed."""
        sha256 = self.opened.hashes.get(one.instance_id, "")
        nonce = self.opened.nonces.get(one.instance_id, "")
        return {
            "form": one.stamp,
            "form_version": one.form_version,
            "instance_id": one.instance_id,
            "received_at": one.received_at,
            "current": one.current,
            "encrypted": one.encrypted,
            **_hashes(sha256, nonce, one),
        }

    def _file(self, one: File) -> dict[str, Any]:
        part = self.opened.parts.get((one.page, one.item), {})
        evidence = self._evidence(part.get("name", ""))
        told = {version.instance_id for version in self.choice.versions}
        return {
            "evidence": evidence.name if evidence else "",
            "type": label("evidence_type", evidence.row["type"]) if evidence else self._question(one),
            "state": label("evidence_state", evidence.row["state"]) if evidence else "",
            "held": one.state == "held",
            "with": one.later if one.state != "held" and one.later in told else "",
            "name": part.get("name", "") if one.filing in self.choice.names else "",
            "size": one.size,
            **_hashes(part.get("sha256", ""), part.get("nonce", ""), one),
        }

    def _evidence(self, name: str) -> Record | None:
        """Return the record of evidence whose file is called so."""
        for kept in self.choice.kept:
            rows = self.opened.rows.get(f"evidence:{kept.record.key}", {})
            if name and kept.record.entity == "evidence" and rows.get("file") == name:
                return kept.record
        return None

    def _question(self, one: File) -> str:
        word = self.words.get((FILE, one.question.rsplit("/", 1)[-1]))
        return word.label(self.header.lang) if word else ""


def _open(kept: Kept) -> dict[str, Any]:
    row = {name: _cautioned(name, value) for name, value in kept.record.row.items()}
    return {
        name: value
        for name, value in row.items()
        if value not in (None, "") and name not in UNTOLD and name not in kept.cut
    }


def _cautioned(name: str, value: Any) -> Any:
    """Return a value as a receiver may have it: of those from whom she wants it kept, whom to mind when she is called.

    That she excluded the authorities or other organisations says whom she fears, and is a rule for us alone.
    """
    return " ".join(warnings(value)) if name in CAUTIONS and isinstance(value, str) else value


def _derived(name: str) -> str:
    return {"status": _("State"), "provider_code": _("Provider"), "rank": _("Priority")}.get(name, name)


def _plain(value: str) -> str:
    """Return a value of no list; what was only ticked, and yes and no, in words."""
    said = {"True": "yes", "False": "no", "OK": "yes"}.get(value)
    return label("yes_no", said) if said else value


def _hashes(sha256: str, nonce: str, one: Version | File) -> dict[str, Any]:
    return {
        "sealed_sha256": one.sealed_sha256,
        "commitment": one.commitment,
        "custody_line": one.line,
        "sha256": sha256,
        "nonce": nonce,
        "agrees": bool(sha256 and nonce) and commitment(nonce, sha256) == one.commitment,
    }


def _event(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "at": one["at"],
        "by": one["actor"],
        "proof": one["proof"],
        "op": one["op"],
        "words": told(one["op"], one["payload"]),
    }


def _told_outside(left: Sequence[Left]) -> Iterator[Left]:
    """Yield what stays as a receiver may read it.

    Never what somebody answered, nor that there is a source in danger, nor what else the case holds: that somebody is in a
    shelter is no matter of a court, and a death none of a school.
    """
    found: dict[tuple[str, str, str, str], int] = {}
    for one in left:
        key = (one.entity, one.name, one.part, one.why)
        if one.why == "source_in_danger":
            key = ("protected", "", "all", "protected")
        elif one.part == "all" and one.why in _UNNEEDED:
            key = ("protected", "", "all", "not_needed")
        elif one.why in _ANSWERS:
            key = (*key[:3], "no_agreement")
        found[key] = found.get(key, 0) + one.count
    for (entity, name, part, why), count in found.items():
        yield Left(entity, name, part, why, count)


_ANSWERS: Final = frozenset(
    {
        "missing",
        "not_asked",
        "refused",
        "unable",
        "withdrawn",
        "expired",
        "withheld",
        "service_not_ticked",
        "scope",
        "child",
        "unread",
        "source_unwilling",
    }
)
"""Reasons that would tell a receiver what a person answered, or that she wants it kept from this very receiver."""
_UNNEEDED: Final = frozenset({"not_needed", "internal", "unmapped"})
"""Reasons that lie in the purpose."""
