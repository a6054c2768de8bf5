"""Lists of support requests in every area: their filters, their orders, and the page that the address asks for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from ..domain.support.state_machine import Handling
from ..models.support import SupportRequest
from ..services.support.request_lists import RequestGroup, RequestQuery, RequestSort, list_requests
from ..services.support.requests import Viewer
from .i18n.language import LazyText, lazy
from .labels.sorts import REQUEST_SORTS
from .labels.states import state_tag
from .list_pages import PAGE_SIZE, ListPage, cursor, is_backward, list_page
from .list_query import YES, AskedList, Filter, ListQuery, Options, settled_choice
from .pagination import decode_numbered_position, position_key
from .state import current_runtime

GROUPS: Mapping[RequestGroup, LazyText] = {
    RequestGroup.OPEN: lazy("Open"),
    RequestGroup.TO_ACKNOWLEDGE: lazy("Awaiting first response"),
    RequestGroup.ALL: lazy("Any state"),
}
STATES: Mapping[Handling, LazyText] = {Handling.ACCEPTED: lazy("Accepted")}
"""States whose word is that of a group."""
SEARCH = lazy("Subject, product, customer or ID")
ASSIGNED = Filter(name="assigned", label=lazy("Assigned to"))
SELLER = Filter(name="seller", label=lazy("Seller ID"))


def request_query(
    default: RequestGroup, *more: Filter, sorts: Options = REQUEST_SORTS, search: LazyText = SEARCH
) -> ListQuery:
    """The filters of a list of requests, of which those of `default` are shown when no state is asked for."""
    return ListQuery(
        filters=(
            Filter(name="q", label=search, type="search"),
            Filter(name="product", label=lazy("Product ID")),
            *more,
            settled_choice("state", lazy("State"), _states, default),
            Filter(name="overdue", label=lazy("Deadline"), type="choice", options=((YES, lazy("Overdue")),)),
        ),
        sorts=sorts,
    )


def wanted_requests(asked: AskedList) -> RequestQuery:
    """What the address asks for, as the service wants it."""
    state = asked.get("state") or RequestGroup.ALL.value
    return RequestQuery(
        state=RequestGroup(state) if state in list(RequestGroup) else Handling(state),
        is_overdue=asked.is_yes("overdue"),
        product_id=asked.get("product"),
        seller_id=asked.values.get("seller"),
        assignee=asked.values.get("assigned"),
        search=asked.get("q"),
        sort=RequestSort(asked.sort or RequestSort.DEADLINE),
    )


def listed_requests(session: Session, viewer: Viewer, asked: AskedList) -> ListPage[SupportRequest]:
    """The page of the viewer's requests that the address asks for."""
    wanted = wanted_requests(asked)
    kind = f"requests-{wanted.sort}"
    found = list_requests(
        session,
        viewer,
        wanted,
        now=current_runtime().now(),
        after=decode_numbered_position(kind, cursor()),
        is_backward=is_backward(),
        limit=PAGE_SIZE + 1,
    )
    return list_page(kind, found, lambda one: position_key(one.next_deadline_at, one.number))


def _states() -> Options:
    groups: list[tuple[str, LazyText | str]] = [(one.value, GROUPS[one]) for one in RequestGroup]
    return [*groups, *((one.value, STATES.get(one) or state_tag(one)[1]) for one in Handling)]
