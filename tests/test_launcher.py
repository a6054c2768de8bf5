"""The launcher says what is missing, and the test command cannot pass without having tested."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import run

from .support import checks, provision
from .support.binaries import ProvisionError

REAL_ROOT = Path(run.__file__).parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the launcher, and a lock of one package whose hash is nobody's."""
    shutil.copy(REAL_ROOT / "run.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.lock").write_text(f"nobody-made-this==1.0 --hash=sha256:{'0' * 64}\n")
    return tmp_path


# A newcomer's Python: that of our environment may have neither `ensurepip` nor `pip`, as Debian's has not.
PYTHON = getattr(sys, "_base_executable", sys.executable)


def launch(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "run.py", *arguments],
        cwd=checkout,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], ["test", "--help"]])
def test_help_shows_both_commands_and_installs_nothing(checkout: Path, arguments: list[str]) -> None:
    answer = launch(checkout, *arguments)
    assert answer.returncode == 0
    assert "python3 run.py --port 9000" in answer.stdout
    assert "python3 run.py test" in answer.stdout
    assert not (checkout / ".venv").exists()


def test_a_mistyped_command_is_named_and_installs_nothing(checkout: Path) -> None:
    answer = launch(checkout, "tset")
    assert answer.returncode == 1
    assert "there is no command 'tset'" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_an_unreachable_package_index_is_said_in_a_sentence(checkout: Path) -> None:
    answer = launch(
        checkout,
        "setup",
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_RETRIES="1",
    )
    assert answer.returncode == 1
    assert "run.py: pip cannot reach a package index" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (checkout / ".venv" / "installed.json").exists()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "is not the one that requirements.lock names"),
        ("ERROR: No matching distribution found for flask==3.1.3", "has no ready-made package"),
        ("NewConnectionError(…)\nERROR: No matching distribution found for flask", "cannot reach a package index"),
        ("ERROR: No space left on device", "could not install"),
    ],
)
def test_why_an_installation_failed_is_said_in_a_sentence(output: str, sentence: str) -> None:
    assert sentence in run.why_pip_failed(output)


def test_an_old_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 9))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed"):
        run.use_a_python_that_is_new_enough()


def test_a_python_without_venv_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "has", lambda module: module == "pip")
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        run.make_venv()


