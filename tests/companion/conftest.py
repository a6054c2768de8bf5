"""`php`: a server of shops on a disk with the companion installed.

After each test PHP must have had nothing to complain of.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..support.certificates import Authority
from ..support.php_shops import PhpServer, PhpShop, php_server


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates that this PHP trusts."""
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[PhpServer]:
    with php_server(tmp_path_factory.mktemp("shops"), curl__cainfo=authority.file) as served:
        yield served


@pytest.fixture
def php(server: PhpServer) -> Iterator[PhpServer]:
    yield server
    assert server.complaints() == ""


@pytest.fixture
def shop(php: PhpServer) -> PhpShop:
    """A shop of 8.1.7 with the product `lumengallery`."""
    opened = php.open_shop()
    opened.add_module("lumengallery", "2.1.0")
    return opened


@pytest.fixture(scope="package")
def untouched_shop(server: PhpServer) -> PhpShop:
    """A shop in which no test changes anything."""
    opened = server.open_shop()
    opened.add_module("lumengallery", "2.1.0")
    return opened
