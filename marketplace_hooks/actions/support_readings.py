"""Reading support requests, as Python actions: one in full, a list of them, and the file by which one is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.support.state_machine import Handling
from ..services.core.runtime import Runtime
from ..services.support.request_file import request_file
from ..services.support.request_lists import PagePosition, RequestGroup, RequestQuery, RequestSort, list_requests
from ..services.support.requests import Viewer, request_detail, summary, visible_request
from .base import Actions


class RequestReadings(Actions):
    """Questions about requests, for a seller (`seller_id`), a customer (`customer_id`), or else for the marketplace.

    Another's request is `NotFound`, as an unknown one.
    """

    def get(
        self,
        request_id: str,
        *,
        seller_id: str | None = None,
        customer_id: str | None = None,
        session: HostSession | None = None,
    ) -> dict[str, Any]:
        """Everything about a request, as the API shows it to this seller or customer, else to the marketplace.

        Raises `NotFound`, for another's request as well.
        """
        viewer = Viewer(seller_id=seller_id, customer_id=customer_id)
        return self._read_request(request_detail, request_id, viewer, session)

    def case_file(
        self,
        request_id: str,
        *,
        seller_id: str | None = None,
        customer_id: str | None = None,
        session: HostSession | None = None,
    ) -> dict[str, Any]:
        """Everything needed to decide on a contested refusal, in one document. Raises `NotFound`."""
        viewer = Viewer(seller_id=seller_id, customer_id=customer_id)
        return self._read_request(request_file, request_id, viewer, session)

    def _read_request(
        self, show: Callable[..., dict[str, Any]], request_id: str, viewer: Viewer, session: HostSession | None
    ) -> dict[str, Any]:
        def read(reading: Session, runtime: Runtime) -> dict[str, Any]:
            request = visible_request(reading, request_id, viewer)
            return show(reading, request, viewer, now=runtime.now(), settings=runtime.settings)

        return self._read(read, session)

    def find(
        self,
        search: str | None = None,
        *,
        state: str = RequestGroup.ALL,
        overdue: bool = False,
        product_id: str | None = None,
        assignee: str | None = None,
        sort: str = RequestSort.DEADLINE,
        seller_id: str | None = None,
        customer_id: str | None = None,
        after: PagePosition | None = None,
        limit: int = 20,
        session: HostSession | None = None,
    ) -> tuple[list[dict[str, Any]], PagePosition | None]:
        """The requests that match, as `GET /support-requests` lists them; and the `after` of the next page, if any.

        `state` is a state, or `open`, `to_acknowledge` or `all`; `sort` is `deadline`, `newest` or `oldest`. Raises
        `ValueError` for any other.
        """
        viewer = Viewer(seller_id=seller_id, customer_id=customer_id)
        wanted = RequestQuery(
            state=RequestGroup(state) if state in list(RequestGroup) else Handling(state),
            is_overdue=overdue,
            product_id=product_id,
            assignee=assignee,
            search=search,
            sort=RequestSort(sort),
        )

        def read(reading: Session, runtime: Runtime) -> tuple[list[dict[str, Any]], PagePosition | None]:
            found = list_requests(reading, viewer, wanted, now=runtime.now(), after=after, limit=limit + 1)
            shown = found[:limit]
            position = (shown[-1].next_deadline_at, shown[-1].number) if len(found) > limit else None
            return [summary(one, viewer) for one in shown], position

        return self._read(read, session)
