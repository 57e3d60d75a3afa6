# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""netns_probe asks name servers and web servers as clients do, and tells what they say, whatever that is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.filter.probe_table import probe_table
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT
from ansible_collections.linuxnet.netns.tests.integration.test_docs import blocks, plays
from ansible_collections.linuxnet.netns.tests.integration.test_probe import lab, probed, serving, unreachable

PROBE = ROOT / "docs" / "probe.md"
#: A name server on an address, over UDP and TCP. Names: web has two addresses, old is another name of web, big has more
#: than fit into a datagram, none exists without any; refused, late and the hostile ones below are what they are called.
DNS = """
import os, socket, struct, sys, threading
ADDRESS = sys.argv[1]
def record(kind, content, owner=b"\\xc0\\x0c"):
    return owner + struct.pack("!HHIH", kind, 1, 60, len(content)) + content
def parts(name, kind):
    # The flags' last bits, and the records.
    if name in ("web.example", "web.lab.example"):
        return (0, [record(1, bytes([10, 0, 0, 2])), record(1, bytes([10, 0, 0, 3]))] if kind == 1 else
            [record(28, bytes.fromhex("fd" + "00" * 14 + "02"))])
    if name == "own.example":
        return 0, [record(1, socket.inet_aton(ADDRESS))]
    if name == "old.example":
        return 0, [record(5, b"\\3web\\7example\\0"), record(1, bytes([10, 0, 0, 2]), b"\\3web\\7example\\0")]
    if name == "big.example":
        return 0, [record(1, bytes([10, 1, number // 256, number % 256])) for number in range(300)]
    if name == "none.example":
        return 0, []
    if name == "refused.example":
        return 5, []
    if name == "loop.example":
        return 0, [b"\\xc0\\x1e" + bytes(10)]
    return 3, []
tries = {}
def answers(data, over_tcp):
    end = data.index(0, 12)
    labels, offset = [], 12
    while data[offset]:
        labels.append(data[offset + 1:offset + 1 + data[offset]].decode()); offset += 1 + data[offset]
    name, kind = ".".join(labels).lower(), int.from_bytes(data[end + 1:end + 3], "big")
    tries[name] = tries.get(name, 0) + 1
    code, records = parts("web.example" if name == "late.example" and tries[name] > 2 else name, kind)
    def reply(identifier, question, flags=0x8180):
        return identifier + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0) + question + b"".join(records)
    whole = reply(data[:2], data[12:])
    if name == "forged.example":
        other = bytes([data[0] ^ 1]) + data[1:2]
        return [b"", b"x", os.urandom(600), reply(other, data[12:]), reply(data[:2], b"\\1x" + data[12:])]
    if len(whole) > 512 and not over_tcp:
        return [data[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + data[12:]]
    return [whole]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind((ADDRESS, 53))
tcp = socket.create_server((ADDRESS, 53))
def connections():
    while True:
        one, _who = tcp.accept()
        threading.Thread(target=connection, args=(one,), daemon=True).start()
def connection(one):
    try:
        data = one.recv(65536)[2:]
        if b"drip" in data:
            one.sendall(b"\\xff\\xff" + data[:12])
            while True:
                one.sendall(b"x"); threading.Event().wait(0.05)
        if b"flood" in data:
            while True:
                one.sendall(b"\\0\\20" + b"x" * 16 + b"\\0\\0")
        if b"hangup" not in data:
            for each in answers(data, True):
                one.sendall(len(each).to_bytes(2, "big") + each)
    except OSError:
        pass
    one.close()
threading.Thread(target=connections, daemon=True).start()
print("ready", flush=True)
while True:
    data, who = udp.recvfrom(65536)
    for each in answers(data, False):
        udp.sendto(each, who)
"""
#: A web server on port 80, by paths.
HTTP = """
import itertools, socket, threading
count = itertools.count()
def connection(one):
    try:
        data = b""
        while b"\\r\\n\\r\\n" not in data:
            data += one.recv(65536)
        path, host = data.split()[1].decode(), data.split(b"Host: ")[1].split()[0]
        if path == "/":
            one.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 11\\r\\n\\r\\nhello " + host[:5].ljust(5, b"."))
            threading.Event().wait(60)
        elif path == "/starting":
            ready = next(count) > 2
            one.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nready" if ready else b"HTTP/1.1 503 Wait\\r\\n\\r\\nwait")
        elif path == "/health":
            one.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nready.")
        elif path == "/host":
            one.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n<" + host + b">")
        elif path == "/chunks":
            one.sendall(b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
            one.sendall(b"3\\r\\nrea\\r\\n2\\r\\ndy\\r\\n0\\r\\n\\r\\n")
        elif path == "/ssh":
            one.sendall(b"SSH-2.0-OpenSSH_9.2\\r\\n")
        elif path == "/reset":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        elif path == "/silent":
            threading.Event().wait(60)
        elif path == "/endless":
            one.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            while True:
                one.sendall(b"x" * 65536)
        elif path == "/headers":
            one.sendall(b"HTTP/1.1 200 OK\\r\\n")
            while True:
                one.sendall(b"X-Y: z\\r\\n" * 1000)
        elif path == "/drip":
            one.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            while True:
                one.sendall(b"x"); threading.Event().wait(0.05)
    except OSError:
        pass
    one.close()
server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    one, _who = server.accept()
    threading.Thread(target=connection, args=(one,), daemon=True).start()
"""


