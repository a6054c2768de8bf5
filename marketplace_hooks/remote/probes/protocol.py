"""Probe protocol: what a probe is given, and what it promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...domain.inspections.declarations import Declaration
from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.merchant_sites import Site
from .session import ProbeSession


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a customer gave us for the bound site alone. Never shown: its `repr` and errors hold no values."""

    webservice_key: str | None = field(default=None, repr=False)
    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    companion_key: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Credentials:
        """Read them by kind; other kinds are left out."""
        return cls(**{name: value for name, value in given.items() if name in cls.__dataclass_fields__})

    def given(self) -> dict[str, str]:
        """Return those that were given, by kind."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name)) is not None}

    def __bool__(self) -> bool:
        return bool(self.given())


@dataclass(frozen=True, kw_only=True)
class InspectionTarget:
    """One inspection: which site, which of its modules is in question, and what helps to answer.

    `nonce` binds a companion's report to this inspection; `versions` are the known PrestaShop releases.
    """

    site: Site
    module: str | None = None
    credentials: Credentials = field(default_factory=Credentials)
    declared: Declaration | None = None
    nonce: str | None = None
    versions: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One way to learn something of a site. A module of this package holds it as `PROBE`; `registry.py` lists them.

    `rank` orders the probes, 1 the best; `about` is what stays unknown when it fails as a whole. `run` gives findings
    as they come. It may make `requests` requests, counted under its `quota` (by default its own name), which several
    probes may share, and more only where others leave some.
    """

    name: str
    rank: int
    strength: Strength
    about: FindingKind
    applies: Callable[[InspectionTarget], bool]
    run: Callable[[InspectionTarget, ProbeSession], Iterator[Finding]]
    requests: int = 0
    quota: str = ""
