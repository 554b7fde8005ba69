"""``dikalo forms fill, simulate``: a form filled without a phone, as a scenario told screen by screen for a lesson, or many times at random.

The engine of the phones answers; nothing is sent and nothing kept but what is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.forms.checking import forms_folder, to_check
from sync_scripts.cli.frame.layout import and_more
from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.options import DryRun, Yes, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.clock import seconds
from sync_scripts.errors import N_
from sync_scripts.register.model.listings import Column, Listing
from xlsform import pdf
from xlsform.build import replace
from xlsform.engine import Setting
from xlsform.engine.rehearsal import Plan, Rehearsal, gate_of, rehearse, unreachable
from xlsform.engine.telling import Spread, tell
from xlsform.lesson import page
from xlsform.lesson.kit import Kit, kit, lists
from xlsform.lesson.scenario import DOUALA, Scenario, chosen, of_form, prepare
from xlsform.lesson.script import Script, document, markdown, text
from xlsform.model import Form, media
from xlsform.translate import texts

LARGEST = 60_000
"""Bytes of the largest picture that is laid into a page."""


@command("fill")
def fill(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    scenario: Annotated[str | None, place(_("[SCENARIO OR FILE]"))],
    language: Annotated[
        str,
        option(
            "--language",
            "The language on the phone, by code or name; that of the program if not given and the form has it.",
            _("LANGUAGE"),
        ),
    ] = "",
    form_of: Annotated[
        str | None,
        option("--md", "Write the script as Markdown.", flag_value="md"),
        option("--html", "Write the script as a page to read or print.", flag_value="html"),
    ],
    target: Annotated[
        Path | None, option("--to", "The file to write, instead of the screen: .html, .pdf, .md or .txt.")
    ],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """Tell a scenario; exit code 1 when the phone would not let it be finished, 3 when it answers what nobody asks."""
    root = forms_folder(shell)
    (path,) = to_check(root, (form,))
    made = kit(path, root)
    if scenario is None:
        _list(shell, made, root)
        return
    script = _told(shell, made, chosen(scenario, made.form.form.form_id, root), language)
    _show(shell, script, form_of, target, dry_run=dry_run, yes=yes)
    if not script.told.filled.xml:
        shell.exit_code = 1
    elif script.unused:
        shell.attention()


def _list(shell: Shell, made: Kit, root: Path) -> None:
    found = of_form(made.form.form.form_id, root)
    show_list(
        shell,
        SCENARIOS,
        [{"scenario": one.id, "about": one.about} for one in found],
        form=made.form.form.form_id,
    )


SCENARIOS: Final = Listing(
    "dikalo.forms.fill.list/1",
    "scenarios",
    (Column("scenario", N_("scenario")), Column("about", N_("about"))),
    N_("No scenario for this form."),
)


def _told(shell: Shell, made: Kit, scenario: Scenario, language: str) -> Script:
    form = made.form.form
    code, name = _language(shell, made, language)
    on_phone = datetime.fromtimestamp(seconds(), DOUALA).date()  # the form engine has the machine's clock
    prepared = prepare(scenario, made.form, on_phone)
    with lists(made) as laid:
        told = tell(
            made.form, made.xform, prepared.answers, Setting(language=name or None, media=laid.filled)
        )
    free = {path for path in told.filled.unused if path.rpartition("/")[2] in scenario.defaults}
    return Script(
        form=form.title,
        form_id=form.form_id,
        version=form.version,
        scenario=scenario.id,
        about=scenario.about,
        language=name or "-",
        code=code,
        told=told,
        unused=tuple(path for path in told.filled.unused if path not in free | prepared.implied),
        pictures=_pictures(made),
    )


def _language(shell: Shell, made: Kit, given: str) -> tuple[str, str]:
    """Return code and name of the language on the phone."""
    form = made.form.form
    if not form.languages and not given:
        return shell.lang, ""
    found = texts.of_form(form, given or (shell.lang if shell.lang in form.languages else ""))
    return found.code, found.name


def _pictures(made: Kit) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in media(made.form.form):
        path = next((folder / name for folder in made.media if (folder / name).is_file()), None)
        is_picture = name.lower().endswith((".png", ".jpg", ".jpeg"))
        if path is not None and is_picture and path.stat().st_size <= LARGEST:
            found[name] = path.read_bytes()
    return found


_KINDS = {".md": "md", ".html": "html", ".htm": "html", ".pdf": "pdf"}


def _show(
    shell: Shell, script: Script, form_of: str | None, target: Path | None, *, dry_run: bool, yes: bool
) -> None:
    kind = form_of or _KINDS.get(target.suffix.lower() if target else "", "text")
    shown = {"schema": "dikalo.forms.fill/1", "file": str(target) if target else None, **document(script)}
    if target is None:
        shell.show(shown, _told_lines(shell, script, kind))
        return
    if not dry_run:
        if target.exists():
            shell.confirm(_("Write over {file}?").format(file=target.name), yes=yes)
        page = "\n".join(_told_lines(shell, script, kind)) + "\n"
        replace(target, _printed(page) if kind == "pdf" else page.encode())
    for line in nothing_written(dry_run=dry_run):
        shell.say(line)
    shell.show(shown, str(target))


def _told_lines(shell: Shell, script: Script, kind: str) -> Iterable[str]:
    if kind in {"html", "pdf"}:
        return [page.page(script, shell.lang).rstrip("\n")]
    return markdown(script) if kind == "md" else text(script)


def _printed(page: str) -> bytes:
    """Return the page as a PDF, when a program here can make one."""
    ways = pdf.routes()
    if not ways:
        raise click.BadParameter(
            _("no program here makes a PDF (Chromium, Edge, LibreOffice); let the name end in .html"),
            param_hint="--to",
        )
    return pdf.printed(page, ways)[0]


NAMED = 12
"""Most paths that one line names."""


@command("simulate")
def simulate(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    runs: Annotated[
        int,
        option(
            "--n", "How many times the form is filled.", type=click.IntRange(1, 100_000), show_default=True
        ),
    ] = 200,
    seed: Annotated[
        int,
        option(
            "--seed",
            "The same number gives the same answers on the same day.",
            type=click.IntRange(0, 2**31),
            show_default=True,
        ),
    ] = 1,
) -> None:
    """Rehearse a form; exit code 3 for dead questions, 1 for what is invalid or leaks."""
    root = forms_folder(shell)
    (path,) = to_check(root, (form,))
    made = kit(path, root)
    with lists(made) as laid, shell.progress(_("Filling"), runs) as done:
        filled, bare = Setting(media=laid.filled), Setting(media=laid.bare)
        plan = Plan(
            runs=runs,
            seed=seed,
            settings=(filled, filled, bare) if laid.invented else (filled,),
            gate=gate_of(made.form, root),
            unreachable=unreachable(made.form.form.form_id, root),
        )
        shown = rehearse(made.form, made.xform, plan, lambda: done(1))
        invented = sorted(laid.invented)
    shell.show(_document(made.form.form, seed, shown, invented), _met(made.form.form, seed, shown, invented))
    if shown.invalid or shown.leaks:
        shell.exit_code = 1
    elif shown.dead:
        shell.attention()


def _document(form: Form, seed: int, shown: Rehearsal, invented: list[str]) -> dict[str, Any]:
    return {
        "schema": "dikalo.forms.simulate/1",
        "form": form.form_id,
        "version": form.version,
        "runs": shown.runs,
        "seed": seed,
        "valid": shown.runs - len(shown.invalid),
        "invalid": [{"run": one.run, "path": one.path} for one in shown.invalid],
        "questions": shown.questions,
        "reached": shown.reached,
        "dead": list(shown.dead),
        "declared_unreachable": dict(shown.declared),
        "reached_although_declared": list(shown.reached_although),
        "gate": None if shown.gate is None else shown.gate.path,
        "refusals": shown.refusals,
        "leaks": [{"run": one.run, "path": one.path} for one in shown.leaks],
        "screens": shown.screens.document(),
        "answers": shown.answers.document(),
        "invented_lists": invented,
    }


def _met(form: Form, seed: int, shown: Rehearsal, invented: list[str]) -> Iterator[str]:
    yield _("{title} ({form} {version}), filled {n} times, seed {seed}").format(
        title=form.title, form=form.form_id, version=form.version or "-", n=shown.runs, seed=seed
    )
    if invented:
        yield _("  Lists with invented rows, two times in three: {files}").format(files=", ".join(invented))
    yield _("  Valid: {valid} of {n}").format(valid=shown.runs - len(shown.invalid), n=shown.runs)
    refused = Counter(one.path for one in shown.invalid)
    for path, times in refused.most_common(NAMED):
        yield ngettext(
            "    {path}: no answer was accepted, {n} time",
            "    {path}: no answer was accepted, {n} times",
            times,
        ).format(path=path, n=times)
    yield from and_more(len(refused), NAMED, "    … ")
    yield _("  Questions reached: {reached} of {all}").format(reached=shown.reached, all=shown.questions)
    for path in shown.dead[:NAMED]:
        yield _("    {path}: never shown. Look at its condition.").format(path=path)
    yield from and_more(len(shown.dead), NAMED, "    … ")
    for path, reason in shown.declared.items():
        yield _("    {path}: never shown, as declared: {reason}").format(path=path, reason=reason)
    for path in shown.reached_although:
        yield _("    {path}: declared unreachable, but shown. Delete the declaration.").format(path=path)
    yield from _refusals(shown)
    yield _("  Screens: {screens}. Answers: {answers}.").format(
        screens=_spread(shown.screens), answers=_spread(shown.answers)
    )


def _refusals(shown: Rehearsal) -> Iterator[str]:
    if shown.gate is None:
        yield _("  This form has no question of agreement.")
        return
    if not shown.refusals:
        yield _("  Refusals: none happened, so nothing is known about them. Fill it more often.")
        return
    if not shown.leaks:
        yield ngettext(
            "  Refusals: {n}; it holds nothing about the person",
            "  Refusals: {n}; none holds anything about the person",
            shown.refusals,
        ).format(n=shown.refusals)
        return
    yield _("  Refusals: {n}; some hold answers about the person:").format(n=shown.refusals)
    for path, times in Counter(one.path for one in shown.leaks).most_common(NAMED):
        yield ngettext("    {path}, {n} time", "    {path}, {n} times", times).format(path=path, n=times)


def _spread(spread: Spread) -> str:
    return _("{least} to {most}, {middle} in the middle").format(
        least=spread.least, most=spread.most, middle=f"{spread.middle:.0f}"
    )
