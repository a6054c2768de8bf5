"""A small catalogue in packs, and what its cascades have done."""

from __future__ import annotations

from marketplace_hooks.models.cascades import Cascade

from .marketplace import Marketplace

PACKS = [f"pack-{number}" for number in range(5)]


def sell_in_packs(marketplace: Marketplace) -> Marketplace:
    """One seller, three products, five packs with `mod-1` in each."""
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    for number, pack_id in enumerate(PACKS):
        marketplace.publish_pack(pack_id, "mod-1", f"mod-{2 + number % 2}")
    return marketplace


def steps_of(cascade: Cascade) -> dict[str, tuple[str, int | None, int]]:
    """Step → state, total, done."""
    return {step["name"]: (step["state"], step["total"], step["done"]) for step in cascade.steps}


def published_about_packs(marketplace: Marketplace) -> list[list[str]]:
    """The types of the events about each pack, in their order."""
    return [marketplace.published_types(pack_id, "pack") for pack_id in PACKS]