@contextmanager
def name_servers(*addresses: str, netns: str = "b") -> Iterator[None]:
    """Give name servers in a namespace, each of which tells its own address as that of own.example."""
    with ExitStack() as stack:
        for address in addresses:
            stack.enter_context(serving(netns, DNS.replace("sys.argv[1]", repr(address))))
        yield


def asked(name: str, **more: Any) -> dict[str, Any]:
    server = {} if more.get("resolver") else {"server": "10.0.0.2"}
    return {"from": "a", "dns": {"name": name, **server, **more}}


def refusal(on: Host, *expect: dict[str, Any], timeout: float = 1.5) -> str:
    """Return what is told of what is not as expected."""
    result = on.run("netns_probe", expect=list(expect), timeout=timeout)
    assert result["failed"]
    assert [probe["ok"] for probe in result["probes"]] == [False] * len(expect)
    return str(result["msg"])


@pytest.mark.kernel
def test_a_name_server_is_asked_over_udp_and_tcp(host: Host) -> None:
    lab(host)
    both = ["10.0.0.3", "10.0.0.2"]
    with name_servers("10.0.0.2"):
        probes = probed(
            host,
            asked("web.example", addresses=both),
            asked("WEB.example.", addresses=both, transport="tcp"),
            asked("web.example", addresses="fd00::2", type="AAAA"),
            asked("old.example", addresses="10.0.0.2"),
            asked("big.example"),
            asked("none.example", addresses=[]),
            asked("nobody.example", addresses=[]),
        )
    said = [probe["dns"] for probe in probes]
    assert said[0] == {
        "name": "web.example",
        "type": "A",
        "transport": "udp",
        "status": "NOERROR",
        "addresses": ["10.0.0.2", "10.0.0.3"],
    }
    assert [one["transport"] for one in said] == ["udp", "tcp", "udp", "udp", "tcp", "udp", "udp"]
    assert len(said[4]["addresses"]) == 300
    assert [one["status"] for one in said[5:]] == ["NOERROR", "NXDOMAIN"]
    assert (probes[0]["to"], probes[0]["address"], probes[0]["protocol"], probes[0]["port"]) == (
        "10.0.0.2",
        "10.0.0.2",
        "dns",
        53,
    )
    assert probes[0]["rtt_ms"] > 0
    assert "dns A web.example" in probe_table(probes)
    assert "ok 10.0.0.2, 10.0.0.3 " in probe_table(probes)
    assert "ok NXDOMAIN " in probe_table(probes)


