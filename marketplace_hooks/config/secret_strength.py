"""Strength of secrets: what stops a service that is no demo, a sentence for each setting.

A secret is weak when it is short, repeats itself, or is a word or an example that others know; when every account of
the machine can read the file that it stands in; or when what it protects travels unencrypted. A service that only this
machine reaches (its PUBLIC_URL says so) is not in production: there, `doctor` names what is weak, and only the secrets
of a demo stop the start.
"""

from __future__ import annotations

import base64
import binascii
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from .parsers import is_loopback, is_secure_or_local, webhook_key
from .settings import DEMO_MARK, Settings

SHORTEST_TEXT = 32
SHORTEST_KEY = 16
LEAST_VARIETY = 8
"""Different bytes: sixteen random ones have fewer once in millions of millions."""
KNOWN_WORDS = ("changeme", "change-me", "password", "example", "my-secret", "mysecret", "default", "not-a-secret")
KNOWN_KEYS = ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
"""The secrets in the documentation of Standard Webhooks and of Svix."""
SECRETS = (
    "secret_key",
    "webhook_secrets",
    "webhook_sender_secrets",
    "encryption_keys",
    "download_secret",
    "oidc_client_secret",
)
KEY_FILE = "encryption.key"
MAKE_ONE = "make one with: marketplace-hooks secret"


def weaknesses(settings: Settings, *, secrets_in_file: bool = False, in_production: bool = True) -> Iterator[str]:
    """What is wrong with the secrets. `secrets_in_file`: `config.toml` holds some.

    Not `in_production`, only secrets that were made for a demo are.
    """
    if settings.secret_key is not None and (fault := text_fault(settings.secret_key, in_production=in_production)):
        yield f"SECRET_KEY {fault}; {MAKE_ONE}."
    yield from _of_sources(settings, in_production)
    if settings.download_secret is not None and (fault := _key_fault(settings.download_secret, in_production)):
        yield f"DOWNLOAD_SECRET {fault}; make one with: openssl rand -hex 32."
    for fault in filter(None, (_key_fault(_bytes_of(key), in_production) for key in settings.encryption_keys)):
        yield f"ENCRYPTION_KEYS: a key {fault}; make one with: marketplace-hooks secret --encryption."
    if not in_production:
        return
    if not is_secure_or_local(settings.public_url):
        yield f"PUBLIC_URL is {settings.public_url}: sessions and tokens would travel unencrypted. Use https."
    for name, holds_secrets in (("config.toml", secrets_in_file), (KEY_FILE, True)):
        path = settings.instance / name
        if holds_secrets and _is_world_readable(path):
            yield f"{path} holds secrets, and every account of this machine can read it: chmod o-rwx {path}."


def _of_sources(settings: Settings, in_production: bool) -> Iterator[str]:
    standard = {name: [webhook_key(one) for one in several] for name, several in settings.webhook_secrets.items()}
    others = {name: [one.encode() for one in several] for name, several in settings.webhook_sender_secrets.items()}
    for setting, by_source in (("WEBHOOK_SECRETS", standard), ("WEBHOOK_SENDER_SECRETS", others)):
        for source, keys in by_source.items():
            for fault in filter(None, (_key_fault(key, in_production) for key in keys)):
                yield f"{setting}: a secret of {source} {fault}; {MAKE_ONE}."


def is_in_production(settings: Settings) -> bool:
    """Whether other machines reach the service, and it is no demo."""
    return not settings.demo and not is_loopback(urlsplit(settings.public_url).hostname or "")


def text_fault(text: str, *, in_production: bool = True) -> str | None:
    """What is wrong with a secret that is a text; None for nothing."""
    if text.startswith(DEMO_MARK):
        return "was made for the demo"
    if not in_production:
        return None
    if len(text) < SHORTEST_TEXT:
        return f"is shorter than {SHORTEST_TEXT} characters"
    return _fault(text.encode())


def _key_fault(key: bytes, in_production: bool) -> str | None:
    if key.startswith(DEMO_MARK.encode()):
        return "was made for the demo"
    if not in_production:
        return None
    if base64.b64encode(key).decode() in KNOWN_KEYS:
        return "is an example of a documentation"
    if len(key) < SHORTEST_KEY:
        return f"is shorter than {SHORTEST_KEY} bytes"
    return _fault(key)


def _fault(secret: bytes) -> str | None:
    if len(set(secret)) < LEAST_VARIETY:
        return "repeats itself"
    if any(word.encode() in secret.lower() for word in KNOWN_WORDS):
        return "contains a word that everybody knows"
    return None


def _bytes_of(key: str) -> bytes:
    """A Fernet key's bytes; a malformed one is refused where it is used."""
    try:
        return base64.urlsafe_b64decode(key)
    except (ValueError, binascii.Error):
        return key.encode()


def _is_world_readable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
