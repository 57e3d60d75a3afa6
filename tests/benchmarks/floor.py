# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor that the benchmarks are held against: hand-packed rtnetlink, no library.

floor.py up N    N namespaces fl_0 … fl_N-1, a ring of N veth pairs, 2 N addresses, both ends up
floor.py show N  read every link and address of the N namespaces back
floor.py down N  delete the N namespaces

Run as root, on namespaces of its own: unshare --mount --net, then mount -t tmpfs none /run.
"""

import ctypes
import os
import resource
import socket
import struct
import sys
from collections.abc import Sequence

NEWNET, BIND, DETACH = 0x40000000, 4096, 2
NEWLINK, GETLINK, NEWADDR, GETADDR = 16, 18, 20, 22
REQUEST, ACK, DUMP, CREATE_EXCL = 1, 4, 0x300, 0x600
LIBC = ctypes.CDLL(None, use_errno=True)


def check(result: int) -> None:
    if result:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def setns(fd: int) -> None:
    check(LIBC.setns(fd, NEWNET))


def current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def attr(kind: int, data: bytes) -> bytes:
    size = 4 + len(data)
    return struct.pack("=HH", size, kind) + data + bytes(-size % 4)


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def link(index: int = 0, flags: int = 0, *attributes: bytes) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, flags) + b"".join(attributes)


def veth(sequence: int, left: int, right: int) -> bytes:
    peer = link(3, 0, attr(3, b"e1\0"), attr(28, struct.pack("=I", right)))
    info = attr(18 | 0x8000, attr(1, b"veth\0") + attr(2 | 0x8000, attr(1 | 0x8000, peer)))
    body = link(2, 1, attr(3, b"e0\0"), attr(28, struct.pack("=I", left)), info)
    return message(NEWLINK, REQUEST | ACK | CREATE_EXCL, sequence, body)


def address(sequence: int, index: int, text: str) -> bytes:
    raw = socket.inet_aton(text)
    body = struct.pack("=BBBBI", 2, 24, 0, 0, index) + attr(2, raw) + attr(1, raw)
    return message(NEWADDR, REQUEST | ACK | CREATE_EXCL, sequence, body)


def route_socket() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)


def send(sock: socket.socket, messages: Sequence[bytes]) -> None:
    for start in range(0, len(messages), 200):
        chunk = messages[start : start + 200]
        sock.send(b"".join(chunk))
        left = len(chunk)
        while left:
            data, offset = sock.recv(1 << 17), 0
            while offset < len(data):
                size, kind = struct.unpack_from("=IH", data, offset)
                code = struct.unpack_from("=i", data, offset + 16)[0]
                if kind == 2 and code:
                    raise OSError(-code, os.strerror(-code))
                left -= kind == 2
                offset += size + (-size % 4)


def dump(sock: socket.socket, kind: int, body: bytes) -> int:
    sock.send(message(kind, REQUEST | DUMP, 1, body))
    count = 0
    while True:
        data, offset = sock.recv(1 << 17), 0
        while offset < len(data):
            size, got = struct.unpack_from("=IH", data, offset)
            if got == 3:
                return count
            count += 1
            offset += size + (-size % 4)


def up(count: int) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    os.makedirs("/run/netns", exist_ok=True)
    home, spaces = current(), []
    for number in range(count):
        path = f"/run/netns/fl_{number}"
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
        check(LIBC.unshare(NEWNET))
        check(LIBC.mount(b"/proc/thread-self/ns/net", path.encode(), b"none", BIND, None))
        spaces.append(current())
    setns(home)
    with route_socket() as sock:
        send(sock, [veth(n, spaces[n], spaces[(n + 1) % count]) for n in range(count)])
    for number in range(count):
        before = (number - 1) % count
        setns(spaces[number])
        sock = route_socket()
        setns(home)
        send(
            sock,
            [
                address(1, 2, f"10.{number >> 8}.{number & 255}.1"),
                address(2, 3, f"10.{before >> 8}.{before & 255}.2"),
                message(NEWLINK, REQUEST | ACK, 3, link(3, 1)),
            ],
        )
        sock.close()


def show(count: int) -> None:
    home, links, addresses = current(), 0, 0
    for number in range(count):
        space = os.open(f"/run/netns/fl_{number}", os.O_RDONLY | os.O_CLOEXEC)
        setns(space)
        os.close(space)
        sock = route_socket()
        setns(home)
        links += dump(sock, GETLINK, link())
        addresses += dump(sock, GETADDR, struct.pack("=BBBBI", 0, 0, 0, 0, 0))
        sock.close()
    print(f"{links} links, {addresses} addresses")


def down(count: int) -> None:
    for number in range(count):
        path = f"/run/netns/fl_{number}"
        LIBC.umount2(path.encode(), DETACH)
        os.unlink(path)


if __name__ == "__main__":
    {"up": up, "show": show, "down": down}[sys.argv[1]](int(sys.argv[2]))
