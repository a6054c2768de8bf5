"""Check runner: every check of the project, behind `python3 run.py test`.

All steps run, whatever failed before them, so that one run shows every problem. Pytest must really have run: too
few tests, or a test module of which nothing ran, is a failure. Incomplete translations are found by tests.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
# A run of the whole suite that ran fewer tests than this did not run the suite. Raise it as the suite grows.
FEWEST_TESTS = 11_000
# A test module → the package, not in the lock, without which all of it is skipped.
BESIDE_THE_LOCK = {"tests.hosts.test_flask_security": "flask_security"}
# A run that hangs is ended well before a build server would cut it off, and has shown by then where it hung.
LONGEST_STEP_S = 60 * 60
SHOW_STACKS_AFTER_S = 300
FINISH_WITHIN_S = 60

PROVISION = [sys.executable, "-m", "tests.support.provision"]
STATIC_CHECKS = {
    "mypy": [str(BIN / "mypy")],
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "lint-imports": [str(BIN / "lint-imports")],
}
# Imports every test module, and stores what pytest compiles of it: else each of its processes would compile all again.
COLLECTION = {"collection": [sys.executable, "-m", "pytest", "--collect-only", "-q"]}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a step ended: `problems` is empty when it passed; `note` says what it did."""

    step: str
    took_s: float
    cpu_s: float = 0.0
    problems: Sequence[str] = ()
    note: str = ""


def print_line(line: str) -> None:
    """Print a line at once: the steps write to the same terminal."""
    print(line, flush=True)  # noqa: T201 - a command's report belongs on its standard output


def run_everything(pytest_arguments: Sequence[str]) -> int:
    """Run every step, then print a line for each; return the exit status, 0 only when all passed."""
    outcomes = [run_step("test servers", PROVISION)]
    outcomes += run_at_once(STATIC_CHECKS if pytest_arguments else {**STATIC_CHECKS, **COLLECTION})
    outcomes.append(run_tests(pytest_arguments))
    print_line("\n== summary")
    for outcome in outcomes:
        verdict = "FAILED" if outcome.problems else "ok"
        details = "; ".join([*outcome.problems, *([outcome.note] if outcome.note else [])])
        took = f"{outcome.took_s:7.1f} s {outcome.cpu_s:7.1f} s of processors"
        print_line(f"   {verdict:<7}{outcome.step:<14}{took}   {details}".rstrip())
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def run_step(name: str, command: Sequence[str]) -> Outcome:
    """Run one command to its end, with its output passed on."""
    print_line(f"\n== {name}")
    started_s = time.monotonic()
    used_before_s = processor_s()
    try:
        status = finish(command)
        problems = [f"exit status {status}"] if status else []
    except OSError as error:
        problems = [str(error)]
    used_s = processor_s() - used_before_s
    return Outcome(step=name, took_s=time.monotonic() - started_s, cpu_s=used_s, problems=problems)


def run_at_once(commands: Mapping[str, Sequence[str]]) -> list[Outcome]:
    """Run commands side by side. The output of one that failed is printed whole, of others its last line."""
    started_s = time.monotonic()
    outcomes = []
    with contextlib.ExitStack() as opened:
        steps = []
        for name, command in commands.items():
            output = opened.enter_context(tempfile.TemporaryFile())
            try:
                steps.append((name, output, opened.enter_context(started(command, output))))
            except OSError as error:
                outcomes.append(Outcome(step=name, took_s=0, problems=[str(error)]))
        for name, output, process in steps:
            used_before_s = processor_s()
            status = wait_for(process)
            used_s = processor_s() - used_before_s  # of this one alone: a process counts when it is waited for.
            output.seek(0)
            lines = output.read().decode(errors="replace").strip().splitlines()
            print_line("\n".join([f"\n== {name}", *(lines if status else lines[-1:])]))
            problems = [f"exit status {status}"] if status else []
            outcomes.append(Outcome(step=name, took_s=time.monotonic() - started_s, cpu_s=used_s, problems=problems))
    return outcomes


def processor_s() -> float:
    """The time of processors that the processes we started, and theirs, have used up to their end, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_tests(arguments: Sequence[str]) -> Outcome:
    """Run pytest, and fail when too few tests ran: `arguments` that choose tests lower the minimum to one."""
    with tempfile.TemporaryDirectory(prefix="mh-report-") as folder:
        report = Path(folder) / "report.xml"
        options = [f"--junitxml={report}", "-o", f"faulthandler_timeout={SHOW_STACKS_AFTER_S}"]
        options += [] if arguments else side_by_side()
        outcome = run_step("pytest", [sys.executable, "-m", "pytest", *options, *arguments])
        ran, skipped = read_report(report)
    problems = list(outcome.problems)
    fewest = 1 if arguments else FEWEST_TESTS
    if ran.total() < fewest:
        problems.append(f"only {ran.total()} tests ran, and at least {fewest} must")
    if not arguments:
        problems += [
            f"nothing ran of {module}" for module in modules_of_tests() if not ran[module] and _may_run(module)
        ]
    note = f"{ran.total()} tests ran, {skipped} skipped"
    return replace(outcome, problems=problems, note=note)


def side_by_side() -> list[str]:
    """The options that share the suite among processes: three for each processor, since tests wait for servers.

    A single process where `TEST_REDIS_URL` names a server, which is emptied before each test.
    """
    if os.environ.get("TEST_REDIS_URL"):
        return []
    processes = max(3, min(9, 3 * (os.cpu_count() or 1)))
    return [f"--numprocesses={processes}", "--dist=loadscope", "--no-loadscope-reorder"]


def finish(command: Sequence[str]) -> int:
    """Run a command and return its exit status, with its output passed on."""
    with started(command, None) as process:
        return wait_for(process)


@contextlib.contextmanager
def started(command: Sequence[str], output: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command; stop it cleanly when we are interrupted."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that starts us in the background has us ignore SIGINT, and so would the step: it could not be stopped.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # In a process group of its own: Ctrl-C reaches us alone, and is passed on once; twice would interrupt its cleanup.
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT, process_group=0
    ) as process:
        try:
            yield process
        except BaseException:
            end(process)
            raise


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Return the exit status of a step; stop it cleanly when it takes too long."""
    try:
        return process.wait(LONGEST_STEP_S)
    except subprocess.TimeoutExpired:
        print_line(f"ended after {LONGEST_STEP_S} s")
        end(process)
        return 1


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt it, so that it stops its own servers, and kill it after a while."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(FINISH_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


def read_report(report: Path) -> tuple[Counter[str], int]:
    """How many tests of each module ran by pytest's own report, and how many were skipped."""
    if not report.exists():
        return Counter(), 0
    modules = modules_of_tests()
    ran = Counter[str]()
    skipped = 0
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("skipped") is not None:
            skipped += 1
            continue
        class_name = case.get("classname", "")
        ran[next((module for module in modules if f"{class_name}.".startswith(f"{module}.")), class_name)] += 1
    return ran, skipped


def _may_run(module: str) -> bool:
    """Whether the package that a test module needs besides those of the lock, if any, is installed."""
    package = BESIDE_THE_LOCK.get(module)
    return package is None or importlib.util.find_spec(package) is not None


def modules_of_tests() -> list[str]:
    """Every test module by its dotted name."""
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("tests/**/test_*.py"))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(run_everything(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
