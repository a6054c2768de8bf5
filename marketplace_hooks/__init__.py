"""A Flask extension and webhook service for a PrestaShop-style marketplace of modules and themes."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .extension import MarketplaceHooks

__all__ = ["MarketplaceHooks"]


@contextlib.contextmanager
def _paused_gc() -> Iterator[None]:
    """Without garbage collection: while modules are imported it finds nothing, and takes a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def __getattr__(name: str) -> Any:
    # Put together when first asked for: whoever imports only a rule of `domain/` does not load Flask.
    if name == "MarketplaceHooks":
        with _paused_gc():
            from .extension import MarketplaceHooks

        return MarketplaceHooks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
