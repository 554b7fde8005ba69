"""The planted faults that are not found yet, each by its words and with what it would take. Nothing else may be missed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MISSES"]

_TYPES = "needs the types of expressions"

MISSES: Mapping[str, str] = dict.fromkeys(
    (
        "market: cell Q04_Price.default cher",
        "menage: cell arrivee.default 25/11/2026",
        "menage: cell age.default dix",
        "menage: cell telephone.type integer",
        "menage: cell membre.repeat_count 'deux'",
        "menage: cell telephone.constraint regex(., '^6[0-9{8}$')",
        "menage: cell etat.parameters start=5 end=1 step=1",
        "menage: cell mineurs.calculation count(${mineur} = 1)",
        "market: cell Bag_Kilo.calculation ${Q04_Price} / 50",
        "market: cell Bag_Kilo.calculation Q04_Price div 50",
        "market: cell Bag_Kilo.calculation '${Q04_Price}' div 50",
        "market: cell Q07_Why.relevant ${Q06_Open} = '0' or '1'",
        "market: cell Rice.relevant selected(${Q03_Goods}, '1 2')",
        "market: cell Rice.relevant selected('1', ${Q03_Goods})",
        "market: cell Rice.relevant selected(Q03_Goods, '1')",
    ),
    _TYPES,
)
"""Words of a fault -> why it is missed or misled."""
