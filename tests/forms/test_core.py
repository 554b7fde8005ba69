"""What no customisation may loosen is named for each form, and names things that exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from tests.forms.conftest import FORMS, GATES, mapped, sections, shipped
from xlsform import pack
from xlsform.model import Kind


@cache
def core() -> Mapping[str, Any]:
    """Return the protected core, every scalar a string."""
    text = (pack.forms_root() / "core.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - BaseLoader makes strings only


def paths(form_id: str) -> set[str]:
    """Return the paths of a form's rows."""
    return {"/".join(path) for path, row in shipped(form_id).paths() if row.kind is not Kind.END}


def test_every_form_has_a_core_and_none_is_of_no_form() -> None:
    """A form without a core could be loosened at will."""
    assert set(core()) == set(FORMS)
    assert all(set(one) == {"gate", "texts", "frozen", "lists"} for one in core().values())


@pytest.mark.parametrize("form_id", FORMS)
def test_frozen_rows_exist_and_are_named_once(form_id: str) -> None:
    """A path with a slip protects nothing."""
    one = core()[form_id]
    assert set(one["frozen"]) <= paths(form_id)
    assert set(one["texts"]) <= paths(form_id)
    assert len(set(one["frozen"])) == len(one["frozen"])
    assert set(one["texts"]) <= set(one["frozen"])


@pytest.mark.parametrize("form_id", FORMS)
def test_every_list_is_open_or_closed(form_id: str) -> None:
    """Each list of a form says whether an organisation may add to it."""
    lists = core()[form_id]["lists"]
    assert set(lists) == set(shipped(form_id).choices)
    assert set(lists.values()) <= {"open", "closed"}


@pytest.mark.parametrize("form_id", FORMS)
def test_the_gate_is_the_one_of_the_form(form_id: str) -> None:
    """The question and the answers that open a form are those that its groups name; a form without says none."""
    gate = core()[form_id]["gate"]
    if form_id not in GATES:
        assert gate == "none"
        return
    question, opens = GATES[form_id]
    assert gate["question"].rpartition("/")[2] == question
    assert gate["question"] in core()[form_id]["frozen"]
    assert frozenset(gate["opens"]) == opens


@pytest.mark.parametrize("form_id", FORMS)
def test_sections_and_identities_are_frozen(form_id: str) -> None:
    """Conditions of groups are the gate, and uids are the identity of records: neither may change."""
    frozen = set(core()[form_id]["frozen"])
    assert {"/".join(section.path) for section in sections(form_id)} <= frozen
    assert {"/".join(q.path) for q in mapped(form_id).questions if q.field == "uid"} <= frozen


@pytest.mark.parametrize("form_id", FORMS)
def test_what_frozen_rows_stand_on_is_frozen_too(form_id: str) -> None:
    """A condition is only as safe as the question it reads."""
    frozen = set(core()[form_id]["frozen"])
    where = {path[-1]: "/".join(path) for path, row in shipped(form_id).paths() if row.kind is not Kind.END}
    loose: dict[str, set[str]] = {}
    for path, row in shipped(form_id).paths():
        if "/".join(path) in frozen and row.kind is not Kind.END:
            text = " ".join(
                row.cell(column) for column in ("relevant", "constraint", "calculation", "choice_filter")
            )
            if open_ := {where[name] for name in re.findall(r"\$\{(\w+)\}", text)} - frozen:
                loose["/".join(path)] = open_
    assert loose == {}


def test_rules_read_frozen_answers_only() -> None:
    """What triage computes from cannot be dropped by an organisation."""
    triage = "danger_now icons when_rel victim_kind victim_count special hours_since held_since info_source"
    for field in triage.split():
        question = next(q for q in mapped("alert").questions if (q.entity, q.field) == ("alert", field))
        assert "/".join(question.path) in core()["alert"]["frozen"]
