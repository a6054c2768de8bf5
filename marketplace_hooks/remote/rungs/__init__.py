"""Which rungs has the ladder? Every module of this package that holds a `RUNG`: a new rung is a new file."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .protocol import Asked, Credentials, Rung

__all__ = ["LADDER", "Asked", "Credentials", "Rung"]


def _rungs() -> tuple[Rung, ...]:
    modules = (import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__))
    found = (getattr(module, "RUNG", None) for module in modules)
    return tuple(sorted((rung for rung in found if isinstance(rung, Rung)), key=lambda rung: rung.rank))


LADDER = _rungs()
