"""Python actions in a host's transaction: given `db.session`, they are committed or rolled back with its writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.actions.eligibility import SiteCredentials
from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.errors import (
    ConfigurationError,
    Conflict,
    Forbidden,
    NotFound,
    PayloadRejected,
    SessionRejected,
)
from marketplace_hooks.models import AuditEntry, Inspection, OutgoingEvent, Product, SupportRequest
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.testing import apply_all, sign_event
from tests.support.apps import close_app
from tests.support.marketplace import SECRET, Marketplace, sample
from tests.support.support_desk import ANSWER

PRODUCT = sample("product.upserted")["data"]["product_id"]
PURCHASE = sample("purchase.completed")["data"]["purchase_id"]
CUSTOMER = sample("purchase.completed")["data"]["customer_id"]
SITE = sample("purchase.completed")["data"]["shop_url"]
SELLER = sample("seller.upserted")["data"]["seller_id"]


class Wakeups:
    """Notes who was woken, in place of Redis."""

    def __init__(self) -> None:
        self.woken: list[JobKind] = []

    def wake_worker(self, kind: JobKind) -> bool:
        self.woken.append(kind)
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """Nobody works here."""

    def count_begun(self, kind: JobKind) -> int:
        return 0


class Host:
    """An application with orders of its own, and a marketplace with one purchase."""

    def __init__(self, folder: Path, *, hooks_first: bool = False, **config: Any) -> None:
        self.app = Flask("host", root_path=str(folder))
        self.app.config.update(
            MARKETPLACE_HOOKS_INSTANCE=str(folder / "ours"),
            MARKETPLACE_HOOKS_WEBHOOK_SECRETS=f"marketplace={SECRET}",
            SECRET_KEY="a secret of the host's",
            **config,
        )
        self.db = SQLAlchemy()
        self.orders = self.db.Table("orders", self.db.metadata, self.db.Column("name", self.db.String(40)))
        self.hooks = MarketplaceHooks()
        if hooks_first:
            self.hooks.init_app(self.app, db=self.db)
        self.db.init_app(self.app)
        if not hooks_first:
            self.hooks.init_app(self.app)
        state = self.app.extensions[EXTENSION]
        self.wakeups = Wakeups()
        self.app.extensions[EXTENSION] = replace(state, runtime=replace(state.runtime, wakeups=self.wakeups))

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.extensions[EXTENSION].runtime
        return runtime

    def fill(self) -> None:
        for type_ in ("seller.upserted", "product.upserted", "customer.upserted", "purchase.completed"):
            headers, body = sign_event(self.app, type_, sample(type_)["data"])
            assert self.app.test_client().post("/webhooks/marketplace", data=body, headers=headers).status_code == 202
        apply_all(self.app)
        with self.app.app_context():
            self.db.create_all()
        self.wakeups.woken.clear()

    def others_see(self) -> tuple[str, int, int]:
        """The product's status, how many events say so and how many orders there are, for another connection."""
        with self.runtime.database.read_session() as session:
            status = session.scalar(select(Product.status).where(Product.id == PRODUCT))
            hidden = session.scalar(select(func.count()).where(OutgoingEvent.type == "product.hidden"))
            return str(status), hidden or 0, session.scalar(select(func.count()).select_from(self.orders)) or 0

    def close(self) -> None:
        with self.app.app_context():
            self.db.session.remove()
            for engine in self.db.engines.values():
                engine.dispose()
        close_app(self.app)


