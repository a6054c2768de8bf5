"""Pages under test: the address of every page in the demo, and who opens it.

Every page must be in `PAGES`; a test fails for one that is not. `NOT_PAGES` are the addresses that answer something
else: a part of a page for htmx, or a redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page

from .demo_stack import STATUS_CHANGED_PRODUCT, DemoStack

SELLER = "seller"
CUSTOMER = "customer"
OPERATOR = "operator"
PIXELUNE = "pixelune"
MAELLE = "c-1001"
ANSELME = "c-1002"
YSALINE = "c-1005"


@dataclass(frozen=True, kw_only=True)
class PageUnderTest:
    """A page and who opens it: at an address, or from `path` by the links and forms of `onwards`."""

    path: str | Callable[[DemoStack], str]
    role: str | None = None
    subject: str = ""
    status: int = 200
    onwards: Callable[[Page], None] | None = None

    def go(self, page: Page, stack: DemoStack) -> None:
        """Open it in this window."""
        path = self.path if isinstance(self.path, str) else self.path(stack)
        answer = page.goto(path)
        assert answer is not None
        if self.onwards is None:
            assert answer.status == self.status, (page.url, answer.status)
        else:
            self.onwards(page)


def the_first(query: str, path: str) -> Callable[[DemoStack], str]:
    """The address of the first row that the query finds."""

    def find(stack: DemoStack) -> str:
        rows = stack.rows(query)
        assert rows, f"the demo has nothing for {path}: {query}"
        return path.format(*rows[0])

    return find


def describes(page: Page) -> None:
    """Fill in the request's form and go on to its checks."""
    if page.locator('input[name="kind"]').count():
        page.locator('input[name="kind"]').first.check()
    page.locator("#subject").fill("It does not save")
    page.locator("#body").fill("I press the button, and nothing is kept.")
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: not url.partition("?")[0].endswith("/support/new"))


def adds_endpoint(page: Page) -> None:
    """Add an endpoint that nothing is delivered to, and go on to its page."""
    page.locator("#url").fill("https://hooks.example.com/in")
    page.locator("#types").fill("endpoint.ping")
    page.locator("main form button").last.click()
    page.locator("#day-title").wait_for()


def changes_it(page: Page) -> None:
    """Confirm the change of the product, or the one back where it was changed before."""
    if not page.locator("#reason").count():
        page.goto(page.url.replace("offline_temporary", "online"))
    page.locator("#reason").fill("A new version is coming")
    page.locator("main form:has(#reason) button").first.click()
    page.locator("#progress").wait_for()


def _customer(path: str | Callable[[DemoStack], str], subject: str = MAELLE, **more: object) -> PageUnderTest:
    return PageUnderTest(path=path, role=CUSTOMER, subject=subject, **more)  # type: ignore[arg-type] # names of a Visit's


def _operator(path: str | Callable[[DemoStack], str], **more: object) -> PageUnderTest:
    return PageUnderTest(path=path, role=OPERATOR, **more)  # type: ignore[arg-type] # names of a Visit's


def _seller(path: str | Callable[[DemoStack], str], **more: object) -> PageUnderTest:
    return PageUnderTest(path=path, role=SELLER, subject=PIXELUNE, **more)  # type: ignore[arg-type] # as above


_EVENT = "SELECT event_id FROM mh_inbox WHERE state = 'rejected' ORDER BY id"
_PRODUCT = "SELECT id FROM mh_products WHERE status = 'online' ORDER BY id"
_PACK = (
    "SELECT id FROM mh_packs WHERE status = 'online' AND NOT EXISTS (SELECT 1 FROM mh_pack_members AS member "
    "JOIN mh_products AS product ON product.id = member.product_id "
    "WHERE member.pack_id = mh_packs.id AND product.status <> 'online') ORDER BY id"
)
_ALONE = (
    f"SELECT id FROM mh_products WHERE seller_id = '{PIXELUNE}' AND status <> 'offline_permanent' "
    "AND id NOT IN (SELECT product_id FROM mh_pack_members) ORDER BY id DESC"
)
_UNTOUCHED = (
    f"SELECT id FROM mh_products WHERE seller_id <> '{PIXELUNE}' AND status <> 'offline_permanent' "
    "AND id NOT IN (SELECT product_id FROM mh_pack_members) ORDER BY id DESC"
)
_REQUEST = "SELECT id FROM mh_requests ORDER BY number"

