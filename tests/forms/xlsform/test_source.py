"""A form source: every scalar is text, and what a reviewer cannot see is refused with its line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.forms.xlsform.worlds import form, form_of, text
from xlsform import pack
from xlsform.errors import FormError
from xlsform.model import Form, GroupUnbalanced, Kind
from xlsform.sources import plain_yaml, source
from xlsform.sources.plain_yaml import KeyTwice, MappingNode, ScalarNode, YamlForbidden, YamlWrong, parse

SMALL = """\
languages: {fr: Français (fr), en: English (en)}
settings: {form_id: f, version: 2026112501}
survey:
"""


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "NO",
        "yes",
        "012",
        "2026112501",
        "09:30",
        "1e3",
        "null",
        "~",
        "2026-11-25",
        "0x1f",
        "1_000",
        "Off",
        "=",
    ],
)
def test_text_stays_text(written: str) -> None:
    """A YAML reader of 2001 would make booleans, numbers, times and dates of these."""
    node = parse(f"key: {written}\n- x".split("\n-", maxsplit=1)[0], "f.yaml")

    assert isinstance(node, MappingNode)
    assert node.entries["key"] == ScalarNode(written, plain_yaml.Mark("f.yaml", 1))


def test_awkward_names_reach_the_form() -> None:
    """Choices named no, NO, 012 and 1e3 keep their names, as values and in filters."""
    read = form()

    assert [choice.name for choice in read.choices["agreed"]] == ["yes", "no"]
    assert [choice.name for choice in read.choices["zone"]] == ["012", "1e3", "NO"]
    assert [choice.cells["zone"] for choice in read.choices["sector"]] == ["012", "1e3", "NO"]
    assert read.settings["version"] == "2026112501"


def test_each_row_knows_its_line_and_its_row() -> None:
    """Findings, the converter's row numbers and the source agree."""
    lines = text().split("\n")
    for number, row in enumerate(form().survey, start=2):
        assert row.place.row == number
        assert row.place.line is not None
        assert lines[row.place.line - 1].strip() == f"- type: {row.type}"


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ("settings: {a: 1}\nsettings: {b: 2}", "DK-F09", 2),
        ("survey:\n  - type: text\n    name: a\n    name: b", "DK-F09", 4),
        ("survey:\n  - &x\n    type: text", "DK-F10", 2),
        ("settings:\n  a: *x", "DK-F10", 2),
        ("settings:\n  <<: {a: b}", "DK-F10", 2),
        ("settings:\n  a: !!int 3", "DK-F10", 2),
        ("settings:\n  a: !python/name:os.system x", "DK-F10", 2),
        ("settings:\n  a: [b", "DK-F08", 2),
        ("settings:\n\ta: b", "DK-F08", 2),
        ("settings: {}\n---\nsettings: {}", "DK-F08", 2),
        ('settings:\n  a: "\\x07"', "DK-F13", 2),
        ("settings:\n  a: \x07", "DK-F13", 2),
        ("survey: text", "DK-F11", 1),
        ("survey:\n  - type: [a]", "DK-F11", 2),
        ("survey:\n  - name: a", "DK-F11", 2),
        ("survey:\n  - {type: {a: b}, name: x}", "DK-F11", 2),
        ("question:\n  - a", "DK-F14", 1),
        ("survey:\n  - use: place\n    name: x", "DK-F14", 3),
        ("languages: {fr: F (fr)}\nsurvey:\n  - type: text\n    label: Nom", "DK-F15", 4),
        ("languages: {fr: F (fr)}\nsurvey:\n  - type: text\n    label:\n      wes: Nem", "DK-F15", 5),
        ("lists: [sex, sex]", "DK-F16", 1),
        ("lists: [sex]\nchoices:\n  sex: [{name: a}]", "DK-F16", 1),
        ("lists:\n  - sexx", "DK-F04", 1),
        ("survey:\n  - use: plase", "DK-F05", 2),
        ("survey:\n  - use: ../../etc/passwd", "DK-F05", 2),
        ("survey:\n  - type: begin_group\n    name: g", "DK-F01", 2),
        ("survey:\n  - type: end_group", "DK-F01", 2),
        ("survey:\n  - {type: begin_group, name: g}\n  - type: end_repeat", "DK-F01", 3),
    ],
)
@pytest.mark.parametrize("loader", sorted({plain_yaml._LOADER, yaml.BaseLoader}, key=str))
def test_what_a_source_must_not_hold(
    written: str, code: str, line: int, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault is a sentence under a stable code that names file and line, with either of PyYAML's parsers."""
    monkeypatch.setattr(plain_yaml, "_LOADER", loader)
    with pytest.raises(FormError) as refused:
        form_of(written)

    assert refused.value.code == code
    assert f"f.yaml:{line}" in refused.value.words() or code == "DK-F04"


def test_bytes_that_are_no_text() -> None:
    """Latin-1 and giants are refused; a byte-order mark and Windows line ends are not."""
    for raw in ("é".encode("latin-1"), b"#" * (plain_yaml.LARGEST + 1)):
        with pytest.raises(plain_yaml.SourceUnreadable):
            source.read(raw, file="f.yaml")

    windows = b"\xef\xbb\xbf" + text().replace("\n", "\r\n").encode()
    assert source.read(windows, file="f.yaml") == form()


def test_deep_nesting_is_refused_early() -> None:
    """A thousand brackets end in a sentence, not in a crash."""
    with pytest.raises(YamlWrong):
        form_of("settings: " + "[" * 1000 + "]" * 1000)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is a sentence too."""
    with pytest.raises(plain_yaml.SourceUnreadable):
        source.load(tmp_path / "f.yaml")


def test_texts_by_language() -> None:
    """A translated column is given by language code; a bare media file counts for all languages."""
    read = form_of(SMALL + "  - {type: image, name: p, label: {fr: Photo, en: Picture}, image: p.png}\n")

    assert read.survey[0].texts == {
        "label": {"fr": "Photo", "en": "Picture"},
        "image": {"fr": "p.png", "en": "p.png"},
    }


def test_a_form_without_languages() -> None:
    """Then a text is a text."""
    read = form_of("survey:\n  - {type: text, name: a, label: Nom}\n")

    assert read.survey[0].texts == {"label": {"": "Nom"}}


def test_the_default_language_is_the_first() -> None:
    """Said or not, the form is the same; another one stays visible for the check."""
    said = form_of(SMALL.replace("{form_id: f,", "{form_id: f, default_language: Français (fr),"))
    wrong = form_of(SMALL.replace("{form_id: f,", "{form_id: f, default_language: fr,"))

    assert said == form_of(SMALL)
    assert wrong.settings["default_language"] == "fr"


# --- blocks and shared lists --------------------------------------------------------------------------------------


@pytest.fixture
def forms_folder(tmp_path: Path) -> Path:
    """A forms folder with one block and a few shared lists."""
    (tmp_path / "src" / "blocks").mkdir(parents=True)
    (tmp_path / "lists").mkdir()
    (tmp_path / "register_fields.csv").write_text("entity,field,owner,level,type\n", encoding="utf-8")
    (tmp_path / "lists" / "codelists.csv").write_text(
        "list,code,label_fr,label_en,image,esf\nsex,f,Femme,Woman,f.png,1\nsex,m,Homme,Man,,2\n",
        encoding="utf-8",
    )
    (tmp_path / "lists" / "acts.csv").write_text(
        "code,label_fr,label_en,group\narrest,Arrestation,Arrest,liberty\n", encoding="utf-8"
    )
    (tmp_path / "src" / "blocks" / "who.yaml").write_text(
        "lists: [sex]\nsurvey:\n"
        "  - {type: select_one sex, name: sex, label: {fr: Sexe, en: Sex}, required: yes}\n"
        "  - {type: integer, name: age, label: {fr: Âge, en: Age}, hint: {fr: En années, en: In years}}\n",
        encoding="utf-8",
    )
    return tmp_path


def read_in(folder: Path, written: str) -> Form:
    """A form from a source whose blocks and lists lie in a folder."""
    return source.read((SMALL + written).encode(), file="f.yaml", root=folder)


def test_a_block_stands_for_its_rows(forms_folder: Path) -> None:
    """Rows, and the lists they need, come with the block; numbers count the rows laid in."""
    read = read_in(forms_folder, "  - {type: start, name: s}\n  - use: who\n  - {type: end, name: e}\n")

    assert [(row.name, row.place.row) for row in read.survey] == [("s", 2), ("sex", 3), ("age", 4), ("e", 5)]
    assert [row.place.file for row in read.survey] == ["f.yaml", "who.yaml", "who.yaml", "f.yaml"]
    assert [choice.name for choice in read.choices["sex"]] == ["f", "m"]
    assert read.choices["sex"][0].texts["image"] == {"fr": "f.png", "en": "f.png"}


def test_a_form_may_change_cells_of_a_block(forms_folder: Path) -> None:
    """``set`` lays cells over a row, an empty one takes a cell away, and other rows stay."""
    read = read_in(
        forms_folder,
        "  - use: who\n    set:\n      age: {default: '30', hint: ''}\n      sex: {required: '', sensitivity: 1}\n",
    )

    assert [row.cells for row in read.survey] == [{"sensitivity": "1"}, {"default": "30"}]
    assert "hint" not in read.survey[1].texts
    with pytest.raises(plain_yaml.KeyUnknown):
        read_in(forms_folder, "  - use: who\n    set: {aeg: {default: '30'}}\n")


def test_a_block_uses_no_block(forms_folder: Path) -> None:
    """One level, so that a reader finds every row in two files."""
    (forms_folder / "src" / "blocks" / "all.yaml").write_text("- use: who\n", encoding="utf-8")

    with pytest.raises(source.BlockNested):
        read_in(forms_folder, "  - use: all\n")


def test_shared_lists_bring_the_columns_asked_for(forms_folder: Path) -> None:
    """Only the columns that a filter needs reach the phone."""
    read = read_in(forms_folder, "  - {type: select_one acts, name: a}\nlists:\n  - acts: [group]\n")

    assert read.choices["acts"][0].cells == {"group": "liberty"}
    with pytest.raises(pack.TableBroken):
        read_in(forms_folder, "lists:\n  - acts: [grp]\n".replace("lists", "choices: {}\nlists"))


def test_administrative_units_bring_their_parent() -> None:
    """A department knows its region, by code; retired names apart, labels are read by people."""
    choices = pack.shared_choices("cm_admin:department", ["fr", "en"])

    assert len(choices) == 58
    assert all(choice.cells["region"] == choice.name[:5] for choice in choices)
    assert pack.shared_choices("department", ["fr", "en"]) == choices


KEYS = st.text("abc_:-.# ", min_size=1, max_size=5).filter(lambda key: key.strip() == key)


@given(st.dictionaries(KEYS, st.text(max_size=30), max_size=4))
def test_reading_never_ends_in_a_crash(entries: dict[str, str]) -> None:
    """Whatever stands in a file, the answer is nodes or a sentence."""
    written = "\n".join(f"{key}: {value}" for key, value in entries.items())
    with suppress(FormError):
        parse(written, "f.yaml")


def test_keys_given_twice_are_found_at_every_depth() -> None:
    """The second of two labels would win in silence."""
    with pytest.raises(KeyTwice) as refused:
        form_of(SMALL + "  - type: text\n    name: a\n    label:\n      fr: A\n      fr: B\n")
    assert refused.value.where == "f.yaml:8"


def test_a_tagged_key_is_refused() -> None:
    """Also on keys: a tag there would hide a type."""
    with pytest.raises(YamlForbidden):
        form_of("settings:\n  !!str a: b")


def test_groups_of_a_form_are_balanced() -> None:
    """A form that does not nest cannot be made at all."""
    with pytest.raises(GroupUnbalanced):
        Form(
            languages={}, settings={}, survey=tuple(row for row in form().survey if row.kind is not Kind.END)
        )
