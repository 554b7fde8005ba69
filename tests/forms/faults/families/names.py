"""Names that collide, that servers have already, that a rename left behind."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell

FAULTS: tuple[Fault, ...] = (
    cell("market", "Q07_Why.name", "_id", "NAME-RESERVED"),
    cell("market", "Q07_Why.name", "meta", "NAME-RESERVED"),
    cell("market", "Q07_Why.name", "__system", "NAME-RESERVED"),
    cell("market", "Q07_Why.name", "_submission_time", "NAME-RESERVED"),
    cell("market", "Q07_Why.name", "Q06_Open", "PX-NAMES_001"),
    cell("market", "Q07_Why.name", "q06_open", "NAME-CASE"),
    cell("market", "Q07_Why.name", "Why not", "NAME-FORM"),
    cell("market", "Q07_Why.name", "07_Why", "NAME-FORM"),
    cell("market", "Q07_Why.name", "", "PX-NO-NAME", ""),
    cell("market", "Q04_Price.name", "Price", "REF-UNKNOWN", "Bag_Kilo.calculation"),
    cell("market", "Q01_Town.name", "Town_of_market", "REF-UNKNOWN", "Q02-Stall.choice_filter"),
    cell("market", "Goods/96.name", "1", "PX-NAMES_007"),
    cell("market", "Goods/96.name", "other goods", "CHOICE-NAME"),
    cell("market", "Goods/96.name", "", "PX-NAMES_006", ""),
    cell("menage", "age.name", "ans", "REF-UNKNOWN", "mineur.calculation"),
    cell("menage", "mineur.name", "enfant", "REF-UNKNOWN", "mineurs.calculation"),
    cell("menage", "membre.name", "menage", "PX-NAMES_001", ""),
    cell("menage", "oui_non/non.name", "oui", "PX-NAMES_007", ""),
    add("menage", "telephone", "text | telephone | Encore | Again", "PX-NAMES_001"),
    add("menage", "resume", "calculate | dikalo_form | | | | | | | | | | | | 'autre'", "STAMP"),
)
"""The faults of this family."""
