"""Questions read aloud: which recordings a form can use, whether a file is one, and how it gets into the form.

Recordings are optional. A trainer records the question in each language of the form, names the file as `prompts` says
(``alert-danger_now-fr.ogg``) and puts it into ``media``. The build uses a recording once every language has its own, so
that no phone falls silent when the language is changed. Choices that show a picture can be read aloud too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from xlsform.errors import FormError
from xlsform.model import Choice, Form, Kind, Row, media

_Spoken = TypeVar("_Spoken", Row, Choice)

LARGEST: Final = 60_000
"""Bytes; every phone downloads every file."""

SUFFIXES: Final = (".amr", ".ogg", ".mp3", ".m4a")


RecordingTooLarge: Final = FormError.declare(
    "DK-F92",
    "The recording {file} is too large: {size} kB; 60 kB is the limit, because every phone downloads it. Nothing was "
    "put in place. Record the question alone, in mono, as AMR or OGG at 16 kbit/s: 20 seconds are then 40 kB.",
)
RecordingNotAudio: Final = FormError.declare(
    "DK-F93",
    "The file {file} is not a recording that phones play, or not of the kind its name says. Nothing was put in place. "
    "Allowed: {allowed}.",
)
RecordingUnknown: Final = FormError.declare(
    "DK-F94",
    "The name {file} belongs to no question. Nothing was put in place. Nearest: {near}. To see all names, run: dikalo "
    "forms audio.",
)
RecordingTwice: Final = FormError.declare(
    "DK-F95",
    "There are two recordings for one question: {files}. Nothing was put in place. Keep one of the two.",
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something that can be read aloud in one language: ``stem`` is the name of its file without the ending."""

    path: str
    language: str
    stem: str
    text: str


def prompts(form: Form) -> Iterator[Prompt]:
    """Yield what can be read aloud, question by question, each language; then the choices that show a picture.

    What already names a sound in the form itself is left out.
    """
    for path, row in form.paths():
        if row.kind in {Kind.QUESTION, Kind.NOTE} and row.labels and "audio" not in row.texts:
            yield from _prompts(form, "/".join(path), row.name, row.labels)
    for name, choices in form.choices.items():
        for choice in choices:
            if "image" in choice.texts and "audio" not in choice.texts:
                yield from _prompts(form, f"{name}/{choice.name}", f"{name}-{choice.name}", choice.labels)


def _prompts(form: Form, path: str, name: str, labels: Mapping[str, str]) -> Iterator[Prompt]:
    for language in form.languages:
        yield Prompt(path, language, _stem(form, name, language), labels.get(language, ""))


def _stem(form: Form, name: str, language: str) -> str:
    return f"{form.form_id}-{name}-{language}"


def recorded(folder: Path, stem: str) -> str:
    """Return the name of the recording in a folder, "" when there is none."""
    return next((f"{stem}{suffix}" for suffix in SUFFIXES if (folder / f"{stem}{suffix}").is_file()), "")


def in_place(form: Form, folder: Path) -> list[Path]:
    """Return the recordings in a folder whose names begin as those of this form, its own sounds left out; also what no question has."""
    found = sorted(folder.glob(f"{form.form_id}-*")) if form.form_id else []
    named = media(form)
    return [file for file in found if file.suffix in SUFFIXES and file.name not in named]


def laid(form: Form, folder: Path) -> Form:
    """Return the form with every recording that is there in all of its languages; the same form when there is none."""
    survey = tuple(
        _with_sound(row, form, folder, row.name)
        if row.kind in {Kind.QUESTION, Kind.NOTE} and row.labels
        else row
        for row in form.survey
    )
    choices = {
        name: tuple(
            _with_sound(choice, form, folder, f"{name}-{choice.name}") if "image" in choice.texts else choice
            for choice in some
        )
        for name, some in form.choices.items()
    }
    return replace(form, survey=survey, choices=choices)


def _with_sound(spoken: _Spoken, form: Form, folder: Path, name: str) -> _Spoken:
    if "audio" in spoken.texts:
        return spoken
    found = {language: recorded(folder, _stem(form, name, language)) for language in form.languages}
    return (
        replace(spoken, texts={**spoken.texts, "audio": found}) if found and all(found.values()) else spoken
    )


# --- files --------------------------------------------------------------------------------------------------------


def accept(files: Iterable[Path], known: Iterable[Prompt]) -> Iterator[FormError]:
    """Yield what is wrong with files that a trainer hands in; nothing when all may be put in place.

    A file that cannot be read counts as no recording.
    """
    stems = {prompt.stem for prompt in known}
    seen: dict[str, str] = {}
    for file in files:
        if file.stem not in stems:
            near = get_close_matches(file.stem, stems, n=1, cutoff=0)
            yield RecordingUnknown(file=file.name, near=next(iter(near), "-"))
        elif file.stem in seen:
            yield RecordingTwice(files=f"{seen[file.stem]}, {file.name}")
        elif (wrong := _unfit(file)) is not None:
            yield wrong
        seen.setdefault(file.stem, file.name)


def _unfit(file: Path) -> FormError | None:
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError:
        size, head = 0, b""
    if _kind(head) != file.suffix:
        return RecordingNotAudio(file=file.name, allowed=", ".join(SUFFIXES))
    return RecordingTooLarge(file=file.name, size=-(-size // 1000)) if size > LARGEST else None


def _kind(head: bytes) -> str:
    """Return the ending that the first bytes of a recording ask for, "" for anything else."""
    if head.startswith(b"#!AMR"):
        return ".amr"
    if head.startswith(b"OggS"):
        return ".ogg"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return ".mp3"
    return ".m4a" if head[4:8] == b"ftyp" else ""


def without(form: Form) -> Form:
    """Return the form without the recordings that `laid` put in; sounds that the form itself names stay."""
    survey = tuple(_silent(row, form, row.name) for row in form.survey)
    choices = {
        name: tuple(_silent(choice, form, f"{name}-{choice.name}") for choice in some)
        for name, some in form.choices.items()
    }
    return replace(form, survey=survey, choices=choices)


def _silent(spoken: _Spoken, form: Form, name: str) -> _Spoken:
    sounds = spoken.texts.get("audio", {})
    ours = {f"{_stem(form, name, language)}{suffix}" for language in form.languages for suffix in SUFFIXES}
    if not sounds or not set(sounds.values()) <= ours:
        return spoken
    return replace(spoken, texts={key: text for key, text in spoken.texts.items() if key != "audio"})
