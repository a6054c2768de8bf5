"""Group commit: work that several threads submit at the same moment is done together, in one go.

If fewer threads are acting than may, a thread acts at once, for itself alone. Those that come meanwhile wait, and the
first of them then acts for all. There is no timer and no extra thread, and nobody is overtaken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ..errors import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Submission(Generic[Item, Answer]):
    """One thread's item and its outcome: an answer, an error, or neither yet: then this thread is to act."""

    __slots__ = ("_wakeup", "answer", "error", "is_done", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self.answer: Answer
        self.error: BaseException | None = None
        self._wakeup = threading.Lock()
        self._wakeup.acquire()

    def wait(self) -> None:
        """Block until `wake` is called."""
        self._wakeup.acquire()

    def wake(self) -> None:
        """Let the thread go on."""
        self._wakeup.release()


class GroupCommit(Generic[Item, Answer]):
    """`act` gets the items of several threads, in the order in which they came, and returns as many answers in turn.

    It is called with `at_most` items, by `concurrency` threads at the same time. An exception among the answers is
    raised in the thread of its item; one that `act` raises, in all of them. An `Unavailable` is raised in those that
    wait for their turn as well: none of them waits for the same outage once more.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Item]], Sequence[Answer | Exception]],
        *,
        at_most: int,
        concurrency: int = 1,
    ) -> None:
        self._act = act
        self._at_most = at_most
        self._lock = threading.Lock()
        self._queue: deque[_Submission[Item, Answer]] = deque()
        self._free = concurrency

    def submit(self, item: Item) -> Answer:
        """Have it done, by this thread or by another, and return the answer."""
        mine: _Submission[Item, Answer] = _Submission(item)
        with self._lock:
            # Somebody waits only while enough are acting: who may act at once overtakes nobody.
            may_act = self._free > 0
            if may_act:
                self._free -= 1
            else:
                self._queue.append(mine)
        if not may_act:
            mine.wait()
        if not mine.is_done:
            self._act_for_all(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _act_for_all(self, mine: _Submission[Item, Answer]) -> None:
        with self._lock:
            others = [self._queue.popleft() for _ in range(min(self._at_most - 1, len(self._queue)))]
        submissions = [mine, *others]
        answers: Sequence[Answer | BaseException]
        try:
            answers = self._act([submission.item for submission in submissions])
        except BaseException as error:
            if isinstance(error, Unavailable):
                with self._lock:
                    others += self._queue
                    self._queue.clear()
                submissions = [mine, *others]
            answers = [error] * len(submissions)
        for submission, answer in zip(submissions, answers, strict=True):
            if isinstance(answer, BaseException):
                submission.error = answer
            else:
                submission.answer = answer
            submission.is_done = True
        self._let_next_act()
        for submission in others:
            submission.wake()

    def _let_next_act(self) -> None:
        """The thread that has waited longest acts next; when none waits, whoever comes."""
        with self._lock:
            following = self._queue.popleft() if self._queue else None
            if following is None:
                self._free += 1
        if following is not None:
            following.wake()
