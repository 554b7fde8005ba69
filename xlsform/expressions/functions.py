"""The functions of phones: what each is given and what it gives. Only a table.

Source: the table of XPath functions of the ODK XForms specification (getodk/xforms-spec, ``_sections/30-bindings.md``) and, where
the two differ, what JavaRosa does (getodk/javarosa, ``XPathFuncExpr.java``; ``ChoiceNameFunctionHandler.java`` for
``jr:choice-name``). ``pulldata`` and ``search`` are ODK Collect's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        needs: what each argument has to be: ``any``, ``text``, ``number``, ``boolean``, ``date`` (a date, or a text or number
            that is turned into one), ``codes`` (answers parted by blanks: a text, never a number or a date), ``nodes`` (all answers
            to a question, or rows of a repeat), ``geo``.
        least: how many arguments there must be; ``most`` how many there can be, None for any number.
        rows: whether it can take all the rows of a repeat at once (``@`` in the table, and ``nodes``).
        gives: the type of the result: of `xlsform.expressions.types.Type`, or ``same`` for the type of its last arguments.
    """

    needs: tuple[str, ...]
    least: int
    most: int | None
    rows: bool
    gives: str

    def need(self, number: int) -> str:
        """Return what the argument of that number (from 0) has to be; the last need is that of all that follow."""
        return self.needs[min(number, len(self.needs) - 1)] if self.needs else "any"

    def takes(self, count: int) -> bool:
        """Say whether it can be called with so many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)


_TABLE = """
abs                  number                        -> number
acos                 number                        -> number
area                 geo@                          -> number
asin                 number                        -> number
atan                 number                        -> number
atan2                number number                 -> number
base64-decode        text                          -> text
boolean              any                           -> boolean
boolean-from-string  any                           -> boolean
checklist            number number any@*           -> boolean
coalesce             any any                       -> same
concat               any*                          -> text
contains             text text                     -> boolean
cos                  number                        -> number
count                nodes                         -> number
count-non-empty      nodes                         -> number
count-selected       codes                         -> number
current                                            -> nodes
date                 date                          -> date
date-time            date                          -> datetime
decimal-date-time    date                          -> number
decimal-time         date                          -> number
depend               any any*                      -> unknown
digest               text text text?               -> text
distance             geo@ geo*                     -> number
enclosed-area        geo@                          -> number
ends-with            text text                     -> boolean
exp                  number                        -> number
exp10                number                        -> number
extract-signed       text text                     -> text
false                                              -> boolean
format-date          date text                     -> text
format-date-time     date text                     -> text
geofence             geo geo@                      -> boolean
if                   boolean any any               -> same
indexed-repeat       any@ any@ number any@*        -> unknown
instance             text                          -> nodes
int                  number                        -> number
intersects           geo@ any*                     -> boolean
is-selected          codes codes                   -> boolean
join                 text any@*                    -> text
jr:choice-name       text text                     -> text
jr:itext             text                          -> text
log                  number                        -> number
log10                number                        -> number
max                  number@*                      -> number
min                  number@*                      -> number
normalize-space      text?                         -> text
not                  boolean                       -> boolean
now                                                -> datetime
number               number                        -> number
once                 any                           -> same
pi                                                 -> number
position             any@?                         -> number
pow                  number number                 -> number
property             text                          -> text
pulldata             text text text any            -> unknown
random                                             -> number
randomize            nodes any?                    -> nodes
regex                text text                     -> boolean
round                number number?                -> number
search               text any*                     -> boolean
selected             codes codes                   -> boolean
selected-at          codes number                  -> unknown
sin                  number                        -> number
sqrt                 number                        -> number
starts-with          text text                     -> boolean
string               any                           -> text
string-length        text?                         -> number
substr               text number number?           -> text
substring-after      text text                     -> text
substring-before     text text                     -> text
sum                  nodes                         -> number
tan                  number                        -> number
today                                              -> date
translate            text text text                -> text
true                                               -> boolean
uuid                 number?                       -> text
version                                            -> text
weighted-checklist   number number any@*           -> boolean
"""


def _read(table: str) -> Mapping[str, Function]:
    found: dict[str, Function] = {}
    for line in table.strip().splitlines():
        (name, *needs), gives = line.partition("->")[0].split(), line.partition("->")[2].strip()
        fixed = [need for need in needs if need[-1] not in "?*"]
        rows = any("@" in need or need == "nodes" for need in needs)
        most = None if any(need.endswith("*") for need in needs) else len(needs)
        found[name] = Function(tuple(need.rstrip("?*@") for need in needs), len(fixed), most, rows, gives)
    return MappingProxyType(found)


FUNCTIONS: Mapping[str, Function] = _read(_TABLE)
"""Name -> what it is given and what it gives. Also those that phones have and other rules ban."""
