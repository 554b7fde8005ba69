"""What a round did, in words: shared by ``dikalo sync`` and ``dikalo watch``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.backup.making import Made
from sync_scripts.cli.frame.options import deed
from sync_scripts.cli.inflow.backup import made_lines
from sync_scripts.cli.inflow.publish import publish_lines as of_place
from sync_scripts.cli.inflow.pull import pull_lines
from sync_scripts.cli.setup.notify import flushed_lines
from sync_scripts.cli.work.waiting import named, waits
from sync_scripts.daily import Part, Round
from sync_scripts.daily.pulling import Pull
from sync_scripts.publish.rounds import Published
from sync_scripts.register.rules.ruleset import local


def _under(name: str, line: str) -> str:
    """Return a line under the name of what it is about; French has a space before the colon."""
    return _("{name}: {line}").format(name=name, line=line.lstrip())


def lines(done: Round) -> Iterator[str]:
    """Yield a round for a person: one line a part, more where somebody must look; then what needs somebody."""
    if done.dry_run:
        yield _("Nothing was written or sent: this only shows what a round would do.")
    for part in done.parts:
        for line in _part(part, dry_run=done.dry_run):
            yield _under(named(part.name), line)
    if done.page is not None:
        yield from _needs(done)


def _part(part: Part, *, dry_run: bool) -> Iterator[str]:
    if part.failure is not None:
        yield f"{part.failure.code} · {part.failure.words}"
        return
    tell: dict[str, Callable[..., Iterator[str]]] = {
        "doctor": _looked,
        "forms": _learnt,
        "pull": _pulled,
        "tasks": _raised,
        "publish": _published,
        "files": _came,
        "verify": _checked,
        "backup": _backed_up,
        "notify": _told,
    }
    yield from tell[part.name](part.result, dry_run=dry_run)


def _came(_count: int, *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - every part is told so
    """Say nothing: what came stands with each source."""
    return iter(())


def _looked(found: list[Any], *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - every part is told so
    for one in found:
        yield one.words


def _learnt(problems: list[Any], *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - every part is told so
    for one in problems:
        yield f"{one.code} · {one.words()}"


def _pulled(pulls: list[Pull], *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - the report says it

    if not pulls:
        yield _("no source was asked.")
    for one in pulls:
        source = named(one.source)
        if one.report is not None:
            yield from (_under(source, line) for line in pull_lines(one.report))
        if one.failure is not None:
            yield _under(source, f"{one.failure.code} · {one.failure.words}")


def _raised(count: int, *, dry_run: bool) -> Iterator[str]:
    if count:
        words = ngettext(
            "{n} message is written about what is still undone.",
            "{n} messages are written about what is still undone.",
            count,
        )
        yield deed(words, dry_run=dry_run).format(n=count)


def _published(done: Published, *, dry_run: bool) -> Iterator[str]:
    for one in done.places:
        yield from of_place(one, dry_run=dry_run)
    for refusal in done.refusals:
        yield f"{refusal.code} · {refusal.words()}"


def _checked(found: Any, *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - every part is told so
    wrong = [one.name for one in found.checks if one.wrong]
    if wrong:
        yield _(
            "the register is DAMAGED ({checks}). Write nothing more, copy it, and run dikalo verify."
        ).format(checks=", ".join(wrong))
    else:
        yield _("the register is sound.")


def _backed_up(done: Made, *, dry_run: bool) -> Iterator[str]:  # noqa: ARG001 - every part is told so
    yield from made_lines(done)


def _told(done: Any, *, dry_run: bool) -> Iterator[str]:
    yield from flushed_lines(done, dry_run=dry_run)


def _needs(done: Round) -> Iterator[str]:
    """Yield what needs somebody, in one line a thing; the whole page is ``dikalo`` alone."""
    page = done.page
    if page is None:
        return
    counts = [
        (_("critical"), len(page.of("critical"))),
        (_("overdue"), len(page.of("overdue"))),
        (_("due today"), len(page.of("today"))),
        *((words.lower(), count) for words, count, _command in waits(page)),
    ]
    told = ", ".join(f"{words} {count}" for words, count in counts if count)
    yield _("Needs you ({time}): {what}. The page: dikalo.").format(
        time=local(page.now), what=told or _("nothing now")
    )


def document(done: Round) -> dict[str, Any]:
    """Return a round for programs."""
    return {
        "schema": "dikalo.sync/1",
        "began": done.began.isoformat(),
        "ended": done.ended.isoformat() if done.ended else None,
        "dry_run": done.dry_run,
        "exit": done.exit_code,
        "parts": [_part_document(one) for one in done.parts],
        "today": done.page.document() if done.page is not None else None,
    }


def _part_document(part: Part) -> dict[str, Any]:
    whole: dict[str, Any] = {"name": part.name, "exit": part.exit_code, "skipped": part.skipped}
    if part.failure is not None:
        return whole | {"failure": {"code": part.failure.code, "message": part.failure.words}}
    match part.name:
        case "doctor":
            found: Any = [{"code": one.code, "level": one.level, "words": one.words} for one in part.result]
        case "forms":
            found = [{"code": one.code, "message": one.words()} for one in part.result]
        case "pull":
            found = [_pull_document(one) for one in part.result]
        case "publish":
            found = [one.document() for one in part.result.places]
            whole |= {"refused": [one.code for one in part.result.refusals]}
        case "backup":
            found = {
                "at": part.result.copy.at,
                "files": part.result.files,
                "missing": len(part.result.missing),
            }
        case "verify" | "notify":
            found = part.result.document()
        case _:
            found = part.result
    return whole | {"result": found}


def _pull_document(one: Pull) -> dict[str, Any]:
    failure = None
    if one.failure is not None:
        failure = {"code": one.failure.code, "message": one.failure.words, "exit": one.failure.exit}
    report = one.report.document() if one.report is not None else None
    return {"source": one.source, "report": report, "failure": failure}