def test_what_a_name_server_says_otherwise_is_told(host: Host) -> None:
    lab(host)
    way = "a to 10.0.0.2, dns A"
    with name_servers("10.0.0.2"):
        assert refusal(
            host,
            asked("web.example", addresses="10.0.0.9"),
            asked("web.example", addresses=[]),
            asked("nobody.example"),
            asked("none.example"),
            asked("refused.example", addresses=[]),
            asked("loop.example"),
            {**asked("web.example"), "reachable": False},
            {**asked("refused.example"), "reachable": False},
        ).splitlines()[1:] == [
            f"- expect[0]: {way} web.example: the reply is 10.0.0.2, 10.0.0.3, and 10.0.0.9 was expected",
            f"- expect[1]: {way} web.example: the reply is 10.0.0.2, 10.0.0.3, and no address was expected",
            f"- expect[2]: {way} nobody.example: the reply is NXDOMAIN, and an address was expected",
            f"- expect[3]: {way} none.example: the reply is no such address, and an address was expected",
            f"- expect[4]: {way} refused.example: the reply is REFUSED, and no address was expected",
            f"- expect[5]: {way} loop.example: the reply is malformed, and an address was expected",
            f"- expect[6]: {way} web.example: there was a reply, and none was expected: 10.0.0.2, 10.0.0.3",
            f"- expect[7]: {way} refused.example: there was a reply, and none was expected: REFUSED",
        ]


def test_a_name_that_is_not_known_yet_is_asked_for_again(host: Host) -> None:
    lab(host)
    with name_servers("10.0.0.2"):
        assert probed(host, asked("late.example", addresses=["10.0.0.2", "10.0.0.3"]))[0]["ok"]


def test_nothing_that_a_name_server_sends_is_too_much(host: Host) -> None:
    lab(host)
    with name_servers("10.0.0.2"):
        told = refusal(host, asked("forged.example"), asked("drip.example", transport="tcp"), timeout=0.6)
        assert [line.rpartition(": ")[2] for line in told.splitlines()[1:]] == ["no reply in 0.6 s"] * 2
        for name in ("hangup", "flood", "forged"):
            closed = unreachable(host, asked(f"{name}.example", transport="tcp"), timeout=20)
            assert (closed["reason"], closed["dns"]["status"]) == ("connection closed", None)
            assert closed["details"] == "the connection was made, and closed by the other side without a reply"


def test_where_no_name_server_is_nothing_answers(host: Host) -> None:
    lab(host)
    for transport in ("udp", "tcp"):
        probe = unreachable(host, asked("web.example", transport=transport))
        assert (probe["reason"], probe["dns"]["addresses"]) == ("connection refused", [])
        probe = unreachable(host, asked("web.example", transport=transport, server="10.5.0.1"))
        assert probe["reason"] == "network unreachable"
    assert "Connection refused (ECONNREFUSED)" in refusal(host, asked("web.example"))


def resolv_conf(text: str, netns: str = "a") -> None:
    os.makedirs(f"/etc/netns/{netns}", exist_ok=True)
    with open(f"/etc/netns/{netns}/resolv.conf", "w", encoding="ascii") as file:
        file.write(text)


def test_a_resolver_is_asked_as_programs_inside_would(host: Host) -> None:
    lab(host)
    host.sh("for n in 4 5; do ip -n b address add 10.0.0.$n/24 dev eb; done")
    resolver = {"resolver": True}
    with name_servers("10.0.0.2", "10.0.0.4"):
        resolv_conf("search lab.example\nnameserver 10.0.0.2\nnameserver 10.0.0.4\n")
        own, short, tcp = probed(
            host,
            asked("own.example", addresses="10.0.0.2", **resolver),
            asked("web", addresses=["10.0.0.2", "10.0.0.3"], **resolver),
            asked("own.example.", addresses="10.0.0.2", transport="tcp", **resolver),
        )
        assert (own["to"], own["address"], short["dns"]["name"], tcp["dns"]["transport"]) == (
            "resolver",
            "10.0.0.2",
            "web",
            "tcp",
        )
        assert "resolver (10.0.0.2)" in probe_table([own])
        # One that nobody listens at, one that is silent, and one that refuses, are gone past.
        host.sh("ip -n a neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev ea")
        for others in ("10.0.0.5", "10.0.0.9", "10.9.0.1"):
            resolv_conf(f"nameserver {others}\nnameserver 10.0.0.4\noptions use-vc\n")
            (second,) = probed(host, asked("own.example", addresses="10.0.0.4", **resolver), timeout=4)
            assert (second["address"], second["dns"]["transport"]) == ("10.0.0.4", "tcp")
        told = refusal(host, {**asked("own.example", **resolver), "reachable": False})
        assert told.endswith(
            "a to resolver (10.0.0.4), dns A own.example: there was a reply, and none was expected: 10.0.0.4"
        )
    resolv_conf("nameserver 10.0.0.5\nnameserver 10.0.0.4\n")
    closed = unreachable(host, asked("own.example", **resolver))
    assert (closed["reason"], closed["address"]) == ("connection refused", "10.0.0.4")


