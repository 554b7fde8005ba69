"""What stays of the answers of an erased form: field by field, as a table."""

from __future__ import annotations

import pytest

from sync_scripts.register.forms.answers import Node, read_open_part, write_open_part
from sync_scripts.register.forms.formmap import Asked, FormMap
from sync_scripts.register.purging.carrying import reduced
from sync_scripts.register.rules.retention import Depth, Keeps

KEEPS = Keeps(always=frozenset({"alert.code"}), statistics=frozenset({"alert.danger_now"}))
ALERT = (
    Asked(("code",), "text", entity="alert", field="code", level=0),
    Asked(("danger",), "select_one", entity="alert", field="danger_now", level=1),
    Asked(("region",), "select_one", entity="alert", field="region", level=1),
    Asked(("when",), "select_one", entity="alert", field="when_rel", level=0),
    Asked(("source",), "select_one", entity="alert", field="info_source", level=2),
    Asked(("actor",), "select_one", entity="alert", field="actor_kind", level=1),
    Asked(("icons",), "text", entity="alert", field="icons", level=1),
    Asked(("own",), "select_one", entity="alert", level=0),
)
"""A form that asks for a source more closely, and for the icons as a text, than the register keeps them."""
STATS = Asked(("stats",), "select_one", entity="consent", field="stats", level=1)
OPEN = {"code", "danger", "region", "when"}


@pytest.mark.parametrize(
    ("depth", "asks", "stats", "may_count", "stays"),
    [
        ("identity", False, None, True, OPEN),
        ("trace", False, None, True, {"code", "danger"}),
        ("identity", False, None, False, {"code"}),
        ("identity", True, "yes", True, OPEN | {"stats"}),
        ("identity", True, "no", True, {"code"}),
        ("identity", True, None, True, {"code"}),
    ],
    ids=[
        "identity",
        "trace",
        "taken back since",
        "statistics agreed to",
        "refused",
        "asked and not answered",
    ],
)
def test_what_stays(depth: Depth, asks: bool, stats: str | None, may_count: bool, stays: set[str]) -> None:
    """Open answers alone, none that the form or the register keeps more closely, no free text, and nothing where statistics were not agreed to."""
    questions = (*ALERT, STATS) if asks else ALERT
    tree = [Node(one.path[0], "x") for one in ALERT] + ([Node("stats", stats)] if stats else [])
    left = reduced(
        write_open_part(tuple(tree)), FormMap("alert", "1", (), questions), KEEPS, depth, may_count=may_count
    )
    assert {one.name for one in read_open_part(left)} == stays
