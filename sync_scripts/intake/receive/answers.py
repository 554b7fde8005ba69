"""From the bytes of an OpenRosa submission to its envelope and its answers tree. Knows no form, keeps nothing.

Collect, Web Forms and Enketo write the same answers in different clothes: names are taken without their namespace,
the root's name is ignored, texts are trimmed, an empty answer is no answer. Whatever is not honest XML of bounded
size is refused with a typed error that says where, and never what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from lxml import etree

from sync_scripts.errors import Attention
from sync_scripts.intake import errors
from sync_scripts.register.forms.answers import Node, Tree

BYTES_LIMIT = 5_000_000
DEPTH_LIMIT = 50
"""Levels of elements, the root counted as the first."""
ELEMENTS_LIMIT = 50_000
ATTRIBUTES_LIMIT = 100
"""Attributes of one element."""

_INSTANCE_ID = re.compile(r"uuid:[0-9A-Za-z-]{8,64}")
_FORM_ID = re.compile(r"[\w][\w.:-]{0,63}")
_VERSION = re.compile(r"[\w][\w.:+() -]{0,63}")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii"})
_BOM = b"\xef\xbb\xbf"
NOT_ANSWERS = frozenset({"meta", "dikalo_form", "dikalo_version", "formhub", "__version__", "_version_"})
"""Names at the root that a server or our own build put there; they are read into the envelope or dropped."""
_DEPTH_ERROR = "Excessive depth"
_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
)


class Submission(msgspec.Struct, frozen=True):
    """What a submission version says of itself.

    Attributes:
        form: form id as the root says it (KoboToolbox puts its own there).
        form_version: version as the root says it, "" when it says none.
        stamp: the form's own id (``dikalo_form``), else ``form``.
        stamp_version: the form's own version (``dikalo_version``), else ``form_version``.
        instance_id: id of this version, ``uuid:`` in front.
        deprecated_id: id of the version that this one replaces.
        root_uuid: id of the first version, when the server wrote it in (KoboToolbox).
        instance_name: name shown on the phone; may hold anything, so it counts as sealed.
        device_start: phone clock in UTC; None when absent, unreadable or without a zone.
        device_end: phone clock, aware; likewise.
        submitter: account named in the metadata.
        audit: name of the file of timings beside the submission.
        server_version: the version by the server's own name: what KoboToolbox writes into it, else ``form_version``.
    """

    form: str
    form_version: str
    stamp: str
    stamp_version: str
    instance_id: str
    deprecated_id: str | None = None
    root_uuid: str | None = None
    instance_name: str | None = None
    device_start: datetime | None = None
    device_end: datetime | None = None
    submitter: str | None = None
    audit: str | None = None
    server_version: str = ""

    def __repr__(self) -> str:
        """Say which form; never who or what."""
        return f"Submission({self.stamp}, {self.stamp_version})"


class Answers(msgspec.Struct, frozen=True):
    """A submission version read: the envelope, and the answers without ``meta``, stamps and what servers add."""

    submission: Submission
    tree: Tree

    def __repr__(self) -> str:
        """Say which form; never what was answered."""
        return f"Answers({self.submission.stamp})"


def read(data: bytes) -> Answers:
    """Return what a submission says.

    Raises:
        Refused: one of its subclasses, with a place and never a value.
    """
    root = parsed(data)
    nodes = _children(root, 1)
    return Answers(_envelope(root, nodes), tuple(one for one in nodes if one.name not in NOT_ANSWERS))


# --- from bytes to elements ---------------------------------------------------------------------------------------


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    tag = str(element.tag)
    return tag[tag.rfind("}") + 1 :] if "}" in tag else tag


def parsed(data: bytes) -> etree._Element:
    """Return the root element of a submission, without comments and instructions.

    Raises:
        Refused: one of its subclasses, with a place and never a value.
    """
    _check_bytes(data)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise _syntax(error) from None
    if b"<!DOCTYPE" in data and root.getroottree().docinfo.internalDTD is not None:
        raise errors.DoctypeRefused
    _check_elements(data, root)
    return root


def _check_bytes(data: bytes) -> None:
    """Refuse what can be refused before any parser sees it."""
    if len(data) > BYTES_LIMIT:
        raise errors.TooLarge
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.NotUtf8(place=f"byte {error.start}") from None
    declared = _DECLARED.match(data.removeprefix(_BOM))
    if declared and declared[1].strip().lower() not in _ENCODINGS:
        raise errors.NotUtf8(place="line 1")
    if b"<!DOCTYPE" in data and _has_doctype(data):
        raise errors.DoctypeRefused
    if data.count(b"<") > 2 * ELEMENTS_LIMIT + 1000:
        raise errors.TooManyElements


def _has_doctype(data: bytes) -> bool:
    """Tell whether a document type stands before the root, outside comments and instructions."""
    at = data.find(b"<")
    while at >= 0:
        if data.startswith(b"<!DOCTYPE", at):
            return True
        end = b"-->" if data.startswith(b"<!--", at) else b"?>" if data.startswith(b"<?", at) else b""
        if not end:
            return False
        at = data.find(end, at)
        at = data.find(b"<", at) if at >= 0 else at
    return False


def _syntax(error: etree.XMLSyntaxError) -> Attention:
    if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT and _DEPTH_ERROR in (error.msg or ""):
        return errors.TooDeep()
    return errors.NotWellFormed(place=f"line {error.lineno or 1}")


def _check_elements(data: bytes, root: etree._Element) -> None:
    """Count only where the number of signs in the text leaves a doubt."""
    if data.count(b"<") > ELEMENTS_LIMIT and sum(1 for _ in root.iter()) > ELEMENTS_LIMIT:
        raise errors.TooManyElements
    if data.count(b"=") > ATTRIBUTES_LIMIT and any(len(one.attrib) > ATTRIBUTES_LIMIT for one in root.iter()):
        raise errors.TooManyAttributes


def _children(parent: etree._Element, depth: int) -> Tree:
    """Return the answered nodes below an element; ``depth`` is the level of ``parent``."""
    if depth >= DEPTH_LIMIT:
        raise errors.TooDeep
    nodes = []
    value: str | Tree
    for child in parent:
        if len(child):
            value = _children(child, depth + 1)
        else:
            text = child.text
            value = text.strip() if text else ""
        if value:
            tag = child.tag
            nodes.append(Node(tag[tag.rfind("}") + 1 :] if "}" in tag else tag, value))
    return tuple(nodes)


# --- from elements to the envelope --------------------------------------------------------------------------------


def _envelope(root: etree._Element, nodes: Tree) -> Submission:
    meta, said = _meta(nodes), _leaves(nodes)
    form = _matching(_FORM_ID, root.get("id"))
    version = _matching(_VERSION, root.get("version"))
    stamp = _matching(_FORM_ID, said.get("dikalo_form")) or form
    if not stamp:
        raise errors.NoForm(place="/@id")
    stamp_version = _matching(_VERSION, said.get("dikalo_version")) or version
    if root.get("encrypted") == "yes" or "base64EncryptedKey" in said:
        raise errors.Encrypted(form=stamp, version=stamp_version)
    try:
        return Submission(
            form=form or stamp,
            form_version=version,
            stamp=stamp,
            stamp_version=stamp_version,
            instance_id=_required_id(meta),
            deprecated_id=_id(meta, "deprecatedID"),
            root_uuid=_id(meta, "rootUuid"),
            instance_name=next(iter(meta.get("instanceName", ())), None),
            audit=next(iter(meta.get("audit", ())), None),
            device_start=_instant(said, nodes, "start"),
            device_end=_instant(said, nodes, "end"),
            submitter=said.get("username"),
            server_version=_matching(_VERSION, said.get("__version__")) or version,
        )
    except errors.Refused as refused:
        vars(refused).update(form=stamp, version=stamp_version)
        raise


def _meta(nodes: Tree) -> dict[str, list[str]]:
    """Return the texts of ``meta``, by name."""
    found: dict[str, list[str]] = {}
    for group in nodes:
        if group.name == "meta" and isinstance(group.value, tuple):
            for one in group.value:
                if isinstance(one.value, str):
                    found.setdefault(one.name, []).append(one.value)
    return found


def _required_id(meta: dict[str, list[str]]) -> str:
    found = _id(meta, "instanceID")
    if found is None:
        raise errors.NoInstanceId(place="meta/instanceID")
    return found


def _id(meta: dict[str, list[str]], name: str) -> str | None:
    """Return an id of ``meta``; KoboToolbox sometimes leaves its prefix out of the root's."""
    texts = set(meta.get(name, ()))
    if not texts:
        return None
    text = texts.pop()
    if name == "rootUuid" and not text.startswith("uuid:"):
        text = f"uuid:{text}"
    if texts or not _INSTANCE_ID.fullmatch(text):
        raise errors.BadInstanceId(place=f"meta/{name}")
    return text


def _matching(pattern: re.Pattern[str], text: str | None) -> str:
    text = (text or "").strip()
    return text if pattern.fullmatch(text) else ""


def _leaves(nodes: Tree) -> dict[str, str]:
    """Return the answers of one level by name; of several with one name the first."""
    return {one.name: one.value for one in reversed(nodes) if isinstance(one.value, str)}


def _instant(said: dict[str, str], nodes: Tree, name: str) -> datetime | None:
    """Return a metadata instant, which stands at the root or in one of the first groups."""
    text = said.get(name) or next(_in_groups(nodes, name), "")
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def _in_groups(nodes: Tree, name: str) -> Iterator[str]:
    for group in nodes:
        if isinstance(group.value, tuple):
            for one in group.value:
                if one.name == name and isinstance(one.value, str):
                    yield one.value
