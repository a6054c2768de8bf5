"""Each line of the log names its request, event and delivery, and none quotes a body, a secret or a person."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.cli.output import announce
from marketplace_hooks.cli.supervisor import log_line
from marketplace_hooks.config.settings import PREFIX, Settings
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.services.inspections import worker as inspection_worker
from marketplace_hooks.telemetry import log_output
from marketplace_hooks.telemetry.log_context import bound, get_logger, with_this_context
from marketplace_hooks.telemetry.log_output import QUIET, configure_logs

from ..support.api_callers import Caller, caller_of
from ..support.apps import close_app
from ..support.cascades import sell_in_packs
from ..support.deliveries import open_shop, subscribe
from ..support.known_customer import WORDS, set_up_known_customer
from ..support.log_lines import lines_of, written_log
from ..support.mail_server import mail_server
from ..support.marketplace import OFFLINE, SECRET, SECRET_KEY, Marketplace
from ..support.webhook_receiver import Answer, Receiver

Open = Callable[..., Marketplace]
MARK = "quokkaword"
"""In every body and secret below, and nowhere else."""
log = get_logger("marketplace_hooks.tests")


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database, but where a test asks for both."""
    return sqlite_url


def fail_with_data(monkeypatch: pytest.MonkeyPatch, type_: str) -> None:
    """The handler of this type raises an error that quotes the event."""

    def handle(uow: Any, locked_subjects: Any, event: Any) -> Any:
        raise ValueError(f"cannot read {event.data}")

    monkeypatch.setitem(EVENTS, type_, dataclasses.replace(EVENTS[type_], handle=handle))


def test_no_body_no_secret_and_no_person_is_in_the_log(make_marketplace: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        written_log() as as_json,
        written_log("console") as as_text,
        mail_server() as mails,
        Receiver(answer=lambda request: Answer(500, body=MARK.encode())) as receiver,
    ):
        mails.to_recipient = "550 no <zephyrine@quatrebarbes.example> here"
        shop = make_marketplace(SMTP_URL=mails.url, ALLOWED_NETWORKS="127.0.0.0/8")
        set_up_known_customer(shop)
        _, secret = subscribe(shop, f"{receiver.url}?key={MARK}", types=["*"], headers={"X-Key": MARK})
        shop.change_status("mod-1", OFFLINE, reason=MARK)
        fail_with_data(monkeypatch, "product.upserted")
        shop.publish("product.upserted", product_id="mod-1", title={"fr": MARK})
        shop.publish("seller.upserted", seller_id="seller-1", name=[MARK])
        for body, headers in (
            (b'{"type": "%s"' % MARK.encode(), {}),
            (b"{}", {"webhook-signature": f"v1,{MARK}"}),
            (b"{}", {"content-type": f"text/{MARK}"}),
        ):
            assert shop.post(body, event_id=f"evt_{MARK}", headers=headers).status_code >= 400
        operator = caller_of(shop, "operator")
        token = operator.headers["Authorization"].split()[1]
        operator.request_status("mod-1", MARK)
        operator.post("/endpoints", {"url": f"https://{MARK}:{MARK}@example.org/"})
        Caller(shop.app, {"Authorization": f"Bearer mht_{MARK}"}).get(f"/products?q={MARK}")
        shop.app.test_client().post(f"/sign-in?next={MARK}", data={"password": MARK})
        shop.run_all_now()
        _break_the_database(shop)
    written = as_json.getvalue() + as_text.getvalue()
    found = [word for word in (MARK, SECRET, SECRET_KEY, secret, token, *WORDS) if word.lower() in written.lower()]
    assert found == []
    messages = {line["message"] for line in lines_of(as_json)}
    assert {"an event is refused: signature_unreadable", "seller.upserted is rejected, 1 faults"} <= messages, messages
    assert any("exception" in line and "ValueError" in line["exception"] for line in lines_of(as_json))


def _break_the_database(shop: Marketplace) -> None:
    """An error of the driver that quotes the row, as PostgreSQL's details do."""
    try:
        with shop.runtime.database.session() as session:
            session.execute(text("SELECT :word FROM nothing"), {"word": MARK})
    except DBAPIError as error:
        error.orig.args = (f"DETAIL: Failing row contains ({MARK}).",)  # type: ignore[union-attr]  # a driver's error
        log.exception("it failed: %s", error)