def test_nothing_of_the_callers_environment_changes_which_code_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONOPTIMIZE", "PYTEST_ADDOPTS", "PIP_TARGET"):
        monkeypatch.setenv(name, "surprise")
    monkeypatch.setenv("PIP_CERT", "kept")
    monkeypatch.setenv("TEST_REDIS_URL", "kept")
    environment = run.clean_environment()
    assert "surprise" not in environment.values()
    assert (environment["PIP_CERT"], environment["TEST_REDIS_URL"]) == ("kept", "kept")
    assert environment["PATH"].split(":")[0] == str(run.BIN)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two test modules, on which the test step then works."""
    (tmp_path / "tests").mkdir()
    for name in ("one", "two"):
        (tmp_path / "tests" / f"test_{name}.py").write_text("def test_holds(): assert True\n")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "FEWEST_TESTS", 2)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the plugins of our environment take seconds to load.
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist")
    return tmp_path / "tests"


def test_a_suite_that_ran_and_held_passes(suite: Path) -> None:
    outcome = checks.run_tests([])
    assert (outcome.problems, outcome.note) == ([], "2 tests ran, 0 skipped")


def test_a_suite_below_the_floor_fails(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "FEWEST_TESTS", 3)
    assert checks.run_tests([]).problems == ["only 2 tests ran, and at least 3 must"]


def test_a_module_whose_tests_were_all_skipped_fails_the_suite(suite: Path) -> None:
    skipped = "import pytest\ndef test_a(): pytest.skip('why')\n"
    (suite / "test_three.py").write_text(skipped)
    outcome = checks.run_tests([])
    assert outcome.problems == ["nothing ran of tests.test_three"]
    assert outcome.note == "2 tests ran, 1 skipped"


def test_a_module_that_is_not_collected_fails_the_suite(suite: Path) -> None:
    (suite / "test_three.py").write_text("def holds(): assert True\n")
    assert checks.run_tests([]).problems == ["nothing ran of tests.test_three"]


def test_a_chosen_part_of_the_suite_may_be_small_but_not_empty(suite: Path) -> None:
    assert checks.run_tests(["tests/test_one.py"]).problems == []
    assert checks.run_tests(["-k", "nothing_is_called_so"]).problems == [
        "exit status 5",
        "only 0 tests ran, and at least 1 must",
    ]


def test_one_failing_test_fails_the_suite(suite: Path) -> None:
    (suite / "test_one.py").write_text("def test_holds(): assert False\n")
    assert checks.run_tests([]).problems == ["exit status 1"]


def test_a_step_that_fails_does_not_stop_the_next_ones(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = {"first": ["sh", "-c", "echo because; false"], "second": ["true"], "third": ["there-is-no-such-program"]}
    monkeypatch.setattr(checks, "PROVISION", ["false"])
    monkeypatch.setattr(checks, "STATIC_CHECKS", steps)
    assert checks.run_everything([]) == 1
    output = capfd.readouterr().out
    verdicts = {line.split()[1]: line.split()[0] for line in output.partition("== summary\n")[2].splitlines()}
    passed = {"second": "ok", "collection": "ok", "pytest": "ok"}
    assert verdicts == {"test": "FAILED", "first": "FAILED", "third": "FAILED", **passed}
    assert "== first\nbecause\n" in output


def test_everything_passes_when_every_step_does(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PROVISION", ["true"])
    monkeypatch.setattr(checks, "STATIC_CHECKS", {"first": ["true"]})
    assert checks.run_everything([]) == 0


def test_a_step_that_hangs_is_ended_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LONGEST_STEP_S", 0.2)
    started_s = time.monotonic()
    assert checks.run_step("hangs", ["sleep", "60"]).problems == ["exit status 1"]
    assert time.monotonic() - started_s < 30


def test_ending_the_test_command_ends_its_step_too(tmp_path: Path) -> None:
    script = (
        "import signal, sys; from tests.support import checks\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        f"checks.finish([sys.executable, '-c', {SAYS_HOW_IT_ENDS!r}, {str(tmp_path / 'end')!r}])\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=REAL_ROOT, stderr=subprocess.DEVNULL) as command:
        give_up_at_s = time.monotonic() + 20
        while not (tmp_path / "end").exists() and time.monotonic() < give_up_at_s:
            time.sleep(0.02)
        command.send_signal(signal.SIGTERM)
    assert (tmp_path / "end").read_text() == "cleaned up"


SAYS_HOW_IT_ENDS = (
    "import pathlib, sys, time\n"
    "end = pathlib.Path(sys.argv[1])\n"
    "try:\n"
    "    end.write_text('runs'); time.sleep(60)\n"
    "except KeyboardInterrupt:\n"
    "    end.write_text('cleaned up')\n"
)


def test_without_postgresql_and_without_root_the_rig_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(provision, "find_postgres", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProvisionError, match="apt-get install postgresql"):
        provision.provide_postgres()


def test_debian_is_told_once_to_make_no_cluster_and_keeps_its_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "postgresql-common" / "createcluster.conf"
    monkeypatch.setattr(provision, "CLUSTER_SETTINGS", settings)
    provision.forbid_default_cluster()
    assert settings.read_text() == "create_main_cluster = false\n"
    settings.write_text("#create_main_cluster = true\nssl = on\n")
    for _ in range(2):
        provision.forbid_default_cluster()
        assert settings.read_text() == "ssl = on\ncreate_main_cluster = false\n"


def test_a_failed_installation_shows_the_installers_last_words() -> None:
    with pytest.raises(ProvisionError, match="no such package"):
        provision.run(["sh", "-c", "echo no such package; exit 100"])
