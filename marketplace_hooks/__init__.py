"""A Flask extension and webhook service for a PrestaShop-style marketplace of modules and themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .extension import MarketplaceHooks

__all__ = ["MarketplaceHooks"]


def __getattr__(name: str) -> Any:
    # Put together when first asked for: whoever imports only a rule of `domain/` does not load Flask.
    if name == "MarketplaceHooks":
        from .services.core.frozen_gc import paused_gc

        with paused_gc():
            from .extension import MarketplaceHooks

        return MarketplaceHooks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
