"""JavaRosa, the engine inside ODK Collect, run from Python: validate a form, fill it, edit, simulate.

What it makes is what a phone would send. It needs a Java runtime and the extra ``java``; everything else in the product
works without. It never makes up a submission by hand, and it knows nothing of audit files, encryption or entities,
which Collect does outside this engine.
"""

from xlsform.engine.filling import AnswersRefused, Filled, Refusal, edit, fill, resume, validate, verdict
from xlsform.engine.jvm import ZONE, EngineForked, JavaMissing, MediaMissing, lists_of
from xlsform.engine.opened import FormUnreadable, NoSuchLanguage, Setting
from xlsform.engine.simulation import Habits, NoAnswerFits, Simulated, simulate

__all__ = [
    "ZONE",
    "AnswersRefused",
    "EngineForked",
    "Filled",
    "FormUnreadable",
    "Habits",
    "JavaMissing",
    "MediaMissing",
    "NoAnswerFits",
    "NoSuchLanguage",
    "Refusal",
    "Setting",
    "Simulated",
    "edit",
    "fill",
    "lists_of",
    "resume",
    "simulate",
    "validate",
    "verdict",
]
