"""An organisation's old case list, taken over once: table -> plan -> submissions of the built-in form ``legacy``.

`table` reads the file, `mapping` says which column goes where, `plan` decides row by row, `takeover` keeps. One row is
one submission and one case. What nobody mapped is sealed.
"""
