"""nginx in the foreground, as one process: the main configuration, with all files in a folder of the test."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
}}
"""


def write_configuration(folder: Path, http: str) -> None:
    """Write `nginx.conf` with these directives of its `http` block."""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, http=http), encoding="utf-8")


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[None]:
    """nginx runs by this command until the end of the block."""
    nginx = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        nginx.terminate()
        nginx.wait(10)
