"""Public pages of a fake shop: its home page, its session cookie, and the static files of its modules.

`prestashop.md` 3: nothing here needs a credential, and nothing here proves an absence.
"""

from __future__ import annotations

import hashlib
import html
import ipaddress
import re
from email.utils import formatdate
from urllib.parse import quote

from .exchanges import Fields, ShopRequest, ShopResponse, page
from .model import Module, Server, Shop

COOKIE_LIFETIME_S = 1_728_000

_MODULE_FILE = re.compile(r"modules/(?P<module>[A-Za-z0-9_-]+)/(?P<file>.+)")
_CONFIG_FILE = re.compile(r"config(?:_[a-z]+)?\.xml")


def answer(shop: Shop, request: ShopRequest, path: str) -> ShopResponse:
    """Answer a request for `path`, what follows the shop's folder: empty for the home page."""
    file = _MODULE_FILE.fullmatch(path)
    if file is not None:
        return _module_file(shop, request, file["module"], file["file"])
    if shop.maintenance:
        return _maintenance(shop, request)
    if path in ("", "index.php") or path.startswith(("module/", f"{shop.language}/")):
        return page(_home(shop, request), headers=_front_headers(shop, request))
    return not_found(shop, request)


def not_found(shop: Shop, request: ShopRequest) -> ShopResponse:
    """Return the theme's page for what does not exist, with 200 where the theme says so."""
    body = _document(shop, "<h1>404</h1><p>The page you are looking for was not found.</p>")
    return page(body, 200 if shop.soft_404 else 404, _front_headers(shop, request))


def blocked() -> ShopResponse:
    """Return a firewall's page."""
    return page("<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>", 403)


def gate(kind: str) -> ShopResponse:
    """Return what stands before every page: a challenge for robots, or a staging site's password."""
    if kind == "password":
        realm = ("WWW-Authenticate", 'Basic realm="Staging"')
        return page("<html><body>Authorization Required</body></html>", 401, [realm])
    head = "<head><title>Just a moment...</title></head>"
    body = "<body><script>window._cf_chl_opt={};</script></body>"
    return page(f"<html>{head}{body}</html>", 403, [("cf-mitigated", "challenge")])


def cookie_name(shop: Shop, host: str) -> str:
    """Return the session cookie's name on a host: it betrays the version (`prestashop.md` 3.1)."""
    if shop.cookie_name is not None:
        return shop.cookie_name
    session = f"ps-sg{shop.shop_id}" if shop.shares_orders else f"ps-s{shop.shop_id}"
    domain = cookie_domain(shop, host) if shop.is_since("1.6.0.10") else ""
    digest = hashlib.md5(f"{shop.version}{session}{domain}".encode(), usedforsecurity=False).hexdigest()
    return (shop.cookie_prefix if shop.is_since("1.6.0.9") else "") + digest


def cookie_domain(shop: Shop, host: str) -> str:
    """Return the domain PrestaShop gives its cookie: none for an IPv4 address or a host without a dot."""
    name = re.sub(r":\d+$", "", host.lower())
    try:
        ipaddress.ip_address(name.strip("[]"))
        return ""
    except ValueError:
        pass
    if "." not in name:
        return ""
    return "." + ".".join(name.split(".")[-2:]) if shop.shares_carts else name


def _front_headers(shop: Shop, request: ShopRequest) -> Fields:
    headers: list[tuple[str, str]] = []
    if shop.is_since("1.6.0.12") and not shop.is_since("1.7.6"):
        headers.append(("Powered-By", "PrestaShop"))
    if shop.strips_every_cookie or (shop.strips_cookies and not request.query):
        return headers
    domain = cookie_domain(shop, request.host)
    expires = formatdate(COOKIE_LIFETIME_S, usegmt=True)
    attributes = [
        f"{cookie_name(shop, request.host)}={quote('def50200' + 'c0ffee' * 8)}",
        f"expires={expires}",
        f"Max-Age={COOKIE_LIFETIME_S}",
        f"path={shop.physical_uri}",
        *([f"domain={domain}"] if domain else []),
        "HttpOnly",
        *(["SameSite=Lax"] if shop.is_since("1.7.7") else []),
    ]
    return [*headers, ("Set-Cookie", "; ".join(attributes))]


def _maintenance(shop: Shop, request: ShopRequest) -> ShopResponse:
    body = _document(shop, "<h1>We'll be back soon.</h1>")
    if shop.is_since("1.7"):
        return page(body, 503, [*_front_headers(shop, request), ("Retry-After", "3600")])
    return page(body, 503, _front_headers(shop, request), reason="temporarily overloaded")


