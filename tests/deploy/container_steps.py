"""Steps of a container file, run on this machine: each stage has a folder for its root, and a bare virtual environment.

Every `RUN` and `COPY` is done as it is printed. Only absolute paths and the address to serve on are replaced, by the
table of `Image`. A stage is built in the folder `root`, as a real one is built at `/`: when the next one begins, it is
moved aside, so that what it has installed works at the same path wherever it is copied to.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOREIGN = ("MARKETPLACE_HOOKS_", "PYTHON", "VIRTUAL_ENV")
"""Variables that no image has. Those of pip stay: they say where packages come from."""
USERADD = f"""#!{sys.executable}
'''Makes the home folder of an account, and no account: that would change this machine.'''
import argparse, pathlib
parser = argparse.ArgumentParser(allow_abbrev=False)
for option in ("--system", "--create-home"):
    parser.add_argument(option, action="store_true")
for option in ("--uid", "--home-dir", "--shell", "name"):
    parser.add_argument(option)
given = parser.parse_args()
if given.create_home:
    pathlib.Path(given.home_dir).mkdir(parents=True)
"""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a container file: `RUN` and what follows it."""

    name: str
    text: str


def read_instructions(text: str) -> list[Instruction]:
    """The instructions, in their order, each on one line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines()]


class Image:
    """What a container file makes: the folder of its last stage, and how its program and its health check are run."""

    def __init__(self, folder: Path, context: Path, port: int) -> None:
        """`folder` is empty. `context`: the checkout to copy from. `port`: where the program is to serve."""
        self.root = folder / "root"
        self.context = context
        self.replaced = {
            "/source": f"{self.root}/source",
            "/opt/marketplace-hooks": f"{self.root}/opt/marketplace-hooks",
            "/var/lib/marketplace-hooks": f"{self.root}/var/lib/marketplace-hooks",
            # A container has every port for itself.
            "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
            '"web", "--host", "0.0.0.0"': f'"web", "--host", "127.0.0.1", "--port", "{port}"',
        }
        self.entrypoint: list[str] = []
        self.command: list[str] = []
        self.health_check: list[str] = []
        self.environment: dict[str, str] = {}
        self.directory = self.root
        self._earlier: dict[str, Path] = {}
        self._name = ""
        python = folder / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(python)], check=True)
        programs = folder / "programs"
        programs.mkdir()
        (programs / "useradd").write_text(USERADD, encoding="utf-8")
        (programs / "useradd").chmod(0o755)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self._first_environment = {**inherited, "PATH": f"{programs}:{python / 'bin'}:/usr/bin:/bin"}

    def build(self, text: str) -> None:
        """Carry out every instruction. Raises `CalledProcessError` when a `RUN` fails."""
        methods = {
            "FROM": self._from,
            "WORKDIR": self._workdir,
            "RUN": self._run,
            "COPY": self._copy,
            "ENV": self._env,
            "HEALTHCHECK": self._healthcheck,
            "ENTRYPOINT": self._entrypoint,
            "CMD": self._cmd,
            # These take effect where the image is run. Here it runs as who tests.
            "USER": str,
            "VOLUME": str,
            "EXPOSE": str,
            "STOPSIGNAL": str,
        }
        for instruction in read_instructions(text):
            methods[instruction.name](self._on_this_machine(instruction.text))

    def start(self, command: list[str], **settings: str) -> subprocess.Popen[str]:
        """Start a program in the folder and with the variables of the image, and with these."""
        return subprocess.Popen(
            command,
            cwd=self.directory,
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _on_this_machine(self, text: str) -> str:
        """A printed text with this machine's folders and port."""
        for printed, actual in self.replaced.items():
            text = re.sub(rf"(?<![\w/.]){re.escape(printed)}(?!\w)", actual, text)
        return text

    def _from(self, text: str) -> None:
        """Begin a stage: an empty root, and the Python of this machine in place of the image's."""
        if self.root.exists():
            self._earlier[self._name] = self.root.rename(self.root.with_name(f"stage-{len(self._earlier)}"))
        self.root.mkdir()
        self._name = text.partition(" AS ")[2]
        self.environment = dict(self._first_environment)
        self.directory = self.root

    def _workdir(self, text: str) -> None:
        self.directory /= text
        self.directory.mkdir(parents=True, exist_ok=True)

    def _run(self, text: str) -> None:
        process = self.start(["/bin/sh", "-c", text])
        output, _ = process.communicate()
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, f"RUN {text}\n{output}")

    def _copy(self, text: str) -> None:
        *sources, to = (word for word in text.split() if not word.startswith("--from="))
        other = re.search(r"--from=(\S+)", text)
        target = self.directory / to
        if to.endswith("/") or len(sources) > 1:
            target.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        for source in sources:
            path = self._earlier[other[1]] / Path(source).relative_to(self.root) if other else self.context / source
            if path.is_dir():
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(path, target)

    def _env(self, text: str) -> None:
        for word in shlex.split(text):
            name, _, value = word.partition("=")
            self.environment[name] = string.Template(value).substitute(self.environment)

    def _healthcheck(self, text: str) -> None:
        self.health_check = json.loads(text.partition("CMD ")[2])

    def _entrypoint(self, text: str) -> None:
        self.entrypoint = json.loads(text)

    def _cmd(self, text: str) -> None:
        self.command = json.loads(text)
