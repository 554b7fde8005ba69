"""The tables of the register proper: entities of the domain, each column with its owner and level."""

from __future__ import annotations
