"""Addresses of public pages, one for each language: what search engines list, and what links between pages keep.

`?lang=fr` and `?lang=en` are the two addresses of a page. Without `lang` it speaks its reader's language, and names the
address of that language as its canonical one.
"""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from ..i18n.formatting import LANGUAGES
from ..i18n.language import DEFAULT_LANGUAGE, PARAMETER, address_language
from ..urls import published_url
from .blueprint import blueprint

PAGES = frozenset(f"{blueprint.name}.{page}" for page in ("home", "product", "pack", "about_inspections"))
"""The pages that search engines may list."""


@blueprint.url_defaults
def keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """Who came to a page in one language reads the next page in it too: links keep the `lang` of this address."""
    if endpoint in PAGES and request and request.endpoint in PAGES and (language := address_language()):
        values.setdefault(PARAMETER, language)


def page_address(endpoint: str, language: str | None, **values: Any) -> str:
    """The whole address of a public page in one language; None: in its reader's."""
    return published_url(url_for(endpoint, **{**values, PARAMETER: language}))


def alternates(endpoint: str, **values: Any) -> list[tuple[str, str]]:
    """The address for the readers of each language (`hreflang`), and for all others: theirs is the default language."""
    own = [(language, page_address(endpoint, language, **values)) for language in LANGUAGES]
    return [*own, ("x-default", page_address(endpoint, DEFAULT_LANGUAGE, **values))]
