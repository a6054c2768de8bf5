"""Model of a merchant site, as far as an inspection can see it.

One frozen `Shop` describes everything a fake shop answers from; `server.py` serves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ...domain.versions import compare

DEMO_KEY = "DEMOKEYDEMOKEYDEMOKEYDEMOKEY2345"
"""A webservice key of the 32 characters PrestaShop asks for; it opens fake shops alone."""


class Server(StrEnum):
    """The web server in front of the shop: it decides which static files can be read."""

    APACHE = "apache"
    NGINX = "nginx"


class Fault(StrEnum):
    """What goes wrong while answering.

    `slow` says nothing for a while; `drip` sends a byte now and then and never ends; `endless` sends without end;
    `reset` breaks the connection after the headers; `bomb` is small and inflates to 64 MiB; `broken_xml` and
    `entities` are XML that must not be trusted; `html` is a page of somebody else's, with status 200; `unavailable` and
    `error` are a web server's own pages with the statuses 503 and 500.
    """

    SLOW = "slow"
    DRIP = "drip"
    ENDLESS = "endless"
    RESET = "reset"
    BOMB = "bomb"
    BROKEN_XML = "broken_xml"
    ENTITIES = "entities"
    HTML = "html"
    UNAVAILABLE = "unavailable"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module on the shop's disk. `version` is what its files say.

    `database_version` is what was installed (None: the same), `config_version` what its `config.xml` says (None: the
    same; the core only rewrites it when the module page is opened). `on_front`: the home page shows its assets.
    `files` are those a companion reports, by path.
    """

    name: str
    version: str = "1.0.0"
    database_version: str | None = None
    config_version: str | None = None
    installed: bool = True
    enabled: bool = True
    on_front: bool = True
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Key:
    """A webservice key: resources to methods granted, and the shops of the multistore that it belongs to."""

    value: str = DEMO_KEY
    grants: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"shop_urls": ("GET",)})
    shop_ids: Sequence[int] = (1,)
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class ApiClient:
    """A client of the Admin API. `lifetime_s` is how long its tokens live, in seconds."""

    client_id: str = "inspector"
    secret: str = "demo-secret"  # noqa: S105 it opens fake shops alone
    scopes: Sequence[str] = ("module_read",)
    lifetime_s: int = 3600


@dataclass(frozen=True, kw_only=True)
class ShopUrl:
    """A further row of `shop_urls`, as a multistore has them."""

    shop_id: int
    domain: str
    physical_uri: str = "/"
    virtual_uri: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A merchant site running PrestaShop `version`.

    `domain` is the main domain as PrestaShop stores it, a port included if unusual; any other host is redirected to
    it. None: the shop takes every host for its own. `physical_uri` is the folder it lives in; the host's root redirects
    to `root_leads_to`, if anywhere. With a `companion_key` it has a companion module, which reports the modules' files,
    `overrides` and `changed_core_files`.

    A `notice` stands at the end of its home page.

    With `thirty_bees`, that fork's own version, it is one, and answers as PrestaShop 1.6.1.999.

    What may stand in an inspector's way: a `gate` before every page, `challenge` (prove that you are no robot) or
    `password` (a staging site); `webservice` or `admin_api` switched off; a host that `strips_authorization`
    (CGI without the option ticked); a `firewall` before the API; a `tls_proxy` that hides https from PrestaShop;
    `maintenance`; a cache that `strips_cookies` from pages asked for without a query, or `strips_every_cookie`; a
    theme that answers 200 for what it does not have (`soft_404`); asset paths hidden in bundles; PHP warnings; a
    version header that a proxy changed (`version_headers`, one per value); a `cookie_name` of the merchant's own; a
    package without the webservice (`has_webservice_files`); a `companion_status` that a server answers in the
    companion's place; a `fault` of every path that begins with `fault_under`, after or between pauses of `pause_s`
    seconds.
    """

    version: str = "8.2.1"
    name: str = "Ma boutique"
    domain: str | None = None
    physical_uri: str = "/"
    root_leads_to: str | None = None
    shop_id: int = 1
    further_urls: Sequence[ShopUrl] = ()
    modules: Sequence[Module] = ()
    language: str = "fr"
    server: Server = Server.APACHE
    keys: Sequence[Key] = (Key(),)
    webservice: bool = True
    api_clients: Sequence[ApiClient] = (ApiClient(),)
    admin_api: bool = True
    companion_key: str | None = None
    overrides: Sequence[Mapping[str, Any]] = ()
    changed_core_files: Sequence[str] = ()
    multistore: bool = False
    shares_carts: bool = False
    shares_orders: bool = False
    cookie_prefix: str = "PrestaShop-"
    cookie_name: str | None = None
    thirty_bees: str | None = None
    has_webservice_files: bool = True
    notice: str = ""
    companion_status: int = 200
    gate: str | None = None
    strips_authorization: bool = False
    strips_cookies: bool = False
    strips_every_cookie: bool = False
    firewall: bool = False
    tls_proxy: bool = False
    maintenance: bool = False
    soft_404: bool = False
    bundled_assets: bool = False
    php_warnings: bool = False
    version_headers: Sequence[str] | None = None
    fault: Fault | None = None
    fault_under: str = "/"
    pause_s: float = 0.05

    def is_since(self, version: str) -> bool:
        """Say whether the shop runs this version or a later one; `8` includes the pre-releases of 8.0.0."""
        return compare(self.version, version) >= 0

    def module(self, name: str) -> Module | None:
        return next((module for module in self.modules if module.name == name), None)

    def key(self, value: str) -> Key | None:
        return next((key for key in self.keys if key.value == value and key.active), None)
