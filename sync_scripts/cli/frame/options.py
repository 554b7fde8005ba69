"""Options that commands share which decide or open: why, whom, and texts that hold no name. Opens nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from gettext import gettext as _
from typing import Any, Final

import click

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.paragraphs import for_stream
from sync_scripts.errors import N_

__all__ = ["Worker", "plain_answer", "plain_text", "reason_option"]

TO_ASK: Final = "-"
"""What stands for a text that is to be asked for: what is typed behind a command is shown by every list of programs."""


class Worker(click.types.StringParamType):
    """The code of somebody who works here; whoever leaves it out is told where the codes stand."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return what stands behind the error of click."""
        del param, ctx
        return _("The codes of those who work here: dikalo people list.")


def plain_text(_ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Let a text pass that holds no telephone number and no coordinates; ask for it where `TO_ASK` stands in its place.

    Raises:
        TextIdentifies: it does.
    """
    if text == TO_ASK:
        text = _asked(param)
    if text:
        # of commands about forms, too, which load nothing of a register
        from sync_scripts.store.detectors import hits
        from sync_scripts.store.errors import TextIdentifies

        for kind in hits(text):
            raise TextIdentifies(what=kind)
    return text


def plain_answer(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Let an answer pass as `plain_text` does; where its field takes a number alone, an amount is no telephone number."""
    from sync_scripts.store.schema import metadata

    entity, _dot, rest = ctx.params.get("field", "").strip().partition(".")
    table = metadata.tables.get(entity)
    column = table.c.get(rest.rpartition(".")[2]) if table is not None else None
    if column is not None and column.info.get("kind") == "number":
        return text
    return plain_text(ctx, param, text)


def _asked(param: click.Parameter) -> str:
    """Return a text that a person types at the terminal, or the next line that another program hands over."""
    if not handed.somebody_types():
        return sys.stdin.readline().strip()
    name = (
        param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.get_current_context())
    )
    told = _("{name} (no list of programs shows it)").format(name=name)
    return str(click.prompt(for_stream(told, sys.stderr), default="", show_default=False, err=True)).strip()


_WHY: Final = N_("Why; kept with the decision. No names. - asks for it, and no other program sees it.")


def reason_option(what: str = _WHY, *, required: bool = False) -> Callable[[Any], Any]:
    """Give a command ``--reason``; ``what`` says what it is for, where that is not the usual one."""
    default: dict[str, Any] = {} if required else {"default": ""}
    return click.option(
        "--reason", callback=plain_text, metavar=_("TEXT"), help=_(what), required=required, **default
    )
