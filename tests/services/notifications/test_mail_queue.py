"""People get mails about what concerns them, in their language; a mail that the server does not take is retried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.mails import Mail
from marketplace_hooks.models.proposals import ProposedAct
from marketplace_hooks.remote.smtp import MailServer as Remote
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.notifications import mail_queue
from marketplace_hooks.services.support.transitions import locked_request, publish_request_event

from ...support.customers import publish_customer
from ...support.mail_server import MailServer, mail_server
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    due,
    in_transaction,
    publish_message,
    publish_request,
    published_types,
    set_up_support,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CUSTOMER = "odile@pelote.example"
SELLER = "bonjour@lumen.example"
SCHEDULE = "0 60 600"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as playing:
        yield playing


@pytest.fixture
def desk(
    make_marketplace: Callable[..., Marketplace], server: MailServer, clock: time_machine.Traveller
) -> Marketplace:
    """A shop with one holder, who reads French, and whose seller does; mail goes to the playing server."""
    marketplace = make_marketplace(
        SMTP_URL=server.url,
        MAIL_SENDER="no-reply@market.example",
        PUBLIC_URL="https://market.example",
        MAIL_SCHEDULE_S=SCHEDULE,
    )
    set_up_support(marketplace)
    clock.shift(HOUR)
    return marketplace


def subjects(taken: list[EmailMessage]) -> list[str]:
    return [str(one["Subject"]) for one in taken]


def states(desk: Marketplace) -> list[tuple[str, int]]:
    return [(one.state.value, one.attempts) for one in desk.all(select(Mail).order_by(Mail.id))]


def publish_event(desk: Marketplace, name: str, data: dict[str, object]) -> None:
    """Publish an outgoing event about the request, and send the mails."""

    def act(uow: UnitOfWork) -> None:
        publish_request_event(uow, locked_request(uow.session, REQUEST), name, data, CAUSE)

    in_transaction(desk, act)
    desk.run_all_now()


def test_both_sides_are_told_in_their_own_languages(desk: Marketplace, server: MailServer) -> None:
    desk.publish("seller.upserted", seller_id="seller-1", locale="en-GB")
    publish_request(desk)
    [to_customer] = server.to(CUSTOMER)
    [to_seller] = server.to(SELLER)
    assert to_customer["Subject"] == f"Votre demande est acceptée\u202f: About {REQUEST}"
    assert to_seller["Subject"] == f"New request: About {REQUEST}"
    assert f"https://market.example/support/{REQUEST}" in to_customer.get_content()
    assert f"https://market.example/seller/requests/{REQUEST}" in to_seller.get_content()
    assert to_seller["Message-ID"] != to_customer["Message-ID"]
    assert "It no longer works." not in to_seller.get_content()


def test_a_message_is_told_to_the_other_side_and_only_a_persons(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.shift(HOUR)
    server.taken.clear()
    publish_message(desk, "m-1", author_type="automation")
    publish_message(desk, "m-2", visibility="internal")
    assert server.taken == []
    publish_message(desk, "m-3", side="customer")
    publish_message(desk, "m-4")
    assert len(server.to(SELLER)) == 1
    assert [one.split("\u202f")[0] for one in subjects(server.to(CUSTOMER))] == [
        "Nouveau message",
        "Le vendeur a pris en charge votre demande",
    ]


def test_several_messages_within_minutes_are_one_mail(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    """The first is mailed at once, those of the next five minutes together, each conversation for itself."""
    publish_request(desk)
    publish_request(desk, "request-2")
    server.taken.clear()
    publish_message(desk, "m-0", side="customer")
    assert len(server.to(SELLER)) == 1
    for number in range(1, 30):
        clock.shift(2)
        publish_message(desk, f"m-{number}", side="customer", body=f"Message {number}")
    assert len(server.to(SELLER)) == 1
    publish_message(desk, "other", request_id="request-2", side="customer")
    assert len(server.to(SELLER)) == 2
    clock.shift(5 * MINUTE)
    desk.run_all_now()
    assert len(server.to(SELLER)) == 3
    clock.shift(DAY)
    desk.run_all_now()
    publish_message(desk, "m-31", side="customer", body="The day after")
    new = [one for one in subjects(server.to(SELLER)) if one.startswith("Nouveau message")]
    assert len(new) == 4


def test_messages_that_come_at_once_are_one_mail(desk: Marketplace, server: MailServer) -> None:
    publish_request(desk)
    server.taken.clear()
    for number in range(20):
        data = {"request_id": REQUEST, "side": "customer", "author_type": "human", "visibility": "public"}
        desk.publish(
            "support.message_posted",
            message_id=f"m-{number}",
            received_at=datetime.now(UTC).isoformat(),
            subject="Re",
            body=f"Message {number}",
            headers=[],
            attachments=0,
            **data,
        )
    desk.run_all_now()
    assert len(server.to(SELLER)) == 1


@pytest.mark.parametrize("act", [*ProposedAct])
def test_sellers_are_told_that_a_proposal_waits_for_a_person(
    desk: Marketplace, server: MailServer, act: ProposedAct
) -> None:
    publish_request(desk)
    server.taken.clear()
    publish_event(desk, "proposed", {"proposal_id": "prop_1", "act": act})
    [mail] = server.taken
    assert SELLER in str(mail["To"])
    assert "à confirmer" in str(mail["Subject"])


def test_a_check_of_the_site_is_told_to_both_sides_when_it_adds_a_ground(desk: Marketplace, server: MailServer) -> None:
    publish_request(desk)
    server.taken.clear()
    publish_event(desk, "checked", {"grounds": ["source_modified"], "added_grounds": []})
    assert server.taken == []
    publish_event(desk, "checked", {"grounds": ["source_modified"], "added_grounds": ["source_modified"]})
    assert len(server.to(CUSTOMER)) == len(server.to(SELLER)) == 1
    for mail in server.taken:
        assert "le client a modifié le code source" in " ".join(mail.get_content().split())


def test_deadlines_are_named_by_their_last_day(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    late = [one for one in server.to(SELLER) if "Correction hors délai" in str(one["Subject"])]
    assert "au plus tard le 13 avril 2026" in " ".join(late[0].get_content().split())
    owed = [one for one in server.to(CUSTOMER) if "remboursement" in str(one["Subject"])]
    assert "99,00" in owed[0].get_content()
    assert "16 avril 2026" in " ".join(owed[0].get_content().split())


def test_a_cancelled_renewal_is_confirmed(desk: Marketplace, server: MailServer) -> None:
    desk.publish(
        "subscription.renewal_cancelled",
        purchase_id="purchase-1",
        actor="customer",
        received_at=datetime.now(UTC).isoformat(),
    )
    desk.run_all_now()
    [confirmation] = server.to(CUSTOMER)
    assert "ne sera pas renouvelé" in str(confirmation["Subject"])
    assert "2 mars 2027" in " ".join(confirmation.get_content().split())


def test_without_a_mail_server_everything_is_told_and_nobody_is_mailed(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    clock.shift(HOUR)
    publish_request(marketplace)
    assert (published_types(marketplace), states(marketplace)) == (["accepted", "checked"], [])


def test_who_has_no_address_or_was_erased_gets_none(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    desk.publish("seller.upserted", seller_id="seller-1", email=None)
    server.to_recipient = "451 greylisted"
    publish_request(desk)
    assert states(desk) == [("pending", 1)]
    desk.publish("customer.erased", customer_id="customer-1")
    desk.run_all_now()
    server.to_recipient = None
    clock.shift(HOUR)
    desk.run_all_now()
    assert (server.taken, states(desk)) == ([], [("dropped", 2)])


def test_a_greylisted_mail_is_sent_later_and_once(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.to_recipient = "451 greylisted"
    publish_request(desk)
    for _ in range(2):
        desk.run_all_now()
    assert states(desk) == [("pending", 1), ("pending", 1)]
    server.to_recipient = None
    clock.shift(75)
    for _ in range(2):
        desk.run_all_now()
    assert states(desk) == [("sent", 2), ("sent", 2)]
    assert (len(server.to(CUSTOMER)), len(server.to(SELLER))) == (1, 1)


def test_what_is_refused_for_good_or_too_often_is_given_up(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.to_recipient = "550 no such mailbox for odile@pelote.example"
    publish_request(desk)
    assert states(desk) == [("refused", 1), ("refused", 1)]
    assert [one.last_error for one in desk.all(select(Mail))] == ["smtp_550", "smtp_550"]
    server.to_recipient = "451 greylisted"
    publish_message(desk, side="customer")
    for _ in range(4):
        clock.shift(HOUR)
        desk.run_all_now()
    assert states(desk)[-1] == ("exhausted", 3)


def test_a_server_that_is_away_costs_no_attempt_and_is_left_alone_for_a_minute(
    desk: Marketplace, server: MailServer, make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> None:
    away = make_marketplace(SMTP_URL="smtp://127.0.0.1:1", MAIL_SENDER="no-reply@market.example")
    away.versions = desk.versions
    publish_request(away)
    assert states(desk) == [("pending", 0), ("pending", 0)]
    desk.run_all_now()
    assert server.taken == []
    clock.shift(61)
    desk.run_all_now()
    assert (states(desk), len(server.taken)) == ([("sent", 1), ("sent", 1)], 2)


def test_a_server_that_dies_in_the_middle_is_sent_the_mail_again(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.dies_at_data = True
    publish_request(desk)
    server.dies_at_data = False
    clock.shift(75)
    desk.run_all_now()
    assert [state for state, _ in states(desk)] == ["sent", "sent"]
    assert len(server.taken) == 2


def test_a_worker_that_dies_after_the_servers_word_sends_the_same_message_again(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.to_recipient = "451 later"
    publish_request(desk)
    server.to_recipient = None
    clock.shift(75)
    runtime = desk.runtime
    claimed = runtime.database.retrying(lambda session: mail_queue._claim(runtime, session, "dead"))
    assert claimed is not None
    assert runtime.settings.smtp_url is not None
    with Remote(runtime.settings.smtp_url, hello="market.example", timeout_s=5).connection() as connection:
        mail_queue._send(runtime, connection, claimed)
    desk.run_all_now()
    assert len(server.taken) == 2  # the other one, and what the dead worker had sent.
    clock.shift(mail_queue.LEASE_S + 1)
    desk.run_all_now()
    ids = [str(one["Message-ID"]) for one in server.taken]
    assert (len(ids), len(set(ids))) == (3, 2)
    assert [state for state, _ in states(desk)] == ["sent", "sent"]


def test_two_workers_at_once_send_each_mail_once(
    desk: Marketplace, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.to_recipient = "451 later"
    for number in range(6):
        publish_request(desk, f"request-{number}")
    server.to_recipient = None
    clock.shift(75)
    workers = [
        threading.Thread(target=mail_queue.send_due, args=(desk.runtime, f"worker-{number}")) for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    ids = [str(one["Message-ID"]) for one in server.taken]
    assert len(ids) == len(set(ids)) == 12


def test_an_address_that_is_none_is_not_even_tried(desk: Marketplace, server: MailServer) -> None:
    publish_customer(desk, email="odile@pelote.example\r\nRCPT TO:<eve@evil.example>")
    desk.run_all_now()
    publish_request(desk)
    assert [one for one in server.recipients if "evil" in one or "odile" in one] == []
    assert ("dropped", 1) in states(desk)


def test_what_is_attached_to_another_request_is_no_news_for_the_seller(desk: Marketplace, server: MailServer) -> None:
    publish_request(desk, "request-1", subject="Same", body="Same")
    publish_request(desk, "request-2", subject="Same", body="Same")
    assert len(server.to(SELLER)) == 1
    assert len(server.to(CUSTOMER)) == 2