def test_a_file_that_programs_would_not_have_proves_nothing(host: Host) -> None:
    lab(host)
    os.makedirs("/etc/netns/a")
    ask = asked("web.example", resolver=True)
    os.symlink("/nowhere", "/etc/netns/a/resolv.conf")
    for reachable in (True, False):
        told = refusal(host, {**ask, "reachable": reachable})
        assert told.endswith(
            "this could not be tried: /etc/netns/a/resolv.conf: No such file or directory (ENOENT), so that programs "
            "would have the host's own file"
        )
    os.unlink("/etc/netns/a/resolv.conf")
    os.mkfifo("/etc/netns/a/resolv.conf")
    assert "/etc/netns/a/resolv.conf is no file, so that programs" in refusal(host, ask)


def test_without_a_file_of_its_own_a_namespace_has_the_hosts(host: Host) -> None:
    """The host's name servers are outside of the test's network, so nothing is sent."""
    lab(host)
    with open("/etc/resolv.conf", encoding="ascii", errors="replace") as file:
        servers = [line.split()[1] for line in file if line.startswith("nameserver ")][:3] or ["127.0.0.1"]
    probe = unreachable(host, asked("web.example.", resolver=True))
    assert probe["address"] == servers[-1]


@pytest.mark.kernel
def test_a_web_server_is_asked_for_pages(host: Host) -> None:
    lab(host)
    way = {"from": "a", "to": "10.0.0.2"}
    with serving("b", HTTP):
        probes = probed(
            host,
            {**way, "http": {}},
            {**way, "http": {"status": 200, "contains": "hello 10.0."}},
            {**way, "http": {"path": "/starting", "status": [200, 204], "contains": "ready"}},
            {**way, "http": {"path": "/host", "contains": "<web.example:81>", "host": "web.example:81"}},
            {"from": "a", "to": "fd00::2", "http": {"path": "/host", "contains": "<[fd00::2]>"}},
            {"from": "a", "to": "b:eb", "http": {"path": "/chunks", "contains": "ready"}, "max_rtt": 5000},
            {**way, "http": {"path": "/endless", "status": 200}},
            {**way, "http": {"path": "/endless", "contains": "x" * 65536}},
            {**way, "http": {"port": 81}, "reachable": False},
            {**way, "http": {"path": "/silent"}, "reachable": False},
            timeout=4,
        )
    assert probes[0]["http"] == {"path": "/", "status": 200}
    assert (probes[0]["protocol"], probes[0]["port"], probes[0]["rtt_ms"] > 0) == ("http", 80, True)
    assert [probe["reason"] for probe in probes[-2:]] == ["connection refused", "no reply"]
    assert "http/80 /  " in probe_table(probes)
    assert "ok 200 " in probe_table(probes)


def test_what_a_web_server_says_otherwise_is_told_and_is_never_too_much(host: Host) -> None:
    lab(host)
    pages: dict[str, dict[str, Any]] = {
        "/nothing": {},
        "/": {"status": [201, 404]},
        "/chunks": {"contains": "READY"},
        "/ssh": {},
        "/endless": {"contains": "y"},
        "/headers": {},
        "/drip": {"contains": "y"},
        "/silent": {},
    }
    expect: list[dict[str, Any]] = [
        {"from": "a", "to": "10.0.0.2", "http": {"path": path, **more}} for path, more in pages.items()
    ]
    with serving("b", HTTP):
        told = refusal(host, *expect).splitlines()[1:]
        assert [
            line.partition(f"http port 80 {path}: ")[2].replace("first 1", "first ") for line, path in zip(told, pages)
        ][:6] == [
            "the connection was made, and closed by the other side without a reply",
            "the reply has status 200, and 201 or 404 was expected",
            "'READY' is not in the first 5 bytes of the page",
            "the reply is no HTTP (it begins with b'SSH-2.0-OpenSSH_9.2\\r')",
            "'y' is not in the first 65536 bytes of the page",
            "the reply is no HTTP (its headers have more than 32768 bytes)",
        ]
        assert "'y' is not in the first " in told[6]
        assert told[7].endswith("no reply in 1.5 s")
        (said,) = refusal(host, {**expect[1], "http": {}, "reachable": False}).splitlines()
        assert said.endswith("http port 80 /: there was a reply, and none was expected: status 200")
        assert (
            probe_table(host.run("netns_probe", expect=[expect[3]], timeout=0.1)["probes"]).count("! ok no HTTP") == 1
        )


