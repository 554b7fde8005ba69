"""The columns of an XLSForm: canonical spellings, their fixed order, the old spellings, the types. Only tables.

The source, the workbook and the checks read the same tables, so that a column is known to all of them or to none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"

REGISTER, SENSITIVITY = "register", "sensitivity"
"""Our two columns. pyxform ignores them; both servers keep them."""

STAMPS = ("dikalo_form", "dikalo_version")
"""Calculates that every built form ends with, because KoboToolbox replaces form id and version."""

SURVEY_COLUMNS = (
    "type",
    "name",
    "label",
    "hint",
    "guidance_hint",
    "image",
    "big-image",
    "audio",
    "video",
    "required",
    "required_message",
    "relevant",
    "constraint",
    "constraint_message",
    "calculation",
    "trigger",
    "choice_filter",
    "repeat_count",
    "appearance",
    "parameters",
    "default",
    "readonly",
    "autoplay",
    "save_to",
    "intent",
    "rows",
    REGISTER,
    SENSITIVITY,
)
CHOICE_COLUMNS = ("list_name", "name", "label", "image", "big-image", "audio", "video")
SETTINGS_COLUMNS = (
    "form_title",
    "form_id",
    "version",
    "instance_name",
    "default_language",
    "style",
    "name",
    "namespaces",
    "public_key",
    "submission_url",
    "auto_send",
    "auto_delete",
    "allow_choice_duplicates",
    "client_editable",
    "clean_text_values",
    "instance_xmlns",
    "omit_instanceID",
    "sms_keyword",
    "sms_separator",
    "sms_allow_media",
    "sms_date_format",
    "sms_datetime_format",
    "prefix",
    "delimiter",
    "attribute",
)

TRANSLATED = frozenset(
    (
        "label",
        "hint",
        "guidance_hint",
        "image",
        "big-image",
        "audio",
        "video",
        "required_message",
        "constraint_message",
    )
)
"""Columns with one cell for each language."""

MEDIA = ("image", "big-image", "audio", "video")

OLD_SPELLINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        SURVEY: MappingProxyType(
            {
                "caption": "label",
                "relevance": "relevant",
                "read_only": "readonly",
                "calculate": "calculation",
                "constraining_message": "constraint_message",
                "constraintmsg": "constraint_message",
                "jr:constraintmsg": "constraint_message",
                "bind::jr:constraintmsg": "constraint_message",
                "requiredmsg": "required_message",
                "jr:requiredmsg": "required_message",
                "bind::jr:requiredmsg": "required_message",
                "command": "type",
                "tag": "name",
                "value": "name",
                "count": "repeat_count",
                "jr:count": "repeat_count",
                "control::jr:count": "repeat_count",
                "media::image": "image",
                "media::big-image": "big-image",
                "media::audio": "audio",
                "media::video": "video",
                "bind::relevant": "relevant",
                "bind::required": "required",
                "bind::constraint": "constraint",
                "bind::calculate": "calculation",
                "bind::readonly": "readonly",
                "control::appearance": "appearance",
                "body::appearance": "appearance",
                "body::intent": "intent",
                "control::intent": "intent",
                "bind::entities:saveto": "save_to",
            }
        ),
        CHOICES: MappingProxyType(
            {
                "list name": "list_name",
                "list": "list_name",
                "caption": "label",
                "value": "name",
                "media::image": "image",
                "media::big-image": "big-image",
                "media::audio": "audio",
                "media::video": "video",
            }
        ),
        SETTINGS: MappingProxyType(
            {
                "title": "form_title",
                "set_form_title": "form_title",
                "set form title": "form_title",
                "id_string": "form_id",
                "set_form_id": "form_id",
                "set form id": "form_id",
            }
        ),
    }
)
"""Sheet -> spelling in lower case -> canonical column."""

BEGIN = MappingProxyType({"begin_group": "end_group", "begin_repeat": "end_repeat"})
ENDS = frozenset(BEGIN.values())

OLD_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "begin group": "begin_group",
        "begin repeat": "begin_repeat",
        "end group": "end_group",
        "end repeat": "end_repeat",
        "begin lgroup": "begin_repeat",
        "end lgroup": "end_repeat",
        "begin_lgroup": "begin_repeat",
        "end_lgroup": "end_repeat",
        "begin looped group": "begin_repeat",
        "end looped group": "end_repeat",
        "int": "integer",
        "string": "text",
        "photo": "image",
        "datetime": "dateTime",
        "date time": "dateTime",
        "gps": "geopoint",
        "location": "geopoint",
        "trigger": "acknowledge",
        "start time": "start",
        "end time": "end",
        "get start time": "start",
        "get end time": "end",
        "get today": "today",
        "get device id": "deviceid",
        "get phone number": "phonenumber",
        "get subscriber id": "subscriberid",
        "get sim id": "simserial",
        "device id": "deviceid",
        "imei": "deviceid",
        "phone number": "phonenumber",
        "subscriber id": "subscriberid",
        "sim id": "simserial",
        "uri:deviceid": "deviceid",
        "uri:email": "email",
        "uri:phonenumber": "phonenumber",
        "uri:simserial": "simserial",
        "uri:subscriberid": "subscriberid",
        "uri:username": "username",
    }
)
"""Whole types, in lower case -> canonical type."""

OLD_SELECTS: Mapping[str, str] = MappingProxyType(
    {
        "select one from file": "select_one_from_file",
        "select multiple from file": "select_multiple_from_file",
        "select one external": "select_one_external",
        "select one from": "select_one",
        "select one": "select_one",
        "select1": "select_one",
        "add select one prompt using": "select_one",
        "select all that apply from": "select_multiple",
        "select all that apply": "select_multiple",
        "select multiple from": "select_multiple",
        "select multiple": "select_multiple",
        "add select multiple prompt using": "select_multiple",
    }
)
"""First words of a type that names a list, longest first -> canonical word."""

LIST_TYPES = frozenset(("select_one", "select_multiple", "rank"))
FILE_TYPES = frozenset(("select_one_from_file", "select_multiple_from_file"))
SELECTS = LIST_TYPES | FILE_TYPES | frozenset(("select_one_external",))

QUIET_METADATA = frozenset(("start", "end", "today", "audit"))
"""Metadata that says nothing about a person: level 0 unless the row says otherwise."""

METADATA = QUIET_METADATA | frozenset(
    (
        "deviceid",
        "phonenumber",
        "email",
        "username",
        "subscriberid",
        "simserial",
        "start-geopoint",
        "background-geopoint",
        "background-audio",
    )
)

QUESTION_TYPES = SELECTS | frozenset(
    (
        "text",
        "integer",
        "decimal",
        "range",
        "date",
        "time",
        "dateTime",
        "geopoint",
        "geotrace",
        "geoshape",
        "image",
        "audio",
        "video",
        "file",
        "barcode",
        "acknowledge",
        "note",
        "calculate",
        "hidden",
        "csv-external",
        "xml-external",
    )
)
"""Types that ask, say or compute something, in canonical spelling."""

UNANSWERED = frozenset(("note", "csv-external", "xml-external"))
"""Types that never hold an answer."""


def canonical_type(written: str) -> str:
    """Return a type in canonical spelling: ``select one  yes_no`` becomes ``select_one yes_no``."""
    text = " ".join(written.split())
    lower = text.lower()
    if lower in OLD_TYPES:
        return OLD_TYPES[lower]
    for old, word in OLD_SELECTS.items():
        if lower.startswith(f"{old} "):
            return f"{word} {text[len(old) + 1 :]}"
    return text


def bare(name: str) -> str:
    """Return a name without what people do not see in it: capitals, and which sign parts its words."""
    return " ".join(re.split(r"[\s_-]+", name.strip())).casefold()
