"""A rehearsal of a running classroom by the simulated phone: fetch the forms, send a few filled ones, compare.

The filled forms are the samples that travel with dikalo; a form without samples is sent as it is when nobody has
answered anything. Everything is invented.
"""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree

from sync_scripts.classroom.delivering import deliver
from sync_scripts.classroom.inbox import INCOMING
from sync_scripts.classroom.phone import Phone, PhoneForm, Sent, Updated
from sync_scripts.classroom.phone_wire import Instance
from sync_scripts.classroom.running import Classroom
from xlsform.pack import forms_root

__all__ = ["Rehearsal", "rehearse"]

_EACH: Final = 3
"""Filled forms sent of each form."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the simulated phone met: its forms, what became of each filled form, how many are in the inbox more."""

    updated: Updated
    sent: tuple[tuple[str, Sent], ...]
    received: int

    @property
    def refused(self) -> tuple[tuple[str, Sent], ...]:
        """The filled forms that were not taken, by id of form."""
        return tuple((form, sent) for form, sent in self.sent if not sent.accepted)

    @property
    def whole(self) -> bool:
        """Whether everything went as it should with a real phone; what had arrived before may arrive again."""
        return not (self.refused or self.updated.without_media)


def rehearse(classroom: Classroom) -> Rehearsal:
    """Do one round against a running classroom.

    Raises:
        NoAnswer: it cannot be reached.
        ListRefused: a phone would not accept its list or one of its forms.
    """
    before = classroom.tally().count
    with (
        TemporaryDirectory(prefix="phone-", dir=classroom.inbox.root / INCOMING) as folder,
        Phone(classroom.base_url, Path(folder)) as phone,
    ):
        updated = phone.update_forms()
        sent = tuple(
            (form.form_id, deliver(phone, filled, split_after=1))
            for form in updated.forms
            for filled in _filled(form)
        )
    return Rehearsal(updated, sent, classroom.tally().count - before)


def _filled(form: PhoneForm) -> list[Instance]:
    found: list[Instance] = list(islice(_samples(form.form_id), _EACH))
    return found or [(_blank(form.path.read_bytes()), ())]


def _samples(form_id: str) -> Iterator[Path]:
    """Yield the folders of the samples that a phone would post of a form, in the order of their index."""
    folder = forms_root() / "samples"
    index = folder / "index.csv"
    if not index.is_file():
        return
    with index.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["form"], row["kind"], row["road"]) == (form_id, "new", "post"):
                yield folder / row["sample"]


def _blank(xform: bytes) -> bytes:
    """Return a form as if it was opened and sent without an answer."""
    data = etree.fromstring(xform, etree.XMLParser(resolve_entities=False, no_network=True)).find(
        ".//{*}instance"
    )[0]
    for identity in data.iterfind("{*}meta/{*}instanceID"):
        identity.text = f"uuid:{uuid.uuid4()}"
    return bytes(etree.tostring(data, xml_declaration=True, encoding="UTF-8"))
