"""Who posts to an address without having been shown its form: with a token of his own, from another page of his."""

from __future__ import annotations

from typing import Any

from .page_client import Browser, Page

OWN = "/seller/products/mod-3/change/offline_temporary"


def posts_blindly(browser: Browser, path: str, *, own: str = OWN, **fields: Any) -> Page:
    """Send fields to `path` under the token of the page `own`."""
    browser.get(own)
    [token] = browser.page.form().fields.getlist("form_token")
    return browser._send("POST", path, follow=False, data={"form_token": token, **fields})
