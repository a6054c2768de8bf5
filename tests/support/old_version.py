"""The code of 0.1.0 as a process: it was started before the database was migrated, and works on beside the new code.

`tests/data/marketplace_hooks_0_1_0.tar.xz` is the package of that version without its pages' templates. It runs on the
installed libraries, and on requests-hardened, which only that version needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .source_tree import ROOT

ARCHIVE = ROOT / "tests" / "data" / "marketplace_hooks_0_1_0.tar.xz"
REVISION = "0012"
"""The schema of 0.1.0."""
_PROGRAM = """
import json, sys
from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.standalone import create_app

app = create_app()
runtime = app.extensions["marketplace_hooks"].runtime
for line in sys.stdin:
    asked = json.loads(line)
    if asked is None:
        answer = run_all_now(runtime, "old worker")
    else:
        posted = app.test_client().post(asked["path"], data=asked["body"], headers=asked["headers"])
        answer = posted.status_code
    print(json.dumps(answer), flush=True)
"""


class OldVersion:
    """A process of 0.1.0 that receives events and does the work of a worker when it is told to."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are environment variables by their full names."""
        with tarfile.open(ARCHIVE) as archive:
            # `extractall(filter=…)` came with 3.11.4, and Debian 12 has 3.11.2.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(folder)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            cwd=folder,
            env={**os.environ, **settings, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def post(self, path: str, body: str, headers: Mapping[str, str]) -> int:
        """Post to its inbox; return the status of its answer."""
        return int(self._ask({"path": path, "body": body, "headers": dict(headers)}))

    def work(self) -> dict[str, int]:
        """Do all pending work; return what it was."""
        counts: dict[str, int] = self._ask(None)
        return counts

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, what: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process of 0.1.0 has ended: see its errors above"
        return json.loads(answer)
