"""Response headers of every answer: no guessing of media types, and TLS alone once a browser has seen it.

`problems.py` and the fast path write the first one themselves, for what they answer does not always pass through Flask.
"""

from __future__ import annotations

from flask import Flask, Response

from ..config.settings import Settings

NOSNIFF = ("X-Content-Type-Options", "nosniff")


def forbid_sniffing(response: Response) -> Response:
    """Have browsers take the media type as it is stated."""
    response.headers.setdefault(*NOSNIFF)
    return response


def secure_every_response(app: Flask, settings: Settings) -> None:
    """Stand-alone only: the headers of whatever the app answers, errors of its router included."""
    app.after_request(forbid_sniffing)
    if settings.hsts_s and settings.public_url.startswith("https://"):

        def insist_on_tls(response: Response) -> Response:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.hsts_s}")
            return response

        app.after_request(insist_on_tls)