@pytest.fixture
def make_host(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(**options: Any) -> Host:
        made.append(Host(tmp_path, **options))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def host(make_host: Callable[..., Host], database_url: str) -> Host:
    made = make_host(SQLALCHEMY_DATABASE_URI=database_url)
    made.fill()
    return made


def test_an_action_is_committed_and_rolled_back_with_the_hosts_own_writes(host: Host) -> None:
    products = host.hooks.products
    db = host.db
    with host.app.app_context():
        db.session.execute(host.orders.insert().values(name="rolled back"))
        done = products.take_offline(PRODUCT, reason="a fault", actor="seller", session=db.session)
        assert done.status == "offline_temporary"
        assert db.session.scalars(select(Product.status)).one() == "offline_temporary"
        assert host.others_see() == ("online", 0, 0)
        db.session.rollback()
        assert host.others_see() == ("online", 0, 0)
        assert host.wakeups.woken == []

        db.session.execute(host.orders.insert().values(name="committed"))
        products.take_offline(PRODUCT, reason="a fault", actor="seller", by="s-1", session=db.session)
        with db.session.begin_nested():
            db.session.execute(host.orders.insert().values(name="in a savepoint"))
        assert host.wakeups.woken == []
        db.session.commit()
        assert host.others_see() == ("offline_temporary", 1, 2)
        assert JobKind.DELIVERIES in host.wakeups.woken
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.actor_role, entry.actor_id) == ("product.status_changed", "seller", "s-1")
        host.wakeups.woken.clear()
        db.session.execute(host.orders.insert().values(name="later"))
        db.session.commit()
        assert host.wakeups.woken == []


def test_an_action_that_is_refused_leaves_the_hosts_transaction_as_it_was(host: Host) -> None:
    products = host.hooks.products
    db = host.db
    with host.app.app_context():
        db.session.execute(host.orders.insert().values(name="kept"))
        products.withdraw(PRODUCT, reason="sold elsewhere", actor="seller", session=db.session)
        with pytest.raises(Conflict, match="only the marketplace can reinstate it"):
            products.put_online(PRODUCT, reason="after all", actor="seller", session=db.session)
        with pytest.raises(NotFound):
            products.take_offline("unknown", reason="a fault", actor="seller", session=db.session)
        db.session.commit()
        assert host.others_see() == ("offline_permanent", 1, 1)


def test_without_a_session_an_action_is_a_transaction_of_its_own(host: Host) -> None:
    with host.app.app_context():
        host.hooks.products.take_offline(PRODUCT, reason="a fault", actor="marketplace", by="o-1")
        assert host.others_see()[:2] == ("offline_temporary", 1)
        assert JobKind.DELIVERIES in host.wakeups.woken
        preview = host.hooks.products.preview(PRODUCT, Status.ONLINE, actor="marketplace")
        assert preview.after == "online"
        host.hooks.products.put_online(PRODUCT, reason="mended", actor="marketplace")
        assert host.others_see()[0] == "online"


def test_entitlements_purchases_and_business_care_are_read_in_the_hosts_transaction(host: Host) -> None:
    hooks = host.hooks
    db = host.db
    with host.app.app_context():
        for session in (None, db.session):
            found = hooks.entitlements.check(customer_id=CUSTOMER, product_id=PRODUCT, session=session)
            assert (found.purchase_id, found.active) == (PURCHASE, True)
            [listed], _ = hooks.purchases.of_customer(CUSTOMER, session=session)
            assert listed.purchase.id == PURCHASE
            assert hooks.purchases.downloads(PURCHASE, session=session) == ([], None)
        assert hooks.entitlements.check(purchase_id="unknown", session=db.session).code == "NOT_FOUND"
        with pytest.raises(ValueError, match="purchase_id, or customer_id with product_id"):
            hooks.entitlements.check(customer_id=CUSTOMER)
        care = hooks.subscriptions.cancel_renewal(PURCHASE, customer_id=CUSTOMER, by=CUSTOMER, session=db.session)
        assert care.renewal is None
        db.session.rollback()
        assert hooks.subscriptions.get(PURCHASE).renewal is not None
        with pytest.raises(NotFound):
            hooks.subscriptions.get(PURCHASE, customer_id="another", session=db.session)


