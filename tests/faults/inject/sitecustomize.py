"""Fault injection: kills or stops this process before or after a chosen call of a named function.

Python imports a module of this name at its start when it finds one on its path, so the fault tests put this folder on
the PYTHONPATH of the processes that they start: the product knows nothing of it. `TEST_FAULTS` holds rules as JSON
(`processes.Fault`); each applies at most `limit` times in all processes together. Each time leaves a file with the
process's pid in the rule's folder. Calls of a worker's warm-up before its first job are not counted; where a rule says
`inside`, only calls are that come from a function of that name.

`TEST_CONSTANTS` holds values of constants as JSON, by module and name.
"""

import functools
import importlib.abc
import importlib.util
import itertools
import json
import os
import signal
import sys
import threading
import time

_RULES = json.loads(os.environ.get("TEST_FAULTS", "[]"))
_CONSTANTS = json.loads(os.environ.get("TEST_CONSTANTS", "{}"))
_CLOCK = os.environ.get("TEST_CLOCK")


def _strike(rule):
    for number in range(rule["limit"]):
        try:
            # The process that creates the file injects the fault; the others try the next file.
            handle = os.open(os.path.join(rule["tally"], str(number)), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            continue
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        if rule["action"] == "block":
            threading.Event().wait()
        if rule["action"] == "kill with parent":
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGSTOP if rule["action"] == "stop" else signal.SIGKILL)
        return


def _is_inside(name):
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == name:
            return True
        frame = frame.f_back
    return False


def _wrapped(function, rule):
    calls = {}

    @functools.wraps(function)
    def wrapper(*arguments, **keywords):
        if _is_inside("warm_up") or (rule["inside"] and not _is_inside(rule["inside"])):
            return function(*arguments, **keywords)
        # Counted for each process: a forked one begins anew.
        count = calls.setdefault(os.getpid(), itertools.count(1))
        is_the_one = next(count) == rule["call"]
        if is_the_one and rule["when"] == "before":
            _strike(rule)
        answer = function(*arguments, **keywords)
        if is_the_one and rule["when"] == "after":
            _strike(rule)
        return answer

    return wrapper


def _install(module, rules):
    for name, value in _CONSTANTS.get(module.__name__, {}).items():
        setattr(module, name, value)
    for rule in rules:
        owner = module
        *path, name = rule["at"].partition(":")[2].split(".")
        for part in path:
            owner = getattr(owner, part)
        setattr(owner, name, _wrapped(getattr(owner, name), rule))


class _Finder(importlib.abc.MetaPathFinder):
    """Installs the rules of a module as soon as it has been executed, before a function can be imported from it."""

    def __init__(self, rules, constants):
        self._rules = {module: [] for module in constants}
        for rule in rules:
            self._rules.setdefault(rule["at"].partition(":")[0], []).append(rule)

    def find_spec(self, name, path=None, target=None):
        rules = self._rules.pop(name, None)
        if rules is None:
            return None
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _install(module, rules)

        spec.loader.exec_module = exec_module
        return spec


if _RULES or _CONSTANTS:
    sys.meta_path.insert(0, _Finder(_RULES, _CONSTANTS))


class _Clock:
    """Steps the wall clock as the file says. Monotonic clocks go on.

    Its thread imports nothing: a process that is forked meanwhile would wait for the import for ever.
    """

    def __init__(self, path):
        import time_machine

        self.path = path
        self.ahead_s = 0.0
        self.travel_to = functools.partial(time_machine.travel, tick=True)
        self.travel = None
        with self.travel_to(time.time()):
            pass
        self.start()

    def start(self):
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:
            time.sleep(0.1)
            ahead_s = self.read()
            if ahead_s != self.ahead_s:
                self.step(ahead_s)

    def read(self):
        try:
            with open(self.path, "rb", buffering=0) as file:
                return float(file.read() or 0)
        except (OSError, ValueError):
            return 0.0

    def step(self, ahead_s):
        if self.travel is not None:
            self.travel.stop()
            self.travel = None
        self.ahead_s = ahead_s
        if ahead_s:
            self.travel = self.travel_to(time.time() + ahead_s)
            self.travel.start()


if _CLOCK:
    _clock = _Clock(_CLOCK)
    os.register_at_fork(after_in_child=_clock.start)
