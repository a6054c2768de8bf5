"""Limits of a page's request body: refused before it is read, and before anything is written to a disk.

They hold for pages of ours alone: a host's `MAX_CONTENT_LENGTH` is neither changed nor exceeded, and other pages of the
host are as they were.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

LARGEST_PAGE = 1_048_576
"""Every field and file of a form together."""
MOST_FIELDS = 500

_URLENCODED = "application/x-www-form-urlencoded"


def limit_body() -> None:
    """Raises werkzeug's 413 for a form that is too large, or has too many fields. Called before a form is read."""
    request.max_content_length = min(request.max_content_length or LARGEST_PAGE, LARGEST_PAGE)
    request.max_form_memory_size = LARGEST_PAGE
    request.max_form_parts = MOST_FIELDS
    try:
        if (request.content_length or 0) > request.max_content_length:
            raise RequestEntityTooLarge
        if request.mimetype == _URLENCODED and "form" not in request.__dict__:
            # Werkzeug bounds the parts of the other kind of form only.
            if request.get_data().count(b"&") >= MOST_FIELDS:
                raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        request.__dict__["form"] = ImmutableMultiDict()  # the page that says so has fields of nothing.
        raise