def test_a_request_submitted_with_an_order_of_the_host_is_one_row_of_its_session(host: Host) -> None:
    support = host.hooks.support
    db = host.db
    with host.app.app_context():
        request = support.submit(
            purchase_id=PURCHASE, subject="It stopped", body="Since Monday.", as_it_is=True, session=db.session
        )
        assert request in db.session
        assert db.session.scalars(select(SupportRequest)).one() is request
        support.post_message(request.id, side="seller", body=ANSWER, by="Ada", session=db.session)
        assert [one["body"] for one in support.get(request.id, session=db.session)["messages"]] == [ANSWER]
        with pytest.raises(NotFound):
            support.get(request.id)  # not committed yet.
        support.refuse(
            request.id,
            ground=Ground.OTHER_MERCHANT_SITE,
            text="Another shop.",
            evidence={"host": "b.example"},
            session=db.session,
        )
        assert request.handling == "refused"
        db.session.commit()
        assert support.get(request.id)["clocks"]["acknowledgement"]["state"] == "met"
        contested = support.contest(request.id, text="It is ours.", session=db.session)
        assert contested is request
        db.session.commit()
        assert support.overturn(request.id, text="It is theirs.").handling == "accepted"
        types = db.session.scalars(select(OutgoingEvent.type).where(OutgoingEvent.subject_id == request.id)).all()
        assert {"support_request.contested", "support_request.overturned"} <= set(types)


def test_a_check_is_started_with_the_hosts_writes_and_workers_inspect_after_its_commit(host: Host) -> None:
    eligibility = host.hooks.eligibility
    db = host.db
    keys: SiteCredentials = {"webservice_key": "8S9K1M3X5Q7W2E4R6T8Y0U1I3O5P7A9S"}
    declared = {"platform_version": "v8.1.4", "modules": [{"name": "oldcache", "version": "1.2.0"}]}
    asked: dict[str, Any] = {"purchase_id": PURCHASE, "shop_url": SITE, "customer_id": CUSTOMER}
    with host.app.app_context():
        rolled_back = eligibility.start(**asked, session=db.session)
        assert eligibility.get(rolled_back.check_id, session=db.session).running
        db.session.rollback()
        with pytest.raises(NotFound):
            eligibility.get(rolled_back.check_id)
        assert host.wakeups.woken == []

        started = eligibility.start(**asked, credentials=keys, declared=declared, by=CUSTOMER, session=db.session)
        with pytest.raises(NotFound):
            eligibility.get(started.check_id)  # not committed yet.
        db.session.commit()
        assert JobKind.INSPECTIONS in host.wakeups.woken
        check = eligibility.get(started.check_id, customer_id=CUSTOMER)
        assert check.running
        assert check.inspection.declared is not None
        assert check.inspection.declared.platform_version == "8.1.4"
        with pytest.raises(NotFound):
            eligibility.get(started.check_id, customer_id="another")
        request = host.hooks.support.submit(
            purchase_id=PURCHASE, subject="It stopped", body="Since Monday.", shop_url=SITE, check_id=started.check_id
        )
        assert request.check_id == started.check_id


def test_a_check_of_another_site_is_done_at_once_and_a_malformed_one_is_refused(host: Host) -> None:
    eligibility = host.hooks.eligibility
    with host.app.app_context():
        elsewhere = eligibility.start(purchase_id=PURCHASE, shop_url="https://elsewhere.example/")
        check = eligibility.get(elsewhere.check_id)
        assert (check.running, check.judgement.eligibility.outcome) == (False, "refusable")
        assert [one["name"] for one in check.checks][:2] == ["entitlement", "merchant_site"]
        unknown: Any = {"password": "secret"}
        for given, words in (
            ({"credentials": unknown}, "not password"),
            ({"credentials": {"client_id": "care"}}, "come together"),
            ({"declared": {"platform_version": "?"}}, "is not a version"),
        ):
            with pytest.raises(ValueError, match=words):
                eligibility.start(purchase_id=PURCHASE, shop_url=SITE, **given)
        with pytest.raises(NotFound):
            eligibility.start(purchase_id=PURCHASE, customer_id="another")


