# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A namespace that stands for the internet: the host has its default routes there, and a name server and a web server
are there, which know nothing of what is behind the host.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration.host import Host

#: What is out there, and the name that its name server knows.
SERVER, SERVER6, NAME = "203.0.113.80", "2001:db8:80::80", "www.example"
#: The host's own addresses there.
HOST, HOST6 = "192.0.2.2", "2001:db8::2"

_BUILD = f"""
ip netns add internet
ip link add wan type veth peer name host netns internet
ip address add {HOST}/24 dev wan; ip -6 address add {HOST6}/64 dev wan nodad; ip link set wan up; ip link set lo up
ip -n internet address add 192.0.2.1/24 dev host; ip -n internet address add 2001:db8::1/64 dev host nodad
ip -n internet address add {SERVER}/32 dev lo; ip -n internet address add {SERVER6}/128 dev lo
ip -n internet link set host up; ip -n internet link set lo up
ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1
"""
#: Answers questions of the name with the server's address of the sort that is asked for, over UDP, and each connection
#: to port 80 with the address that it came from.
_SERVE = f"""
import socket, socketserver, sys, threading
class Names(socketserver.BaseRequestHandler):
    def handle(self):
        asked, answer = self.request
        end = asked.index(0, 12) + 5
        known = {{1: (socket.AF_INET, {SERVER!r}), 28: (socket.AF_INET6, {SERVER6!r})}}
        family, text = known.get(asked[end - 3], (0, ""))
        data = socket.inet_pton(family, text) if text and asked[13:16] == b"www" else b""
        head = asked[:2] + b"\\x81\\x80" + asked[4:6] + bytes([0, 1 if data else 0]) + bytes(4)
        record = b"\\xc0\\x0c" + asked[end - 4:end] + bytes([0, 0, 0, 9, 0, len(data)]) + data
        answer.sendto(head + asked[12:end] + (record if data else b""), self.client_address)
class Web(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.client_address[0].encode())
class Server6(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
servers = [Server6(("::", 80), Web), *(socketserver.UDPServer((one, 53), Names) for one in sys.argv[1:])]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print("ready", flush=True)
"""
_ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as one:
    print(one.makefile().read().removeprefix("::ffff:"))
"""


@contextmanager
def internet(host: Host) -> Iterator[None]:
    """Give the host a way out, and something to reach there, as long as this lasts."""
    host.sh(_BUILD)
    with serving("internet", SERVER), resolver(f"search lab.example\nnameserver {SERVER}\n"):
        yield


@contextmanager
def resolver(text: str) -> Iterator[None]:
    """Let the host ask other name servers: its /etc cannot be written to."""
    path = os.path.realpath("/etc/resolv.conf")
    if not os.path.exists(path):
        path = "/run/systemd/resolve/resolv.conf"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).touch()
    own = Path("/run/resolv.conf")
    own.write_text(text)
    syscalls.mount(str(own), path, syscalls.MS_BIND)
    try:
        yield
    finally:
        syscalls.unmount(path, syscalls.MNT_DETACH)


@contextmanager
def serving(netns: str, *names: str) -> Iterator[None]:
    """Serve web pages in a namespace, and names at these addresses of it."""
    words = ["ip", "netns", "exec", netns, sys.executable, "-c", _SERVE, *names]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield
        finally:
            server.kill()


def asked(host: Host, netns: str, address: str, port: int = 80) -> str:
    """Return what a web server says to a namespace, or without one to the host: where the question came from."""
    inside = f"ip netns exec {netns} " if netns else ""
    return host.sh(f"{inside}{sys.executable} -c '{_ASK}' {address} {port}").strip()