def _home(shop: Shop, request: ShopRequest) -> str:
    base = f"http://{shop.domain or request.host}{shop.physical_uri}"
    shown = [module for module in shop.modules if module.installed and module.enabled and module.on_front]
    parts = [f'<link rel="stylesheet" href="{base}themes/{_theme(shop)}/assets/css/theme.css" type="text/css">']
    if shop.is_since("1.7"):
        public = f', "core_js_public_path": "{shop.physical_uri}themes/"' if shop.is_since("8") else ""
        parts.append(
            '<script>var prestashop = {"cart": {}, "currency": {"iso_code": "EUR"}, "language": '
            f'{{"iso_code": "{shop.language}"}}, "page": {{"page_name": "index"}}, "debug": false{public}}};</script>'
        )
    else:
        parts.append(f"<script>var baseDir = '{base}'; var priceDisplayPrecision = 2;</script>")
    if shop.bundled_assets:
        parts.append(f'<link rel="stylesheet" href="{base}themes/{_theme(shop)}/assets/cache/theme-0a1b2c.css">')
    else:
        parts += [_assets(shop, base, module) for module in shown]
    links = "".join(f'<li><a href="{base}module/{module.name}/list">{module.name}</a></li>' for module in shown[:1])
    notice = f"<footer><p>{html.escape(shop.notice)}</p></footer>" if shop.notice else ""
    return _document(shop, f"<h1>{html.escape(shop.name)}</h1><ul>{links}</ul>{notice}", "\n".join(parts))


def _assets(shop: Shop, base: str, module: Module) -> str:
    folder = f"{base}modules/{module.name}"
    if shop.is_since("1.7"):
        return (
            f'<link rel="stylesheet" href="{folder}/views/css/front.css" type="text/css" media="all">\n'
            f'<script src="{folder}/views/js/front.js"></script>'
        )
    return f'<link rel="stylesheet" href="{folder}/css/{module.name}.css" type="text/css" media="all" />'


def _theme(shop: Shop) -> str:
    if shop.is_since("9.1"):
        return "hummingbird"
    return "classic" if shop.is_since("1.7") else "default-bootstrap"


def _document(shop: Shop, body: str, head: str = "") -> str:
    generator = "" if shop.is_since("1.7") else '<meta name="generator" content="PrestaShop" />\n'
    return (
        f'<!doctype html>\n<html lang="{shop.language}">\n<head>\n<meta charset="utf-8">\n{generator}'
        f"<title>{html.escape(shop.name)}</title>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _module_file(shop: Shop, request: ShopRequest, name: str, file: str) -> ShopResponse:
    module = shop.module(name)
    if module is None:
        return not_found(shop, request)  # rewritten to the shop's page before Apache looks at the file's name
    if _denied(shop, file):
        return blocked()
    if _CONFIG_FILE.fullmatch(file):
        if file not in ("config.xml", f"config_{shop.language}.xml"):
            return not_found(shop, request)
        return ShopResponse(headers=(("Content-Type", "application/xml"),), body=_config_xml(module).encode())
    if file == "logo.png":
        return ShopResponse(headers=(("Content-Type", "image/png"),), body=b"\x89PNG\r\n\x1a\n")
    if file == "index.php":
        return ShopResponse(status=302, headers=(("Location", "../"),))
    if file.endswith((".css", ".js")):
        return ShopResponse(headers=(("Content-Type", "text/css"),), body=f"/* {name} */".encode())
    return not_found(shop, request)


def _denied(shop: Shop, file: str) -> bool:
    """Say whether the `.htaccess` of a stock shop refuses a file; nginx reads no `.htaccess` (facts 3.2)."""
    if shop.server is not Server.APACHE:
        return False
    if _CONFIG_FILE.fullmatch(file):
        return shop.is_since("8.0.1")
    return shop.is_since("9") and file.endswith((".php", ".log", ".txt", ".lock", ".json", ".yml", ".yaml"))


def _config_xml(module: Module) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<module>\n'
        f"    <name>{module.name}</name>\n"
        f"    <displayName><![CDATA[{module.name}]]></displayName>\n"
        f"    <version><![CDATA[{module.config_version or module.version}]]></version>\n"
        "    <description><![CDATA[Pr&eacute;sente vos produits.]]></description>\n"
        "    <author><![CDATA[PrestaShop]]></author>\n    <tab><![CDATA[front_office_features]]></tab>\n"
        "    <is_configurable>1</is_configurable>\n    <need_instance>0</need_instance>\n"
        "    <limited_countries></limited_countries>\n</module>\n"
    )
