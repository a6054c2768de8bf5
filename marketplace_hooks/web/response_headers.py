"""Response headers of every answer: no guessing of media types, no frames, and TLS alone once a browser has seen it.

`problems.py` and the fast path write the first two themselves, for what they answer does not always pass through Flask.
"""

from __future__ import annotations

from flask import Flask, Response

from ..config.settings import Settings

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
)


def secure_response(response: Response) -> Response:
    """Have browsers take the media type as it is stated, and load nothing for what is no page with its own policy."""
    for name, value in SECURITY_HEADERS:
        response.headers.setdefault(name, value)
    return response


def secure_every_response(app: Flask, settings: Settings) -> None:
    """Stand-alone only: the headers of whatever the app answers, errors of its router included."""
    app.after_request(secure_response)
    if settings.hsts_s and settings.public_url.startswith("https://"):

        def insist_on_tls(response: Response) -> Response:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.hsts_s}")
            return response

        app.after_request(insist_on_tls)
