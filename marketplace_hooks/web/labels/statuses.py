"""Status labels of products and packs: who holds one offline or withdrew it, what is scheduled, what a change was.

The tag of a status itself stands in `states.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.catalog.statuses import Side, Status
from ...models.access import Role
from ..i18n.language import LazyText, lazy
from .label import Label

HELD_BY: Mapping[Side, Label] = {
    Side.SELLER: Label(lazy("Taken offline by the seller"), for_seller=lazy("Taken offline by you")),
    Side.MARKETPLACE: Label(lazy("Taken offline by the marketplace")),
    Side.ACCOUNT: Label(lazy("The seller’s account is suspended"), for_seller=lazy("Your seller account is suspended")),
}
WITHDRAWN_BY: Mapping[Side, Label] = {
    Side.SELLER: Label(lazy("Permanently disabled by the seller"), for_seller=lazy("Permanently disabled by you")),
    Side.MARKETPLACE: Label(lazy("Permanently disabled by the marketplace")),
    Side.ACCOUNT: Label(
        lazy("Permanently disabled with the seller’s account"),
        for_seller=lazy("Permanently disabled with your account"),
    ),
}
ACTORS: Mapping[str, Label] = {
    Side.SELLER: Label(lazy("the seller"), for_seller=lazy("you")),
    Side.MARKETPLACE: Label(lazy("the marketplace")),
    Side.ACCOUNT: Label(lazy("the account’s suspension"), for_seller=lazy("your account’s suspension")),
    "customer": Label(lazy("the customer")),
    "bank": Label(lazy("the bank")),
    "marketplace_hooks": Label(lazy("this service")),
}
"""Who asked for something."""
SCHEDULED_TO: Mapping[Status, LazyText] = {
    Status.ONLINE: lazy("Will be put back online"),
    Status.OFFLINE_TEMPORARY: lazy("Will be taken offline"),
    Status.OFFLINE_PERMANENT: lazy("Will be permanently disabled"),
}
STATUS_BUTTONS: Mapping[Status, LazyText] = {
    Status.ONLINE: lazy("Put back online"),
    Status.OFFLINE_TEMPORARY: lazy("Take offline"),
    Status.OFFLINE_PERMANENT: lazy("Permanently disable"),
}
KEEP_OFFLINE = lazy("Keep offline")
"""The button by which a side takes offline what others have taken offline already."""
CHANGES: Mapping[str, Label] = {
    "held": Label(lazy("Taken offline")),
    "lifted": Label(lazy("Back online"), for_seller=lazy("Back online")),
    "withdrawn": Label(lazy("Permanently disabled")),
    "reinstated": Label(lazy("Reinstated"), for_seller=lazy("Reinstated by the marketplace")),
    "suspended": Label(lazy("Account suspended")),
    "unsuspended": Label(lazy("Account reinstated")),
    "release_published": Label(lazy("Release published")),
}
"""What a cascade follows from."""
STEPS: Mapping[str, LazyText] = {
    "product_page": lazy("The product page"),
    "product_pages": lazy("The product pages"),
    "pack_page": lazy("The pack page"),
    "packs": lazy("The packs that contain it"),
    "packs_of_seller": lazy("The packs that contain them"),
    "renewals": lazy("Business Care renewals"),
    "holders": lazy("The customers who may download it"),
    "fixes": lazy("The requests that it fixes"),
    "events": lazy("Notifications"),
}
"""What a step of a cascade does."""


def keeps_offline(wanted: Status, current: Status) -> bool:
    """Whether a side takes offline what others have taken offline already."""
    return wanted == current == Status.OFFLINE_TEMPORARY


def status_button(wanted: Status, current: Status) -> str:
    """The button that asks for a status, for what has another one now."""
    return str(KEEP_OFFLINE if keeps_offline(wanted, current) else STATUS_BUTTONS[wanted])


def actor_label(actor: str, role: Role) -> str:
    """Who asked for something, to a reader of this role; somebody who is not known as they are named."""
    return ACTORS[actor].for_role(role) if actor in ACTORS else actor


def change_label(change: str, role: Role) -> str:
    """What a cascade follows from; a change that is not known as it is."""
    return CHANGES[change].for_role(role) if change in CHANGES else change


def step_label(name: str) -> str:
    """What a step of a cascade does; one that is not known by its name."""
    return str(STEPS.get(name, name))
