"""The scenarios S1 to S12: each module measures one question and yields its figures; ``run`` is its entry.

A scenario says how many submissions it takes and how often it repeats; nothing here judges a build. What CI checks of
them, as ratios and equalities at small numbers, stands in ``tests/bench/test_gates.py``.
"""
