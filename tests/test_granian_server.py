"""Start of the web server: a signal that comes while its main loop begins to wait does not stop it for good."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from granian.server.common import AbstractServer

from marketplace_hooks.granian_server import has_held_socket, note_interrupt

ENDS_WITHIN_S = 10


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    event = threading.Event()
    server = SimpleNamespace(interrupt_signal=False, main_loop_interrupt=event)
    with event._cond:  # type: ignore[attr-defined] # as the thread of the handler has it when a wait begins
        note_interrupt(server, 15, None)
        assert server.interrupt_signal
    assert event.wait(ENDS_WITHIN_S)


def test_the_server_has_the_handler_that_is_replaced() -> None:
    assert {"signal_handler_interrupt", "_init_shared_socket"} <= vars(AbstractServer).keys()
    source = AbstractServer.signal_handler_interrupt.__code__.co_names
    assert set(source) == {"interrupt_signal", "main_loop_interrupt", "set"}


def test_a_socket_is_taken_only_from_who_passed_it_to_this_process() -> None:
    passed = {"LISTEN_PID": "12", "LISTEN_FDS": "1"}
    assert has_held_socket(passed, 12)
    assert not has_held_socket(passed, 13)  # a child inherits the variables, and not what they say.
    assert not has_held_socket({}, 12)
    assert not has_held_socket({**passed, "LISTEN_FDS": "0"}, 12)
