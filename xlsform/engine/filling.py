"""Fill a form from prepared answers, or change what was filled, as a person does on the phone; and the verdict of ODK Validate on it.

The submission is what ODK Collect's own engine writes; nothing is put into it by hand but the two identifiers of an
edit, which Collect itself adds outside its engine.
A verdict is findings of our catalogue, at the row that it names; it is reached in this process, without a second Java machine.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from xlsform.engine.jvm import Java, engine, implement, java_class, java_fault
from xlsform.engine.opened import (
    Opened,
    Setting,
    fault_text,
    opened,
    path_of,
    short,
    walk,
    without_classes,
    written,
)
from xlsform.errors import FormError
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Place

Reason = Literal["required", "constraint", "choice", "type"]
FRESH = Setting()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that the phone would not take.

    Attributes:
        path: the question.
        reason: required and empty, against the constraint, not among the choices, not of the type.
        message: what the phone shows, in the language of the filling; empty when it is a text of the phone itself.
    """

    path: str
    reason: Reason
    message: str = ""


AnswersRefused: Final = FormError.declare(
    "DK-F55",
    "The phone would not accept the answer to {path}; it says: {phone_says}. Correct the prepared answer.",
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a filling.

    Attributes:
        asked: paths of the questions that were shown, in their order, notes included.
        unused: paths of prepared answers that nobody asked for.
        refused: what the phone would not take; then there is no submission.
        xml: the submission; empty when something was refused.
    """

    asked: tuple[str, ...]
    unused: tuple[str, ...]
    refused: tuple[Refusal, ...]
    xml: bytes = b""

    @property
    def submission(self) -> bytes:
        """The submission, for callers that take no refusal.

        Raises:
            AnswersRefused: the first refusal.
        """
        for refusal in self.refused:
            raise AnswersRefused(path=refusal.path, phone_says=refusal.message or refusal.reason)
        return self.xml


def fill(
    xform: str,
    answers: Mapping[str, str],
    setting: Setting = FRESH,
    *,
    empty: Collection[str] = (),
) -> Filled:
    """Fill an empty form.

    Args:
        xform: the form as the phone gets it.
        answers: path of a question -> answer as text, ``victims[2]/age``; several choices parted by blanks; the name
            of a file for media; ``OK`` for an acknowledgement. A row of a repeat is opened when it has an answer.
        setting: language, media, last saved submission.
        empty: repeats without any row; their first row is there from the start, so the person deletes it.

    Raises:
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting) as screen:
        return _finish(screen, _answer(screen, answers, empty))


def resume(xform: str, draft: bytes, answers: Mapping[str, str], setting: Setting = FRESH) -> Filled:
    """Go on with a draft; an answer of ``""`` empties the question. Same identity, same uids of rows.

    Raises:
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting, draft) as screen:
        return _finish(screen, _answer(screen, answers))


def edit(
    xform: str,
    sent: bytes,
    answers: Mapping[str, str],
    *,
    without: Collection[str] = (),
    setting: Setting = FRESH,
) -> Filled:
    """Change a submission that was sent, as Collect does when a sent form is edited.

    The new version gets a new instanceID and names the old one in ``meta/deprecatedID``.

    Args:
        xform: the form.
        sent: the submission as it was sent.
        answers: what changes; ``""`` empties a question.
        without: paths of repeat rows to delete first, ``victims[2]``.
        setting: language, media, last saved submission.

    Raises:
        KeyError: a row to delete is not there.
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting, sent) as screen:
        _delete_rows(screen, without)
        return _finish(screen, _answer(screen, answers), edited=True)


