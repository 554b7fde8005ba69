"""No form makes the check stumble: whatever stands in the cells, it answers with findings that can be said."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsform import columns
from xlsform.findings.catalogue import CATALOGUE
from xlsform.model import Choice, Form, Place, Row
from xlsform.rules import check

NAMES = st.sampled_from(["a", "b", "c", "consent", "Été", "", "_x", "dikalo_form", "meta", "a" * 40])
TYPES = st.sampled_from(
    [
        *("text", "integer", "date", "note", "calculate", "image", "geopoint", "range", "username", "audit"),
        *(
            "select_one l",
            "select_multiple l",
            "rank m",
            "select_one ${a}",
            "select_multiple ${a}",
            "select_one",
        ),
        *(
            "select_one_from_file x.csv",
            "select_one_external l",
            "l or_other",
            "select_one l or_other",
            "",
            "wörd",
        ),
    ]
)
EXPRESSIONS = st.one_of(
    st.sampled_from(
        [
            *(
                "${a} = 'x'",
                "selected(${b}, 'y z')",
                "${c} > 3",
                "oui",
                "si(1;2)",
                "${a} et ${b}",
                "region = region",
            ),
            *(
                "date('25/11/2026')",
                "once(uuid())",
                "${last-saved#a}",
                "count(${r}[age > 3])",
                "yes",
                "(",
                "'",
            ),
            *(
                "jr:choice-name(${a}, '${a}')",
                "instance('l')/root/item[name = ${a}]/label",
                "pulldata('x')",
                "{",
                "}",
            ),
        ]
    ),
    st.text(alphabet="${}ab ()'=<>,;.+-*/[]1«", max_size=25),
)


def texts(codes: Iterable[str]) -> st.SearchStrategy[dict[str, dict[str, str]]]:
    """Texts in the languages of a form, and in none."""
    return st.dictionaries(
        st.sampled_from(["label", "hint", "constraint_message", "image"]),
        st.dictionaries(
            st.sampled_from(["", *codes]), st.sampled_from(["A", "{b}", "${a}", "x.png"]), max_size=3
        ),
        max_size=3,
    )


CELLS = st.dictionaries(
    st.sampled_from(
        [
            *("relevant", "constraint", "calculation", "required", "readonly", "choice_filter", "default"),
            *(
                "repeat_count",
                "appearance",
                "parameters",
                "trigger",
                columns.REGISTER,
                columns.SENSITIVITY,
                "relevent",
            ),
        ]
    ),
    EXPRESSIONS,
    max_size=6,
)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Draw a form whose groups are balanced; nothing else about it need be right."""
    languages = draw(st.sampled_from([{}, {"fr": "Français (fr)"}, {"fr": "Français (fr)", "en": "English"}]))
    rows: list[Row] = []
    still_open: list[str] = []
    for number in range(draw(st.integers(0, 9))):
        place = Place("f.xlsx", None, "survey", number + 2)
        step = draw(st.sampled_from(["row", "row", "row", "group", "repeat", "end"]))
        if step == "end" and still_open:
            rows.append(Row(f"end_{still_open.pop()}", place=place))
            continue
        kind = draw(TYPES) if step in {"row", "end"} else f"begin_{step}"
        if kind.startswith("begin_"):
            still_open.append(step)
        rows.append(Row(kind, draw(NAMES), draw(CELLS), draw(texts(languages)), place))
    rows += [Row(f"end_{kind}") for kind in reversed(still_open)]
    choice = st.builds(
        Choice, NAMES, texts(languages), st.dictionaries(st.sampled_from(["region", "$k"]), NAMES, max_size=2)
    )
    lists = st.dictionaries(
        st.sampled_from(["l", "m", ""]), st.lists(choice, min_size=1, max_size=3).map(tuple), max_size=3
    )
    said = st.dictionaries(st.sampled_from(columns.SETTINGS_COLUMNS), EXPRESSIONS, max_size=4)
    return Form(languages, draw(said), tuple(rows), draw(lists), file="f.xlsx")


@settings(max_examples=40, deadline=None)
@given(forms())
def test_any_form_is_answered(form: Form) -> None:
    """With all families on; each finding has its words, and twice checked is the same: forty forms."""
    answered(form)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(forms())
def test_many_forms_are_answered(form: Form) -> None:
    """The same, six hundred forms."""
    answered(form)


def answered(form: Form) -> None:
    """Check a form, twice."""
    found = check(form, protect=True)

    assert all(one.code in CATALOGUE for one in found)
    assert all(one.what and one.why and one.fix and one.document() for one in found)
    assert check(form, protect=True) == found
