"""Weak secrets, secrets that others can read, and pages without TLS stop production, each by a sentence."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import DEMO_MARK, PREFIX
from marketplace_hooks.errors import ConfigurationError

from ..support.marketplace import SECRET, SECRET_KEY

KEY = "C2N_RLqxu4Kn8angLBAyewendx9LZkq_M0iBb0wQ1EQ="


def webhook_secret(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


ZEROS = base64.urlsafe_b64encode(bytes(32)).decode()
WEAK = {
    "a short key": ("SECRET_KEY", "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eU", "SECRET_KEY is shorter than 32 characters"),
    "one letter": ("SECRET_KEY", "s" * 40, "SECRET_KEY repeats itself"),
    "one word again and again": ("SECRET_KEY", "devdevdev" * 5, "SECRET_KEY repeats itself"),
    "a known word": ("SECRET_KEY", "ChangeMe-ChangeMe-before-production!", "SECRET_KEY contains a word"),
    "zeros": ("WEBHOOK_SECRETS", webhook_secret(bytes(32)), "a secret of marketplace repeats itself"),
    "an example": ("WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "is an example of a documentation"),
    "a word as a key": ("WEBHOOK_SECRETS", webhook_secret(b"my-secret-of-the-marketplace"), "contains a word"),
    "a download secret of zeros": ("DOWNLOAD_SECRET", "00" * 32, "DOWNLOAD_SECRET repeats itself"),
    "an encryption key of zeros": ("ENCRYPTION_KEYS", ZEROS, "ENCRYPTION_KEYS: a key repeats itself"),
    "no TLS": ("PUBLIC_URL", "http://addons.example", "PUBLIC_URL is http://addons.example"),
}


def loads(folder: Path, **settings: str) -> None:
    """Load these settings of a service that other machines reach."""
    given = {"INSTANCE": str(folder), "PUBLIC_URL": "https://addons.example", **settings}
    load({}, {f"{PREFIX}{name}": value for name, value in given.items()})


@pytest.mark.parametrize("name", WEAK)
def test_what_is_weak_stops_production_with_a_sentence_and_not_a_demo(tmp_path: Path, name: str) -> None:
    setting, value, sentence = WEAK[name]
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        loads(tmp_path, **{setting: value})
    assert setting == "PUBLIC_URL" or value not in str(refused.value)
    loads(tmp_path, DEMO="true", **{setting: value})


def test_every_weak_setting_has_its_sentence(tmp_path: Path) -> None:
    settings = {setting: value for setting, value, _ in WEAK.values()}
    with pytest.raises(ConfigurationError) as refused:
        loads(tmp_path, **settings)
    assert len(str(refused.value).splitlines()) == len(settings)


def test_what_is_strong_is_taken(tmp_path: Path) -> None:
    loads(
        tmp_path,
        SECRET_KEY=SECRET_KEY,
        WEBHOOK_SECRETS=SECRET,
        DOWNLOAD_SECRET=bytes(range(16)).hex(),
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        PUBLIC_URL="https://addons.example",
    )


@pytest.mark.parametrize("name", sorted(WEAK.keys() - {"no TLS"}))
def test_where_only_this_machine_reaches_it_nothing_but_a_demo_s_secret_stops_it(tmp_path: Path, name: str) -> None:
    setting, value, _ = WEAK[name]
    loads(tmp_path, PUBLIC_URL="http://127.0.0.1:8000", **{setting: value})
    with pytest.raises(ConfigurationError, match="was made for the demo"):
        loads(tmp_path, PUBLIC_URL="http://127.0.0.1:8000", SECRET_KEY=f"{DEMO_MARK}{SECRET_KEY}")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_this_machine_needs_no_tls(tmp_path: Path, url: str) -> None:
    loads(tmp_path, PUBLIC_URL=url)


@pytest.mark.parametrize(
    ("name", "content", "mode", "is_good"),
    [
        ("config.toml", f'secret_key = "{SECRET_KEY}"', 0o604, False),
        ("config.toml", f'secret_key = "{SECRET_KEY}"', 0o640, True),
        ("config.toml", "drain_batch = 9", 0o644, True),
        ("encryption.key", KEY, 0o644, False),
        ("encryption.key", KEY, 0o600, True),
    ],
)
def test_a_file_of_secrets_is_not_for_every_account(
    tmp_path: Path, name: str, content: str, mode: int, is_good: bool
) -> None:
    path = tmp_path / name
    path.write_text(content)
    path.chmod(mode)
    if is_good:
        loads(tmp_path)
    else:
        with pytest.raises(ConfigurationError, match=f"chmod o-rwx {path}"):
            loads(tmp_path)
