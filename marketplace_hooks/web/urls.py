"""URLs of this site: the address of this request, and targets of redirects that cannot lead elsewhere."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import request, url_for

from ..config.parsers import is_loopback
from .state import current_runtime


def current_url() -> str:
    """Path and query of this request, quoted, as the browser knows them."""
    path = quote(request.root_path + request.path, safe="/")
    return f"{path}?{request.query_string.decode('ascii', 'replace')}" if request.query_string else path


def outside_url(path: str) -> str:
    """How the outside reaches a path of `url_for`: below `PUBLIC_URL`, whose own path the two may have in common."""
    public_url = current_runtime().settings.public_url.rstrip("/")
    root = request.root_path.rstrip("/")
    is_in_both = root and urlsplit(public_url).path.endswith(root)
    return public_url + (path.removeprefix(root) if is_in_both else path)


def published_url(path: str) -> str:
    """The address by which search engines know a path of `url_for`.

    A `PUBLIC_URL` of this machine is what nobody has set yet, as in many a host: then the address that was asked for.
    """
    public_url = current_runtime().settings.public_url
    if is_loopback(urlsplit(public_url).hostname or ""):
        return request.host_url.rstrip("/") + path
    return outside_url(path)


def without_parameter(url: str, name: str) -> str:
    """The address without this parameter of its query; whatever else is in it stays as it is."""
    parts = urlsplit(url)
    others = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != name]
    return parts._replace(query="&".join(others)).geturl()


def local_url(wanted: str) -> str:
    """`wanted` if it is a path of this site, else the home page: no link leads through this site to another one."""
    home = url_for("mh_storefront.home")
    # Browsers read a backslash as a slash and drop tabs and line ends before they look for a host.
    if any(char == "\\" or char.isspace() or not char.isprintable() for char in wanted):
        return home
    if not wanted.startswith(home) or wanted.startswith("//"):
        return home
    parts = urlsplit(wanted)
    return home if parts.scheme or parts.netloc else wanted
