"""Tables for translators: every text of a form in one language beside another, out to a table and back into the form.

`texts` lists the texts and what a translation must keep of each, `table` writes and reads tables, `memory` keeps which wording a
translation was made from, `importing` decides what a returned table changes. Nothing here translates.
"""
