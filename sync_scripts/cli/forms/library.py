"""``dikalo forms add, base, zone``: questions of the library in a form, where its base comes from, and the order of its places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.forms.adaptation_plan import Authoring, Wish, carry_on, folder_of
from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.options import DryRun, deed
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.config import load
from sync_scripts.errors import N_
from sync_scripts.register.model.listings import Column, Listing
from xlsform import pack
from xlsform.build import replace as put
from xlsform.overlay.bench import Folder, Standing, standing
from xlsform.overlay.library import Questions, library, questions_named, taken_in, taken_out
from xlsform.overlay.operations import Op
from xlsform.overlay.sheets import UpgradeFirst
from xlsform.overlay.zones import zone_first


@command("add")
def add(
    shell: Shell,
    *,
    name: Annotated[str | None, place(_("[QUESTIONS]"))],
    remove: Annotated[bool, option("--remove", "Take the questions out of the form again.")],
    authoring: Authoring,
    dry_run: DryRun,
) -> None:
    """Lay the questions over the form in use, as if a trainer had typed them in; without a name, list the library."""
    if name is None:
        show_list(shell, LIBRARY, [_document(one, shell.lang) for one in library()])
        return
    wish = authoring.wish("dikalo.forms.add/1", shell, dry_run=dry_run)
    questions, change = questions_named(name), taken_out if remove else taken_in
    _carry_on(shell, questions.form, lambda stand: change(stand, questions), wish)


def _carry_on(shell: Shell, form: str, change: Callable[[Standing], Sequence[Op]], wish: Wish) -> None:
    """Change the form in use; one that stands on an older base is brought to the newest first."""
    folder = folder_of(shell)
    stand = standing(folder, form)
    if not stand.is_current:
        raise UpgradeFirst(form=stand.form_id, base=stand.base.version, shipped=stand.shipped.version)
    carry_on(shell, folder, stand, change(stand), wish)


@command("zone")
def zone(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM"))],
    codes: Annotated[tuple[str, ...], place(_("[P-CODE]..."))],
    remove: Annotated[bool, option("--remove", "Put all places back into the order of the base.")],
    authoring: Authoring,
    dry_run: DryRun,
) -> None:
    """Move the places of the zone to the top of their lists, as if a trainer had."""
    folder_of(shell)
    teams = () if codes or remove else load(shell.root).team
    wanted = codes or tuple(code for team in teams for code in team.departments)
    if not (wanted or remove):
        raise click.UsageError(
            _("Name P-codes such as CM007 or CM007002: no team in dikalo.toml has departments.")
        )
    if codes and remove:
        raise click.UsageError(_("--remove takes no P-code."))
    wish = authoring.wish("dikalo.forms.zone/1", shell, dry_run=dry_run)
    _carry_on(shell, form, lambda stand: zone_first(stand, wanted), wish)


def _document(one: Questions, lang: str) -> dict[str, Any]:
    return {"name": one.name, "form": one.form, "title": one.titles[lang], "questions": one.count}


LIBRARY: Final = Listing(
    "dikalo.forms.library/1",
    "questions",
    (
        Column("name", N_("name")),
        Column("form", N_("form")),
        Column("title", N_("title")),
        Column("questions", N_("questions")),
    ),
)


@command("base")
def base(
    shell: Shell,
    *,
    name: Annotated[str | None, place(_("[FORM]"))],
    target: Annotated[
        Path | None, option("--to", "Write the base of the form, as dikalo ships it, into this workbook.")
    ],
    dry_run: DryRun,
) -> None:
    """Read how each form stands; write one base where that is asked for, and never into what is in use."""
    folder = folder_of(shell)
    names = [name] if name is not None else [one.form_id for one in pack.forms(pack.forms_root())]
    stands = [standing(folder, one) for one in names]
    if target is not None:
        _write(shell, stands, target, dry_run=dry_run)
    document = {
        "schema": "dikalo.forms.base/1",
        "folder": str(pack.forms_root()),
        "dry_run": dry_run,
        "file": str(target) if target is not None else None,
        "forms": [_standing(one, folder) for one in stands],
    }
    shell.show(document, _lines(stands, folder))


def _write(shell: Shell, stands: list[Standing], target: Path, *, dry_run: bool) -> None:
    if len(stands) != 1:
        raise click.UsageError(_("--to writes one base: name the form, too."))
    if not dry_run:
        put(target, stands[0].raw)
    shell.say(deed(_("{file} holds the base."), dry_run=dry_run).format(file=target.name))


def _standing(one: Standing, folder: Folder) -> dict[str, Any]:
    used, overlay = folder.used(one.form_id), folder.overlay(one.form_id)
    return {
        "form": one.form_id,
        "shipped": one.shipped.version,
        "base": one.base.version,
        "current": one.is_current,
        "version": one.used.version if one.used is not None else None,
        "changes": len(one.overlay.ops) if one.overlay is not None else 0,
        "used": str(used) if one.used is not None else None,
        "overlay": str(overlay) if one.overlay is not None else None,
    }


def _lines(stands: list[Standing], folder: Folder) -> Iterator[str]:
    yield _("The bases come with dikalo: {folder}").format(folder=pack.forms_root())
    for one in stands:
        yield ""
        yield _("{form}: base {version}").format(form=one.form_id, version=one.base.version)
        if not one.is_current:
            told = _(
                "dikalo ships a newer base, {version}. Bring the form to it: dikalo forms upgrade {form}"
            )
            yield "  " + told.format(version=one.shipped.version, form=one.form_id)
        if one.used is None:
            yield "  " + _("not in use here; to begin: dikalo forms customise {form}").format(
                form=one.form_id
            )
            continue
        yield "  " + _("in use as version {version}: {file}").format(
            version=one.used.version, file=folder.used(one.form_id).relative_to(folder.root.parent)
        )
        count = len(one.overlay.ops) if one.overlay is not None else 0
        changed = ngettext(
            "{n} change of the organisation: {file}", "{n} changes of the organisation: {file}", count
        )
        unchanged = _("nothing changed; to change it: dikalo forms customise {form}")
        yield "  " + (changed if count else unchanged).format(
            n=count, file=folder.overlay(one.form_id).relative_to(folder.root.parent), form=one.form_id
        )
