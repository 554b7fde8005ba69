"""ODK Validate's verdict on a form, in this process: no second Java machine for each form."""

from __future__ import annotations

from xlsform.engine.jvm import engine, implement, java_fault
from xlsform.engine.opened import fault_text, without_classes


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
