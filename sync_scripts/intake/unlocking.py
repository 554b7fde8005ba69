"""A source whose encrypted submissions are opened on the way: the rest of a pull sees what a clear form would have sent.

An encrypted file is fetched once: it is kept as it came, still encrypted, until its submission is stored, so that the
signature over all files is checked before anything is believed. Nothing plain is ever written to the disk here.
"""

from __future__ import annotations

import errno
import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.bounds import TooLong
from sync_scripts.intake.ciphertext import MOST_XML, CipherText, PlainText, check_plain_names
from sync_scripts.intake.encrypted import (
    DecryptError,
    Manifest,
    Refusal,
    check_signature,
    decrypted,
    ivs,
    plain_name,
    read_manifest,
    unwrap,
)
from sync_scripts.intake.keyring import Keyring
from sync_scripts.intake.wrapping import Locked, Reason, Wrapped, managed
from sync_scripts.servers.base import (
    Abilities,
    AttachmentRef,
    FileGone,
    Found,
    Kind,
    Page,
    Reader,
    Rechecks,
    Server,
    Sighting,
    Sweep,
    SweepsLightly,
    Unread,
)
from sync_scripts.store.durable import full_disk_said, make_folder
from sync_scripts.store.sealed_files import INCOMING

if TYPE_CHECKING:
    from sync_scripts.servers.one_address import Addresses

__all__ = ["PROVISIONAL_AFTER", "Unlocking", "unlocking"]

