"""Decisions of people: checked, written down as events, and what they touch built again. Nothing without an actor.

How a decision is made:

    with deciding(register, actor, now, dry_run=dry_run) as by:      # one transaction, kept or undone whole
        done = decisions.link(by, "AL-...", "DK-...")                # as many decisions as belong together

How to add one: a function in the module of its matter (here, or in a package of its own such as ``register.links``)

1. takes ``by: By`` first, then what was typed; the keyword arguments say the rest;
2. finds what it is about with `found` (``alert_of``, ``case_of``, ``worker_of``): they refuse what is not there;
3. asks `lifecycle` (or the rule of its matter) whether that may be, before anything is written; a refusal is an error
   class that says why and what would be needed;
4. writes with ``by.write(by.event(op, subject, payload))``. The subject is the unit that changes
   (``alert:<stamp>/<root>`` or ``case:<CODE>``), the payload holds old and new values up to level 2;
5. returns a small frozen value that says what was done.

The meaning of the event stands in one place: the step of `lifecycle` (``alert_now``, ``case_now``) or of the unit that
folds it (`alert_unit`, `case_unit`), so that a rebuild comes to the same. Road of a decision that was typed elsewhere:
``by.through({"export": …, "cell": …})``. Many at once: ``with by.together() as many``, see there.
What needs two people is only proposed (`proposals.propose`) and decided by whoever signs (`SIGNERS`).
"""
