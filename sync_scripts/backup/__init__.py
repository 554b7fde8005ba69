"""Backups of a workspace at a place of their own, and a workspace made again from one.

A place is a folder, such as a stick. It holds sealed files under the names that they have in the workspace, and for each copy of the
register two files whose name is drawn: the copy, a SQLCipher file under a key of its own, and its head, an age file for V, R and
O that holds that key, what was copied, and what may not come back. Nothing else but a mark by which a register knows its place.

    place ........ the folder: its mark, its lock, what lies in it
    head ......... what a copy says of itself, sealed
    expiry ....... which copies go, decided without looking at any disk
    making ....... a backup: files, copy, check, head, and only then what goes
    finding ...... with V, R or O: the heads that open, the newest copy that is sound
    restoring .... a workspace from it; rehearsal: the same in a scratch folder, compared
"""
