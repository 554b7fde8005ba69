"""``dikalo forms simulate``: fill a form many times at random with the phones' own engine, and say what that shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.forms.form_files import forms_folder, to_check
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from xlsform.engine import Setting
from xlsform.engine.rehearsal import Plan, Rehearsal, gate_of, rehearse, unreachable
from xlsform.engine.telling import Spread
from xlsform.lesson.kit import kit, lists
from xlsform.model import Form

__all__ = ["simulate"]

NAMED = 12
"""Most paths that one line names."""


@command("simulate")
@click.argument("form", metavar=_("FORM OR FILE"))
@click.option(
    "--n",
    "runs",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help=_("How many times the form is filled."),
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31),
    default=1,
    show_default=True,
    help=_("The same number gives the same answers on the same day."),
)
@pass_shell
def simulate(shell: Shell, form: str, runs: int, seed: int) -> None:
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
    shell.show(
        _document(made.form.form, seed, shown, invented), _lines(made.form.form, seed, shown, invented)
    )
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


def _lines(form: Form, seed: int, shown: Rehearsal, invented: list[str]) -> Iterator[str]:
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
    if len(refused) > NAMED:
        yield "    … " + _("and {n} more; --json names them all").format(n=len(refused) - NAMED)
    yield _("  Questions reached: {reached} of {all}").format(reached=shown.reached, all=shown.questions)
    for path in shown.dead[:NAMED]:
        yield _("    {path}: never shown. Look at its condition.").format(path=path)
    if len(shown.dead) > NAMED:
        yield "    … " + _("and {n} more; --json names them all").format(n=len(shown.dead) - NAMED)
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
