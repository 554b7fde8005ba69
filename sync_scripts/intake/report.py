"""What a pull says when it is done: frozen counts, by form version, and what needs a person. Never a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from sync_scripts.errors import Attention
from sync_scripts.intake.lacking import Lacking
from sync_scripts.intake.lacking import document as lacking_document
from sync_scripts.intake.left_there import Left
from sync_scripts.intake.left_there import documents as left_documents
from sync_scripts.intake.proof import Proof


class Noted(Attention, count=1):
    """Something about files or versions that a person should know; counted, and the pull goes on."""


FileMissing: Final = Noted.declare(
    "DK-I30",
    "Files named in the answers have not arrived yet: {count}. They are taken at the next pull once they are "
    "there; ask the enumerator to send again while the phone still has them.",
)
FileEmpty: Final = Noted.declare(
    "DK-I31",
    "Files that hold nothing: {count}. They were probably cut off while they were copied; copy them again from the "
    "phone, then run the pull again.",
)
FileTooLarge: Final = Noted.declare(
    "DK-I32",
    "Files larger than a pull takes by itself (100 MB), not taken: {count}. They stay where they are, and every pull says "
    "so. Take them with dikalo pull --largest-file MB, and delete nothing there before.",
)
HostileName: Final = Noted.declare(
    "DK-I33",
    "Files whose name could do harm on a computer (a path, hidden signs, a name reserved by Windows, more than 255 "
    "signs): {count}. The name is kept sealed and never used; find out where the files come from.",
)
SameName: Final = Noted.declare(
    "DK-I34",
    "Files that bear the name of another file of the same submission: {count}. The first one was taken; give the "
    "others another name and add them again.",
)
FileUnread: Final = Noted.declare(
    "DK-I35",
    "Files that were listed and could not be read: {count}. They are tried again. If it lasts: of a stick or a phone, check "
    "the cable and the rights of the folder; of a server, tell its administrator.",
)
SubmissionUnread: Final = Noted.declare(
    "DK-I36",
    "Submissions that were listed and could not be read: {count}. They are tried again at the next pull. If it lasts: of "
    "a stick or a phone, check the cable and the rights of the folder; of a server, tell its administrator.",
)
NotAskedFor: Final = Noted.declare(
    "DK-N38",
    "Submissions and files that were not asked for any more in this pull: {count}. The server answers, but handed over none "
    "of many that stand before them. They wait, and the next pulls go on with them. Tell the administrator of the server.",
)
NotByName: Final = Noted.declare(
    "DK-N62",
    "Submissions that the server did not hand over and that cannot be asked for again by their id, since it holds signs that "
    "the server does not look for: {count}. dikalo verify says of which form. Change the review state of the submission at "
    "the server (or delete it there, if it is false): the next pull then sees it again.",
)
MaybeDraft: Final = Noted.declare(
    "DK-I37",
    "Submissions copied from a phone's folder: {count}. Nothing in the files tells a draft from a finished form; "
    "check with the enumerator that they were finished.",
)
VersionsApart: Final = Noted.declare(
    "DK-I38",
    "Edited submissions that arrived in the wrong order and now stand twice in the register: {count}. Nothing is "
    "lost; treat the older one as a double.",
)
NumberUnreadable: Final = Noted.declare(
    "DK-I39",
    "Phone or document numbers that are written in no way we know: {count}. They are kept sealed, but no match "
    "with other alerts can be proposed for them.",
)
FileReplaced: Final = Noted.declare(
    "DK-H03",
    "Files replaced at the server after they were taken: {count}. The first ones stay, and the new ones are kept "
    "beside them. Ask who replaced them and why; what came first is what the phone sent.",
)
FileCleared: Final = Noted.declare(
    "DK-H04",
    "Files that were taken and that the server has no more: {count}. They stay here. If nobody of yours removed "
    "them, change the passwords of the server's accounts.",
)
ErasedShown: Final = Noted.declare(
    "DK-R56",
    "Submissions that were erased here and that a source still shows: {count}. None of it was taken. Let them be deleted "
    "there, too: at the server, on the phone, on the stick.",
)
FormHidden: Final = Noted.declare(
    "DK-H13",
    "Forms that the account of the server no longer sees, although they were pulled before: {count}. What was sent with "
    "them since is not here. Give the account its right back, or take the form out of the archive or the trash. If it "
    "was closed on purpose, name the forms to pull in dikalo.toml (forms).",
)
FormReadInPart: Final = Noted.declare(
    "DK-H14",
    "Forms of which the account of the server may read only some submissions: {count}. Nothing is known of the others, and "
    "what is no longer shown is not taken for deleted. At the server, in the settings of the form, Sharing, give the account "
    "the right to view all submissions; dikalo verify says of which form.",
)
DeletionsLate: Final = Noted.declare(
    "DK-H16",
    "Servers that are an ODK Central before 2024.3: {count}. New and edited submissions come at every pull; what was deleted or "
    "restored there is seen once a day only, when everything is compared. Have the server updated.",
)


NOTES: dict[str, type[Noted]] = {
    note.code: note
    for note in (
        FormHidden,
        FormReadInPart,
        DeletionsLate,
        FileMissing,
        FileEmpty,
        FileTooLarge,
        HostileName,
        SameName,
        FileUnread,
        FileReplaced,
        FileCleared,
        ErasedShown,
        SubmissionUnread,
        NotAskedFor,
        NotByName,
        MaybeDraft,
        VersionsApart,
        NumberUnreadable,
    )
}
_HARMLESS = frozenset(
    {
        ErasedShown.code,
        FileMissing.code,
        MaybeDraft.code,
        NumberUnreadable.code,
        DeletionsLate.code,
        "DK-I56",
    }
)
"""Said, but no reason to end with exit code 3."""


@dataclass(frozen=True, slots=True)
class FormCount:
    """What one form version brought in this run."""

    form: str
    version: str
    new: int = 0
    edited: int = 0
    repeats: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class FormTrouble:
    """A form that was not read to its end in this run. ``code`` and ``words`` say why."""

    server: str
    form: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one pull did, or with ``dry_run`` would do.

    Attributes:
        sources: how many sources were read.
        seen: submissions that the sources show.
        unchanged: of these, held before and not looked into again.
        new: first versions stored. edited: further versions of a root stored.
        repeats: the same version at another place, met for the first time.
        quarantined_new: put aside in this run. changed: of these, the same number with other content.
        solved: put aside before, readable now.
        unread: shown and not readable; tried again next time.
        erased: shown for the first time since they were erased here; not taken.
        files_new: files taken. files_waiting: files still awaited, over all runs.
        quarantine_before, quarantine_open: entries before and after.
        versions_before: versions held before.
        forms: counts by form version.
        notes: (code, count) of what a person should know.
        troubles: forms that were not read to their end; the others were.
        lacking: files that answers announce and that have not come, by who sent the form.
        left: files that were not taken, over all runs: too large, or of a name that could do harm.
        unread_of: server, form and mark of each version whose exact content could not be fetched in this run.
        proofs: by server, what it shows beside what is here.
    """

    dry_run: bool = False
    sources: int = 0
    seen: int = 0
    unchanged: int = 0
    new: int = 0
    edited: int = 0
    repeats: int = 0
    quarantined_new: int = 0
    changed: int = 0
    solved: int = 0
    unread: int = 0
    erased: int = 0
    files_new: int = 0
    files_waiting: int = 0
    quarantine_before: int = 0
    quarantine_open: int = 0
    versions_before: int = 0
    forms: tuple[FormCount, ...] = ()
    notes: tuple[tuple[str, int], ...] = ()
    troubles: tuple[FormTrouble, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    left: tuple[Left, ...] = ()
    unread_of: tuple[tuple[str, str, str], ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Tell whether this run, and not an earlier one, met something that a person must look at."""
        from sync_scripts.intake.followed import HARMLESS as FOLLOWED  # which need `Noted`
        from sync_scripts.intake.secrecy import HARMLESS as SECRECY

        harmless = _HARMLESS | SECRECY | FOLLOWED
        return bool(
            self.quarantined_new or self.unread or any(code not in harmless for code, _count in self.notes)
        )

    def counts(self) -> dict[str, int]:
        """Return the plain numbers, for the record of the run."""
        return {name: value for name, value in asdict(self).items() if type(value) is int}

    def document(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
        whole = asdict(self)
        whole["forms"] = [asdict(one) for one in self.forms]
        whole["lacking"] = [lacking_document(one) for one in self.lacking]
        whole["left"] = left_documents(self.left)
        whole["proofs"] = [one.document() for one in self.proofs]
        whole["unread_of"] = [
            {"server": server, "form": form, "mark": mark} for server, form, mark in self.unread_of
        ]
        whole["notes"] = [
            {"code": code, "count": count, "words": words(code, count)} for code, count in self.notes
        ]
        return {"schema": "dikalo.pull/1", **whole}


def words(code: str, count: int) -> str:
    """Return the sentence of a note in the language chosen at start."""
    from sync_scripts.intake.followed import FOLLOWED  # which need `Noted`
    from sync_scripts.intake.secrecy import NOTES as SECRECY
    from sync_scripts.intake.standing import STANDING

    return (NOTES | STANDING | SECRECY | FOLLOWED)[code](count=count).words()
