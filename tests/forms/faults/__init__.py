"""The corpus of the form check: faults planted one at a time, and clean forms in the manner of others that must stay clean.

A family is a module of ``families`` with a tuple ``FAULTS``, or ``drawn()`` over forms of another test; a base is a file of ``bases``. The tables of ``tests.forms.rules.faults``
count too, a family each. ``python -m tests.forms.faults`` prints what is found, misled and missed.
"""
