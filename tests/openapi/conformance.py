"""Generated requests to every operation, and every check that schemathesis has of what is answered."""

from __future__ import annotations

import itertools
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig

from ..support.api_callers import caller_of
from ..support.marketplace import OFFLINE, Marketplace
from ..support.support_desk import PURCHASE, REQUEST, publish_message, publish_request, set_up_support

DOCUMENT = "/api/v1/openapi.json"
NOBODY = "nobody"
CALLERS = {NOBODY: None, "customer": "customer-1", "seller": "seller-1", "platform": None, "operator": None}
KNOWN = {
    "product_id": "mod-1",
    "pack_id": "pack-1",
    "customer_id": "customer-1",
    "purchase_id": PURCHASE,
    "request_id": REQUEST,
    "seller_id": "seller-1",
}
CONFIG = {
    # An unknown parameter of a query, such as a campaign's, is ignored: it is no wrong request.
    "generation": {"allow-extra-parameters": False},
    # A schema does not say which of two fields go together, or what a cursor holds: such a request is a 400 or a 422.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "4xx", 503]}},
}


def set_up(marketplace: Marketplace) -> None:
    """One of everything that an address names."""
    set_up_support(marketplace)
    marketplace.publish_pack("pack-1", "mod-1")
    publish_request(marketplace)
    publish_message(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()


def failures(
    marketplace: Marketplace, role: str, *, examples: int, chosen_seed: int, every: int = 1, first: int = 0
) -> list[str]:
    """What is not as the document says: each check that fails once for an operation, with the answer.

    Of the operations every `every`th, from the `first`.
    """
    load_all_checks()
    headers = {} if role == NOBODY else caller_of(marketplace, role, CALLERS[role]).headers
    found: dict[tuple[str, str], str] = {}
    document = schemathesis.openapi.from_wsgi(DOCUMENT, marketplace.app, config=SchemathesisConfig.from_dict(CONFIG))
    for operation in itertools.islice((result.ok() for result in document.get_all_operations()), first, None, every):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try(operation, mode, headers, examples, chosen_seed, found)
    return [f"{operation}: {text}" for (operation, _), text in found.items()]


def _try(
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    examples: int,
    chosen_seed: int,
    found: dict[tuple[str, str], str],
) -> None:
    known = {name: value for name, value in KNOWN.items() if f"{{{name}}}" in operation.path}
    turns = itertools.cycle((known, known, {}))

    def send(case: Any) -> None:
        case.path_parameters.update(next(turns))
        response = case.call(headers=headers)
        try:
            case.validate_response(response, headers=headers)
        except* Exception as group:
            for failure in group.exceptions:
                key = operation.label, type(failure).__name__
                found.setdefault(key, f"{failure}\n{case.body!r:.300}\n{response.status_code} {response.text:.300}")

    strategy = operation.as_strategy(generation_mode=mode)
    bounds = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(chosen_seed)(bounds(given(case=strategy)(send)))()
    except Unsatisfiable:
        pass  # nothing can be wrong with a request that has no parts.
