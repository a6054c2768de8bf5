"""Inspections as rows: asked for, carried out once, one of a host at a time, used again, and forgotten."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update

from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.database.encryption import Encryption
from marketplace_hooks.database.types import Base
from marketplace_hooks.demo.fake_shops.companion import report as companion_report
from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import ApiClient, FakeShop, Fault, Module, Shop
from marketplace_hooks.domain.inspections.declarations import Declaration
from marketplace_hooks.domain.inspections.evidence import FindingKind
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.errors import Conflict, LeaseLost, NotFound, PayloadRejected, Refused, SignatureRejected
from marketplace_hooks.jobs.scheduler import recover_missed, run_all_now
from marketplace_hooks.models.inspections import (
    Evidence,
    Inspection,
    InspectionOutcome,
    InspectionState,
    SiteCredential,
)
from marketplace_hooks.remote.companion_format import sign_report
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.inspections import worker as inspecting
from marketplace_hooks.services.inspections.companion_submissions import submit_report
from marketplace_hooks.services.inspections.requests import (
    InspectionView,
    close_inspection,
    hold_credentials,
    read_inspection,
    start_inspection,
)
from marketplace_hooks.services.inspections.worker import inspect_now, run_inspection, run_inspections
from tests.support.hostile_server import HostileServer, answering, reply
from tests.support.probes import PUBLIC_PROBES

Open = Callable[..., FakeShop]

SECRETS = {
    "webservice_key": DEMO_KEY,
    "client_id": "inspector",
    "client_secret": "client-secret-9f31",
    "companion_key": "companion-key-77aa",
}
EVERYTHING = Credentials(**SECRETS)


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    settings = {
        "DATABASE_URL": database_url,
        "INSTANCE": str(tmp_path),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "INSPECTION_DEADLINE_S": 5,
        "LEASE_S": 1,
    }
    runtime = make_runtime(load({PREFIX + name: value for name, value in settings.items()}, {}))
    yield runtime
    runtime.site_client.close()
    runtime.database.dispose()


@pytest.fixture
def open_shop() -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(**facts: Any) -> FakeShop:
            usual: dict[str, Any] = {"version": "9.1.4", "modules": [Module(name="shipping", version="2.1.0")]}
            usual["api_clients"] = [ApiClient(client_id="inspector", secret=SECRETS["client_secret"])]
            usual["companion_key"] = SECRETS["companion_key"]
            return stack.enter_context(FakeShop(Shop(**{**usual, **facts})).start())

        yield open_one


def ask(runtime: Runtime, site: FakeShop | str, **how: Any) -> str:
    url = site if isinstance(site, str) else site.url
    return start_inspection(runtime, url, **{"module": "shipping", **how}).check_id


def read_check(runtime: Runtime, check_id: str) -> InspectionView:
    with runtime.database.read_session() as session:
        return read_inspection(session, check_id)


def run(runtime: Runtime) -> int:
    return run_inspections(runtime, "worker")


def change(runtime: Runtime, check_id: str, **values: Any) -> None:
    with runtime.database.session() as session:
        session.execute(update(Inspection).where(Inspection.id == check_id).values(**values))


def aged(runtime: Runtime, check_id: str, seconds: float) -> None:
    """Let the check have ended so long ago."""
    change(runtime, check_id, finished_at=runtime.now() - timedelta(seconds=seconds))


# --- from asking to telling


def test_a_check_is_asked_for_carried_out_and_told(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    check_id = ask(runtime, site, purchase_id="pur_1")
    before = read_check(runtime, check_id)
    assert (before.state, before.outcome, before.findings) == (InspectionState.QUEUED, None, ())
    assert run(runtime) == 1
    after = read_check(runtime, check_id)
    assert (after.state, after.outcome, after.purchase_id) == (
        InspectionState.DONE,
        InspectionOutcome.VERSION_KNOWN,
        "pur_1",
    )
    assert after.finished_at is not None
    version = after.site_facts.platform_version
    assert version is not None
    assert (version.value, version.source.probe) == ("9.1.4", "cookie")
    assert version.source.request == f"GET {site.url}"
    assert after.site_facts.module("shipping").enabled is True
    assert run(runtime) == 0


def test_findings_come_back_as_they_were_found(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop(
        modules=[Module(name="shipping", version="2.1.0", database_version="2.0.0", files={"a.php": b"x"})]
    )
    check_id = ask(runtime, site, credentials=EVERYTHING, declared=Declaration(platform_version="1.7"))
    progress: list[Any] = []
    assert inspect_now(runtime, check_id, "worker", on_findings=progress.extend)
    assert list(read_check(runtime, check_id).findings) == progress
    assert {one.note for one in progress} >= {Note.UNFINISHED_UPGRADE}
    assert {one.what for one in progress} >= {
        FindingKind.FILES,
        FindingKind.OVERRIDES,
        FindingKind.MODULE_LIST,
        FindingKind.SHOP_IDENTITY,
    }


def test_what_is_found_early_can_be_read_while_a_slow_answer_is_waited_for(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop(fault=Fault.SLOW, fault_under="/modules", pause_s=0.02)
    check_id = ask(runtime, site)
    worker = threading.Thread(target=run, args=(runtime,))
    worker.start()
    while not (early := read_check(runtime, check_id)).findings:
        assert worker.is_alive(), "everything was told at the end"
        time.sleep(0.02)
    assert early.state is InspectionState.RUNNING
    assert {one.probe for one in early.findings} == PUBLIC_PROBES.keys() - {"config_xml"}
    worker.join(30)
    assert {one.probe for one in read_check(runtime, check_id).findings} == PUBLIC_PROBES.keys()


def test_a_sweep_does_what_no_worker_was_woken_for(runtime: Runtime, open_shop: Open) -> None:
    ask(runtime, open_shop())
    ask(runtime, open_shop())
    assert run_all_now(runtime, "scheduler")["inspections made"] == 2


def test_a_site_that_cannot_be_reached_is_told_as_nothing_and_asked_again_at_once(runtime: Runtime) -> None:
    check_id = ask(runtime, "http://127.0.0.1:9/")
    run(runtime)
    assert read_check(runtime, check_id).outcome is InspectionOutcome.NOTHING
    assert {one.note for one in read_check(runtime, check_id).findings} == {Note.UNREACHABLE}
    again = start_inspection(runtime, "http://127.0.0.1:9/", module="shipping")
    assert not again.reused


def test_what_the_customer_declares_stands_beside_and_is_not_what_the_site_told(runtime: Runtime) -> None:
    check_id = ask(runtime, "http://127.0.0.1:9/", declared=Declaration(platform_version="8.2.1"))
    run(runtime)
    after = read_check(runtime, check_id)
    assert after.outcome is InspectionOutcome.NOTHING
    version = after.site_facts.platform_version
    assert version is not None
    assert version.value == "8.2.1"


@pytest.mark.parametrize("url", ["", "hello", "ftp://shop.example", "someone@shop.example", "http://shop.example:0/"])
def test_what_is_no_site_is_refused(runtime: Runtime, url: str) -> None:
    with pytest.raises(Refused, match="not the address of a site"):
        ask(runtime, url)


def test_a_technical_name_that_prestashop_would_not_take_is_left_out(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    check_id = ask(runtime, site, module="../../etc")
    run(runtime)
    assert read_check(runtime, check_id).module is None
    without_module = {*PUBLIC_PROBES.values()} - {PUBLIC_PROBES["config_xml"]}
    assert sorted(request.target for request in site.requests) == sorted(without_module)


def test_a_check_nobody_knows_is_not_found(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        read_check(runtime, "chk_unknown")


# --- used again


def test_what_was_found_is_used_again_for_a_while_without_asking_the_site(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    first = ask(runtime, site, purchase_id="pur_1")
    run(runtime)
    requests = len(site.requests)
    again = start_inspection(runtime, site.url, module="shipping", purchase_id="pur_1")
    assert again.reused
    assert read_check(runtime, again.check_id).state is InspectionState.DONE
    assert read_check(runtime, again.check_id).findings == read_check(runtime, first).findings
    assert read_check(runtime, again.check_id).outcome is InspectionOutcome.VERSION_KNOWN
    assert run(runtime) == 0
    assert len(site.requests) == requests


@pytest.mark.parametrize(("age_s", "reused"), [(0, True), (890, True), (910, False)])
def test_after_fifteen_minutes_the_site_is_asked_again(
    runtime: Runtime, open_shop: Open, age_s: float, reused: bool
) -> None:
    site = open_shop()
    first = ask(runtime, site)
    run(runtime)
    aged(runtime, first, age_s)
    assert start_inspection(runtime, site.url, module="shipping").reused is reused


def test_using_again_does_not_make_anything_younger(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    first = ask(runtime, site)
    run(runtime)
    aged(runtime, first, 890)
    second = start_inspection(runtime, site.url, module="shipping")
    assert second.reused
    aged(runtime, first, 910)
    assert not start_inspection(runtime, site.url, module="shipping").reused


@pytest.mark.parametrize(
    "otherwise",
    [
        {"fresh": True},
        {"module": "another"},
        {"module": None},
        {"credentials": EVERYTHING},
        {"declared": Declaration(platform_version="8.2.1")},
    ],
)
def test_another_question_is_asked_anew(runtime: Runtime, open_shop: Open, otherwise: dict[str, Any]) -> None:
    site = open_shop()
    ask(runtime, site)
    run(runtime)
    assert not start_inspection(runtime, site.url, **{"module": "shipping", **otherwise}).reused


def test_what_a_credential_brought_to_light_is_used_again_for_its_own_purchase_alone(
    runtime: Runtime, open_shop: Open
) -> None:
    site = open_shop()
    ask(runtime, site, credentials=EVERYTHING, purchase_id="pur_1")
    run(runtime)
    assert not start_inspection(runtime, site.url, module="shipping", purchase_id="pur_2").reused
    assert not start_inspection(runtime, site.url, module="shipping").reused
    assert start_inspection(runtime, site.url, module="shipping", purchase_id="pur_1").reused


def test_what_one_customers_check_found_is_never_used_for_another(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    ask(runtime, site, purchase_id="pur_1")
    run(runtime)
    assert not start_inspection(runtime, site.url, module="shipping", purchase_id="pur_2").reused
    assert not start_inspection(runtime, site.url, module="shipping").reused
    assert start_inspection(runtime, site.url, module="shipping", purchase_id="pur_1").reused


def test_what_a_companion_posted_is_used_again_for_its_own_purchase_alone(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping", purchase_id="pur_1")
    run(runtime)
    post(runtime, site, started)
    assert not start_inspection(runtime, site.url, module="shipping", purchase_id="pur_2").reused
    assert start_inspection(runtime, site.url, module="shipping", purchase_id="pur_1").reused


def test_what_the_first_customer_declared_is_not_told_to_the_second(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    ask(runtime, site, declared=Declaration(platform_version="1.7"))
    run(runtime)
    again = start_inspection(runtime, site.url, module="shipping")
    assert again.reused
    assert {one.probe for one in read_check(runtime, again.check_id).findings} == PUBLIC_PROBES.keys()


# --- one of a host at a time


def claim(runtime: Runtime, owner: str = "worker") -> inspecting.ClaimedInspection | None:
    return inspecting._claim(runtime, owner)


def test_one_host_is_inspected_by_one_at_a_time_and_others_meanwhile(runtime: Runtime, open_shop: Open) -> None:
    first = ask(runtime, "https://shop.example/")
    ask(runtime, "http://www.shop.example/boutique/")
    other = ask(runtime, "https://other.example/")
    claimed = [claim(runtime), claim(runtime), claim(runtime)]
    assert [one and one.id for one in claimed] == [first, other, None]


def test_the_next_check_of_a_host_follows_when_the_first_is_done(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    first = ask(runtime, site)
    second = ask(runtime, site, fresh=True)
    claimed = claim(runtime)
    assert claimed is not None
    assert not inspect_now(runtime, second, "another")
    assert run_inspection(runtime, claimed) == 1
    assert read_check(runtime, first).state is InspectionState.DONE
    assert inspect_now(runtime, second, "another")


def test_many_workers_at_once_take_one_check_of_a_host(runtime: Runtime) -> None:
    for number in range(6):
        ask(runtime, f"https://shop.example/{number}/")
    ready = threading.Barrier(6)
    claimed = []

    def uow(number: int) -> None:
        ready.wait(10)
        claimed.append(claim(runtime, f"worker {number}"))

    threads = [threading.Thread(target=uow, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(claimed) == 6
    assert len([one for one in claimed if one is not None]) == 1


def test_a_shop_that_never_ends_delays_nobody_elses_inspection(runtime: Runtime, open_shop: Open) -> None:
    slow = open_shop(fault=Fault.DRIP)
    slow_check = ask(runtime, slow)
    others = [ask(runtime, open_shop()) for _ in range(3)]
    began = time.monotonic()
    assert run(runtime) == 4
    assert time.monotonic() - began < 2 * runtime.settings.inspection_deadline_s
    last = read_check(runtime, slow_check).finished_at
    assert last is not None
    for check_id in others:
        finished_at = read_check(runtime, check_id).finished_at
        assert finished_at is not None
        assert last - finished_at > timedelta(seconds=1)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.ENDLESS, Fault.BOMB, Fault.HTML, Fault.DRIP])
def test_shops_that_die_lie_or_never_end_delay_nobody_even_when_they_fill_every_lane(
    runtime: Runtime, open_shop: Open, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(inspecting, "SLOW_AFTER_S", 0.2)
    narrow = dataclasses.replace(runtime, settings=dataclasses.replace(runtime.settings, inspection_concurrency=2))
    harmful = [ask(runtime, open_shop(fault=fault)) for _ in range(3)]
    honest = [ask(runtime, open_shop()) for _ in range(2)]
    assert run_inspections(narrow, "worker") == 5
    ends = {check_id: read_check(runtime, check_id).finished_at for check_id in (*harmful, *honest)}
    assert all(read_check(runtime, check_id).outcome is InspectionOutcome.VERSION_KNOWN for check_id in honest)
    if fault is Fault.DRIP:  # the others do not hold their lanes to the deadline
        assert max(str(ends[one]) for one in honest) < min(str(ends[one]) for one in harmful)


# --- workers that die


def expire(runtime: Runtime, check_id: str) -> None:
    change(runtime, check_id, leased_until=runtime.now() - timedelta(seconds=1))


def test_a_check_whose_worker_died_is_carried_out_by_another(runtime: Runtime, open_shop: Open) -> None:
    check_id = ask(runtime, open_shop())
    assert claim(runtime, "dead") is not None
    assert run(runtime) == 0  # still leased
    expire(runtime, check_id)
    assert run(runtime) == 1
    assert read_check(runtime, check_id).outcome is InspectionOutcome.VERSION_KNOWN


def test_a_worker_taken_for_dead_writes_nothing_when_it_comes_back(runtime: Runtime, open_shop: Open) -> None:
    check_id = ask(runtime, open_shop())
    late = claim(runtime, "late")
    assert late is not None
    expire(runtime, check_id)
    run(runtime)
    findings = read_check(runtime, check_id).findings
    assert run_inspection(runtime, late) == 0
    writer = inspecting._FindingsWriter(runtime=runtime, claimed=late, on_findings=lambda _: None, write_at_s=0.0)
    with pytest.raises(LeaseLost):
        writer.add(findings)
    assert read_check(runtime, check_id).findings == findings


def test_a_check_that_kills_its_workers_is_left_as_it_stands(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    check_id = ask(runtime, site)
    for _ in range(inspecting.ATTEMPTS):
        assert claim(runtime, "dead") is not None
        expire(runtime, check_id)
    assert run(runtime) == 1
    after = read_check(runtime, check_id)
    assert (after.state, after.outcome) == (InspectionState.DONE, InspectionOutcome.NOTHING)
    assert [one.note for one in after.findings] == [Note.GONE_WRONG]
    assert site.requests == []


def test_a_check_that_fails_by_our_own_fault_ends_and_holds_nobody_up(
    runtime: Runtime, open_shop: Open, caplog: pytest.LogCaptureFixture
) -> None:
    broken = ask(runtime, open_shop(), credentials=EVERYTHING)
    elsewhere = dataclasses.replace(runtime, encryption=Encryption([Fernet.generate_key().decode()]))
    fine = ask(elsewhere, open_shop())
    with caplog.at_level(logging.ERROR):
        run_inspections(elsewhere, "worker")
    assert read_check(runtime, fine).outcome is InspectionOutcome.VERSION_KNOWN
    assert read_check(runtime, broken).state is InspectionState.DONE
    assert {one.note for one in read_check(runtime, broken).findings} == {Note.GONE_WRONG}
    assert "EncryptionKeyLost" in caplog.text


# --- credentials


def everything_stored(runtime: Runtime) -> str:
    """All that stands in our tables, as text."""
    with runtime.database.read_session() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table)).all()]
    return repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows])


def test_credentials_stand_nowhere_in_the_clear(
    runtime: Runtime, open_shop: Open, caplog: pytest.LogCaptureFixture
) -> None:
    site = open_shop()
    with caplog.at_level(logging.DEBUG):
        started = start_inspection(runtime, site.url, module="shipping", credentials=EVERYTHING)
        run(runtime)
    assert read_check(runtime, started.check_id).site_facts.module("shipping").version == "2.1.0"
    stored = everything_stored(runtime)
    files = b"".join(path.read_bytes() for path in Path(runtime.settings.instance).glob("*.db*"))
    for secret in (*SECRETS.values(), started.report_key):
        if secret == SECRETS["client_id"]:
            continue  # a name, as `inspector` is: only its secret is one
        assert secret not in stored
        assert secret.encode() not in files
        assert secret not in caplog.text
        assert secret not in repr(started)
        assert secret not in repr([read_check(runtime, started.check_id), EVERYTHING])
        assert all(secret not in request.target for request in site.requests)


def test_closing_deletes_the_credentials_and_nothing_else(runtime: Runtime, open_shop: Open) -> None:
    check_id = ask(runtime, open_shop(), credentials=EVERYTHING)
    other = ask(runtime, open_shop(), credentials=EVERYTHING)
    run(runtime)
    findings = read_check(runtime, check_id).findings
    run_in_transaction(runtime, lambda uow: close_inspection(uow, check_id))
    with runtime.database.read_session() as session:
        left = session.scalars(
            select(Inspection.id).join(SiteCredential, SiteCredential.inspection_number == Inspection.number)
        )
        assert set(left) == {other}
    assert read_check(runtime, check_id).findings == findings


def test_credentials_that_no_request_needs_are_forgotten_after_a_day(runtime: Runtime, open_shop: Open) -> None:
    forgotten = ask(runtime, open_shop(), credentials=EVERYTHING)
    held = ask(runtime, open_shop(), credentials=EVERYTHING)
    run_in_transaction(runtime, lambda uow: hold_credentials(uow, held))
    with runtime.database.session() as session:
        later = runtime.now() - timedelta(seconds=1)
        session.execute(update(SiteCredential).where(SiteCredential.expires_at.is_not(None)).values(expires_at=later))
    recover_missed(runtime, "scheduler")
    with runtime.database.read_session() as session:
        rows = session.execute(
            select(Inspection.id, SiteCredential.kind).join(
                SiteCredential, SiteCredential.inspection_number == Inspection.number
            )
        ).all()
    assert {row.id for row in rows} == {held}
    assert len(rows) == len(SECRETS) + 1
    assert forgotten


def test_a_credential_bound_to_another_host_is_not_used(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    ask(runtime, site, credentials=EVERYTHING)
    with runtime.database.session() as session:
        session.execute(update(SiteCredential).values(host="shop.example"))
    run(runtime)
    assert all("authorization" not in request.headers for request in site.requests)
    assert {request.path for request in site.requests} == {*PUBLIC_PROBES.values()}


@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "\ud800", "x" * 1001])
def test_a_credential_that_cannot_be_one_is_refused_without_being_repeated(runtime: Runtime, value: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(runtime, "https://shop.example/", credentials=Credentials(webservice_key=value))
    assert refused.value.code == "credential_malformed"
    assert value not in f"{refused.value} {refused.value.facts}"


# --- a companion that posts


def post(runtime: Runtime, site: FakeShop, started: Any, *, key: str | None = None, **changes: Any) -> int:
    content = {**companion_report(site.shop, f"127.0.0.1:{site.port}", started.nonce, "shipping"), **changes}
    body = json.dumps(content).encode()
    return submit_report(runtime, started.check_id, body, sign_report(body, key or started.report_key))


def test_a_companion_posts_its_report_once_by_the_key_that_was_shown(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    run(runtime)
    assert post(runtime, site, started) > 3
    after = read_check(runtime, started.check_id)
    version = after.site_facts.platform_version
    assert version is not None
    assert version.source.probe == "companion"
    assert version.source.request == f"POST /api/v1/inspections/{started.check_id}/report"
    with pytest.raises(Conflict) as refused:
        post(runtime, site, started)
    assert refused.value.code == "report_already_received"
    assert read_check(runtime, started.check_id).findings == after.findings


def test_a_report_may_come_before_the_inspection_and_may_be_all_there_is(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    post(runtime, site, started)
    site.stop()
    run(runtime)
    assert read_check(runtime, started.check_id).outcome is InspectionOutcome.VERSION_KNOWN


def test_a_report_after_a_vain_inspection_makes_its_outcome(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    site.stop()
    run(runtime)
    assert read_check(runtime, started.check_id).outcome is InspectionOutcome.NOTHING
    post(runtime, site, started)
    assert read_check(runtime, started.check_id).outcome is InspectionOutcome.VERSION_KNOWN


def test_the_companions_own_key_signs_as_well(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping", credentials=EVERYTHING)
    assert post(runtime, site, started, key=SECRETS["companion_key"]) > 3


REFUSED_REPORTS = [
    ({"key": "another"}, SignatureRejected, "report_not_signed"),
    ({"nonce": "0" * 32}, Refused, "report_not_fresh"),
    ({"shop": {"domain": "other.example"}}, Refused, "report_of_another_shop"),
    ({"modules": "all"}, PayloadRejected, "report_malformed"),
]


@pytest.mark.parametrize(("changes", "kind", "code"), REFUSED_REPORTS)
def test_a_report_that_does_not_hold_leaves_nothing_but_why_until_a_good_one_comes(
    runtime: Runtime, open_shop: Open, changes: dict[str, Any], kind: type[Refused], code: str
) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    with pytest.raises(kind) as refused:
        post(runtime, site, started, **changes)
    assert refused.value.code == code
    left = [(one.note, one.value) for one in read_check(runtime, started.check_id).findings]
    assert left == ([] if kind is SignatureRejected else [(Note(code), None)])
    assert post(runtime, site, started) > 3  # the nonce was not used up
    assert Note(code) not in {one.note for one in read_check(runtime, started.check_id).findings}


def test_an_unsigned_report_waits_for_no_lock_and_takes_none(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    with runtime.database.session() as session:
        # On SQLite nobody else may write now; on PostgreSQL nobody else may change this inspection.
        session.execute(update(Inspection).where(Inspection.id == started.check_id).values(results_pending=False))
        with pytest.raises(SignatureRejected):
            post(runtime, site, started, key="another")
        session.rollback()


def test_a_closed_or_unknown_check_takes_no_report(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    with pytest.raises(NotFound):
        post(runtime, site, dataclasses.replace(started, check_id="chk_unknown"))
    run_in_transaction(runtime, lambda uow: close_inspection(uow, started.check_id))
    with pytest.raises(NotFound):
        post(runtime, site, started)


def test_a_report_is_taken_by_one_of_many_at_once(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    results: list[object] = []
    ready = threading.Barrier(4)

    def send() -> None:
        ready.wait(10)
        try:
            results.append(post(runtime, site, started))
        except Conflict as conflict:
            results.append(conflict.code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, results))[1:] == ["report_already_received"] * 3


# --- whatever a shop says must fit


def test_what_a_hostile_shop_says_fits_into_the_database(runtime: Runtime) -> None:
    items = [
        {"technicalName": "shipping", "moduleVersion": "1.0\u0000", "installedVersion": "9" * 5000, "enabled": None},
        {"technicalName": "a" * 64, "moduleVersion": "1" * 50, "enabled": True},
        {"technicalName": "\ud800", "moduleVersion": "\ud800"},
    ]
    page = reply(200, json.dumps({"totalItems": 3, "items": items, "access_token": "a.b.c"}).encode())
    with HostileServer(answering(page)) as server:
        check_id = ask(runtime, server.url(name="127.0.0.1"), credentials=EVERYTHING)
        assert run(runtime) == 1
    assert set(read_check(runtime, check_id).site_facts.module_names) == {"shipping", "a" * 64}


def test_evidence_belongs_to_its_check(runtime: Runtime, open_shop: Open) -> None:
    checks = [ask(runtime, open_shop(version=version)) for version in ("8.2.7", "9.1.4")]
    run(runtime)
    versions = [read_check(runtime, check_id).site_facts.platform_version for check_id in checks]
    assert [one and one.value for one in versions] == ["8.2.7", "9.1.4"]
    with runtime.database.read_session() as session:
        assert session.scalar(select(text("count(*)")).select_from(Evidence)) == 2 * len(PUBLIC_PROBES)


def test_a_check_that_inspects_no_site_takes_no_report(runtime: Runtime, open_shop: Open) -> None:
    site = open_shop()
    started = start_inspection(runtime, site.url, module="shipping")
    change(runtime, started.check_id, url="")
    with pytest.raises(NotFound):
        post(runtime, site, started)