def test_a_line_of_an_event_names_it_from_the_request_to_the_delivery(
    make_marketplace: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(answer=lambda request: Answer(503)) as receiver:
        shop = open_shop(make_marketplace)
        endpoint_id, _ = subscribe(shop, receiver.url)
        with written_log() as stream:
            event_id = shop.change_status("mod-1", OFFLINE)
            shop.run_all_now()
            fail_with_data(monkeypatch, "product.upserted")
            failed = shop.publish("product.upserted", product_id="mod-2")
            shop.run_all_now()
    lines = lines_of(stream)
    [received] = [line for line in lines if line["message"] == "an event is new" and line["event_id"] == event_id]
    assert len(received["request_id"]) == 32
    [applied] = [line for line in lines if line["message"] == "product.status_changed is applied"]
    assert (applied["event_id"], applied["job"], "request_id" in applied) == (event_id, "inbox", False)
    [attempted] = [line for line in lines if line["message"] == "attempt 1 failed: 503"]
    assert attempted["event_id"] == receiver.requests[0].id
    assert (attempted["cause_event_id"], attempted["endpoint_id"]) == (event_id, endpoint_id)
    assert (attempted["job"], attempted["delivery_id"], attempted["level"]) == ("deliveries", 1, "info")
    errors = [line for line in lines if line["message"] == f"event {failed} failed"]
    assert {(line["event_id"], line["job"], line["level"]) for line in errors} == {(failed, "inbox", "error")}
    assert all({"timestamp", "logger", "pid", "process"} <= line.keys() for line in lines)


def test_a_call_of_the_api_is_joined_to_what_it_published_by_its_request_id(make_marketplace: Open) -> None:
    shop = sell_in_packs(make_marketplace(CASCADE_CHUNK=2))
    with written_log(level="INFO") as stream:
        answer = caller_of(shop, "operator").call(
            "POST", "/products/mod-1/status", json={"status": OFFLINE, "reason": "x"}, headers={"X-Request-ID": "r-7"}
        )
        assert answer.headers["X-Request-ID"] == "r-7"
        shop.run_all_now()
    lines = lines_of(stream)
    published = next(line for line in lines if line["message"] == "published product.hidden")
    assert published["request_id"] == "r-7"
    assert published["event_id"] in [event.event_id for event in shop.outgoing("mod-1")]
    [cascade] = [line for line in lines if line["message"].startswith("cascade ")]
    assert (cascade["job"], cascade["cascade_id"]) == ("cascades", shop.cascades("mod-1")[0].id)
    assert "request_id" not in cascade


def test_a_fault_while_an_event_is_stored_names_the_request_and_the_event(
    make_marketplace: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_marketplace()
    monkeypatch.setattr(type(shop.web.intake.inbox), "insert", lambda self, event: 1 / 0)
    shop.app.config["PROPAGATE_EXCEPTIONS"] = False
    with written_log() as stream:
        answer = shop.post(
            b'{"type": "a.b", "timestamp": "2026-03-02T10:00:00Z", "data": {}}', headers={"X-Request-ID": "r-8"}
        )
    assert answer.status_code == 500
    [line] = [line for line in lines_of(stream) if line["level"] == "error"]
    assert (line["request_id"], line["event_id"]) == ("r-8", "evt_1")
    assert line["exception"].endswith("ZeroDivisionError")


def test_an_inspection_and_a_mail_are_named(make_marketplace: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError(MARK)

    with mail_server() as mails, written_log() as stream:
        shop = make_marketplace(SMTP_URL=mails.url)
        monkeypatch.setattr(inspection_worker, "_inspect", fail)
        set_up_known_customer(shop)
    lines = lines_of(stream)
    inspections = [line for line in lines if line["logger"].endswith("inspections.worker")]
    assert {line["job"] for line in inspections} == {"inspections"}
    assert all(line["inspection_id"] in line["message"] for line in inspections)
    assert len(inspections) > 0
    sent = [line for line in lines if line["message"].endswith(" is sent")]
    assert all(line["job"] == "mail" and line["event_id"] and line["mail_id"] for line in sent)
    assert len(sent) > 0


# --- how it is written


def test_text_has_one_line_for_each_record_whatever_was_sent() -> None:
    with written_log("console", "INFO") as stream:
        with bound(event_id="evt\n1", job=None):
            log.info("a %s", "line\x1b[31m\r\nERROR forged")
        log.debug("not written")
        logging.getLogger("urllib3.connectionpool").warning("noise")
        logging.getLogger("sqlalchemy.pool.impl").error("noise")
        logging.getLogger("some.library").info("noise")
    assert stream.getvalue() == "INFO marketplace_hooks.tests a line\\x1b[31m\\r\\nERROR forged event_id=evt\\n1\n"


def test_secrets_in_lines_of_libraries_are_replaced() -> None:
    with written_log() as stream:
        for quoted in (SECRET, "mht_12_abc-D", "postgresql://user:word@db/shop", "Authorization: Bearer abc"):
            logging.getLogger("some.library").error("refused %s", quoted)
    assert [line["message"] for line in lines_of(stream)] == [
        "refused [secret]",
        "refused [secret]",
        "refused postgresql://[secret]db/shop",
        "refused Authorization: Bearer [secret]",
    ]


def test_ids_go_with_the_work_into_another_thread_and_no_further() -> None:
    with written_log() as stream:
        with bound(event_id="evt_1"):
            thread = threading.Thread(target=with_this_context(log.info), args=("inside",))
        thread.start()
        thread.join()
        log.info("outside")
    assert [line.get("event_id") for line in lines_of(stream)] == ["evt_1", None]


def test_a_thread_that_ends_by_an_error_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", log_output._log_uncaught)
    with written_log() as stream:
        thread = threading.Thread(target=lambda: 1 / 0, name="counters")
        thread.start()
        thread.join()
    [line] = lines_of(stream)
    assert (line["message"], "ZeroDivisionError" in line["exception"]) == (
        "the thread counters has ended by an error",
        True,
    )


@contextlib.contextmanager
def bare_root() -> Iterator[logging.Logger]:
    """The root logger as a new process has it."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    root.handlers.clear()
    try:
        yield root
    finally:
        root.handlers[:] = handlers


def test_who_has_configured_logging_keeps_it() -> None:
    theirs = logging.NullHandler()
    with bare_root() as root:
        root.addHandler(theirs)
        configure_logs("json", "DEBUG")
        assert root.handlers == [theirs]


def test_a_host_keeps_its_logging_and_finds_our_ids_on_the_records(sqlite_url: str, tmp_path: Path) -> None:
    records: list[logging.LogRecord] = []
    theirs = logging.Handler()
    theirs.emit = records.append  # type: ignore[method-assign]  # as a handler of a host's
    host = Flask("host")
    ours = {"WEBHOOK_SECRETS": f"marketplace={SECRET}", "DATABASE_URL": sqlite_url, "INSTANCE": str(tmp_path)}
    host.config.update({"SECRET_KEY": SECRET_KEY, **{f"{PREFIX}{name}": value for name, value in ours.items()}})
    with bare_root() as root:
        root.addHandler(theirs)
        before = _global_logging()
        MarketplaceHooks(host)
        logging.getLogger("marketplace_hooks").setLevel(logging.DEBUG)
        Marketplace(host).post(b"{}", headers={"X-Request-ID": "r-9"})
        logging.getLogger("marketplace_hooks").setLevel(logging.NOTSET)
        assert _global_logging() == before
    close_app(host)
    [record] = [one for one in records if one.name == "marketplace_hooks.events.intake"]
    assert (record.mh_request_id, record.funcName) == ("r-9", "_log")  # type: ignore[attr-defined]  # our attributes


def _global_logging() -> list[Any]:
    root = logging.getLogger()
    quiet = [logging.getLogger(name).level for name in QUIET]
    return [root.level, *quiet, root.handlers[:], logging.getLogRecordFactory(), threading.excepthook]


def test_lines_that_are_no_records_have_the_format_of_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(Settings(log_format="json"), "The worker is ready.")
    announce(Settings(), "The worker is ready.")
    writes_json = threading.Event()
    writes_json.set()
    monkeypatch.setattr("marketplace_hooks.cli.supervisor._writes_json", writes_json)
    log_line("worker 1", '{"message": "a line of a child"}')
    log_line("web", "{a plain line}")
    first, second, third, fourth = capsys.readouterr().out.splitlines()
    assert '"message": "The worker is ready."' in first
    assert second == "The worker is ready."
    assert third == '{"message": "a line of a child"}'
    assert ('"process": "web"' in fourth, '"message": "{a plain line}"' in fourth) == (True, True)
