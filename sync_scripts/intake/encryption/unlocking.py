"""A source whose encrypted submissions are opened on the way: the rest of a pull sees what a clear form would have sent.

An encrypted file is fetched once: it is kept as it came, still encrypted, until its submission is stored, so that the
signature over all files is checked before anything is believed. Nothing plain is ever written to the disk here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from unicodedata import normalize

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.clock import Clock
from sync_scripts.intake.encryption import ciphertext, encrypted
from sync_scripts.intake.encryption.spool import EncryptedFiles, Spool, StoredFile
from sync_scripts.intake.receive.passing import Passing, TooLong, Unhanded
from sync_scripts.intake.way import BATCH
from sync_scripts.servers.abilities import Rechecks
from sync_scripts.servers.base import AttachmentRef, FileGone, Found, Reader, Server, Sighting, Unread

PROVISIONAL_AFTER: Final = timedelta(minutes=30)
"""After so long a submission is opened without the files that have not come: an alert must not wait for a photo."""
AT_ONCE: Final = 4
"""Submissions whose files are on the way at once."""
_SIGN: Final = b"base64EncryptedKey"


@dataclass(frozen=True, slots=True)
class _Opened:
    """``beside`` = of one opened without its files, those that its source lists, by plain name."""

    wrapped: ciphertext.Wrapped
    files: dict[str, StoredFile]
    beside: dict[str, AttachmentRef] = field(default_factory=dict)


@dataclass(slots=True)
class Unlocking(Passing):
    """Opens what a source hands over.

    Attributes:
        keys: what there is to open with.
        clock: gives the present moment.
        spool: encrypted files lie there meanwhile; what is larger than it keeps is fetched again.
        late: tells, by place and handle, which files did not come the last time; they are asked for before the others.
        text_first: ask for no files but those that carry answers; the others have their turn later in the same run.
        urgent: tells, by what its server calls a form, whether its answers are opened then, before anything proves them.
    """

    keys: ciphertext.Keyring
    clock: Clock
    spool: Spool
    late: Callable[[str, str], bool] = lambda _place, _handle: False
    text_first: bool = False
    urgent: Callable[[str], bool] = lambda _form: True
    _portion: int = AT_ONCE
    _known: dict[str, _Opened | ciphertext.Locked | ciphertext.Disbelieved] = field(default_factory=dict)
    _unhanded: Unhanded = field(init=False)
    _files: EncryptedFiles = field(init=False)

    def __post_init__(self) -> None:
        """Begin a run in which the source handed over all."""
        self._unhanded = Unhanded(self.server)
        self._files = EncryptedFiles(self.server, self.spool, self._unhanded)

    def not_come(self) -> list[tuple[str, str]]:
        """Return place and handle of the files that were listed and not handed over in this run."""
        return self._unhanded.files()

    @property
    def not_asked(self) -> int:
        """Return how many files and lists were not asked for in this run."""
        return self._unhanded.not_asked

    def in_vain(self, place: str) -> bool:
        """Tell whether a file of a place was not handed over in this run: nothing of it comes by looking once more."""
        return self._unhanded.in_vain(place)

    # --- what was found of a place, until it is let go ---

    def wrapped(self, place: str) -> ciphertext.Wrapped | None:
        """Return how a place's submission was opened, None when it was not, or came in the clear."""
        return found.wrapped if isinstance(found := self._known.get(place), _Opened) else None

    def locked(self, place: str) -> ciphertext.Locked | None:
        """Return why a place's submission waits, None when it does not."""
        found = self._known.get(place)
        return found if isinstance(found, ciphertext.Locked) else None

    def disbelieved(self, place: str) -> ciphertext.Disbelieved | None:
        """Return why a place's submission cannot be believed."""
        found = self._known.get(place)
        return found if isinstance(found, ciphertext.Disbelieved) else None

    def let_go(self) -> None:
        """Forget what was looked at, and remove its encrypted files; those of what was on its way wait for the next run.

        So does the encrypted text of what is looked at once more in this run.
        """
        for place, found in self._known.items():
            if not _brief(found):
                self.spool.drop(place)
        self._known.clear()
        self.spool.end_run()

    # --- bytes ---

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the submissions in their order: opened, if they came encrypted and can be opened.

        Where they come encrypted, their files are asked for before the next few are; when the source ends it, what was
        opened by then is yielded first.
        """
        left = list(sightings)
        while left:
            some, left = left[: self._portion], left[self._portion :]
            self._portion = BATCH
            yield from self._some(some)

    def _some(self, sightings: Sequence[Sighting]) -> Iterator[Found | Unread]:
        batch: list[Found] = []
        for one in self.server.fetch(sightings):
            if isinstance(one, Found) and _SIGN in one.content:
                self._portion = AT_ONCE
                batch.append(one)
                if len(batch) < AT_ONCE:
                    continue
                yield from self._all(batch)
            else:
                yield from self._all(batch)
                yield one
            batch = []
        yield from self._all(batch)

    def _all(self, batch: Sequence[Found]) -> Iterator[Found | Unread]:
        if self.server.kind == "folder" or len(batch) < 2:
            yield from map(self._one, batch)
            return
        left = [one.sighting.place for one in batch]
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for found in pool.map(self._one, batch):
                    left.remove(found.sighting.place)
                    yield found
        finally:  # opened and not handed over: its files wait
            for place in left:
                self._known.pop(place, None)

    def _one(self, found: Found) -> Found | Unread:
        place, manifest = found.sighting.place, None
        try:
            manifest = encrypted.read_manifest(found.content)
            return self._opened(found, manifest)
        except encrypted.DecryptError as refused:
            if refused.refusal is not encrypted.Refusal.NOT_ENCRYPTED:
                self._known[place] = ciphertext.Disbelieved(refused.refusal, manifest)
            return found
        except FileGone as gone:
            return Unread(found.sighting, gone.code)

    def _opened(self, found: Found, manifest: encrypted.Manifest) -> Found:
        """Open a submission; with what an earlier run kept, and where that proves nothing, with all of it asked for anew."""
        try:
            return self._open(found, manifest)
        except encrypted.DecryptError:
            if not self.spool.from_before(found.sighting.place):
                raise
            self.spool.drop(found.sighting.place)
        return self._open(found, manifest)

    def _open(self, found: Found, manifest: encrypted.Manifest) -> Found:
        """Return a submission as its phone wrote it, or as it came when it has to wait.

        A file that is listed and not handed over is as one that has not come.

        Raises:
            DecryptError: it cannot be believed.
            FileGone: the submission is there no more.
        """
        place, form = found.sighting.place, manifest.form_id
        try:
            aes_key, key = encrypted.unwrap(manifest, self.keys.for_form(form))
        except encrypted.DecryptError as refused:
            if refused.refusal is encrypted.Refusal.KEY_LENGTH:
                raise
            by_vault = self.keys.vault_may_open(form) and not ciphertext.managed(manifest.version or "")
            return self._lock(found, manifest, "vault" if by_vault else "key")
        ciphertext.check_plain_names(manifest)
        beside = {normalize("NFC", ref.name): ref for ref in self._unhanded.listing(place) or ()}
        if brief := self._files_later(manifest, beside):
            opened = (
                self._text_alone(found, manifest, beside, aes_key, brief=True) if self.urgent(form) else None
            )
        else:
            opened = self._all_of_it(found, manifest, beside, aes_key, key)
            if opened is None and self._long_ago(found):
                opened = self._text_alone(found, manifest, beside, aes_key)
        if opened is None:
            return self._lock(found, manifest, "files", brief=brief)
        xml, self._known[place] = opened
        return msgspec.structs.replace(found, content=xml)

    def _files_later(self, manifest: encrypted.Manifest, beside: dict[str, AttachmentRef]) -> bool:
        """Tell whether all files are at the source and some have still to be fetched, which other answers do not wait for."""
        media = {normalize("NFC", name) for name in manifest.media}
        if not self.text_first or not {*media, normalize("NFC", manifest.xml_name)} <= beside.keys():
            return False
        if any(map(self._unhanded.lost, beside.values())):
            return False
        return any(self.spool.held(beside[name]) is None for name in media)

    def _all_of_it(
        self,
        found: Found,
        manifest: encrypted.Manifest,
        beside: dict[str, AttachmentRef],
        aes_key: bytes,
        key: RSAPrivateKey,
    ) -> tuple[bytes, _Opened] | None:
        """Return the XML and what was found, proved by the signature over all files; None when they cannot all be had."""
        listed = {normalize("NFC", name) for name in (*manifest.media, manifest.xml_name)}
        if not listed <= beside.keys() or any(map(self._unhanded.lost, beside.values())):
            return None
        try:
            xml, files = self._files.whole(manifest, beside, aes_key, key, self.late)
        except (FileGone, TooLong):
            return None
        plain = any(not name.endswith(".enc") for name in beside.keys() - listed)
        return xml, _Opened(ciphertext.Wrapped(found.content, aes_key, "beside" if plain else "whole"), files)

    def _text_alone(
        self,
        found: Found,
        manifest: encrypted.Manifest,
        beside: dict[str, AttachmentRef],
        aes_key: bytes,
        *,
        brief: bool = False,
    ) -> tuple[bytes, _Opened] | None:
        """Return the XML alone, where it can be had; None else. ``brief`` = its files have their turn in this run."""
        if normalize("NFC", manifest.xml_name) not in beside:
            return None
        if manifest.signature is None:
            raise encrypted.DecryptError(
                refusal=encrypted.Refusal.SIGNATURE_MISSING
            )  # no file that comes will prove it
        try:
            xml = self._files.text(manifest, beside, aes_key)
        except (FileGone, TooLong):
            return None
        media = {normalize("NFC", name) for name in manifest.media}
        there = {encrypted.plain_name(name): ref for name, ref in beside.items() if name in media}
        return xml, _Opened(ciphertext.Wrapped(found.content, aes_key, "provisional", brief), {}, there)

    def _lock(
        self, found: Found, manifest: encrypted.Manifest, reason: ciphertext.Reason, *, brief: bool = False
    ) -> Found:
        said = ciphertext.Locked(
            reason, manifest.form_id, manifest.version or "", manifest.instance_id, brief
        )
        self._known[found.sighting.place] = said
        return found

    def _long_ago(self, found: Found) -> bool:
        """Tell whether its files have had their time; what lies in a folder has come as it is.

        A stamp from ahead says nothing: a server whose clock is days off must not make an alert wait for days.
        """
        return found.received_at is None or abs(self.clock() - found.received_at) >= PROVISIONAL_AFTER

    # --- files ---

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files under the names that the answers use.

        Of one opened without its files, none can be had yet, and those that are there have no handle; but one that was
        not handed over has, once a run: opening it says so. Of one that waits, those that were not asked for to no avail.

        Raises:
            FileGone: this one list cannot be had; of what waits, told once a run.
        """
        found = self._known.get(place)
        if isinstance(found, ciphertext.Locked):
            return self._unhanded.untold(place)
        if not isinstance(found, _Opened):
            return self._unhanded.listed(place)
        had = [AttachmentRef(place, name, handle=name, size=file.size) for name, file in found.files.items()]
        return (
            *had,
            *(
                AttachmentRef(place, name, handle=name if self._not_had(ref) else "")
                for name, ref in found.beside.items()
            ),
        )

    def _not_had(self, ref: AttachmentRef) -> bool:
        return self._unhanded.lost(ref) and not self._unhanded.told(ref)

    def open(self, ref: AttachmentRef) -> AbstractContextManager[Reader]:
        """Open one file, decrypted on the way if it came encrypted and was opened.

        Raises:
            FileGone, TooLong: the source does not hand over this one file.
        """
        found = self._known.get(ref.place)
        if not isinstance(found, _Opened):
            held = self.spool.held(ref) if isinstance(found, ciphertext.Locked) else None
            return self._unhanded.open(ref) if held is None else held.open("rb")
        if ref.handle in found.beside:
            return self._unhanded.open(found.beside[ref.handle])
        return self._files.plain(found.files[ref.handle], found.wrapped.aes_key)


