"""Response headers of every page: security policy, language, caching."""

from __future__ import annotations

from flask import Response, request, session

from .i18n.language import wording
from .identity.authorization import identify
from .state import current_web_state

# No inline script or style anywhere: what somebody manages to write into a page stays text.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def finish_page(response: Response) -> Response:
    """Add the headers. No cached page is shown again without asking whether it is still current.

    A public page may be cached and is revalidated by its ETag; a page for somebody signed in, and every refusal, is not
    cached. Search engines list only the pages that say so themselves (`storefront/page_heads.py`).
    """
    response.headers.update(HEADERS)
    response.headers.setdefault("X-Robots-Tag", "noindex")
    images = current_web_state().brand.image_sources
    response.headers["Content-Security-Policy"] = f"{POLICY}; img-src {images}"
    response.vary.update(("Accept-Language", "Cookie"))
    response.content_language.add(wording().language)
    if response.status_code == 200 and identify() is None and not session.modified:
        response.cache_control.no_cache = True
        response.add_etag(weak=True)
        response.make_conditional(request)
    else:
        response.cache_control.no_store = True
    return response
