"""The files that a form asks for: lists, pictures, the last saved instance.

Served from one folder and one file; the engine reads nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any, Final

from xlsform.engine.jvm import Java, array_of, implement, java_class
from xlsform.errors import FormError

LAST_SAVED = "jr://instance/last-saved"
_LIST = re.compile(r'src="jr://file(?:-csv)?/([^"]+)"')


MediaMissing: Final = FormError.declare(
    "DK-F52",
    "The form takes a list from the file {file}, which is not in its folder of media: on the phone the list would "
    "be empty. Put the file there and try again.",
)


def lists_of(xform: str) -> frozenset[str]:
    """Return the names of the list files that an XForm asks for."""
    return frozenset(_LIST.findall(xform))


def require_lists(xform: str, folder: Path | None) -> None:
    """Refuse a form whose list files are not there: the engine would show empty lists without a word.

    Raises:
        MediaMissing: the first list file that is not in ``folder``.
    """
    for name in sorted(lists_of(xform)):
        if folder is None or not (folder / name).is_file():
            raise MediaMissing(file=name)


def serve(org: Java, folder: Path | None, last_saved: Path | None) -> None:
    """Let the next form find its files in ``folder``, whatever the kind in the ``jr://`` address.

    Args:
        org: the engine.
        folder: where the form's media lie; None when it has none.
        last_saved: the last saved submission of this form on this phone, as a file.
    """

    def derive(uri: str, *_context: str) -> Java:
        address = str(uri)  # JPype hands over a Java string, which equals no Python string
        name = PurePosixPath(address).name
        return _reference(address, last_saved if address == LAST_SAVED else folder and folder / name)

    factory = implement(
        "org.javarosa.core.reference.ReferenceFactory",
        derives=lambda uri: str(uri).startswith("jr://"),
        derive=derive,
    )
    manager = org.javarosa.core.reference.ReferenceManager.instance()
    manager.reset()
    manager.addReferenceFactory(factory)


def _reference(uri: str, path: Path | None) -> Java:
    return implement(
        "org.javarosa.core.reference.Reference",
        getStream=lambda: java_class("java.io.FileInputStream")(str(path)),
        doesBinaryExist=lambda: path is not None and path.is_file(),
        getURI=lambda: uri,
        getLocalURI=lambda: str(path),
        isReadOnly=lambda: True,
        getOutputStream=_never,
        remove=_never,
        probeAlternativeReferences=lambda: array_of("org.javarosa.core.reference.Reference"),
    )


def _never(*_ignored: Any) -> None:
    raise NotImplementedError  # the engine only reads
