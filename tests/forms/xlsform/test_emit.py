"""A form written as YAML: one way to write each thing, and no comment lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.forms.xlsform.worlds import SOURCE, form, form_of, text
from xlsform import pack
from xlsform.sources import emit, plain_yaml, source
from xlsform.sources.emit import comments_of
from xlsform.sources.plain_yaml import MappingNode, ScalarNode, flow, parse, scalar_text
from xlsform.workbooks import workbook, writing

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=30).map(str.strip)


AWKWARD = ["a # b", "a: b", "a:", "- a", "-", "-1", "? a", "[a]", "{a}", "*a", "&a", "!a", "%a", "@a", "`a", "'a'", '"a"', "#a",
           "|", ">", "a, b", "a [b]", "---", "...", "=", "<<", "~", "é\u2028b", "a\tb", "a\nb", "a\\b", "a' #b", "http://a"]  # fmt: skip


@given(TEXT | st.sampled_from(AWKWARD))
def test_a_written_text_is_read_back(value: str) -> None:
    """Quoted only where needed, in a line and inside brackets, also for a reader that is not ours."""
    if any(letter < " " and letter not in "\n\t" for letter in value) or set(value) & set("\x7f\ufffe\uffff"):
        return
    line = parse(f"key: {scalar_text(value)}", "f")
    inside = parse(f"key: {flow({'fr': value, 'en': value})}", "f")

    assert isinstance(line, MappingNode)
    assert isinstance(inside, MappingNode)
    assert line.entries["key"] == ScalarNode(value, plain_yaml.Mark("f", 1))
    texts = inside.entries["key"]
    assert isinstance(texts, MappingNode)
    assert [node.value for node in texts.entries.values() if isinstance(node, ScalarNode)] == [value, value]
    assert yaml.load(f"key: {scalar_text(value)}", Loader=yaml.BaseLoader) == {"key": value}  # noqa: S506 - texts only


@pytest.mark.parametrize("value", AWKWARD)
def test_signs_that_mean_something_are_quoted(value: str) -> None:
    """Each of them, in a line and inside brackets."""
    test_a_written_text_is_read_back.hypothesis.inner_test(value)  # type: ignore[attr-defined]


def test_the_example_is_already_written_so() -> None:
    """Text, order, quotes and comments: nothing to change."""
    assert emit.write(form(), old=text()) == emit.Written(text(), ())


@pytest.mark.parametrize("packed", pack.forms(), ids=lambda packed: packed.form_id)
def test_a_shipped_form_names_its_blocks_and_lists_again(packed: pack.Packed) -> None:
    """After an import the source is still short: what is shared stays shared."""
    assert packed.source is not None
    old = packed.source.read_text(encoding="utf-8")
    made = workbook.read(writing.write(source.load(packed.source)), file="f.xlsx").form
    written = emit.write(made, old=old, root=pack.forms_root())

    for shared in ("use: ", "  - yes_no"):
        assert written.text.count(shared) == old.count(shared)
    assert "# " in written.text
    again = source.read(written.text.encode(), file="f.yaml")
    assert (again, list(again.choices)) == (made, list(made.choices))


def test_a_block_with_other_cells_is_named_with_its_changes() -> None:
    """A changed default is said beside ``use``; a block that would need more than that is written out."""
    block = source.load_block("stamps", ("fr",))
    head = "languages: {fr: Français (fr)}\nsurvey:\n  - use: stamps\n"
    changed = form_of(head + "    set:\n      start: {sensitivity: 1}\n")
    other = form_of(head + "".join(["    set:\n"] + [
        f"      {row.name}: {{register: '', sensitivity: 1, default: x, hint: {{fr: y}}}}\n" for row in block.rows
    ]))  # fmt: skip

    assert (
        "  - use: stamps\n    set:\n      start:\n        sensitivity: 1\n"
        in emit.write(changed, root=pack.forms_root()).text
    )
    assert "use:" not in emit.write(other, root=pack.forms_root()).text


def test_comments_above_what_stays_are_kept_and_the_others_named() -> None:
    """The head, and what stands directly above a row, a setting, a list or a choice; the rest is listed with its line."""
    old = (
        text()
        .replace("    name: zone\n", "    name: zone  # inline\n")
        .replace("\n  # Everything below", "\n  # Loose.\n\n  # Everything below")
    )
    without = form_of(old.replace("  # A landmark, never a name.\n  - type: text\n    name: landmark\n"
                                  "    label: {fr: Un repère, en: A landmark}\n    register: village\n    sensitivity: 3\n", ""))  # fmt: skip
    written = emit.write(without, old=old)

    for kept in (
        "# It is nobody's form",
        "# Shown on a lost phone",
        "# Everything below",
        "# Codes that a careless",
    ):
        assert kept in written.text
    assert [comment for _line, comment in written.lost] == [
        "# Loose.",
        "# inline",
        "# A landmark, never a name.",
    ]
    assert [old.split("\n")[line - 1].strip()[-8:] for line, _ in written.lost if line] == [
        "# Loose.",
        "# inline",
    ]


def test_a_sign_in_a_text_is_no_comment() -> None:
    """``#`` inside quotes, or with nothing before it, belongs to the text."""
    found = comments_of(
        "settings:\n  a: 'x # y'\n  b: \"x # y\"\n  c: x#y\n  d: l'eau # vraie\n  e: 'l''eau # y' # vraie\n",
        "f",
    )

    assert [comment for _line, comment in found.loose] == ["# vraie", "# vraie"]


def test_the_order_of_keys_is_fixed() -> None:
    """Whatever the order in the source or of the columns in Excel."""
    made = form_of("survey:\n  - {sensitivity: 1, zeta: z, label: A, name: a, alpha: b, type: text}\n")

    assert emit.write(made).text == (
        "survey:\n  - type: text\n    name: a\n    label: A\n    sensitivity: 1\n    alpha: b\n    zeta: z\n"
    )


def test_an_empty_old_text_is_no_old_text() -> None:
    """A new file has no comments."""
    assert emit.write(form(), old="\n").lost == ()
    assert not emit.write(form()).text.startswith("#")
    assert Path(SOURCE).read_text(encoding="utf-8").startswith("#")
