"""``dikalo person``: what a person may ask for about herself: that something is corrected, withdrawn, erased."""

from __future__ import annotations

from gettext import gettext as _

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import plain_text, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import either, nothing_written
from sync_scripts.register.decisions import correcting
from sync_scripts.store.schema import metadata

__all__ = ["correct"]


def _plain_value(context: click.Context, param: click.Parameter, text: str) -> str:
    """Let a value pass as `plain_text` does; where a field takes a number alone, an amount is no telephone number."""
    entity, _dot, rest = context.params.get("field", "").strip().partition(".")
    table = metadata.tables.get(entity)
    column = table.c.get(rest.rpartition(".")[2]) if table is not None else None
    if column is not None and column.info.get("kind") == "number":
        return text
    return plain_text(context, param, text) or ""


@command("correct")
@click.argument("code", metavar=_("CODE"))
@click.argument("field", metavar=_("FIELD"))
@click.argument("value", required=False, default="", callback=_plain_value, metavar=_("[VALUE]"))
@click.option("--restore", is_flag=True, help=_("Take a correction back: what was collected counts again."))
@reason_option
@as_option
@dry_run_option
@pass_shell
def correct(
    shell: Shell,
    code: str,
    field: str,
    *,
    value: str,
    restore: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Correct one value, or take a correction back."""
    with decides(shell, "person correct", as_code=as_code, dry_run=dry_run) as by:
        if restore:
            done = correcting.restore(by, code, field, reason=reason)
        else:
            done = correcting.correct(by, code, field, value, reason=reason)
    document = {
        "schema": "dikalo.correction/1",
        "code": done.code,
        "entity": done.entity,
        "field": done.field,
        "was": done.was,
        "value": done.now,
        "dry_run": dry_run,
    }
    words = _words(same=not done.written, restore=restore, dry_run=dry_run)
    told = words.format(
        code=done.code, entity=done.entity, field=done.field, was=done.was or "-", now=done.now or "-"
    )
    shell.show(document, [*nothing_written(dry_run=dry_run), told])


def _words(*, same: bool, restore: bool, dry_run: bool) -> str:
    """Return the sentence of a correction; ``same``: what was given stands already."""
    if restore:
        return either(
            _("{code}, {entity}.{field}: {was} -> {now}. The correction is taken back; its history stays."),
            _("{code}, {entity}.{field}: {was} would become {now}. The correction would be taken back."),
            dry_run=dry_run,
        )
    if same:
        return _("{code}, {entity}.{field} is {now} already: that is no correction. Nothing was changed.")
    return either(
        _("{code}, {entity}.{field}: {was} -> {now}. Both are kept."),
        _("{code}, {entity}.{field}: {was} would become {now}. Both would be kept."),
        dry_run=dry_run,
    )
