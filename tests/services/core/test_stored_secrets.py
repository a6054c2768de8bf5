"""A lost or changed encryption key is noticed, never replaced in silence, and no endpoint pays for it."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import select

from marketplace_hooks.errors import EncryptionKeyLost
from marketplace_hooks.models.outbox import Delivery, Endpoint
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.stored_secrets import check_encryption_keys, warn_of_lost_key
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.outbox.endpoints import add_endpoint, delete_endpoint, list_endpoints, rotate_secret

from ...cli.test_doctor import examined
from ...support.marketplace import OFFLINE, Marketplace
from ...support.webhook_receiver import Receiver

Opens = Callable[..., Marketplace]
HOOKS = "https://hooks.example/in"


def key_file(runtime: Runtime) -> Path:
    return runtime.settings.instance / "encryption.key"


def list_all(runtime: Runtime) -> list[Endpoint]:
    with runtime.database.read_session() as session:
        return list_endpoints(session)


def check_of(marketplace: Marketplace) -> str:
    [check] = [one for one in json.loads(examined(marketplace).output) if one["check"] == "encryption"]
    return str(check["state"])


def test_the_first_secret_makes_the_key_which_its_owner_alone_can_read(runtime: Runtime) -> None:
    assert check_encryption_keys(runtime.database, runtime.encryption) == 0
    assert not key_file(runtime).exists()
    add_endpoint(runtime, HOOKS)
    assert stat.S_IMODE(key_file(runtime).stat().st_mode) == 0o600
    assert check_encryption_keys(runtime.database, runtime.encryption) == 1


def test_a_key_that_is_gone_is_not_replaced(make_marketplace: Opens, caplog: pytest.LogCaptureFixture) -> None:
    first = make_marketplace()
    add_endpoint(first.runtime, HOOKS)
    key = key_file(first.runtime)
    content = key.read_text()
    key.unlink()
    later = make_marketplace()
    with pytest.raises(EncryptionKeyLost):
        add_endpoint(later.runtime, HOOKS)
    with caplog.at_level(logging.ERROR):
        warn_of_lost_key(later.runtime.database, later.runtime.encryption)
    assert (str(key) in caplog.text, key.exists(), check_of(later)) == (True, False, "wrong")
    key.write_text(content)
    add_endpoint(later.runtime, HOOKS)
    assert (check_encryption_keys(later.runtime.database, later.runtime.encryption), check_of(later)) == (2, "ok")


def test_a_key_that_was_changed_is_noticed_though_newer_secrets_can_be_read(make_marketplace: Opens) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    add_endpoint(make_marketplace(ENCRYPTION_KEYS=old).runtime, HOOKS)
    changed = make_marketplace(ENCRYPTION_KEYS=new)
    add_endpoint(changed.runtime, HOOKS)
    assert check_of(changed) == "wrong"
    assert check_of(make_marketplace(ENCRYPTION_KEYS=f"{new} {old}")) == "ok"


def test_headers_and_the_old_secret_are_noticed_too(clock: time_machine.Traveller, make_marketplace: Opens) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    both = make_marketplace(ENCRYPTION_KEYS=f"{new} {old}").runtime
    _, with_headers = (
        add_endpoint(make_marketplace(ENCRYPTION_KEYS=old).runtime, HOOKS, headers=headers)[0].id
        for headers in ({}, {"X-Key": "k"})
    )
    only_new = make_marketplace(ENCRYPTION_KEYS=new)
    for endpoint in list_all(both):
        run_in_transaction(both, lambda uow, id_=endpoint.id: rotate_secret(both, uow, id_))
    assert check_of(only_new) == "wrong"  # the old secrets still sign.
    clock.shift(24 * 3600 + 1)
    assert check_of(only_new) == "wrong"  # the headers are still needed.
    run_in_transaction(both, lambda uow: delete_endpoint(uow, with_headers))
    assert check_of(only_new) == "ok"


def test_a_new_beginning_after_a_lost_key(make_marketplace: Opens) -> None:
    first = make_marketplace().runtime
    endpoint, _ = add_endpoint(first, HOOKS)
    key_file(first).unlink()
    later = make_marketplace()
    run_in_transaction(later.runtime, lambda uow: delete_endpoint(uow, endpoint.id))
    assert check_of(later) == "ok"
    add_endpoint(later.runtime, HOOKS)
    assert (key_file(first).exists(), check_of(later)) == (True, "ok")


# docs/operate.md, "When something dies": the encryption key is lost or changed.
def test_deliveries_wait_for_a_lost_key_and_their_endpoint_is_blamed_for_nothing(
    clock: time_machine.Traveller, make_marketplace: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings = {"ALLOWED_NETWORKS": "127.0.0.0/8", "FAILURE_RATE_PER_MINUTE": 0}
    with Receiver() as receiver:
        right = make_marketplace(ENCRYPTION_KEYS=old, **settings)
        add_endpoint(right.runtime, receiver.url, types=["product.hidden"])
        right.publish_products("mod-1")
        right.change_status("mod-1", OFFLINE)
        wrong = make_marketplace(ENCRYPTION_KEYS=new, **settings)
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                wrong.run_all_now()
                clock.shift(60)
        [delivery] = wrong.all(select(Delivery))
        assert (delivery.state, delivery.attempts, delivery.attempt_log) == ("pending", 0, None)
        [endpoint] = wrong.all(select(Endpoint))
        assert (endpoint.enabled, endpoint.failing_since, receiver.requests) == (True, None, [])
        assert "nothing is sent" in caplog.text
        right.run_all_now()
        assert [one.state for one in right.all(select(Delivery))] == ["delivered"]
