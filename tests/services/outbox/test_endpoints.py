"""An endpoint is subscribed only where and to what may be delivered, under a secret of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from marketplace_hooks.errors import OutboundRefused, PayloadRejected
from marketplace_hooks.models.outbox import Endpoint
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.outbox.endpoints import add_endpoint

HOOKS = "https://hooks.example/in"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/in",
        "https://127.0.0.1/in",
        "https://10.0.0.7/in",
        "https://[::1]/in",
        "https://169.254.169.254/latest/meta-data",
        "https://user:password@hooks.example/in",
        "https://hooks.example:22/in",
        "ftp://hooks.example/in",
        "hooks.example",
        "",
    ],
)
def test_an_address_that_we_would_never_deliver_to_is_refused_at_once(runtime: Runtime, url: str) -> None:
    with pytest.raises(OutboundRefused):
        add_endpoint(runtime, url)
    with runtime.database.read_session() as session:
        assert session.scalar(select(Endpoint.id)) is None


def test_a_type_that_is_never_told_cannot_be_subscribed_to(runtime: Runtime) -> None:
    with pytest.raises(PayloadRejected) as refusal:
        add_endpoint(runtime, HOOKS, types=["product.hidden", "product.praised", "pack.*"])
    assert len(refusal.value.errors) == 2


def test_a_secret_is_new_for_each_endpoint_and_encrypted_at_rest(runtime: Runtime) -> None:
    endpoint, secret = add_endpoint(runtime, HOOKS)
    _, other = add_endpoint(runtime, HOOKS)
    assert secret != other
    assert secret.startswith("whsec_")
    with runtime.database.read_session() as session:
        stored = session.get_one(Endpoint, endpoint.id).secret
    assert secret.encode() not in stored
    assert runtime.encryption.decrypt(stored) == secret
