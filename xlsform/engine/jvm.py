"""One Java machine for the whole process, holding JavaRosa, the engine inside ODK Collect.

The only module that imports jpype. It starts the machine at the first call, once, in the time zone of Cameroon, and
never stops it. It never starts one in a process that was forked after another start: such a child would hang.

The files that a form asks for, lists, pictures and the last saved instance, are served from one folder and one file; the engine
reads nothing else.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from xlsform.errors import FormError

Java = Any  # JPype makes its classes at run time: no checker can know them

ZONE = "Africa/Douala"  # the phones' zone: start and end carry its offset
_LOCK = threading.RLock()
_started_by: list[int] = []  # the process that started the machine; empty until then


JavaMissing: Final = FormError.declare(
    "DK-F50",
    "The engine of ODK Collect could not start: {part} is missing. Install a Java runtime (Debian, Ubuntu: "
    "apt install default-jre-headless; Windows: winget install EclipseAdoptium.Temurin.21.JRE) and the extra "
    "java: pip install 'dikalo[java]'. Everything else works without.",
)
EngineForked: Final = FormError.declare(
    "DK-F51",
    "The engine of ODK Collect was started in another process and cannot be used in its copy. Start this worker "
    "with the method spawn, not fork.",
)


@contextmanager
def engine() -> Iterator[Java]:
    """Hand out the root package ``org`` of the engine's classes, to one thread at a time.

    JavaRosa keeps references, prototypes and properties in globals, hence the lock.

    Raises:
        JavaMissing: no Java runtime, or jpype is not installed.
        EngineForked: this process is a fork of one that had already started the engine.
    """
    with _LOCK:
        if not _started_by:
            _start()
        if _started_by[0] != os.getpid():
            raise EngineForked
        yield _package("org")


def java_class(name: str) -> Java:
    """Return a Java class by its full name; the machine must be running."""
    return _jpype().JClass(name)


def implement(interface: str, **methods: Any) -> Java:
    """Return an object that answers a Java interface with these functions."""
    return _jpype().JProxy(interface, dict=methods)


def array_of(interface: str) -> Java:
    """Return an empty Java array of a class."""
    return _jpype().JArray(java_class(interface))(0)


def java_fault() -> type[Exception]:
    """Return the Python class under which faults of the engine arrive."""
    return _jpype().JException  # type: ignore[no-any-return]  # JPype ships no types


def _jpype() -> Any:
    try:
        import jpype
    except ImportError:
        raise JavaMissing(part="jpype") from None
    return jpype


def _package(name: str) -> Java:
    return _jpype().JPackage(name)


def _jar() -> Path:
    import pyxform

    return Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"


def _start() -> None:
    jpype = _jpype()
    options = [
        "-Xshare:auto",
        "-XX:TieredStopAtLevel=1",
        "-Djava.awt.headless=true",
        f"-Duser.timezone={ZONE}",
    ]
    try:
        jpype.startJVM(*options, classpath=[str(_jar())], convertStrings=True, interrupt=False)
    except (OSError, ValueError):  # no libjvm on this machine, or one that cannot be loaded
        raise JavaMissing(part="java") from None
    _started_by.append(os.getpid())
    _introduce(_package("org"))


def _introduce(org: Java) -> None:
    known = org.javarosa.core.services.PrototypeManager
    known.registerPrototypes(org.javarosa.core.util.JavaRosaCoreModule.classNames)
    known.registerPrototypes(org.javarosa.core.model.CoreModelModule.classNames)
    org.javarosa.model.xform.XFormsModule().registerModule()
    name_phone(org, "")


def name_phone(org: Java, account: str) -> None:
    """Let the next form find ``account`` as the name of who uses the phone; of all else that it could ask the phone, nothing.

    Without an answer, be it an empty one, a form with metadata of the phone fails to open.
    """
    manager = implement(
        "org.javarosa.core.services.IPropertyManager",
        getProperty=lambda _name: None,
        setProperty=lambda _name, _value: None,
        getSingularProperty=lambda name: account if str(name) == "username" else "",
        addRules=_never,
        getRules=lambda: None,
    )
    org.javarosa.core.services.PropertyManager.setPropertyManager(manager)


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
