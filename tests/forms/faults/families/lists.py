"""Answers that a list lacks, filters that offer nothing or everything, defaults of no list."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell, drop

FAULTS: tuple[Fault, ...] = (
    cell("market", "Q07_Why.relevant", "${Q06_Open} = '2'", "CHOICE-UNKNOWN"),
    cell("market", "Q07_Why.relevant", "${Q06_Open} = 'No'", "CHOICE-UNKNOWN"),
    cell("market", "Q07_Why.relevant", "${Q06_Open} != '2'", "CHOICE-UNKNOWN"),
    cell("market", "Q07_Why.relevant", "selected(${Q06_Open}, 'no')", "CHOICE-UNKNOWN"),
    cell("market", "Q07_Why.relevant", "selected(${Q03_Goods}, '3')", "CHOICE-UNKNOWN"),
    cell("market", "Q07_Why.relevant", "selected(${Q03_Goods}, 'Other')", "CHOICE-UNKNOWN"),
    cell("market", "Rice.relevant", "${Q03_Goods} = '1'", "MULTI-EQUALS"),
    cell("market", "Rice.relevant", "${Q03_Goods} != '1'", "MULTI-EQUALS"),
    cell("market", "YN/0.name", "n", "CHOICE-UNKNOWN", "Q07_Why.relevant"),
    cell("market", "Q06_Open.default", "Yes", "DEFAULT-CHOICE"),
    cell("market", "Q06_Open.default", "oui", "DEFAULT-CHOICE"),
    cell("market", "Q06_Open.type", "select_one YesNo", "PX-LIST"),
    cell("market", "Q06_Open.type", "select_one", "PX-TYPE", ""),
    cell("market", "Q06_Open.type", "selct_one YN", "PX-TYPE"),
    cell("market", "Q04_Price.type", "number", "PX-TYPE"),
    cell("market", "Q07_Why.type", "", "ROW-TYPE"),
    cell("market", "Q02-Stall.choice_filter", "town = town", "FILTER-BARE"),
    cell("market", "Q02-Stall.choice_filter", "ville = ${Q01_Town}", "FILTER-NOCOL"),
    cell("market", "Q02-Stall.choice_filter", "town = ${Q01_town}", "REF-UNKNOWN"),
    cell("market", "Stall/2-a.town", "3", "FILTER-EMPTY", "Q02-Stall.choice_filter"),
    cell("market", "Stall/2-a.town", "1", "FILTER-EMPTY", "Q02-Stall.choice_filter"),
    cell("market", "Town/2.name", "02", "FILTER-EMPTY", "Q02-Stall.choice_filter"),
    add("market", "Town/2", "Town | 3 | Limbe", "FILTER-EMPTY", "Q02-Stall.choice_filter"),
    cell("market", "Quality/2.label", "Good", "CHOICE-DUP-LABEL", "Quality/3.label"),
    cell("market", "Quality/2.label", "", "PX-LABEL_001", ""),
    drop("market", "YN/0", "CHOICE-UNKNOWN", "Q07_Why.relevant"),
    drop("market", "Goods/1", "CHOICE-UNKNOWN", "Rice.relevant"),
    drop("market", "Stall/2-a", "FILTER-EMPTY", "Q02-Stall.choice_filter"),
    cell("menage", "commune.choice_filter", "region = region", "FILTER-BARE"),
    cell("menage", "commune.choice_filter", "régions = ${region}", "FILTER-NOCOL"),
    cell("menage", "commune/fako.region", "so", "FILTER-EMPTY", "commune.choice_filter"),
    cell("menage", "commune/fako.region", "", "FILTER-EMPTY", "commune.choice_filter"),
    cell(
        "menage",
        "besoins.constraint",
        "not(selected(., 'aucun') and count-selected(.) > 1)",
        "CHOICE-UNKNOWN",
    ),
    cell("menage", "autre_besoin.relevant", "${besoins} = 'autre'", "MULTI-EQUALS"),
    cell("menage", "autre_besoin.relevant", "selected(${besoins}, 'autres')", "CHOICE-UNKNOWN"),
    cell("menage", "photo_ok.default", "Non", "DEFAULT-CHOICE"),
    cell("menage", "menage.relevant", "${accord} = oui", "QUOTE-MISSING"),
    cell("menage", "menage.relevant", "${accord} = 'yes'", "CHOICE-UNKNOWN"),
    cell("menage", "menage.relevant", "${accord} = 'Oui'", "CHOICE-UNKNOWN"),
    cell("menage", "region/sw.label::English (en)", "North West", "CHOICE-DUP-LABEL"),
)
"""The faults of this family."""
