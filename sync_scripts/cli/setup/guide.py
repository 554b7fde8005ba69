"""``dikalo guide``: the pages of the documentation, to be read here and without a network. Opens no workspace.

In a checkout they are the folder ``docs/``, in an installed wheel ``sync_scripts/_guide/``, where `setup.py` lays them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from gettext import gettext as _
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import click

from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.errors import N_, UsageProblem
from sync_scripts.register.model.listings import Column, Listing

PAGES: Final[Mapping[str, str]] = {
    "first-day": "premier-jour",
    "every-day": "chaque-jour",
    "running-by-itself": "tourner-seul",
    "messages": "messages",
    "alerts": "alertes",
    "cases": "dossiers",
    "tasks-and-deadlines": "taches-et-echeances",
    "levels-and-corrections": "niveaux-et-corrections",
    "two-people": "deux-personnes",
    "c4-cases": "dossiers-c4",
    "merged-cases": "dossiers-fusionnes",
    "old-lists": "anciennes-listes",
    "links": "liens",
    "consent": "consentement",
    "team": "equipe",
    "followup-workbook": "classeur-de-suivi",
    "workbook-conflicts": "conflits-du-classeur",
    "handing-over": "transmettre",
    "keeping-and-erasing": "garder-et-effacer",
    "backups": "sauvegardes",
    "panic": "panique",
    "servers": "serveurs",
    "pull-reports": "releves",
    "unattended": "sans-ecran",
    "keys": "cles",
    "encrypted-forms": "formulaires-chiffres",
    "lists-of-cases": "listes-de-dossiers",
    "phones": "telephones",
    "paper-and-phones": "papier-et-telephones",
    "forms": "forms",
    "customise": "adapter-un-formulaire",
    "classroom": "jusqu-au-telephone",
    "see-a-form": "voir-un-formulaire",
    "translate-and-rehearse": "traduire-et-repeter",
    "security": "securite",
}
"""The pages by the name that is typed, in the order in which they are shown -> the name of the French file."""

_PACKAGE: Final = Path(__file__).resolve().parent.parent.parent
_BY_FILE: Final = {**{french: name for name, french in PAGES.items()}, **{name: name for name in PAGES}}
_OTHER_LANGUAGE: Final = {"..": "--lang fr ", "en": "--lang en "}
"""Where a link goes that leaves the pages of its language -> what stands before the command."""
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


GuideMissing: Final = UsageProblem.declare(
    "DK-N06",
    "The pages of the guide are not there. Install dikalo again, or run it in a checkout.",
)


class _PageName(click.Choice[str]):
    """The name of a page, or of its file in either language, as other pages cite it: ``docs/premier-jour.md``."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of the page."""
        stem = PurePosixPath(value.lower()).stem
        return super().convert(_BY_FILE.get(stem, value), param, ctx)


@command("guide")
def guide(
    shell: Shell,
    *,
    page: Annotated[str | None, place(_("[PAGE]"), type=_PageName(list(PAGES), case_sensitive=False))],
) -> None:
    """Show one page, or which there are."""
    if page is not None:
        text = "\n".join(readable(page_file(page, shell.lang).read_text(encoding="utf-8")))
        shell.show({"schema": "dikalo.guide.page/1", "page": page, "text": text}, text)
        return
    files = {name: page_file(name, shell.lang) for name in PAGES}
    found = [{"page": name, "title": _title(file), "file": str(file)} for name, file in files.items()]
    show_list(shell, GUIDE, found)


GUIDE: Final = Listing(
    "dikalo.guide/1",
    "pages",
    (Column("page", N_("page")), Column("title", N_("title")), Column("file", N_("file"))),
    uncut=True,
)


def page_file(name: str, lang: str) -> Path:
    """Return the file of a page in a language.

    Raises:
        GuideMissing: the pages are not there.
    """
    for folder in (_PACKAGE / "_guide", _PACKAGE.parent / "docs"):
        file = folder / f"{PAGES[name]}.md" if lang == "fr" else folder / "en" / f"{name}.md"
        if file.is_file():
            return file
    raise GuideMissing


def readable(text: str) -> Iterator[str]:
    """Yield the lines of a page without its pictures; a link to another page says the command that shows that one."""
    for line in text.rstrip().splitlines():
        bare = _PICTURE.sub("", line)
        if bare.strip() or not line.strip():
            yield _LINK.sub(_told, bare).rstrip()


def _told(link: re.Match[str]) -> str:
    """Return what stands for a link: its words, and where it leads."""
    words, target = link[1], link[2]
    if "://" in target:
        return f"{words} ({target})"
    name = _BY_FILE.get(PurePosixPath(target.partition("#")[0]).stem)
    if name is None or not target.partition("#")[0].endswith(".md"):
        return words
    other = _OTHER_LANGUAGE.get(PurePosixPath(target).parts[0], "")
    shown = f"dikalo {other}guide {name}"
    return shown if words.endswith(".md") else f"{words} ({shown})"


def _title(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        return next(lines).lstrip("# ").strip()
