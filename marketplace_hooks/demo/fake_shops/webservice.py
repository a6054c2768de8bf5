"""Legacy webservice of PrestaShop 1.6 to 9, as a fake shop answers it (`prestashop.md` 1).

The order of the checks is PrestaShop's: credentials, switched on, key, shop, resource, method.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import re
import time
from collections.abc import Iterable, Sequence

from .exchanges import HTML, Fields, ShopRequest, ShopResponse, redirect
from .model import Key, Shop

KEY_LENGTH = 32

_REALM = (
    'Basic realm="Welcome to PrestaShop Webservice, please enter the authentication key as the login. '
    'No password required."'
)
_DESCRIPTIONS = {
    "configurations": "Shop configuration",
    "shop_urls": "Shop URLs from multi-shop feature",
    "shops": "Shops from multi-shop feature",
    "employees": "The Employees",
    "customers": "The e-shop's customers",
    "orders": "The Customers orders",
    "products": "The products",
}
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD")

Error = tuple[int, str]
Row = dict[str, str]


def answer(shop: Shop, request: ShopRequest, resource_path: str) -> ShopResponse:
    """Answer a request for `resource_path`, what follows `/api/`: empty for the root."""
    login = _login(shop, request)
    if login is None:
        # The dispatcher dies before building headers, whether the webservice is on or off.
        return ShopResponse(
            status=401, headers=(("Content-Type", HTML), ("WWW-Authenticate", _REALM)), body=b"401 Unauthorized"
        )
    resource, _, identifier = resource_path.strip("/").partition("/")
    refusal = _refusal(shop, request, login, resource)
    if refusal is not None:
        status, errors = refusal
        return _refused(shop, request, status, errors)
    id_shop = request.parameter("id_shop")
    if id_shop is not None and id_shop not in {str(row["id_shop"]) for row in _shop_urls(shop, request)}:
        if not shop.is_since("8"):
            return redirect(f"http://{shop.domain or request.host}{shop.physical_uri}index.php?url={resource}")
        return _refused(shop, request, 404, [(999, "This shop id does not exist")])
    if not resource:
        return _root(shop, request, shop.key(login) or Key())
    return _resource(shop, request, resource, identifier)


def _login(shop: Shop, request: ShopRequest) -> str | None:
    """Return the key a client sent, None if none arrived. PrestaShop takes it as login or as `ws_key`."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and not shop.strips_authorization:
        try:
            return base64.b64decode(credentials).decode("latin-1").partition(":")[0]
        except binascii.Error:
            return None
    return request.parameter("ws_key")


def _refusal(shop: Shop, request: ShopRequest, login: str, resource: str) -> tuple[int, list[Error]] | None:
    """Return the status and errors by which the key, or what it asks for, is refused."""
    key = shop.key(login)
    if not shop.webservice:
        disabled = "The PrestaShop webservice is disabled. Please activate it in the PrestaShop Back Office"
        return 503, [(22, disabled)]
    if not login:
        return 401, [(17, "Authentication key is empty")]
    if len(login) != KEY_LENGTH:
        return 401, [(18, "Invalid authentication key format")]
    if key is None:
        inactive = "Authentification key is not active"  # spelt so by PrestaShop
        return 401, [(20, inactive), (21, "No permission for this authentication key")]
    if not key.grants:
        return 401, [(21, "No permission for this authentication key")]
    if shop.shop_id not in key.shop_ids:
        return 403, [(132, "No permission for this key on this shop")]
    return (_not_granted(request, key, resource) if resource else None) or _warning(shop)


def _not_granted(request: ShopRequest, key: Key, resource: str) -> tuple[int, list[Error]] | None:
    if resource not in _DESCRIPTIONS:
        full_list = ", ".join(f'"{name}"' for name in sorted(_DESCRIPTIONS))
        return 400, [(27, f'Resource of type "{resource}" does not exists. The full list is: {full_list}')]
    if resource not in key.grants:
        return 401, [(26, f'Resource of type "{resource}" is not allowed with this authentication key')]
    if request.method not in key.grants[resource]:
        message = f"Method {request.method} is not allowed for the resource {resource} with this authentication key"
        return 405, [(25, message)]
    return None


def _warning(shop: Shop) -> tuple[int, list[Error]] | None:
    message = "[PHP Warning #2] Undefined array key (/var/www/shop/classes/webservice/WebserviceRequest.php, line 9)"
    return (500, [(3, message)]) if shop.php_warnings else None


def _refused(shop: Shop, request: ShopRequest, status: int, errors: Sequence[Error]) -> ShopResponse:
    asks_again = [("WWW-Authenticate", _REALM)] if {code for code, _ in errors} & {17, 18, 20, 21} else []
    # From 8.0 the header table is printed as it was initialised (inspection-facts 1.2).
    version = "0" if shop.is_since("8") and errors[0][0] in (17, 18, 20, 21, 22) else shop.version
    if _wants_json(request):
        body = json.dumps({"errors": [{"code": code, "message": message} for code, message in errors]})
    else:
        body = _document(
            "<errors>\n"
            + "".join(
                f"<error>\n{_tag('code', str(code))}\n{_tag('message', text)}\n</error>\n" for code, text in errors
            )
            + "</errors>\n"
        )
    return _answered(shop, request, body, status=status, version=version, headers=asks_again)


def _root(shop: Shop, request: ShopRequest, key: Key) -> ShopResponse:
    if _wants_json(request):
        # On PHP 8 the root in JSON dies of a TypeError from 1.7.8 on (inspection-facts 1.4).
        if shop.is_since("1.7.8"):
            return ShopResponse(status=500, headers=(("Content-Type", HTML),))
        return _answered(shop, request, json.dumps(sorted(key.grants)))
    entries = "".join(_root_entry(shop, request, name, key.grants[name]) for name in sorted(key.grants))
    return _answered(shop, request, _document(f'<api shopName="{html.escape(shop.name)}">\n{entries}</api>\n'))