def test_a_closure_is_declared_shortened_and_cancelled_with_the_hosts_writes(host: Host) -> None:
    closures = host.hooks.closures
    db = host.db
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    days = {"first_day": today + timedelta(days=10), "last_day": today + timedelta(days=20)}
    with host.app.app_context():
        closures.declare(SELLER, **days, session=db.session)
        assert len(closures.of_seller(SELLER, session=db.session)) == 1
        db.session.rollback()
        assert closures.of_seller(SELLER) == []
        assert host.wakeups.woken == []

        declared = closures.declare(SELLER, **days, reason="Christmas", by=SELLER, session=db.session)
        assert closures.of_seller(SELLER) == []
        db.session.commit()
        assert JobKind.DELIVERIES in host.wakeups.woken
        assert closures.of_seller(SELLER) == [declared]
        shorter = closures.shorten(SELLER, declared.closure_id, last_day=days["first_day"], session=db.session)
        assert shorter.last_day == shorter.first_day
        with pytest.raises(Conflict, match="only ever shortened"):
            closures.shorten(SELLER, declared.closure_id, last_day=days["last_day"], session=db.session)
        with pytest.raises(NotFound):
            closures.cancel("another", declared.closure_id, session=db.session)
        db.session.commit()
        closures.cancel(SELLER, declared.closure_id, actor="platform")
        assert closures.of_seller(SELLER) == []
        with pytest.raises(PayloadRejected):
            closures.declare(SELLER, first_day=today - timedelta(days=1))
        with pytest.raises(NotFound):
            closures.of_seller("another")
        announced = select(OutgoingEvent.data["change"].as_string()).where(
            OutgoingEvent.type == "seller.closure_announced"
        )
        assert db.session.scalars(announced.order_by(OutgoingEvent.id)).all() == ["declared", "shortened", "cancelled"]


def test_a_conversation_is_read_attached_to_and_assigned_in_the_hosts_transaction(host: Host) -> None:
    support = host.hooks.support
    db = host.db
    with host.app.app_context():
        [request, later] = [
            support.submit(purchase_id=PURCHASE, subject=subject, body="Since Monday.", as_it_is=True)
            for subject in ("The cart stopped", "The mails stopped")
        ]
        support.post_message(request.id, side="seller", body=ANSWER, message_id="m-1")
        file: dict[str, Any] = {"side": "seller", "name": "error.png", "size": 48210}
        for _ in range(2):
            support.attach_file(request.id, "m-1", **file, session=db.session)
        support.assign(request.id, "Camille Roy", side="seller", by="s-1", session=db.session)
        shown = support.get(request.id, seller_id=SELLER, session=db.session)
        assert shown["messages"][0]["files"] == [{"name": "error.png", "size": 48210}]
        assert support.find(assignee="Camille Roy", seller_id=SELLER) == ([], None)  # not committed yet.
        db.session.commit()
        [mine], after = support.find(assignee="Camille Roy", seller_id=SELLER)
        assert (mine["request_id"], after) == (request.id, None)
        first, after = support.find(state="open", sort="oldest", limit=1)
        second, end = support.find(state="open", sort="oldest", limit=1, after=after)
        assert ([one["request_id"] for one in first + second], end) == ([request.id, later.id], None)
        assert support.find("mails", customer_id="another") == ([], None)
        assert support.case_file(request.id, customer_id=CUSTOMER)["customer_name"]
        with pytest.raises(Forbidden):
            support.attach_file(request.id, "m-1", side="customer", name="mine.png")
        with pytest.raises(NotFound):
            support.case_file(request.id, customer_id="another")


