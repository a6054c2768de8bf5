"""Stand-ins for the programs of a machine that would change it: packages, accounts, services, certificates.

Each is this file under another name on the path. They work inside the folder of `GUIDE_ROOT`, and start for real what
a service manager would start. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(os.environ["GUIDE_ROOT"])
HOST = "hooks.example.com"
WAIT_S = 180  # A busy machine starts slowly.
PROGRAM = ROOT / "opt/marketplace-hooks/bin/marketplace-hooks"
HOLDER = """
import socket, sys
with socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=1024) as held, socket.socket(socket.AF_UNIX) as door:
    door.bind(sys.argv[3])
    door.listen()
    while True:
        with door.accept()[0] as asks:
            socket.send_fds(asks, [b"!"], [held.fileno()])
"""
CERTIFICATES = ROOT / "etc/letsencrypt/live" / HOST


def service_environment() -> dict[str, str]:
    """What a unit's `EnvironmentFile` and `Environment` give its program."""
    lines = (ROOT / "etc/marketplace-hooks/environment").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    instance = ROOT / "var/lib/marketplace-hooks"
    instance.mkdir(parents=True, exist_ok=True)
    return {**os.environ, **settings, "MARKETPLACE_HOOKS_INSTANCE": str(instance)}


def start(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Start a service that outlives this program, with its pid and log beside the others'; on its socket, if any."""
    held = held_socket(name)
    if held is not None:
        command = ["sh", "-c", f'exec 3<&{held}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command]
    with (ROOT / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=() if held is None else (held,),
        )
    (ROOT / f"{name}.pid").write_text(str(process.pid), encoding="utf-8")


def stop(pid: int) -> None:
    """Ask a service to stop, and wait until it has."""
    os.kill(pid, signal.SIGTERM)
    give_up_s = time.monotonic() + WAIT_S
    while time.monotonic() < give_up_s and is_running(pid):
        time.sleep(0.1)


def is_running(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def hold_socket(unit: Path) -> None:
    """Start a process that holds the socket of a unit, and gives it to whoever asks at a path beside it."""
    (address,) = re.findall(r"^ListenStream=(.*):(\d+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    holder = [sys.executable, "-c", HOLDER, address[0], address[1], str(ROOT / f"{unit.stem}.held")]
    start(f"{unit.stem}-socket", holder, dict(os.environ))


def held_socket(name: str) -> int | None:
    """The socket that is held for a service; None for one that has none."""
    path = ROOT / f"{name}.held"
    if not (ROOT / f"etc/systemd/system/{name}.socket").exists():
        return None
    give_up_s = time.monotonic() + WAIT_S
    while not path.exists() and time.monotonic() < give_up_s:
        time.sleep(0.1)
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(path))
        return socket.recv_fds(asked, 1, 1)[1][0]


def systemctl(verb: str, *arguments: str) -> None:
    """`enable --now` and `restart` start the program of each unit; `reload nginx` starts nginx."""
    if verb == "reload":
        start("nginx", [os.environ["GUIDE_NGINX"], *nginx_arguments()], dict(os.environ))
    for name in arguments:
        if name.endswith(".socket"):
            hold_socket(ROOT / "etc/systemd/system" / name)
        unit = ROOT / "etc/systemd/system" / f"{name}.service"
        if unit.exists():
            lines = unit.read_text(encoding="utf-8").splitlines()
            (command,) = (line.partition("=")[2] for line in lines if line.startswith("ExecStart="))
            if verb == "restart":
                stop(int((ROOT / f"{name}.pid").read_text(encoding="utf-8")))
            start(name, shlex.split(command), service_environment())


def systemd_run(*arguments: str) -> int:
    """Run the program that the options end with, as a service would be run."""
    command = arguments[arguments.index(str(PROGRAM)) :]
    return subprocess.run(command, env=service_environment(), check=False).returncode


def su(login: str, account: str, option: str, command: str) -> int:
    """Run a command as another account: of PostgreSQL, whose server asks for no password here."""
    assert (login, account, option) == ("-", "postgres", "-c")
    return subprocess.run(["sh", "-c", command], check=False).returncode


def certbot(*arguments: str) -> None:
    """Write a certificate of its own where the real one would stand."""
    assert HOST in arguments
    CERTIFICATES.mkdir(parents=True)
    key, certificate = (str(CERTIFICATES / name) for name in ("privkey.pem", "fullchain.pem"))
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    subject = ["-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run([*make, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)


def nginx_arguments() -> list[str]:
    return ["-p", str(ROOT), "-c", str(ROOT / "etc/nginx/nginx.conf")]


def nginx(*arguments: str) -> int:
    return subprocess.run([os.environ["GUIDE_NGINX"], *nginx_arguments(), *arguments], check=False).returncode


def curl(*arguments: str) -> int:
    """Ask for the last argument over TLS, at the port of this machine's nginx; wait until it answers 200."""
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "fullchain.pem"))
    request = f"GET {urlsplit(arguments[-1]).path} HTTP/1.0\r\nHost: {HOST}\r\n\r\n"
    give_up_s = time.monotonic() + WAIT_S
    while time.monotonic() < give_up_s:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", int(os.environ["GUIDE_PORT"])), 10) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as client,
        ):
            client.sendall(request.encode())
            if b" 200 " in client.recv(100):
                return 0
        time.sleep(0.2)
    return 22


def main() -> int:
    name = Path(sys.argv[0]).name
    with (ROOT / "calls").open("a", encoding="utf-8") as calls:
        calls.write(shlex.join([name, *sys.argv[1:]]) + "\n")
    stand_in = globals().get(name.replace("-", "_"))
    return (stand_in(*sys.argv[1:]) or 0) if stand_in else 0


if __name__ == "__main__":
    sys.exit(main())
