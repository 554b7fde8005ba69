"""One form, opened for one filling: parsed afresh, walked question by question, written as a submission.

A form definition is never used for a second filling: JavaRosa keeps state in it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from xlsform.engine.jvm import (
    LAST_SAVED,
    ZONE,
    Java,
    engine,
    java_class,
    java_fault,
    name_phone,
    require_lists,
    serve,
)
from xlsform.errors import FormError

_FIRST_ROW = re.compile(r"\[1\](?=/|$)")
_ANY_ROW = re.compile(r"\[\d+\]")
_CLASS = re.compile(r"\b(?:org|java)\.[\w.$]+(?:Exception|Error)[:;] ?")


FormUnreadable: Final = FormError.declare(
    "DK-F53",
    "ODK Collect's engine cannot use this form. It says: {engine_says}. Correct the form, check it with "
    "dikalo forms check, and try again.",
)
NoSuchLanguage: Final = FormError.declare(
    "DK-F54",
    "The form has no language called {language}. Its languages are: {languages}. Give one of these names, exactly.",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a form is filled.

    Attributes:
        language: exact name of a language of the form; None for its default.
        media: folder of the form's lists and pictures; None when it has none.
        last_saved: what the phone last saved with this form; None for a fresh phone.
        account: the code of its one user, as the phone's settings say it; "" for a phone that several people use.
    """

    language: str | None = None
    media: Path | None = None
    last_saved: bytes | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A form on the screen: ``form`` the definition, ``controller`` the walk through it."""

    org: Java
    form: Java
    controller: Java

    @property
    def model(self) -> Java:
        """The walk's own state: where it stands, what is asked there."""
        return self.controller.getModel()

    def now(self) -> datetime:
        """Return what the clock of the phone says, by which the form reckons: the engine's own."""
        milliseconds = int(java_class("java.lang.System").currentTimeMillis())
        return datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(ZONE))


def path_of(index: Java) -> str:
    """Return ``victims[2]/age`` for the place in the form: no root, and a first row has no number."""
    return short(str(index.getReference().toString(True)).split("/", 2)[2])


def short(path: str) -> str:
    """Leave out the number of first rows: ``victims[1]/age`` and ``victims/age`` are one place."""
    return _FIRST_ROW.sub("", path)


def plain(path: str) -> str:
    """Leave out all row numbers: the path of the question in the form."""
    return _ANY_ROW.sub("", path)


@contextmanager
def opened(xform: str, setting: Setting, draft: bytes | None = None) -> Iterator[Opened]:
    """Open a form, empty or with a draft laid in, as Collect does.

    Raises:
        JavaMissing, EngineForked: the engine cannot run here.
        MediaMissing: a list file of the form is not in the folder of media.
        NoSuchLanguage: the form has no such language.
        FormUnreadable: the engine refuses the form, or stops in it.
    """
    require_lists(xform, setting.media)
    with engine() as org, _last_saved(setting.last_saved) as last_saved:
        serve(org, setting.media, last_saved)
        name_phone(org, setting.account)
        try:
            form = parse(org, xform)
            _initialise(org, form, draft)
            api = org.javarosa.form.api
            screen = Opened(org, form, api.FormEntryController(api.FormEntryModel(form)))
            _speak(screen, setting.language)
            yield screen
        except java_fault() as fault:
            raise FormUnreadable(engine_says=fault_text(fault)) from None


def parse(org: Java, xform: str) -> Java:
    """Return a fresh form definition; the references must have been set."""
    stream = java_class("java.io.ByteArrayInputStream")(xform.encode())
    return org.javarosa.xform.util.XFormUtils.getFormFromInputStream(stream, LAST_SAVED)


def fault_text(fault: Exception) -> str:
    """Return what the engine says about a fault, on one line and without the names of its classes."""
    return without_classes(str(fault.getMessage() if hasattr(fault, "getMessage") else fault))


def without_classes(said: str) -> str:
    """Leave the names of Java's classes out of a text, and lay it on one line."""
    return " ".join(_CLASS.sub("", said).split())


def walk(
    screen: Opened,
    ask: Callable[[str, Java], None],
    more: Callable[[str], bool],
    empty: Collection[str] = (),
) -> None:
    """Go through the form screen by screen.

    Args:
        screen: the opened form.
        ask: gets each question that is shown, notes included: its path and its prompt.
        more: says whether to open the next row of a repeat; gets the path of that row.
        empty: repeats whose first row, which is there from the start, is deleted when it is met.
    """
    event, controller = screen.org.javarosa.form.api.FormEntryController, screen.controller
    while (met := controller.stepToNextEvent()) != event.EVENT_END_OF_FORM:
        place = screen.model.getFormIndex()
        if met == event.EVENT_REPEAT and path_of(place) in empty:
            controller.deleteRepeat()
        elif met == event.EVENT_PROMPT_NEW_REPEAT and more(path_of(place)):
            controller.newRepeat()
        elif met == event.EVENT_QUESTION:
            ask(path_of(place), screen.model.getQuestionPrompt())


def written(screen: Opened) -> bytes:
    """Return the submission as it is now; what is not relevant is left out."""
    visitor = screen.org.javarosa.model.xform.XFormSerializingVisitor()
    return bytes(visitor.serializeInstance(screen.form.getInstance()))


def _initialise(org: Java, form: Java, draft: bytes | None) -> None:
    if draft is not None:
        root = org.javarosa.xform.parse.XFormParser.restoreDataModel(draft, None).getRoot()
        kept = form.getInstance().getRoot().deepCopy(True)
        kept.populate(root, form)
        form.getInstance().setRoot(kept)
    form.initialize(draft is None, org.javarosa.core.model.instance.InstanceInitializationFactory())


def _speak(screen: Opened, language: str | None) -> None:
    if language is None:
        return
    known = [str(name) for name in screen.model.getLanguages() or ()]
    if language not in known:
        raise NoSuchLanguage(language=language, languages=", ".join(known))
    screen.controller.setLanguage(language)


@contextmanager
def _last_saved(submission: bytes | None) -> Iterator[Path | None]:
    """Lay the last saved submission into a file for as long as the form is open: the engine reads only files."""
    if submission is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="dikalo-") as folder:
        path = Path(folder, "last-saved.xml")
        path.write_bytes(submission)
        yield path
