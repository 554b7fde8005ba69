"""What is piped on an old Windows console can be read there: in both languages, in both of its code pages."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_scripts import cli, config
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench.make import DAY, lay
from tests.bench.make import workspace as make
from tests.store.commands import pipe

COMMANDS = (
    (),
    ("alerts", "list"),
    ("alerts", "list", "--all", "--due", "overdue"),
    ("alerts", "show", "{alert}"),
    ("alerts", "show", "{case}"),
    ("cases", "list"),
    ("cases", "list", "--region", "nowhere"),
    ("cases", "show", "{case}"),
    ("log",),
    ("notify", "list", "--all"),
    ("notify", "test", "--dry-run"),
    ("notify", "flush", "--dry-run"),
    ("notify", "flush"),
    ("notify", "test", "nobody"),
    ("sync", "--dry-run"),
    ("sync",),
    ("watch", "--stay-open", "no"),
    ("unlock", "--for", "for ever"),
    ("unlock", "--for", "1m"),
    ("lock",),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a workspace with alerts and cases pulled in, somebody to tell, and a code of each kind."""
    folder = tmp_path_factory.mktemp("piped")
    lay(folder / "source", 6, "mixed")
    make(folder / "w", folder / "source")
    with (folder / "w" / config.FILE).open("a", encoding="utf-8") as stream:
        stream.write('\n[[notify]]\nname = "night"\nlevel = "low"\n')
    code, _out, err = said(folder / "w", "en", "utf-8", "pull")
    assert code == 0, err
    opened = open_workspace(folder / "w", secret=lambda _q: DAY)
    with opened.register.reading() as rows:
        alert = rows.execute(tables.alert.select()).mappings().first()
        case = rows.execute(tables.case.select()).mappings().first()
    opened.close()
    assert alert is not None
    assert case is not None
    yield folder / "w", {"alert": alert["code"], "case": case["case_code"]}
    said(folder / "w", "en", "utf-8", "lock")


def said(root: Path, lang: str, encoding: str, *words: str) -> tuple[int, str, str]:
    """Run a command whose output and talk go into pipes of an encoding that allows nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)]
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        patch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        patch.setenv("XDG_RUNTIME_DIR", str(root.parent))
        code = cli.main(["-C", str(root), "--lang", lang, *words])
        for one in streams:
            one.flush()
        out, err = (one.buffer.getvalue().decode(encoding) for one in streams)
    return code, out, err


@pytest.mark.spread(4)
@pytest.mark.parametrize("encoding", ["cp1252", "cp850"])
@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "dikalo")
def test_every_sign_can_be_read(
    world: tuple[Path, dict[str, str]], words: tuple[str, ...], lang: str, encoding: str
) -> None:
    """No sign had to be written as an escape, and no fault of the program is told."""
    root, codes = world
    code, out, err = said(root, lang, encoding, *(word.format(**codes) for word in words))

    assert code in {0, 2, 3, 4}, err
    assert "DK-C01" not in err
    for escape in ("\\u", "\\x", "\\N"):
        assert escape not in out + err


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    ("words", "schema"),
    [
        ((), "dikalo.today/1"),
        (("alerts", "list"), "dikalo.alerts/1"),
        (("cases", "list"), "dikalo.cases/1"),
        (("log",), "dikalo.log/1"),
    ],
    ids=lambda value: " ".join(value) or "dikalo" if isinstance(value, tuple) else "",
)
def test_a_document_is_whole_whatever_the_console(
    world: tuple[Path, dict[str, str]], words: tuple[str, ...], schema: str, lang: str
) -> None:
    """With --json the pipe gets one document in UTF-8, also where the console knows only its code page."""
    root, _codes = world
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        patch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        code = cli.main(["-C", str(root), "--lang", lang, "--json", *words])
        for one in streams:
            one.flush()
    out, err = (one.buffer.getvalue() for one in streams)

    assert code == 0, err
    assert json.loads(out.decode("utf-8"))["schema"] == schema
    assert err == b""