def test_a_request_may_bring_what_is_known_of_its_site(host: Host) -> None:
    support = host.hooks.support
    given: dict[str, Any] = {
        "purchase_id": PURCHASE,
        "subject": "It stopped",
        "body": "Since Monday.",
        "shop_url": SITE,
    }
    declared = {"platform_version": "8.1.4", "modules": [{"name": "oldcache", "version": "1.2.0"}]}
    with host.app.app_context():
        for _ in range(2):
            request = support.submit(**given, declared=declared, request_id="r-1")
            assert request.check_id is not None
        [inspection] = host.db.session.scalars(select(Inspection))
        assert inspection.id == request.check_id
        found = {one["name"]: one["result"] for one in support.get("r-1")["checks"]}
        assert found["platform_version"] == "pass"
        with pytest.raises(ValueError, match="come together"):
            support.submit(**given, credentials={"client_id": "care"})


def test_what_the_api_would_refuse_is_refused_here_too(host: Host) -> None:
    hooks = host.hooks
    naive = datetime(2030, 1, 1)  # noqa: DTZ001 - what is refused
    with host.app.app_context():
        request = hooks.support.submit(purchase_id=PURCHASE, subject="It stopped", body="Since Monday.", as_it_is=True)
        with pytest.raises(ValueError, match="effective_at is an aware datetime"):
            hooks.products.take_offline(PRODUCT, reason="later", actor="seller", effective_at=naive)
        for purchase in (PURCHASE, "unknown"):
            with pytest.raises(ValueError, match="at is an aware datetime"):
                hooks.entitlements.check(purchase_id=purchase, at=naive)
        with pytest.raises(ValueError, match="attachments is a number"):
            hooks.support.post_message(request.id, side="seller", body=ANSWER, attachments=-3)
        with pytest.raises(ValueError, match="from 1 to 365"):
            hooks.support.extend_fix(request.id, business_days=100_000, text="They asked for time.")
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            hooks.support.attach_file(request.id, "m-1", side="seller", name="error.png", sha256="no digest")
        with pytest.raises(ValueError, match="not a valid"):
            hooks.support.find(state="late")
        asked = {"product_id": PRODUCT, "subject": "Does it run on 9.0?", "body": "We plan to update."}
        with pytest.raises(NotFound, match="no customer nobody"):
            hooks.support.submit_presale(customer_id="nobody", **asked)
        assert hooks.support.submit_presale(customer_id=CUSTOMER, **asked).presale


def test_a_cascade_is_followed_by_those_who_may_see_it(host: Host) -> None:
    hooks = host.hooks
    with host.app.app_context():
        done = hooks.products.take_offline(PRODUCT, reason="a fault", actor="seller")
        assert done.cascade_id is not None
        assert hooks.cascades.get(done.cascade_id, seller_id=SELLER).subject.id == PRODUCT
        apply_all(host.app)
        assert hooks.cascades.get(done.cascade_id).state == "done"
        with pytest.raises(NotFound):
            hooks.cascades.get(done.cascade_id, seller_id="another")


def closed(host: Host) -> Session:
    session = Session(host.db.engine, close_resets_only=False)
    session.close()
    return session


def failed(host: Host) -> Session:
    session = Session(host.db.engine)
    session.add(Product(id=None))
    with pytest.raises(sa.exc.SQLAlchemyError):
        session.flush()
    return session


def of_another_database(host: Host) -> Session:
    return Session(sa.create_engine("sqlite://"))


def in_autocommit(host: Host) -> Session:
    return Session(host.db.engine.execution_options(isolation_level="AUTOCOMMIT"))


def read_only(host: Host) -> Session:
    session = Session(host.db.engine)
    on_sqlite = host.runtime.database.is_sqlite
    if on_sqlite:
        file = host.runtime.database.url.database
        return Session(sa.create_engine(f"sqlite:///file:{file}?mode=ro&uri=true"))
    session.execute(sa.text("SET TRANSACTION READ ONLY"))
    return session


