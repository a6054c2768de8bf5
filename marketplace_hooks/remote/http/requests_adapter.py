"""Outbound client as a transport of `requests`: for a library that insists on a session of that library.

So such a session has the same limits of time and size as every other exchange; redirects are returned, not followed.
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from ...errors import OutboundFailed
from .client import OutboundClient

_SENT_HEADERS = ("Accept", "Authorization", "Content-Type")


class OutboundAdapter(BaseAdapter):
    """Sends what a session has prepared through `client`, whose limits hold; those of the session are not heard.

    Raises `OutboundRefused` and `OutboundFailed` as the client does, the latter also for a body over its size.
    """

    def __init__(self, client: OutboundClient) -> None:
        super().__init__()
        self._client = client

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """The answer, its body read whole."""
        url = str(request.url)
        headers = {name: str(request.headers[name]) for name in _SENT_HEADERS if name in request.headers}
        if request.method == "POST":
            body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
            answer = self._client.post(url, body=body, headers=headers)
        else:
            answer = self._client.get(url, headers=headers)
        if answer.truncated:
            raise OutboundFailed(f"{url} answers with more than it may.", reason="too_large")
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.url = url
        response.request = request
        response.encoding = "utf-8"
        response._content = answer.body
        return response

    def close(self) -> None:
        """Nothing to close: the client is shared, and outlives a session."""
