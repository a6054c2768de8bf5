"""Safe parsing of untrusted XML and JSON.

XML only through defusedxml, without DTD or entities; JSON whose depth and numbers may be absurd; names and versions
that end in a database and on a page.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ...domain.inspections.notes import Note
from ..http.client import OutboundResponse
from .page_obstacles import is_challenge

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_MODULES = 2_000
"""Of one list: more is no shop."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,49}")
_PAGE_BEGINS = (b"<!doctype html", b"<html", b"<head", b"<body")


def read_xml(response: OutboundResponse) -> Element | Note:
    """Return the root of an answer's XML, or what is wrong with it."""
    if response.truncated:
        return Note.TOO_LARGE
    if looks_like_html(response):
        return _page(response)
    from xml.etree.ElementTree import ParseError  # XML is read by workers alone.

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(response.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        # ValueError and LookupError: an encoding that does not exist, or that does not hold.
        return Note.UNREADABLE
    return root


def read_json(response: OutboundResponse) -> Any | Note:
    """Return an answer's JSON, or what is wrong with it."""
    if response.truncated:
        return Note.TOO_LARGE
    if looks_like_html(response):
        return _page(response)
    return parse_json(response.body)


def parse_json(body: bytes) -> Any | Note:
    """Return the JSON of a body, or `Note.UNREADABLE`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return Note.UNREADABLE


def _page(response: OutboundResponse) -> Note:
    """What a page means where data was expected."""
    return Note.BOT_CHALLENGE if is_challenge(response) else Note.NOT_THE_SHOP


def looks_like_html(response: OutboundResponse) -> bool:
    """Say whether a page came where data was expected."""
    beginning = response.body[:1000].lstrip().lower()
    return beginning.startswith(b"<") and any(tag in beginning for tag in _PAGE_BEGINS)


def clean_name(value: Any) -> str | None:
    """Return a module's technical name, None if it cannot be one."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def clean_version(value: Any) -> str | None:
    """Return a version, None if it cannot be one."""
    text = value.strip() if isinstance(value, str) else ""
    return text if _VERSION.fullmatch(text) else None
