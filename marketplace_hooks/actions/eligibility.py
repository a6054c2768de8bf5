"""Actions on eligibility checks: whether a support request would be accepted, started and read before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.inspections.declarations import Declaration
from ..remote.probes.protocol import Credentials
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import UnitOfWork
from ..services.inspections.requests import StartedInspection
from ..services.support.eligibility_checks import EligibilityCheck, GivenSite, read_check, start_check
from ..services.support.submission import purchase_of
from .base import Actions, Payer, cause_of


class SiteCredentials(TypedDict, total=False):
    """Credentials for asking the bound site itself: encrypted, used only there, and deleted with the request."""

    webservice_key: str
    client_id: str
    client_secret: str
    companion_key: str


class EligibilityActions(Actions):
    """Actions on checks. The site of a purchase is inspected by a worker; no other site is, and then a check is done.

    `customer_id`, if given, must be the holder of the purchase: else `NotFound`, as for an unknown one.
    """

    def start(
        self,
        *,
        purchase_id: str,
        shop_url: str | None = None,
        credentials: SiteCredentials | None = None,
        declared: Mapping[str, Any] | None = None,
        customer_id: str | None = None,
        actor: Payer = "customer",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> StartedInspection:
        """Start a check. Its `check_id` can be read while it runs, and named when the request is submitted.

        `declared` is what the customer says of the site: `platform_version`, `modules` (each `name`, `version` and
        `enabled`) and `whole_list`. Raises `ValueError` where it or `credentials` are malformed, `Refused` for what is
        not the address of a site, `TooManyRequests` after too many inspections for a customer.
        """
        cause = cause_of(actor, by)
        given = _given_credentials(credentials)
        declaration = _given_declaration(declared)
        runtime = self._context.current_runtime()

        def act(uow: UnitOfWork) -> StartedInspection:
            purchase = purchase_of(uow.session, purchase_id, customer_id)
            return start_check(runtime, uow, purchase, shop_url=shop_url, credentials=given, declared=declaration)

        return self._write(act, cause, by, session)

    def get(
        self, check_id: str, *, customer_id: str | None = None, session: HostSession | None = None
    ) -> EligibilityCheck:
        """The check at this moment: whether it is `running`, its `checks`, and its `judgement` so far."""

        def read(reading: Session, runtime: Runtime) -> EligibilityCheck:
            return read_check(reading, check_id, customer_id=customer_id, settings=runtime.settings)

        return self._read(read, session)


def given_site(
    check_id: str | None, shop_url: str | None, credentials: SiteCredentials | None, declared: Mapping[str, Any] | None
) -> GivenSite:
    """What is given of the site of a request. Raises `ValueError`."""
    return GivenSite(
        check_id=check_id,
        shop_url=shop_url,
        credentials=_given_credentials(credentials),
        declared=_given_declaration(declared),
    )


def _given_declaration(given: Mapping[str, Any] | None) -> Declaration | None:
    """What the customer declares of the site. Raises `ValueError`."""
    return None if given is None else Declaration.from_json(given)


def _given_credentials(given: SiteCredentials | None) -> Credentials | None:
    """The credentials of the site. Raises `ValueError`."""
    if given is None:
        return None
    if unknown := given.keys() - SiteCredentials.__annotations__.keys():
        raise ValueError(f"credentials are {', '.join(SiteCredentials.__annotations__)}, not {min(unknown)}")
    if ("client_id" in given) != ("client_secret" in given):
        raise ValueError("client_id and client_secret come together")
    return Credentials(**given)
