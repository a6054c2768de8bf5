"""How do threads that want the same at the same moment have it done at once for all of them?

Whoever finds somebody missing at work acts at once, alone; those who come while enough are acting wait, and the first
of them then acts for all who have come. Nothing waits for a timer, there is no thread of its own, and nobody is
overtaken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


class _Turn(Generic[Wish, Answer]):
    """One thread's item and what became of it: an answer, an error, or neither when it is this thread's turn to act."""

    __slots__ = ("_bell", "answer", "error", "item", "settled")

    def __init__(self, item: Wish) -> None:
        self.item = item
        self.settled = False
        self.answer: Answer
        self.error: BaseException | None = None
        self._bell = threading.Lock()
        self._bell.acquire()

    def wait(self) -> None:
        """Until somebody calls."""
        self._bell.acquire()

    def call(self) -> None:
        """Wake the thread."""
        self._bell.release()


class GroupCommit(Generic[Wish, Answer]):
    """`act` gets the itemes of several threads, in the order in which they came, and gives as many answers in turn.

    It is called with `at_most` itemes, by `side_by_side` threads at the same time. An exception among the answers is
    raised where it was itemed for; one that `act` raises, everywhere.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Wish]], Sequence[Answer | Exception]],
        *,
        at_most: int,
        side_by_side: int = 1,
    ) -> None:
        self._act = act
        self._at_most = at_most
        self._lock = threading.Lock()
        self._waiting: deque[_Turn[Wish, Answer]] = deque()
        self._free = side_by_side

    def submit(self, item: Wish) -> Answer:
        """Have it done, by this thread or by another, and give the answer."""
        mine: _Turn[Wish, Answer] = _Turn(item)
        with self._lock:
            # Somebody waits only while enough are acting: who may act at once overtakes nobody.
            may_act = self._free > 0
            if may_act:
                self._free -= 1
            else:
                self._waiting.append(mine)
        if not may_act:
            mine.wait()
        if not mine.settled:
            self._act_for_all(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _act_for_all(self, mine: _Turn[Wish, Answer]) -> None:
        with self._lock:
            others = [self._waiting.popleft() for _ in range(min(self._at_most - 1, len(self._waiting)))]
        turns = [mine, *others]
        answers: Sequence[Answer | BaseException]
        try:
            answers = self._act([turn.item for turn in turns])
        except BaseException as error:
            answers = [error] * len(turns)
        for turn, answer in zip(turns, answers, strict=True):
            if isinstance(answer, BaseException):
                turn.error = answer
            else:
                turn.answer = answer
            turn.settled = True
        self._pass_on()
        for turn in others:
            turn.call()

    def _pass_on(self) -> None:
        """The one who has waited longest acts next; when nobody waits, whoever comes."""
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            if following is None:
                self._free += 1
        if following is not None:
            following.call()
