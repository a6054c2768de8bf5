"""Faulty responses of a fake shop: slow, endless, compression bombs, hostile XML."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler

from .exchanges import ShopResponse, page
from .model import Fault, Shop

BOMB_BYTES = 64 * 1024 * 1024
SLOW_PAUSES = 200
"""A slow shop is silent for so many pauses."""

_CHUNK = b"<!-- and so on -->" * 500

_ENTITIES = """<?xml version="1.0"?>
<!DOCTYPE prestashop [
<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e SYSTEM "file:///etc/passwd">
]>
<prestashop><name>&d;&e;</name></prestashop>
"""


def spoil(answer: ShopResponse, fault: Fault) -> ShopResponse:
    """Return what a faulty shop answers instead, where the fault is in the content."""
    xml = [("Content-Type", "text/xml;charset=utf-8")]
    other_headers = [(name, value) for name, value in answer.headers if name != "Content-Type"]
    match fault:
        case Fault.BROKEN_XML:
            return replace(
                answer, headers=(*other_headers, *xml), body=b"<prestashop><shop_urls><shop_url id=1></prestashop>"
            )
        case Fault.ENTITIES:
            return replace(answer, headers=(*other_headers, *xml), body=_ENTITIES.encode())
        case Fault.HTML:
            return page("<html><body><h1>Parked domain</h1></body></html>")
        case Fault.UNAVAILABLE:
            return page("<html><body><h1>Service Unavailable</h1></body></html>", 503)
        case Fault.ERROR:
            return page("<html><body><h1>Internal Server Error</h1></body></html>", 500)
        case Fault.BOMB:
            return replace(answer, headers=(*answer.headers, ("Content-Encoding", "gzip")), body=_bomb())
        case _:
            return answer


def write_body(
    handler: BaseHTTPRequestHandler, body: bytes, shop: Shop, fault: Fault, stopped: threading.Event
) -> None:
    """Write a body as a faulty shop does, until the client has had enough or `stopped` is set."""
    if fault is Fault.RESET:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        return
    if fault not in (Fault.DRIP, Fault.ENDLESS):
        handler.wfile.write(body)
        return
    while not stopped.wait(shop.pause_s if fault is Fault.DRIP else 0):
        handler.wfile.write(b"<" if fault is Fault.DRIP else _CHUNK)
        handler.wfile.flush()


@cache
def _bomb() -> bytes:
    return gzip.compress(b"\0" * BOMB_BYTES)