def _brief(found: _Opened | ciphertext.Locked | ciphertext.Disbelieved) -> bool:
    """Tell whether something is looked at once more in the same run."""
    said = found.wrapped if isinstance(found, _Opened) else found
    return not isinstance(said, ciphertext.Disbelieved) and said.brief


class UnlockingRechecks(Unlocking):
    """The same for a source that can be asked file by file whether a file is another one now."""

    def mark_of(self, ref: AttachmentRef) -> str | None:
        """Return the source's mark of a file; of one that came encrypted nothing is said: its signature tells more.

        Raises:
            FileGone: the source does not say, of this one file.
        """
        if isinstance(self._known.get(ref.place), _Opened) or not isinstance(self.server, Rechecks):
            return ""
        return self._unhanded.mark_of(self.server, ref)

    def place_of(self, form: str, root_id: str, instance_id: str) -> str:
        """Return the source's place of a present version."""
        return self.server.place_of(form, root_id, instance_id) if isinstance(self.server, Rechecks) else ""


def unlocking(server: Server, keys: ciphertext.Keyring, clock: Clock, folder: Path, limit: int) -> Unlocking:
    """Return a source that opens what it hands over; the arguments are attributes of `Unlocking` and of its spool."""
    made = UnlockingRechecks if isinstance(server, Rechecks) else Unlocking
    return made(server, keys, clock, Spool(folder, limit))