@dataclass(slots=True)
class _Walk:
    """What is noted while a form is filled."""

    left: dict[str, str]
    asked: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class _NotTaken(Exception):
    """An answer that cannot even be given to the engine."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def _answer(screen: Opened, answers: Mapping[str, str], empty: Collection[str] = ()) -> _Walk:
    notes = _Walk({short(path): text for path, text in answers.items()})

    def ask(path: str, prompt: Java) -> None:
        notes.asked.append(path)
        if not prompt.isReadOnly():
            notes.refused.extend(answer_one(screen, path, prompt, notes.left.pop(path, None)))

    walk(screen, ask, lambda row: any(path.startswith(row + "/") for path in notes.left), empty)
    return notes


def answer_one(screen: Opened, path: str, prompt: Java, text: str | None) -> list[Refusal]:
    """Answer one question; None keeps what is there, an empty text empties it. Returns what the phone refuses."""
    try:
        data = prompt.getAnswerValue() if text is None else datum(screen.org, prompt, text)
    except _NotTaken as no:
        return [Refusal(path, no.reason)]
    outcome = screen.controller.answerQuestion(prompt.getIndex(), data, True)
    return [] if outcome == 0 else [_refusal(screen, path, prompt, outcome, data)]


def _refusal(screen: Opened, path: str, prompt: Java, outcome: int, data: Java) -> Refusal:
    if outcome == screen.controller.ANSWER_REQUIRED_BUT_EMPTY:
        return Refusal(path, "required", _required_text(screen, prompt))
    return Refusal(path, "constraint", str(prompt.getConstraintText(data) or ""))


def _required_text(screen: Opened, prompt: Java) -> str:
    """Return the message of ``required``; the engine has no call for it."""
    for bind in prompt.getBindAttributes():
        if str(bind.getName()) == "requiredMsg" and bind.getValue() is not None:
            raw = str(bind.getValue().getDisplayText())
            key = raw.removeprefix("jr:itext('").removesuffix("')")
            return raw if key == raw else str(screen.form.getLocalizer().getText(key))
    return ""


def _finish(screen: Opened, notes: _Walk, *, edited: bool = False) -> Filled:
    return finish(screen, notes.asked, notes.left, notes.refused, edited=edited)


def finish(
    screen: Opened,
    asked: Iterable[str],
    left: Iterable[str],
    refused: Sequence[Refusal],
    *,
    edited: bool = False,
) -> Filled:
    """Finalise a form that was walked through: questions asked, prepared answers left over, what was refused."""
    found = tuple(refused) or _last_check(screen)
    if not found:
        screen.controller.finalizeFormEntry()
        if edited:
            _new_version(screen)
    return Filled(
        asked=tuple(asked),
        unused=tuple(sorted(left)),
        refused=found,
        xml=b"" if found else written(screen),
    )


def _last_check(screen: Opened) -> tuple[Refusal, ...]:
    """Let the engine look at the whole form, as it does when the person finalises."""
    outcome = screen.form.validate()
    if outcome is None:
        return ()
    screen.controller.jumpToIndex(outcome.failedPrompt)
    prompt = screen.model.getQuestionPrompt()
    return (
        _refusal(screen, path_of(outcome.failedPrompt), prompt, outcome.outcome, prompt.getAnswerValue()),
    )


def _new_version(screen: Opened) -> None:
    """Name the version that this one replaces, last in ``meta``, and give this one its own instanceID.

    Collect does this when it finalises (EditedFormFinalizationProcessor, since 2025.2); its engine does not.
    """
    model = screen.org.javarosa.core.model
    meta = screen.form.getMainInstance().getRoot().getFirstChild("meta")
    this = meta.getFirstChild("instanceID")
    old = model.instance.TreeElement("deprecatedID")
    meta.addChild(old)
    old.setAnswer(this.getValue())
    this.setAnswer(model.data.StringData(f"uuid:{uuid.uuid4()}"))


def _delete_rows(screen: Opened, rows: Collection[str]) -> None:
    for row in sorted(map(short, rows), reverse=True):
        screen.controller.jumpToIndex(_row_index(screen, row))
        screen.controller.deleteRepeat()
    screen.controller.jumpToIndex(screen.org.javarosa.core.model.FormIndex.createBeginningOfFormIndex())


def _row_index(screen: Opened, row: str) -> Java:
    event, controller = screen.org.javarosa.form.api.FormEntryController, screen.controller
    controller.jumpToIndex(screen.org.javarosa.core.model.FormIndex.createBeginningOfFormIndex())
    while (met := controller.stepToNextEvent()) != event.EVENT_END_OF_FORM:
        if met == event.EVENT_REPEAT and path_of(screen.model.getFormIndex()) == row:
            return screen.model.getFormIndex()
    raise KeyError(row)


def datum(org: Java, prompt: Java, text: str) -> Java:
    """Return an answer as the engine's own value; None empties the question."""
    kind = org.javarosa.core.model.Constants
    if not text:
        return None
    if prompt.getControlType() in (kind.CONTROL_SELECT_ONE, kind.CONTROL_SELECT_MULTI, kind.CONTROL_RANK):
        return _chosen(org, prompt, text)
    if prompt.getDataType() in (
        kind.DATATYPE_TEXT,
        kind.DATATYPE_BINARY,
        kind.DATATYPE_BARCODE,
        kind.DATATYPE_NULL,
    ):
        return org.javarosa.core.model.data.StringData(text)
    read = org.javarosa.xform.util.XFormAnswerDataParser.getAnswerData(
        text, prompt.getDataType(), prompt.getQuestion()
    )
    if read is None:
        raise _NotTaken(reason="type")
    return read


