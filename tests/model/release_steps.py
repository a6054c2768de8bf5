"""Steps of the model about releases: free and paid, offered, bought, and the requests that they fix."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ..support.customers import money
from .catalog_steps import products
from .machine import History
from .purchase_steps import picks
from .reference.care import Care
from .reference.catalog import ONLINE, Product
from .reference.releases import Release
from .reference.requests import ANSWERABLE, Offer, Request

MOST_RELEASES = 8
PAID = 2900


class ReleaseSteps(History):
    """What happens to releases."""

    @precondition(lambda self: len(self.reference.releases) < MOST_RELEASES)
    @rule(product_id=products, is_paid=st.booleans())
    def a_release_is_published(self, product_id: str, is_paid: bool) -> None:
        self.publish(self.reference.catalog.products[product_id], is_paid=is_paid, fixes=[])

    @precondition(lambda self: len(self.reference.releases) < MOST_RELEASES and self.requests_in(*ANSWERABLE))
    @rule(number=picks, is_paid=st.booleans())
    def a_release_fixes(self, number: int, is_paid: bool) -> None:
        """It resolves the requests of those who may download it; a paid one, those of nobody yet."""
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        release = self.publish(request.care.product, is_paid=is_paid, fixes=[request.id])
        if request.care.may_download(release, self.now):
            request.resolve(self.now, self.now)

    def publish(self, product: Product, *, is_paid: bool, fixes: list[str]) -> Release:
        id_ = f"release-{len(self.reference.releases) + 1}"
        release = Release(id_, product, self.now, PAID if is_paid else None, fixes)
        self.client.release(id_, product.id, release.price, fixes)
        self.reference.releases[id_] = release
        return release

    @precondition(lambda self: self.for_sale())
    @rule(number=picks)
    def a_customer_buys_a_release(self, number: int) -> None:
        """What waited for it is fixed: the request that it names, or whose offer of it was accepted."""
        release, care = self.pick(self.for_sale(), number)
        self.client.buy_release(release.id, care.purchase_id, PAID)
        release.bought_by.add(care.purchase_id)
        for request in self.reference.about(care):
            is_accepted = request.offer is not None and request.offer.is_accepted and request.offer.release is release
            is_awaited = is_accepted or request.id in release.fixes
            if is_awaited and request.is_answerable and care.may_download(release, self.now):
                request.deliver_fix(self.now, self.now)

    def for_sale(self) -> dict[str, tuple[Release, Care]]:
        """The paid releases that somebody who bought their product has not bought yet."""
        return {
            f"{release.id} {care.purchase_id}": (release, care)
            for release in self.reference.releases.values()
            for care in self.reference.purchases.values()
            if release.is_paid and release.product is care.product and care.purchase_id not in release.bought_by
        }

    @precondition(lambda self: self.offerable())
    @rule(number=picks, cents=st.sampled_from([PAID, PAID - 1, PAID + 1]))
    def a_seller_offers_a_paid_update(self, number: int, cents: int) -> None:
        request, release = self.pick(self.offerable(), number)
        is_on_sale = self.reference.catalog.status(release.product.id) == ONLINE
        is_possible = is_on_sale and cents <= PAID and request.care.purchase_id not in release.bought_by
        body = {"release_id": release.id, "amount": money(cents), "text": "Une fonction de plus."}
        accepted = request.offer.release if request.offer is not None and request.offer.is_accepted else None
        stands = accepted is not None and request.care.purchase_id not in accepted.bought_by
        expected = 422 if not is_possible else 409 if stands else 200
        self.move(request, "offer", body, by="person of the seller", expected=(expected,))
        if expected == 200:
            request.acknowledge(self.now)
            request.offer = Offer(release)

    def offerable(self) -> dict[str, tuple[Request, Release]]:
        """The requests that wait for a fix, each with the paid releases of its product."""
        return {
            f"{request.id} {release.id}": (request, release)
            for request in self.requests_in(*ANSWERABLE).values()
            for release in self.reference.releases.values()
            if release.is_paid and release.product is request.care.product
        }

    @precondition(lambda self: self.offers())
    @rule(number=picks, is_accepted=st.booleans())
    def a_customer_answers_an_offer(self, number: int, is_accepted: bool) -> None:
        """Accepted, it counts from its purchase: at once if it was bought already."""
        request = self.pick(self.offers(), number)
        self.move(request, "offer/answer", {"accepted": is_accepted})
        assert request.offer is not None
        request.offer.is_accepted = is_accepted
        if is_accepted and request.care.may_download(request.offer.release, self.now):
            request.deliver_fix(self.now, self.now)

    def offers(self) -> dict[str, Request]:
        """The requests with an offer that waits for an answer."""
        found = self.requests_in(*ANSWERABLE).items()
        return {id_: one for id_, one in found if one.offer is not None and one.offer.is_accepted is None}
