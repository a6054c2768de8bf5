"""A client that a public generator makes of the document works against a running service."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from marketplace_hooks.remote.signatures import signed_headers

from ..support.api_callers import Caller, caller_of
from ..support.marketplace import SECRET, Marketplace, open_marketplace, sample

PACKAGE = "generated_client"


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Marketplace, str]]:
    """A marketplace that listens on a port of this machine, and its address."""
    with open_marketplace(sqlite_url, tmp_path / "instance") as marketplace:
        server = make_server("127.0.0.1", 0, marketplace.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield marketplace, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def generated(service: tuple[Marketplace, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the package that openapi-python-client has made of the document."""
    marketplace, _ = service
    (tmp_path / "openapi.json").write_bytes(Caller(marketplace.app).get("/openapi.json").data)
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    folder = tmp_path / "made"
    folder.mkdir()
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    given = ["--path", str(tmp_path / "openapi.json"), "--config", str(tmp_path / "config.yml")]
    made = subprocess.run(
        [*command, *given, "--output-path", str(folder / PACKAGE)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(folder))
    yield PACKAGE
    for name in [one for one in sys.modules if one.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def call(generated: str, tag: str, operation: str) -> Any:
    """The module of one operation: `sync_detailed(…)` answers with `status_code` and `parsed`."""
    return importlib.import_module(f"{generated}.api.{tag}.{operation}").sync_detailed


def test_the_client_of_a_public_generator_works_against_a_running_service(
    service: tuple[Marketplace, str], generated: str
) -> None:
    marketplace, address = service
    made = importlib.import_module(generated)
    models = importlib.import_module(f"{generated}.models")
    token = caller_of(marketplace, "operator").headers["Authorization"].removeprefix("Bearer ")
    with made.AuthenticatedClient(base_url=address, token=token) as client:
        takes_an_event(generated, models, client)
        marketplace.run_all_now()
        reads_and_changes_a_product(generated, models, client)
        keeps_an_endpoint(generated, models, client)
        event = call(generated, "events", "get_event")("evt_client", client=client).parsed
        assert (event.state.value, event.payload["type"]) == ("applied", "seller.upserted")
        nothing = call(generated, "products", "get_product")("nothing", client=client)
        assert (nothing.status_code, nothing.parsed.code) == (404, "not_found")
    with made.Client(base_url=address) as anonymous:
        refused = call(generated, "events", "list_events")(client=anonymous)
        assert (refused.status_code, refused.parsed.code) == (401, "not_signed_in")


def takes_an_event(generated: str, models: Any, client: Any) -> None:
    """Post signed events: the seller and the product of what follows."""
    for type_, event_id in (("seller.upserted", "evt_client"), ("product.upserted", "evt_product")):
        name = "".join(part.title() for part in type_.split("."))
        body = getattr(models, f"{name}Event").from_dict(sample(type_))
        sent = json.dumps(body.to_dict(), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        headers = signed_headers(event_id, datetime.now(UTC), sent, [SECRET])
        receive = call(generated, "webhooks_in", "receive_event")
        taken = receive(
            "marketplace",
            client=client,
            body=body,
            webhook_id=headers["webhook-id"],
            webhook_timestamp=headers["webhook-timestamp"],
            webhook_signature=headers["webhook-signature"],
        )
        assert (taken.status_code, taken.parsed.event_id, taken.parsed.duplicate) == (202, event_id, False)


def reads_and_changes_a_product(generated: str, models: Any, client: Any) -> None:
    listed = call(generated, "products", "list_products")(client=client, limit=1).parsed
    product_id = sample("product.upserted")["data"]["product_id"]
    assert [item.product_id for item in listed.items] == [product_id]
    change = call(generated, "products", "change_product_status")
    asked = models.StatusRequest(status=models.StatusRequestStatus.OFFLINE_TEMPORARY, reason="A fault")
    key = str(uuid.uuid4())
    for _ in range(2):  # the same call under the same key is carried out once.
        changed = change(product_id, client=client, body=asked, idempotency_key=key)
        assert (changed.status_code, changed.parsed.status.value) == (202, "offline_temporary")
        assert [hold.reason for hold in changed.parsed.holds] == ["A fault"]
    cascade = call(generated, "cascades", "get_cascade")(changed.parsed.cascade_id, client=client)
    assert cascade.parsed.subject.id == product_id


def keeps_an_endpoint(generated: str, models: Any, client: Any) -> None:
    add = call(generated, "endpoints", "add_endpoint")
    refused = add(client=client, body=models.EndpointSettings(url="http://127.0.0.1/"))
    assert (refused.status_code, refused.parsed.code) == (422, "address_not_public")
    added = add(
        client=client, body=models.EndpointSettings(url="https://8.8.8.8/hooks", types=["product.hidden"])
    ).parsed
    assert added.secret.startswith("whsec_")
    read = call(generated, "endpoints", "get_endpoint")(added.endpoint_id, client=client).parsed
    assert (read.types, read.enabled, read.success_rate) == (["product.hidden"], True, None)
    gone = call(generated, "endpoints", "remove_endpoint")(added.endpoint_id, client=client)
    assert gone.status_code == 204
