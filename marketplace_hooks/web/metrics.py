"""Metrics for Prometheus: `GET /metrics`, in the text format, for the networks that `METRICS_NETWORKS` names.

Counters are those that all processes have stored, on whatever machine (`services/core/counters.py`); gauges are read
from the rows at the scrape. Every web process therefore answers the same: of several, take one or the maximum.
"""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, request

from ..config.trusted_proxies import is_within
from .identity.authorization import audience
from .problems import problem
from .response_headers import secure_response
from .state import current_runtime

blueprint = Blueprint("mh_metrics", __name__)
blueprint.after_request(secure_response)


@blueprint.get("/metrics")
@audience()
def metrics() -> Response:
    """The figures now. 403 to whoever asks from another network."""
    runtime = current_runtime()
    networks = map(ipaddress.ip_network, runtime.settings.metrics_networks)
    if not is_within(request.remote_addr, networks):
        return problem(403, "metrics_not_allowed", "metrics are for the networks of METRICS_NETWORKS")
    from .metric_families import CONTENT_TYPE, write_figures  # Prometheus' client is for those whom it scrapes.

    return Response(write_figures(runtime), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