UNUSABLE: list[tuple[Callable[[Host], Any], str, str]] = [
    (closed, "closed", "is closed"),
    (failed, "closed", "waits for a rollback"),
    (of_another_database, "another_database", "is of SQLite in memory, and our tables are in"),
    (lambda host: host.db, "not_a_session", "not SQLAlchemy"),
    (lambda host: Session(), "another_database", "is of no database"),
    (read_only, "read_only", "is read-only"),
    (in_autocommit, "autocommit", "nothing can be rolled back"),
]


@pytest.mark.filterwarnings("ignore:Column 'mh_products.id' is marked")
def test_a_session_that_cannot_be_used_is_one_sentence(host: Host) -> None:
    for given, code, words in UNUSABLE:
        if given is in_autocommit and host.runtime.database.is_sqlite:
            continue  # SQLite is told to begin a transaction.
        with host.app.app_context():
            session = given(host)
            with pytest.raises(SessionRejected, match=words) as rejected:
                host.hooks.products.take_offline(PRODUCT, reason="a fault", actor="seller", session=session)
            assert rejected.value.code == code
            if isinstance(session, Session) and given is not closed:
                session.close()
    assert host.others_see()[0] == "online"


def test_a_bind_of_the_host_may_hold_our_tables(
    make_host: Callable[..., Host], sqlite_url: str, tmp_path: Path
) -> None:
    binds = {"shop": {"url": sqlite_url}}
    host = make_host(
        hooks_first=True,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'main.db'}",
        SQLALCHEMY_BINDS=binds,
        MARKETPLACE_HOOKS_DATABASE_BIND_KEY="shop",
    )
    host.fill()
    db = host.db
    with host.app.app_context():
        db.session.execute(host.orders.insert().values(name="in the main database"))
        host.hooks.products.take_offline(PRODUCT, reason="a fault", actor="seller", session=db.session)
        assert db.session.scalars(select(Product.status)).one() == "offline_temporary"
        product = db.session.get_one(Product, PRODUCT)
        db.session.commit()
        assert product.status == "offline_temporary"
        assert db.session.scalar(select(func.count()).select_from(host.orders)) == 1


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"DATABASE_BIND_KEY": "shop"}, "SQLALCHEMY_BINDS has no such bind"),
        ({"DATABASE_BIND_KEY": "mysql"}, r"SQLALCHEMY_BINDS\['mysql'\] names a mysql .*DATABASE_URL"),
        ({"DATABASE_BIND_KEY": "mysql", "DATABASE_URL": "sqlite:///ours.db"}, "set one"),
    ],
)
def test_a_bind_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, config: dict[str, str], words: str) -> None:
    app = Flask("host", root_path=str(tmp_path))
    given = {f"MARKETPLACE_HOOKS_{name}": value for name, value in config.items()}
    app.config.update(SQLALCHEMY_BINDS={"mysql": "mysql://db/shop"}, **given)
    with pytest.raises(ConfigurationError, match=words):
        MarketplaceHooks(app, db=SQLAlchemy())
    assert EXTENSION not in app.extensions


def test_the_stand_alone_service_is_a_host_whose_engine_is_the_one_of_the_web(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    db = marketplace.app.extensions["sqlalchemy"]
    hooks = MarketplaceHooks()
    with marketplace.app.app_context():
        assert db.engine is marketplace.runtime.database.engine
        hooks.products.take_offline("mod-1", reason="a fault", actor="seller", session=db.session)
        assert db.session.scalars(select(Product.status)).one() == "offline_temporary"
        db.session.rollback()
        assert db.session.scalars(select(Product.status)).one() == "online"


def test_actions_outside_of_an_application_with_the_extension_say_so() -> None:
    with Flask("bare").app_context(), pytest.raises(ConfigurationError, match="call init_app first"):
        MarketplaceHooks().entitlements.check(purchase_id="p")