def _chosen(org: Java, prompt: Java, text: str) -> Java:
    made = org.javarosa.core.model.data
    offered = {str(choice.getValue()): choice for choice in prompt.getSelectChoices()}
    if any(value not in offered for value in text.split()):
        raise _NotTaken(reason="choice")
    chosen = [offered[value].selection() for value in text.split()]
    if prompt.getControlType() == org.javarosa.core.model.Constants.CONTROL_SELECT_ONE:
        return made.SelectOneData(chosen[0])
    several = java_class("java.util.ArrayList")()
    for one in chosen:
        several.add(one)
    return made.SelectMultiData(several)


def validate(xform: str) -> tuple[str, ...]:
    """Return what ODK Validate finds in an XForm, in its own English; nothing when the form is valid.

    It walks the form with two rows in each repeat, so it also finds references from outside to a repeated question.
    Files of lists and media are not looked at.

    Raises:
        JavaMissing, EngineForked: the engine cannot run here.
    """
    heard: list[str] = []

    def error(*what: object) -> None:
        heard.append(_said(" ".join(str(part) for part in what if part is not None)))

    with engine() as org:
        listener = implement("org.opendatakit.validate.ErrorListener", error=error, info=lambda *_what: None)
        try:
            org.opendatakit.validate.FormValidator().setErrorListener(listener).validateText(xform)
        except java_fault() as fault:  # a fault that Validate itself does not catch is a verdict too
            heard.append(_said(fault_text(fault)))
    return tuple(dict.fromkeys(heard))


def _said(text: str) -> str:
    """Leave out what only a programmer would read."""
    return without_classes(text.replace(">> Something broke the parser.", "").replace(">>", ""))


_KNOWN = (
    ("Cycle detected", "JR-CYCLE"),
    ("cannot handle function", "JR-FUNCTION"),
    ("mismatched brackets", "JR-BRACKETS"),
    ("This field is repeated", "JR-REPEAT-REF"),
    ("type mismatch", "JR-TYPE"),
    ("Couldn't understand the expression", "JR-SYNTAX"),
    ("Bad node", "JR-SYNTAX"),
)
_NODE = re.compile(r"/[A-Za-z_][\w.-]*((?:/[A-Za-z_][\w.-]*(?:\[\d+\])?)+)")


def verdict(form: Form, xform: str) -> list[Finding]:
    """Return what ODK Validate finds in the XForm that was made of a form; the engine's own text is in the data.

    Raises:
        JavaMissing, EngineForked: the engine cannot run here.
    """
    return [_finding(form, said) for said in validate(xform)]


def code_of(said: str) -> str:
    """Return the code of what the engine said."""
    return next((code for words, code in _KNOWN if words.lower() in said.lower()), "JR-OTHER")


def _finding(form: Form, said: str) -> Finding:
    rows = {path: row for path, row in form.paths() if row.name}
    named = next((path for path in _paths(said) if path in rows), ())
    place = rows[named].place if named else Place(file=form.file)
    return Spot(form, place, "/".join(named), "name").finding(code_of(said), engine=said)


def _paths(said: str) -> Iterator[tuple[str, ...]]:
    for node in _NODE.finditer(said):
        yield tuple(re.sub(r"\[\d+\]", "", node[1]).strip("/").split("/"))
