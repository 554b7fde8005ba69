"""Phones of a project: the settings that ODK Collect reads from a code, its drawing, and the card that hands it over.

The pieces, in the order a phone meets them::

    keys     every setting that ODK Collect knows, its type and values; finds what a phone would refuse or skip
    server   the address that a phone sends to: ODK Central or KoboToolbox
    profile  the hardened settings of one person, whole
    kept     the administration passwords, one a person, wrapped under the everyday key
    masking  settings as they may be shown: secrets covered
    code     settings <-> the text of the code, and its drawing
    card     the printable A5 card

Nothing here asks a server anything. A code holds its secrets in clear: whoever photographs it has them.
"""