PAGES: Mapping[str, PageUnderTest] = {
    "mh_storefront.home": PageUnderTest(path="/"),
    "mh_storefront.about_inspections": PageUnderTest(path="/about-inspections"),
    "mh_storefront.product": PageUnderTest(path=the_first(_PRODUCT, "/products/{}")),
    "mh_storefront.pack": PageUnderTest(path=the_first(_PACK, "/packs/{}")),
    "mh_sign_in.sign_in": PageUnderTest(path="/sign-in"),
    "mh_sign_in.signed_out": PageUnderTest(path="/signed-out"),
    "mh_sign_in.time_zone": PageUnderTest(path="/times"),
    "mh_customer.purchases": _customer("/account"),
    "mh_customer.purchase": _customer("/account/purchases/o-50224"),
    "mh_customer.renewal": _customer("/account/purchases/o-50224/renewal"),
    "mh_customer.reactivation": _customer("/account/purchases/o-50301/reactivation", YSALINE),
    "mh_customer.requests": _customer("/support"),
    "mh_customer.conversation": _customer("/support/rq-7001"),
    "mh_customer.request_file": _customer("/support/rq-7001/file"),
    "mh_customer.keys": _customer("/support/keys"),
    "mh_customer.new_request": _customer("/support/new?purchase=o-50224"),
    "mh_customer.check": _customer("/support/new?purchase=o-50224", onwards=describes),
    "mh_customer.question": _customer(the_first(_PRODUCT, "/support/new?product={}"), onwards=describes),
    "mh_operator.overview": _operator("/operator"),
    "mh_operator.events": _operator("/operator/events"),
    "mh_operator.event": _operator(the_first(_EVENT, "/operator/events/{}")),
    "mh_operator.correction": _operator(the_first(_EVENT, "/operator/events/{}/correction")),
    "mh_operator.search": _operator("/operator/search?q=zzzz"),
    "mh_operator.replay": _operator(the_first(_EVENT, "/operator/events/{}/replay")),
    "mh_operator.deliveries": _operator("/operator/deliveries"),
    "mh_operator.cascades": _operator("/operator/cascades"),
    "mh_operator.cascade": _operator(the_first("SELECT id FROM mh_cascades", "/operator/cascades/{}")),
    "mh_operator.products": _operator("/operator/products"),
    "mh_operator.product": _operator(the_first(_PRODUCT, "/operator/products/{}")),
    "mh_operator.change_many": _operator("/operator/changes/offline_temporary?id=20148&id=20133"),
    "mh_operator.changed_many": _operator(
        the_first(_UNTOUCHED, "/operator/changes/offline_temporary?id={}"), onwards=changes_it
    ),
    "mh_operator.change": _operator(the_first(_PRODUCT, "/operator/products/{}/change/offline_temporary")),
    "mh_operator.reinstatement": _operator(the_first(_PRODUCT, "/operator/products/{}/reinstatement")),
    "mh_operator.refunds": _operator("/operator/refunds"),
    "mh_operator.over_refunded": _operator("/operator/over-refunds"),
    "mh_operator.reversals": _operator(
        the_first("SELECT id FROM mh_charges WHERE reversal_asked_at IS NOT NULL", "/operator/reversals")
    ),
    "mh_operator.replies": _operator("/operator/replies"),
    "mh_operator.requests": _operator("/operator/requests"),
    "mh_operator.support_request": _operator(the_first(_REQUEST, "/operator/requests/{}")),
    "mh_operator.request_file": _operator(the_first(_REQUEST, "/operator/requests/{}/file")),
    "mh_operator.sellers": _operator("/operator/sellers"),
    "mh_operator.platform_versions": _operator("/operator/platform-versions"),
    "mh_operator.audit": _operator("/operator/audit"),
    "mh_operator.endpoints": _operator("/operator/endpoints"),
    "mh_operator.endpoint": _operator("/operator/endpoints", onwards=adds_endpoint),
    "mh_operator.seller": _operator(f"/operator/sellers/{PIXELUNE}"),
    "mh_operator.sessions": _operator("/operator/sessions"),
    "mh_operator.tokens": _operator("/operator/tokens"),
    "mh_operator.delivery": _operator(the_first("SELECT id FROM mh_deliveries ORDER BY id", "/operator/deliveries/{}")),
    "mh_seller.products": _seller("/seller"),
    "mh_seller.product": _seller("/seller/products/20148"),
    "mh_seller.change": _seller("/seller/products/20148/change/offline_permanent"),
    "mh_seller.change_many": _seller("/seller/changes/offline_temporary?id=20148&id=20133"),
    "mh_seller.changed_many": _seller(the_first(_ALONE, "/seller/changes/offline_temporary?id={}"), onwards=changes_it),
    "mh_seller.progress": PageUnderTest(
        path=the_first(
            f"SELECT id FROM mh_cascades WHERE subject_id = '{STATUS_CHANGED_PRODUCT}'", "/seller/progress/{}"
        ),
        role=SELLER,
        subject="kervelo",
    ),
    "mh_seller.packs": _seller("/seller/packs"),
    "mh_seller.pack": _seller("/seller/packs/30024"),
    "mh_seller.change_pack": _seller("/seller/packs/30024/change/offline_permanent"),
    "mh_seller.requests": _seller("/seller/requests"),
    "mh_seller.request_page": _seller("/seller/requests/rq-7001"),
    "mh_seller.request_file": _seller("/seller/requests/rq-7001/file"),
    "mh_seller.refusal": _seller("/seller/requests/rq-7001/refusal"),
    "mh_seller.resolution": _seller("/seller/requests/rq-7001/resolution"),
    "mh_seller.offer": _seller("/seller/requests/rq-7001/offer"),
    "mh_seller.closures": _seller("/seller/closures"),
    "mh_seller.figures": _seller("/seller/figures"),
    "mh_seller.refunds": _seller("/seller/refunds"),
}
NOT_PAGES: Mapping[str, str] = {
    "mh_storefront.companion": "a zip",
    "mh_storefront.companion_hash": "the zip’s hash, as text",
    "mh_storefront.sitemap_index": "XML",
    "mh_storefront.sitemap_part": "XML",
    "mh_sign_in.begin": "leads to the provider; 404 in a demo",
    "mh_sign_in.come_back": "where the provider leads back to; 404 in a demo",
    "mh_sign_in.resume_form": "leads on where no form waits for a fresh sign-in",
    "mh_customer.export": "a file of the customer's data",
    "mh_customer.download": "leads to the file host",
    "mh_customer.request_pdf": "a PDF",
    "mh_operator.request_pdf": "a PDF",
    "mh_seller.request_pdf": "a PDF",
}
EXTRA: Mapping[str, PageUnderTest] = {
    "not found": PageUnderTest(path="/products/none", status=404),
    "forbidden": PageUnderTest(path="/operator", role=SELLER, subject=PIXELUNE, status=403),
    "search without result": PageUnderTest(path="/?q=zzzz"),
    "choose a purchase": _customer("/support/new"),
    "expired purchase": _customer("/account/purchases/o-50301", YSALINE),
}
