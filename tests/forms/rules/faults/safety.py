"""Faults that could harm the person who speaks or the person who collects. Most stand behind the consent of a form of ours."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.forms.rules.faults.planted import Planted

ROW = "type | name | label | register | sensitivity\n"
CONSENT = """
type | name | label | relevant | register | sensitivity
select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
begin_group | faits | Les faits | ${consent} = 'given' | alert | 1
text | recit | Que s'est-il passé ? | | short_text | 3
end_group | | | | |
"""
SETTING = """
type | name | label | register | sensitivity
note | merci | Merci. | | 0
[settings]
"""


@cache
def _key() -> rsa.RSAPrivateKey:
    """A key for this run only."""
    return rsa.generate_private_key(65537, 2048)


def public() -> str:
    """Return a public key as the build writes it: one line of base64."""
    made = _key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(made).decode()


def private() -> str:
    """Return the mistake: the other half."""
    made = _key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(made).decode()


def _keys(table: str) -> str:
    """Put real keys where the table shows the beginning of one."""
    return table.replace("MIIEvQ…", private()).replace("MIIBIj…", public())


def _row(code: str, row: str, wrong: str, right: str, **more: object) -> Planted:
    """A row behind the consent."""
    return Planted(code, ROW + row, wrong, right, ours=True, **more)  # type: ignore[arg-type]  # passed on


TABLES = (
    Planted("CONSENT-GATE", CONSENT.replace(" ${consent} = 'given'", ""), "Les faits | |", "Les faits | ${consent} = 'given' |",
            nobody=True),
    Planted("CONSENT-GATE", CONSENT.replace("= 'given'", "!= 'refused'"), "!= 'refused'", "= 'given'", nobody=True),
    Planted("CONSENT-GATE", """
type | name | label | relevant | register | sensitivity
text | recit | Que s'est-il passé ? | | alert.short_text | 3
select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
""", """text | recit | Que s'est-il passé ? | | alert.short_text | 3
select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1""",
            """select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
text | recit | Que s'est-il passé ? | ${consent} = 'given' | alert.short_text | 3""", nobody=True),
    Planted("NO-GATE", """
type | name | label | relevant | register | sensitivity
begin_group | faits | Les faits | | alert | 1
text | recit | Que s'est-il passé ? | | short_text | 3
end_group | | | | |
""", "begin_group | faits | Les faits | |", """select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
begin_group | faits | Les faits | ${consent} = 'given' |""", nobody=True),
    Planted("NO-EXIT", "type | name | label | register | sensitivity | required | required_message\n"
            "select_one yes_no | heures | Moins de 72 heures ? | hours_since | 2 | yes | Répondez.",
            "select_one yes_no |", "select_one yes_no_unknown |", ours=True, nobody=True),
    _row("META-ID", "phonenumber | tel | | | 3", "phonenumber", "today", nobody=True),
    _row("META-ID", "deviceid | appareil | | | 0", "deviceid", "today", nobody=True),
    _row("META-ID", "username | qui | | | 0", "username", "today", nobody=True),
    _row("GEO-AUTO", "start-geopoint | depart | | | 3", "start-geopoint", "today", nobody=True),
    Planted("GEO-REQUIRED", "type | name | label | register | sensitivity | required | required_message\n"
            "geopoint | point | Où ? | gps | 3 | yes | Répondez.", "| yes | Répondez.", "| |", ours=True, nobody=True),
    _row("RECORD-ALWAYS", "background-audio | son | | | 3", "background-audio", "today", nobody=True),
    Planted("AUTOPLAY", "type | name | label | register | sensitivity | autoplay\ntext | recit | Quoi ? | short_text | 3 | audio",
            "| audio", "| ", ours=True, nobody=True),
    Planted("AUDIT-TRACK", "type | name | parameters\naudit | audit | track-changes=true", "track-changes=true", "",
            ours=True, nobody=True),
    Planted("AUDIT-TRACK", "type | name | parameters\n"
            "audit | audit | location-priority=balanced location-min-interval=60 location-max-age=120",
            "location-priority=balanced location-min-interval=60 location-max-age=120", "", ours=True, nobody=True),
    Planted("NAME-SENSITIVE", ROW + "text | recit | Que s'est-il passé ? | short_text | 3\n[settings]\ninstance_name\n${recit}",
            "\n${recit}", "\ntoday()", ours=True, nobody=True),
    Planted("SENS-CARRIED", "type | name | label | register | sensitivity | calculation\n"
            "text | recit | Que s'est-il passé ? | short_text | 3 |\ncalculate | resume | | | 0 | substr(${recit}, 0, 20)",
            "| 0 | substr", "| 3 | substr", ours=True, nobody=True),
    Planted("SENS-SHOWN", "type | name | label | register | sensitivity\n"
            "text | recit | Que s'est-il passé ? | short_text | 3\nnote | relire | Vous avez dit : ${recit} | |",
            " : ${recit}", " ce qui précède.", ours=True, nobody=True),
    Planted("LAST-SAVED", "type | name | label | register | sensitivity | default\n"
            "text | recit | Que s'est-il passé ? | short_text | 3 | ${last-saved#recit}", "${last-saved#recit}", "",
            ours=True, nobody=True),
    Planted("ENTITY-WRITE", "type | name | label | register | sensitivity | save_to\n"
            "text | recit | Que s'est-il passé ? | short_text | 3 | recit", "3 | recit", "3 |", ours=True),
    Planted("SUBMISSION-URL", SETTING + "submission_url\nhttps://example.org/envoi", "submission_url\nhttps://example.org/envoi", "style\npages",
            nobody=True),
    Planted("EDITABLE", SETTING + "client_editable\nyes", "\nyes", "\nno", also=("TARGET-KOBO",)),
    Planted("KEY-PRIVATE", SETTING + "public_key\nMIIEvQ…", "MIIEvQ…", "MIIBIj…", nobody=True, real=_keys),
    Planted("KEY-INVALID", SETTING + "public_key\nMIIBIj", "\nMIIBIj", "\nMIIBIj…", nobody=True, real=_keys),
    Planted("IMG-PIXELS", "type | name | label | register | sensitivity | parameters\nimage | photo | Photo ? | photo | 3 |",
            "photo | 3 |", "photo | 3 | max-pixels=1024", ours=True),
    Planted("SIGNATURE", "type | name | label | register | sensitivity | appearance\n"
            "image | accord | Signez. | | 3 | signature", "image | accord | Signez. | | 3 | signature",
            "acknowledge | accord | D'accord. | | 3 |", ours=True, also=("UNMAPPED",)),
    Planted("TARGET-KOBO", "type | name | label | calculation | trigger\n"
            "text | a | A ? | |\ntext | b | B ? | |\ncalculate | c | | now() | ${a}, ${b}", "${a}, ${b}", "${a}"),
    Planted("TARGET-KOBO", "type | name | label | parameters\ngeotrace | chemin | Chemin ? | incremental=true", "incremental=true", ""),
    Planted("TARGET-CENTRAL", "type | name | label | parameters | appearance\n"
            "range | douleur | Douleur ? | start=1 end=5 step=1 | no-ticks", "no-ticks", "", target="central"),
)  # fmt: skip
"""One table a fault."""
