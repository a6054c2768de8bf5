"""`/robots.txt` of the stand-alone service: where crawlers find the sitemap, and what is not worth their time.

Search engines read it at the root of a site alone. So a host keeps its own, and adds the line with our sitemap to it
(`docs/embed.md`). What must not be listed says so itself: `noindex`, in `finish_page`.
"""

from __future__ import annotations

from flask import Flask, Response, url_for

from .storefront.blueprint import blueprint
from .urls import published_url

NOT_WORTH_IT = ("/api/", "/webhooks/", "/language/")


def install_robots(app: Flask) -> None:
    """Serve `/robots.txt` in an app that is ours alone."""

    def robots() -> Response:
        lines = ["User-agent: *"]
        root = url_for(f"{blueprint.name}.home").rstrip("/")
        lines += [f"Disallow: {root}{path}" for path in NOT_WORTH_IT]
        lines += ["", f"Sitemap: {published_url(url_for(f'{blueprint.name}.sitemap_index'))}", ""]
        response = Response("\n".join(lines), content_type="text/plain; charset=utf-8")
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    app.add_url_rule("/robots.txt", "robots", robots)