PROVISIONAL_AFTER: Final = timedelta(minutes=30)
"""After so long a submission is opened without the files that have not come: an alert must not wait for a photo."""
AT_ONCE: Final = 4
"""Submissions whose files are on the way at once."""
_SIGN: Final = b"base64EncryptedKey"
_TOO_LARGE: Final = "DK-I88"
"""Code of `TooLarge`; its module loads what no folder needs."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read once: where it lies still encrypted (None = only at the source), and how long it is plain."""

    ref: AttachmentRef
    iv: bytes
    size: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class _Opened:
    """``beside`` = of one opened without its files, those that its source lists, by plain name."""

    wrapped: Wrapped
    files: dict[str, _File]
    beside: dict[str, AttachmentRef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disbelieved:
    """An encrypted submission that cannot be opened or believed; ``manifest`` is None when not even that could be read."""

    refusal: Refusal
    manifest: Manifest | None = None


@dataclass(slots=True)
class Unlocking:
    """Opens what a source hands over.

    Attributes:
        server: the source.
        keys: what there is to open with.
        clock: gives the present moment.
        folder: of the sealed files; encrypted files lie in its waiting room meanwhile.
        limit: bytes of one file that is kept meanwhile; a larger one is fetched again, with 0 every one.
    """

    server: Server
    keys: Keyring
    clock: Callable[[], datetime]
    folder: Path
    limit: int
    _known: dict[str, _Opened | Locked | Disbelieved] = field(default_factory=dict)
    _last: Sighting | None = None
    _addresses: Addresses | None = None
    _lost: dict[tuple[str, str], str] = field(default_factory=dict)
    """Why a file was not handed over in this run, by place and handle ("" = the list of files): it is not tried again."""
    _told: set[tuple[str, str]] = field(default_factory=set)
    """Those of which whoever takes files has heard: once a run is enough."""
    _guard: Lock = field(default_factory=Lock)

    # --- what was found of a place, until it is let go ---

    def wrapped(self, place: str) -> Wrapped | None:
        """Return how a place's submission was opened, None when it was not, or came in the clear."""
        found = self._known.get(place)
        return found.wrapped if isinstance(found, _Opened) else None

    def locked(self, place: str) -> Locked | None:
        """Return why a place's submission waits, None when it does not."""
        found = self._known.get(place)
        return found if isinstance(found, Locked) else None

    def disbelieved(self, place: str) -> Disbelieved | None:
        """Return why a place's submission cannot be believed."""
        found = self._known.get(place)
        return found if isinstance(found, Disbelieved) else None

    def let_go(self) -> None:
        """Forget what was found, and remove the encrypted files that lay here meanwhile."""
        for one in self._known.values():
            if isinstance(one, _Opened):
                for file in one.files.values():
                    if file.path is not None:
                        file.path.unlink(missing_ok=True)
        self._known.clear()

    # --- the source, as it is ---

    @property
    def name(self) -> str:
        """Return the source's."""
        return self.server.name

    @property
    def origin(self) -> str:
        """Return the source's."""
        return self.server.origin

    @property
    def kind(self) -> Kind:
        """Return the source's."""
        return self.server.kind

    @property
    def abilities(self) -> Abilities:
        """Return the source's."""
        return self.server.abilities

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield the source's."""
        return self.server.pages(after)

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:
        """Yield the source's."""
        return self.server.again(wanted)

    def sweep(self) -> Sweep:
        """Return the source's."""
        return self.server.sweep()

    def sweep_lightly(self) -> Sweep:
        """Return the source's, with files where it cannot leave them out."""
        return self.server.sweep_lightly() if isinstance(self.server, SweepsLightly) else self.server.sweep()

    def count(self) -> int:
        """Return the source's."""
        return self.server.count()

    def publish(self, name: str, data: bytes) -> None:
        """Do as the source does."""
        self.server.publish(name, data)

    # --- bytes ---

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the submissions in their order: opened, if they came encrypted and can be opened."""
        batch: list[Found] = []
        for one in self.server.fetch(sightings):
            if isinstance(one, Found) and _SIGN in one.content:
                self._last = one.sighting
                batch.append(one)
                if len(batch) < AT_ONCE:
                    continue
                yield from self._all(batch)
            else:
                yield from self._all(batch)
                yield one
            batch = []
        yield from self._all(batch)

    def _all(self, batch: list[Found]) -> Iterator[Found | Unread]:
        if self.server.kind == "folder" or len(batch) < 2:
            yield from map(self._one, batch)
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._one, batch)

    def _one(self, found: Found) -> Found | Unread:
        place, manifest = found.sighting.place, None
        try:
            manifest = read_manifest(found.content)
            return self._open(found, manifest)
        except DecryptError as refused:
            if refused.refusal is not Refusal.NOT_ENCRYPTED:
                self._known[place] = Disbelieved(refused.refusal, manifest)
            return found
        except FileGone as gone:
            return Unread(found.sighting, gone.code)

    def _open(self, found: Found, manifest: Manifest) -> Found:
        """Return a submission as its phone wrote it, or as it came when it has to wait.

        A file that is listed and not handed over is as one that has not come.

        Raises:
            DecryptError: it cannot be believed.
            FileGone: the submission is there no more.
        """
        place, form = found.sighting.place, manifest.form_id
        try:
            aes_key, key = unwrap(manifest, self.keys.for_form(form))
        except DecryptError as refused:
            if refused.refusal is Refusal.KEY_LENGTH:
                raise
            by_vault = self.keys.vault_may_open(form) and not managed(manifest.version or "")
            return self._lock(found, manifest, "vault" if by_vault else "key")
        check_plain_names(manifest)
        beside = {normalize("NFC", ref.name): ref for ref in self._listing(place) or ()}
        opened = self._all_of_it(found, manifest, beside, aes_key, key) or self._text_alone(
            found, manifest, beside, aes_key
        )
        if opened is None:
            return self._lock(found, manifest, "files")
        xml, self._known[place] = opened
        return msgspec.structs.replace(found, content=xml)

    def _all_of_it(
        self,
        found: Found,
        manifest: Manifest,
        beside: dict[str, AttachmentRef],
        aes_key: bytes,
        key: RSAPrivateKey,
    ) -> tuple[bytes, _Opened] | None:
        """Return the XML and what was found, proved by the signature over all files; None when they cannot all be had."""
        listed = {normalize("NFC", name) for name in (*manifest.media, manifest.xml_name)}
        if not listed <= beside.keys() or any(
            (one.place, one.handle) in self._lost for one in beside.values()
        ):
            return None
        try:
            xml, files = self._whole(manifest, beside, aes_key, key)
        except (FileGone, TooLong):
            return None
        plain = any(not name.endswith(".enc") for name in beside.keys() - listed)
        return xml, _Opened(Wrapped(found.content, aes_key, "beside" if plain else "whole"), files)

    def _text_alone(
        self, found: Found, manifest: Manifest, beside: dict[str, AttachmentRef], aes_key: bytes
    ) -> tuple[bytes, _Opened] | None:
        """Return the XML alone, where it can be had and the files have had their time; None else."""
        if normalize("NFC", manifest.xml_name) not in beside or not self._long_ago(found):
            return None
        try:
            xml = self._text(manifest, beside, aes_key)
        except (FileGone, TooLong):
            return None
        media = {normalize("NFC", name) for name in manifest.media}
        there = {plain_name(name): ref for name, ref in beside.items() if name in media}
        return xml, _Opened(Wrapped(found.content, aes_key, "provisional"), {}, there)

    def _lock(self, found: Found, manifest: Manifest, reason: Reason) -> Found:
        said = Locked(reason, manifest.form_id, manifest.version or "", manifest.instance_id)
        self._known[found.sighting.place] = said
        return found

    def _long_ago(self, found: Found) -> bool:
        """Tell whether its files have had their time; what lies in a folder has come as it is.

        A stamp from ahead says nothing: a server whose clock is days off must not make an alert wait for days.
        """
        return found.received_at is None or abs(self.clock() - found.received_at) >= PROVISIONAL_AFTER

    def _text(self, manifest: Manifest, beside: dict[str, AttachmentRef], aes_key: bytes) -> bytes:
        """Read the XML, which no signature proves alone."""
        ref = beside[normalize("NFC", manifest.xml_name)]
        iv = next(itertools.islice(ivs(manifest.instance_id, aes_key), len(manifest.media), None))
        with self._read_once(ref), self.server.open(ref) as reader:
            return b"".join(decrypted(CipherText(reader, most=MOST_XML), aes_key, iv))

    def _whole(
        self, manifest: Manifest, beside: dict[str, AttachmentRef], aes_key: bytes, key: RSAPrivateKey
    ) -> tuple[bytes, dict[str, _File]]:
        """Read every file and check the signature over all of them; the media stay encrypted on the disk."""
        files: dict[str, _File] = {}
        digests: list[tuple[str, str]] = []
        xml = self._text(manifest, beside, aes_key)  # first: without it no photo needs to come
        try:
            for name, iv in zip(manifest.media, ivs(manifest.instance_id, aes_key), strict=False):
                file, mark = self._read(beside[normalize("NFC", name)], aes_key, iv)
                files[normalize("NFC", plain_name(name))] = file
                digests.append((plain_name(name), mark))
            digests.append(("submission.xml", md5(xml, usedforsecurity=False).hexdigest()))
            check_signature(manifest, key, digests)
        except BaseException:
            for file in files.values():
                if file.path is not None:
                    file.path.unlink(missing_ok=True)
            raise
        return xml, files

    def _read(self, ref: AttachmentRef, aes_key: bytes, iv: bytes) -> tuple[_File, str]:
        """Read a file once; return where it lies meanwhile, and the MD5 of what is in it."""
        mark, size = md5(usedforsecurity=False), 0
        path = self._place()
        try:
            with (
                self._read_once(ref),
                self.server.open(ref) as reader,
                path.open("xb") if path else nullcontext() as kept,
            ):
                source = CipherText(reader, kept, self.limit)
                for piece in decrypted(source, aes_key, iv):
                    mark.update(piece)
                    size += len(piece)
        except BaseException:
            if path:
                path.unlink(missing_ok=True)
            raise
        if path and source.dropped:
            path.unlink()
        return _File(ref, iv, size, None if source.dropped else path), mark.hexdigest()

    def _place(self) -> Path | None:
        """Return where a file may lie meanwhile, None when none may."""
        if self.limit <= 0:
            return None
        waiting_room = self.folder / INCOMING
        with full_disk_said():
            make_folder(waiting_room)
        return waiting_room / f"enc-{secrets.token_hex(12)}"

    # --- files ---

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files under the names that the answers use.

        Of one opened without its files, none can be had yet, and those that are there have no handle; but one that was
        not handed over has, once a run: opening it says so. Of one that waits, those that were not asked for to no avail.

        Raises:
            FileGone: this one list cannot be had; told once a run.
        """
        found = self._known.get(place)
        if isinstance(found, Locked):
            return self._waiting(place)
        if not isinstance(found, _Opened):
            return self.server.attachments(place)
        had = [AttachmentRef(place, name, handle=name, size=file.size) for name, file in found.files.items()]
        not_had = (self._lost.keys() - self._told) & {(place, ref.handle) for ref in found.beside.values()}
        return (
            *had,
            *(
                AttachmentRef(place, name, handle=name if (place, ref.handle) in not_had else "")
                for name, ref in found.beside.items()
            ),
        )

    def open(self, ref: AttachmentRef) -> AbstractContextManager[Reader]:
        """Open one file, decrypted on the way if it came encrypted and was opened.

        Raises:
            FileGone, TooLong: the source does not hand over this one file of what waits, or of what was opened without it.
        """
        found = self._known.get(ref.place)
        if isinstance(found, Locked):
            return self._as_it_came(ref)
        if not isinstance(found, _Opened):
            return self.server.open(ref)
        if ref.handle in found.beside:
            return self._as_it_came(found.beside[ref.handle])
        return self._plain(found.files[ref.handle], found.wrapped.aes_key)

    def _waiting(self, place: str) -> tuple[AttachmentRef, ...]:
        if (place, "") in self._told:
            return ()
        refs = self._listing(place)
        if refs is None:
            self._told.add((place, ""))
            raise FileGone(errno=errno.EIO)
        return tuple(one for one in refs if (place, one.handle) not in self._told)

    def _listing(self, place: str) -> tuple[AttachmentRef, ...] | None:
        """Return the files of a submission as its source lists them, None when it does not for this one alone.

        Raises:
            FileGone: the submission is there no more.
        """
        if (place, "") in self._lost:
            return None
        try:
            return self.server.attachments(place)
        except FileGone:
            raise
        except (NotAllowed, Unreachable) as failure:
            self._lost[place, ""] = self._aside(failure)
        return None

    @contextmanager
    def _as_it_came(self, ref: AttachmentRef) -> Iterator[Reader]:
        """Open one file of what waits, still encrypted; one that is not handed over is told of once a run."""
        try:
            with self._read_once(ref), self.server.open(ref) as reader:
                yield reader
        finally:
            if (ref.place, ref.handle) in self._lost:
                self._told.add((ref.place, ref.handle))

    @contextmanager
    def _read_once(self, ref: AttachmentRef) -> Iterator[None]:
        """Let a failure be one of this file alone, where the source answers everything else; ask for it once a run.

        Raises:
            FileGone, TooLong: it is.
        """
        key = ref.place, ref.handle
        if key not in self._lost:
            try:
                yield
            except FileGone as gone:
                self._lost[key] = gone.code
            except (NotAllowed, Unreachable) as failure:
                self._lost[key] = self._aside(failure)
            else:
                if self._addresses is not None:
                    self._addresses.answered()
                return
        raise TooLong if self._lost[key] == _TOO_LARGE else FileGone(errno=errno.EIO)

    def _aside(self, failure: NotAllowed | Unreachable) -> str:
        """Return the code of a failure of one address; raises when it is one of the source as a whole."""
        from sync_scripts.servers.one_address import Addresses  # nobody who has folders only needs it

        with self._guard:
            self._addresses = self._addresses or Addresses(self._alive)
        return self._addresses.aside(failure)

    def _alive(self) -> None:
        """Ask the source for what it handed over a moment ago; raises when it answers nothing any more."""
        if self._last is not None:
            deque(self.server.fetch([self._last]), maxlen=0)

    @contextmanager
    def _plain(self, file: _File, aes_key: bytes) -> Iterator[Reader]:
        here = file.path.open("rb") if file.path is not None else self.server.open(file.ref)
        with here as reader:
            yield PlainText(decrypted(CipherText(reader), aes_key, file.iv))


class UnlockingRechecks(Unlocking):
    """The same for a source that can be asked file by file whether a file is another one now."""

    def mark_of(self, ref: AttachmentRef) -> str | None:
        """Return the source's mark of a file; of one that came encrypted nothing is said: its signature tells more."""
        if isinstance(self._known.get(ref.place), _Opened) or not isinstance(self.server, Rechecks):
            return ""
        return self.server.mark_of(ref)

    def place_of(self, form: str, root_id: str, instance_id: str) -> str:
        """Return the source's place of a present version."""
        return self.server.place_of(form, root_id, instance_id) if isinstance(self.server, Rechecks) else ""


def unlocking(
    server: Server, keys: Keyring, clock: Callable[[], datetime], folder: Path, limit: int
) -> Unlocking:
    """Return a source that opens what it hands over; the arguments are the attributes of `Unlocking`."""
    made = UnlockingRechecks if isinstance(server, Rechecks) else Unlocking
    return made(server, keys, clock, folder, limit)