def _root_entry(shop: Shop, request: ShopRequest, name: str, granted: Sequence[str]) -> str:
    address = f"{_base(shop, request)}api/{name}"
    methods = [method for method in _METHODS if method != "PATCH" or shop.is_since("8")]
    flags = " ".join(f'{method.lower()}="{str(method in granted).lower()}"' for method in methods)
    link = f'xlink:href="{address}" {flags}'
    return (
        f"<{name} {link}>\n<description {link}>\n{_DESCRIPTIONS.get(name, name)}</description>\n"
        f'<schema xlink:href="{address}?schema=blank" type="blank"/>\n'
        f'<schema xlink:href="{address}?schema=synopsis" type="synopsis"/>\n</{name}>\n'
    )


def _resource(shop: Shop, request: ShopRequest, resource: str, identifier: str) -> ShopResponse:
    rows = list(_filtered(_rows(shop, request, resource), request.query))
    if identifier:
        rows = [row for row in rows if row["id"] == identifier]
        if not rows:  # one id that does not exist: 404 without a word
            return _answered(shop, request, "", status=404)
    display = "full" if identifier else request.parameter("display")
    if display and display.startswith("["):
        wanted = display.strip("[]").split(",")
        rows = [{name: row[name] for name in wanted if name in row} for row in rows]
    if _wants_json(request):
        shown = [row if display else {"id": row["id"]} for row in rows]
        return _answered(shop, request, json.dumps({resource: shown} if shown else []))
    one = resource.removesuffix("s")
    items = "".join(_item(shop, request, one, resource, row, bool(display)) for row in rows)
    return _answered(shop, request, _document(items if identifier else f"<{resource}>\n{items}</{resource}>\n"))


def _item(shop: Shop, request: ShopRequest, one: str, resource: str, row: Row, displayed: bool) -> str:
    if not displayed:
        return f'<{one} id="{row["id"]}" xlink:href="{_base(shop, request)}api/{resource}/{row["id"]}"/>\n'
    return f"<{one}>\n" + "".join(f"\t{_tag(name, value)}\n" for name, value in row.items()) + f"</{one}>\n"


def _rows(shop: Shop, request: ShopRequest, resource: str) -> list[Row]:
    if resource == "shop_urls":
        return _shop_urls(shop, request)
    if resource == "shops":
        return [{"id": str(shop.shop_id), "id_shop_group": "1", "active": "1", "name": shop.name}]
    if resource == "configurations":
        domain = shop.domain or request.host
        values = {"PS_VERSION_DB": shop.version, "PS_SHOP_DOMAIN": domain, "PS_SHOP_DOMAIN_SSL": domain}
        return [
            {"id": str(number), "value": value, "name": name}
            for number, (name, value) in enumerate(values.items(), start=1)
        ]
    return []


def _shop_urls(shop: Shop, request: ShopRequest) -> list[Row]:
    main = (shop.shop_id, shop.domain or request.host, shop.physical_uri, "", True)
    further = [(row.shop_id, row.domain, row.physical_uri, row.virtual_uri, row.active) for row in shop.further_urls]
    return [
        {
            "id": str(number),
            "id_shop": str(shop_id),
            "active": str(int(active)),
            "main": "1",
            "domain": domain,
            "domain_ssl": domain,
            "physical_uri": physical_uri,
            "virtual_uri": virtual_uri,
        }
        for number, (shop_id, domain, physical_uri, virtual_uri, active) in enumerate([main, *further], start=1)
    ]


def _filtered(rows: Iterable[Row], query: Fields) -> Iterable[Row]:
    filters = {
        match[1]: value.strip("[]").split("|")
        for name, value in query
        if (match := re.fullmatch(r"filter\[(\w+)\]", name))
    }
    return (row for row in rows if all(row.get(name) in values for name, values in filters.items()))


def _answered(
    shop: Shop, request: ShopRequest, body: str, *, status: int = 200, version: str | None = None, headers: Fields = ()
) -> ShopResponse:
    content = body.encode()
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if status == 200 and request.headers.get("local-content-sha1") == sha1:
        status = 304
        content = b""
    versions = [version or shop.version] if shop.version_headers is None else shop.version_headers
    return ShopResponse(
        status=status,
        headers=(
            *headers,
            ("Access-Time", str(int(time.time()))),
            ("X-Powered-By", "PrestaShop Webservice"),
            *(("PSWS-Version", value) for value in versions),
            *([("TBWS-Version", shop.thirty_bees)] if shop.thirty_bees else []),
            ("Content-Type", "application/json" if _wants_json(request) else "text/xml;charset=utf-8"),
            ("Execution-Time", "0.003"),
            *([("Content-Sha1", sha1)] if status == 200 else []),
        ),
        body=content,
    )


def _wants_json(request: ShopRequest) -> bool:
    asked = [request.headers.get(name) for name in ("io-format", "output-format")]
    asked += [request.parameter(name) for name in ("io_format", "output_format")]
    return "JSON" in asked


def _base(shop: Shop, request: ShopRequest) -> str:
    return f"http://{shop.domain or request.host}{shop.physical_uri}"


def _document(content: str) -> str:
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">\n'
    return f"{opening}{content}</prestashop>\n"


def _tag(name: str, value: str) -> str:
    return f"<{name}><![CDATA[{value}]]></{name}>" if value else f"<{name}></{name}>"