def test_a_connection_that_is_reset_is_told_in_the_kernels_words(host: Host) -> None:
    lab(host)
    with serving("b", HTTP):
        (said,) = refusal(host, {"from": "a", "to": "10.0.0.2", "http": {"path": "/reset"}}).splitlines()
    assert said.endswith("http port 80 /reset: Connection reset by peer (ECONNRESET)")


def test_the_page_shows_what_is_so(host: Host) -> None:
    (play, *_plays) = (yaml.safe_load(block)[0] for block in plays(PROBE))
    host.done("netns_topology", **play["tasks"][0]["linuxnet.netns.netns_topology"])
    (written,) = (yaml.safe_load(block) for block in blocks(PROBE, "yaml") if block.startswith("expect:"))
    resolv_conf("search example\nnameserver 10.0.0.2\n", "my_container_a")
    with name_servers("10.0.0.2", netns="my_container_b"), serving("my_container_b", HTTP):
        assert len(probed(host, *written["expect"])) == 5
        leak = {"from": "my_container_a", "dns": {"name": "web.example", "resolver": True}, "reachable": False}
        assert f"{refusal(host, leak)}\n" in blocks(PROBE, "text")


def test_mistakes_are_told_all_at_once(host: Host) -> None:
    lab(host)
    to = {"from": "a", "to": "10.0.0.2"}
    message = host.refused_by_the_kernel(
        "netns_probe",
        expect=[
            {"from": "a"},
            {"dns": {"name": "-x"}},
            {"dns": {"name": "ü.example", "server": "10.0.0.2"}},
            {**to, "dns": {"name": "x", "resolver": True, "server": "10.0.0.2", "port": 54}},
            {"dns": {"name": "x", "server": "10.0.0.2/24", "addresses": ["fd00::1"], "port": 0}, "reachable": False},
            {**to, "http": {"path": "x y", "host": "a b", "status": [99, 200], "contains": ""}, "port": 80},
            {**to, "http": {"status": 200}, "reachable": False, "count": 3, "mtu": 1400, "protocol": "tcp"},
        ],
    )
    lines = [line.removeprefix("- expect") for line in message.splitlines()[1:]]
    assert sorted(line.partition(":")[0] for line in lines) == [
        "[0].to",
        "[1].dns",
        "[1].dns.name",
        "[2].dns.name",
        "[3].dns.port",
        "[3].dns.server",
        "[3].to",
        "[4].dns.addresses",
        "[4].dns.addresses[0]",
        "[4].dns.port",
        "[4].dns.server",
        "[5].http.contains",
        "[5].http.host",
        "[5].http.path",
        "[5].http.status[0]",
        "[5].port",
        "[6].count",
        "[6].http.status",
        "[6].mtu",
        "[6].protocol",
    ]
    assert "write it in its ASCII form" in message
    message = host.refused("netns_probe", expect=[{"dns": {"type": "MX", "port": "x", "nmae": "x"}}])
    assert len(message.splitlines()) == 5
    for wrong in ("missing required arguments: name", "MX", "'port' is of type", "nmae. Supported parameters include:"):
        assert message.count(wrong) == 1, message
    both = {**to, "http": {}, "dns": {"name": "x", "server": "10.0.0.2"}, "max_loss": 1}
    assert host.refused_by_the_kernel("netns_probe", expect=[both]).splitlines()[1:] == [
        "- expect[0].http: dns is written too; write an expectation for each",
        "- expect[0].to: a name server is written as dns.server; leave this out",
        "- expect[0].max_loss: this is not for dns",
    ]
