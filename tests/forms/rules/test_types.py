"""What expressions give is worked out over the whole form: calculations of calculations, branches, answers of lists."""

from __future__ import annotations

import pytest

from tests.forms.rules.tables import ASIDE, form
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.types import Type, Types, Value
from xlsform.expressions.xpath import parse, written
from xlsform.model import resolve
from xlsform.rules import check

LISTS = """
list_name | name | label.fr | label.en
yes_no    | yes  | Oui      | Yes
yes_no    | no   | Non      | No
note      | 1    | Un       | One
note      | 2    | Deux     | Two
"""
FORM = form("""
type                   | name   | calculation
integer                | age    |
text                   | nom    |
date                   | quand  |
time                   | debut  |
dateTime               | depart |
geopoint               | lieu   |
select_one yes_no      | blesse |
select_one note        | note   |
begin_repeat           | enfant |
integer                | poids  |
end_repeat             |        |
calculate              | double | ${age} * 2
calculate              | quatre | ${double}
calculate              | veille | date(${quand} - 1)
calculate              | majeur | ${age} >= 18
calculate              | cercle | ${cercle} + ${rond}
calculate              | rond   | ${cercle}
""", choices=LISTS)  # fmt: skip
NUMBER, TEXT, WORDS, UNKNOWN = (
    Value(Type.NUMBER),
    Value(Type.TEXT),
    Value(Type.TEXT, words=True),
    Value(Type.UNKNOWN),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${age}", NUMBER),
        ("${quatre}", NUMBER),
        ("${nom}", TEXT),
        ("${blesse}", WORDS),
        ("${note}", TEXT),
        ("${quand}", Value(Type.DATE)),
        ("${veille}", Value(Type.DATE)),
        ("${debut}", Value(Type.TIME)),
        ("${depart}", Value(Type.DATETIME)),
        ("${lieu}", Value(Type.GEO)),
        ("${majeur}", Value(Type.BOOLEAN)),
        ("${enfant}", Value(Type.NODES)),
        ("${poids}", NUMBER),
        ("${rien}", UNKNOWN),
        ("${rond}", NUMBER),
        ("today() - ${quand}", NUMBER),
        ("'12'", TEXT),
        ("'douze'", WORDS),
        ("1 = 1 or 2 > 1", Value(Type.BOOLEAN)),
        ("if(${age} > 1, ${age}, 0)", NUMBER),
        ("if(${age} > 1, ${age}, '')", NUMBER),
        ("if(${age} > 1, ${age}, 'non')", UNKNOWN),
        ("if(${age} > 1, 'oui', 'non')", WORDS),
        ("coalesce(${quand}, today())", Value(Type.DATE)),
        ("once(uuid())", WORDS),
        ("concat('A', ${age})", WORDS),
        ("concat(${age}, '.', ${age})", TEXT),
        ("format-date(${quand}, '%Y')", TEXT),
        ("count(${enfant})", NUMBER),
        ("selected(${blesse}, 'yes')", Value(Type.BOOLEAN)),
        ("pulldata('a', 'b', 'c', 'd')", UNKNOWN),
        ("instance('a')/root/item[name = 'x']/y", UNKNOWN),
    ],
)
def test_what_an_expression_gives(text: str, value: Value) -> None:
    """Surely words, or perhaps a number: only what is sure is ever told to people."""
    node = parse(text).node

    assert node is not None
    assert Types(resolve(FORM)).of(node, None) == value


def test_the_table_of_functions_uses_no_other_words() -> None:
    """A slip in the table is no type that nobody has."""
    needs = {"any", "text", "number", "boolean", "date", "codes", "nodes", "geo"}

    assert {need for one in FUNCTIONS.values() for need in one.needs} <= needs
    assert {one.gives for one in FUNCTIONS.values()} <= {*map(str, Type), "same"}


@pytest.mark.parametrize(
    "text", ["(1 + 2) * 3", "1 - (2 - ${a})", "concat('a', \"l'a\")", "../a[b = 1]/c", "not(${a} = 'x')"]
)
def test_an_expression_is_written_as_it_was_read(text: str) -> None:
    """In brackets where they matter: what a message proposes does the same."""
    node = parse(text).node

    assert node is not None
    assert parse(written(node)).node == node


ASKED = """
type                       | name     | calculation | label    | default | appearance
integer                    | age      |             | Question |         |
text                       | nom      |             | Question |         |
text                       | affiche  | today()     | Question |         |
date                       | quand    |             | Question |         |
select_one yes_no          | blesse   |             | Question |         |
select_one note            | note     |             | Question |         |
begin_repeat               | village  |             |          |         |
begin_repeat               | enfant   |             |          |         |
text                       | prenom   |             | Question |         |
calculate                  | rang     | position(..) |         |         |
calculate                  | rang_village | position(../..) |  |         |
end_repeat                 |          |             |          |         |
end_repeat                 |          |             |          |         |
calculate                  | essai    | {}          |          |         |
"""


@pytest.mark.parametrize(
    "right",
    [
        "count-non-empty(${age}) + count-non-empty(${nom})",
        "selected('yes no', ${blesse})",
        "selected(${nom}, 'deux mots')",
        "if(${note} >= 1, 'a', 'b')",
        "number(${note}) * 2",
        "if(${affiche} < ${quand}, 'a', 'b')",
        "format-date(${affiche}, '%d/%m/%Y')",
        "if(${quand} = '2026-11-25', 1, 0)",
        "if(${age} != '' and ${age} > 5, 1, 0)",
        "if(number(${age}) = 'NaN', 1, 0)",
        "once(if(${nom} = '', '', concat('A-', ${nom})))",
        "(today() - ${quand}) div 365.25",
        "coalesce(null, ${nom})",
        "concat(${age}, '.', ${age}) + 1",
        "jr:choice-name(${blesse}, '${blesse}')",
        "sum(${enfant}/prenom)",
        "substr(${nom}, -3)",
        "if(regex(${nom}, '^\\p{L}+$'), 1, 0)",
    ],
)
def test_what_is_right_is_silent(right: str) -> None:
    """What people write on purpose, or what only might be wrong, is never told."""
    said = {one.code for one in check(form(ASKED.format(right), choices=LISTS))}

    assert said - {*ASIDE, "NUM-EMPTY", "CLOCK-ANEW"} == set()
