"""Bodies of pages: too large, or of too many fields, they are refused before they are read; a host's stay its own."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from marketplace_hooks import MarketplaceHooks

MIB = 1_048_576
MULTIPART = "multipart/form-data; boundary=b"
FORM = "application/x-www-form-urlencoded"


class Unread(BytesIO):
    """A body that must not be read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("the body is read")


@pytest.fixture
def make_host(sqlite_url: str, tmp_path: Path) -> Callable[..., Flask]:
    """Makes a host's application with a page of its own, and ours beside it."""

    def make(**config: Any) -> Flask:
        app = Flask("host", instance_path=str(tmp_path))
        app.config.update(SECRET_KEY="x" * 40, MARKETPLACE_HOOKS_DATABASE_URL=sqlite_url, **config)
        app.config["MARKETPLACE_HOOKS_INSTANCE"] = str(tmp_path)
        app.add_url_rule("/upload", view_func=lambda: str(len(request.get_data())), methods=["POST"])
        MarketplaceHooks(app)
        return app

    return make


@pytest.mark.parametrize("path", ["/sign-out", "/support/new", "/seller/closures", "/operator/replies"])
@pytest.mark.parametrize("media_type", [FORM, MULTIPART])
def test_a_large_form_is_refused_unread_by_a_page_in_the_readers_language(
    make_host: Callable[..., Flask], path: str, media_type: str
) -> None:
    announced = {"CONTENT_LENGTH": str(MIB + 1), "CONTENT_TYPE": media_type, "HTTP_ACCEPT_LANGUAGE": "fr"}
    answer = make_host().test_client().post(path, input_stream=Unread(), environ_overrides=announced)
    assert answer.status_code == 413
    assert "Votre envoi est trop volumineux" in answer.text


# Werkzeug leaves a part of a form that it refuses to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("file_name", ["", '; filename="a"'])
def test_a_part_is_not_gathered_beyond_the_limit_when_no_length_is_announced(
    make_host: Callable[..., Flask], file_name: str
) -> None:
    part = f'--b\r\nContent-Disposition: form-data; name="modules_file"{file_name}\r\n\r\n'.encode()
    body = BytesIO(part + b"x" * (16 * MIB) + b"\r\n--b--\r\n")
    unannounced = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    client = make_host().test_client()
    answer = client.post("/times", input_stream=body, content_type=MULTIPART, environ_overrides=unannounced)
    assert answer.status_code == 413
    assert body.tell() < 2 * MIB


@pytest.mark.parametrize("count", [501, 400_000])
def test_the_number_of_fields_is_bounded(make_host: Callable[..., Flask], count: int) -> None:
    client = make_host().test_client()
    assert client.post("/times", data="&".join(["a"] * count), content_type=FORM).status_code == 413
    assert client.post("/times", data="&".join(["a"] * 500), content_type=FORM).status_code == 400


def test_a_hosts_pages_keep_their_own_limit_and_a_smaller_one_holds_for_ours(make_host: Callable[..., Flask]) -> None:
    large = b"x" * (3 * MIB)
    assert make_host().test_client().post("/upload", data=large).text == str(3 * MIB)
    small = make_host(MAX_CONTENT_LENGTH=1_000)
    answer = small.test_client().post("/times", data="a=" + "x" * 2_000, content_type=FORM)
    assert answer.status_code == 413
    assert small.config["MAX_CONTENT_LENGTH"] == 1_000
