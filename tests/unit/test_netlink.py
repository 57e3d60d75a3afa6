# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transport of netlink messages and their framing, without a kernel."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Union

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing, NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import netlink
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import attributes, codec

#: Of linux/netlink.h and linux/rtnetlink.h.
ERROR, DONE, NEWLINK, MULTI, DUMP_INTR, CAPPED, TLVS = 2, 3, 16, 0x2, 0x10, 0x100, 0x200
#: Of linux/netlink.h: SOL_NETLINK with NETLINK_CAP_ACK, NETLINK_EXT_ACK.
SHORT, EXPLAINED, BUFFER = (270, 10, 1), (270, 11, 1), (socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
#: The port ids of the socket, and of somebody else's.
OWN, STRANGER = 4711, 666
#: What the kernel sends at once, with the port id of who sends it, or the error that receiving ends in.
Answer = Union[tuple[bytes, int], OSError]


class Scripted:
    """A socket on which the answers come that a test gives, and then nothing."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.sent: list[bytes] = []
        self.asked = 0
        self.options: list[tuple[int, int, int]] = []
        self.connected: object = None
        # It can be read as long as there are answers.
        self._end, self._other = socket.socketpair()

    def answer(self, *answers: Answer) -> None:
        self.answers.extend(answers)
        self._other.send(b"." * bool(answers))

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append((level, option, value))

    def connect(self, address: tuple[int, int]) -> None:
        self.connected = address

    def getsockname(self) -> tuple[int, int]:
        return OWN, 0

    def fileno(self) -> int:
        return self._end.fileno()

    def close(self) -> None:
        self._end.close()
        self._other.close()

    def send(self, data: bytes) -> None:
        self.sent.append(bytes(data))

    def recvmsg(self, size: int, _ancillary: int, _flags: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        self.asked += 1
        if not self.answers:
            raise BlockingIOError
        answer = self.answers.pop(0)
        if not self.answers:
            self._end.recv(size)
        if isinstance(answer, OSError):
            raise answer
        data, sender = answer
        return data[:size], [], int(socket.MSG_TRUNC) if len(data) > size else 0, (sender, 0)


Route = Callable[..., tuple[netlink.RouteSocket, Scripted]]


@pytest.fixture
def route(monkeypatch: pytest.MonkeyPatch) -> Iterator[Route]:
    """Gives a routing socket on which some answers come, and waits hardly for any others."""
    scripted = Scripted()
    monkeypatch.setattr(socket, "socket", lambda *_arguments: scripted)
    monkeypatch.setattr(netlink, "_PATIENCE", 0.05)

    def route(*answers: Answer) -> tuple[netlink.RouteSocket, Scripted]:
        scripted.answer(*answers)
        return netlink.RouteSocket(), scripted

    yield route
    scripted.close()


def message(kind: int, body: bytes = b"", *, sequence: int = 1, flags: int = 0, port: int = OWN, cut: int = 0) -> bytes:
    """Return a message, padded; ``cut`` is what its length says too little."""
    header = struct.pack("=IHHII", 16 + len(body) - cut, kind, flags, sequence, port)
    return header + body + bytes(-len(body) % 4)


def end(sequence: int = 1, number: int = 0, **more: int) -> bytes:
    return message(DONE, struct.pack("=i", -number), sequence=sequence, **more)


def answered(number: int, sequence: int = 1) -> bytes:
    return message(ERROR, struct.pack("=i", -number) + bytes(16), sequence=sequence, flags=CAPPED)


REQUEST = message(18, b"question", sequence=0, port=0)
LATE = "Connection timed out (ETIMEDOUT), the kernel has not answered within 0.05 s"
ASK = ("ask", "dump", "request")
EBADMSG = "Bad message (EBADMSG), the kernel's answer is broken: "


def asked(one: netlink.RouteSocket, ask: str) -> object:
    """Return what comes of asking in one of the ways there are."""
    if ask == "request":
        return one.request([REQUEST])
    return one.dump(REQUEST) if ask == "dump" else one.ask(REQUEST)


def test_only_the_kernel_is_believed(route: Route) -> None:
    forged = message(NEWLINK, b"forged", flags=MULTI) + end()
    true = message(NEWLINK, b"true", flags=MULTI)
    with route((forged, STRANGER), (true, 0), (forged, STRANGER), (end(), 0))[0] as one:
        assert [whole[16:] for whole in one.dump(REQUEST)] == [b"true"]


def test_others_can_neither_refuse_nor_acknowledge(route: Route) -> None:
    one, _scripted = route((answered(errno.EPERM), STRANGER), (answered(0), 0))
    assert one.request([REQUEST]) == [None]
    one, _scripted = route((answered(0, 2), STRANGER), (answered(errno.EPERM, 1), 0))
    assert str(one.request([REQUEST])[0]) == "Operation not permitted (EPERM)"


def test_an_answer_of_others_is_none(route: Route) -> None:
    one, _scripted = route((message(NEWLINK, b"forged"), STRANGER), (message(NEWLINK, b"true"), 0))
    assert one.ask(REQUEST)[16:] == b"true"


def test_who_never_stops_sending_is_listened_to_for_a_time_only(route: Route) -> None:
    one, scripted = route(*[(end(), STRANGER)] * 1_000_000)
    with pytest.raises(NetlinkError, match=r"the kernel has not answered within 0\.05 s"):
        one.dump(REQUEST)
    assert scripted.asked > 2


@pytest.mark.parametrize("ask", ASK)
def test_no_answer_is_waited_for_without_end(route: Route, ask: str) -> None:
    one, _scripted = route()
    with pytest.raises(NetlinkError) as caught:
        asked(one, ask)
    assert str(caught.value) == LATE


def test_of_answers_to_a_batch_none_may_be_missing(route: Route) -> None:
    one, _scripted = route((answered(0, 1) + answered(0, 3), 0))
    with pytest.raises(NetlinkError) as caught:
        one.request([REQUEST] * 3)
    assert str(caught.value) == LATE


def test_a_dump_that_does_not_end_is_not_waited_for_without_end(route: Route) -> None:
    one, _scripted = route((message(NEWLINK, b"half", flags=MULTI), 0))
    with pytest.raises(NetlinkError) as caught:
        one.dump(REQUEST)
    assert str(caught.value) == LATE


def test_each_request_of_a_batch_gets_its_own_answer(route: Route) -> None:
    explained = message(
        ERROR,
        struct.pack("=i", -errno.ERANGE) + bytes(16) + attribute(1, b"Out of range\0"),
        sequence=2,
        flags=TLVS | CAPPED,
    )
    notice = message(NEWLINK, b"something else has happened", sequence=0, port=0)
    # In whatever order and parts they come.
    one, scripted = route((answered(0, 3), 0), (notice + explained, 0), (answered(0, 4) + answered(errno.EPERM, 1), 0))
    answers = one.request([REQUEST + bytes(extra) for extra in range(4)])
    assert [answer and str(answer) for answer in answers] == [
        "Operation not permitted (EPERM)",
        "Numerical result out of range (ERANGE), Out of range",
        None,
        None,
    ]
    (sent,) = scripted.sent
    assert len(sent) == 108
    assert [struct.unpack_from("=I", sent, place + 8)[0] for place in (0, 24, 52, 80)] == [1, 2, 3, 4]


@pytest.mark.parametrize("ask", ASK)
def test_answers_to_what_was_asked_earlier_are_left_out(route: Route, ask: str) -> None:
    one, scripted = route((answered(0, 1), 0))
    one.request([REQUEST])
    own = message(NEWLINK, b"mine", sequence=2)
    late = answered(errno.EPERM, 1) + message(NEWLINK, b"old", sequence=1, flags=DUMP_INTR) + end(1, errno.EBUSY)
    scripted.answer((late + {"ask": own, "dump": own + end(2), "request": answered(0, 2)}[ask], 0))
    assert asked(one, ask) == {"ask": own, "dump": [own], "request": [None]}[ask]


def test_late_answers_to_a_batch_are_none_to_the_next(route: Route) -> None:
    one, scripted = route((answered(0, 1), 0))
    one.request([REQUEST])
    scripted.answer((answered(errno.EBUSY, 1) + answered(0, 2) + answered(0, 4), 0), (answered(errno.EPERM, 3), 0))
    assert [answer and answer.errno for answer in one.request([REQUEST] * 2)] == [None, errno.EPERM]


def test_the_socket_is_the_kernels_alone_and_answers_are_short_and_explained(route: Route) -> None:
    _one, scripted = route()
    assert (scripted.connected, set(scripted.options)) == ((0, 0), {SHORT, EXPLAINED, BUFFER})


def test_a_question_can_be_refused_or_have_no_answer(route: Route) -> None:
    with pytest.raises(NetlinkError, match=r"No such device \(ENODEV\)"):
        route((answered(errno.ENODEV), 0))[0].ask(REQUEST)
    with pytest.raises(NetlinkError, match=r"\(ENODATA\)"):
        route((answered(0), 0))[0].ask(REQUEST)


@pytest.mark.parametrize("ask", ASK)
def test_what_could_not_be_sent_is_no_answer_of_the_kernel(
    route: Route, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    one, scripted = route((answered(0), 0))

    def send(_data: bytes) -> None:
        raise OSError(errno.ENOBUFS, "No buffer space available")

    monkeypatch.setattr(scripted, "send", send)
    with pytest.raises(OSError, match="No buffer space available") as caught:
        asked(one, ask)
    assert not isinstance(caught.value, NetlinkError)
    assert scripted.asked == 0


def test_a_kernel_that_does_not_know_strict_checking_is_told_apart(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, scripted = route()
    assert one.strict() is True

    def setsockopt(*_option: object) -> None:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")

    monkeypatch.setattr(scripted, "setsockopt", setsockopt)
    assert one.strict() is False


def test_what_is_for_another_port_or_question_is_left_out(route: Route) -> None:
    others = message(NEWLINK, b"port", port=STRANGER) + message(NEWLINK, b"old", sequence=0)
    one, _scripted = route((others, 0), (others + message(NEWLINK, b"own") + end(), 0))
    assert [whole[16:] for whole in one.dump(REQUEST)] == [b"own"]
    one, _scripted = route((answered(errno.EPERM, 7) + answered(errno.EPERM, 0) + answered(0, 1), 0))
    assert one.request([REQUEST]) == [None]


def test_a_dump_comes_in_many_parts(route: Route) -> None:
    parts = [message(NEWLINK, bytes([65 + n]) * n, flags=MULTI) for n in range(1, 8)]
    one, scripted = route((parts[0], 0), (b"".join(parts[1:6]), 0), (parts[6] + end(), 0))
    assert one.dump(REQUEST) == [part[: 16 + n] for n, part in enumerate(parts, 1)]
    assert [len(sent) for sent in scripted.sent] == [24]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (message(NEWLINK, cut=1), "a message of 15 bytes where there are 16"),
        (message(NEWLINK, cut=16), "a message of 0 bytes where there are 16"),
        (message(NEWLINK, b"body", cut=-1), "a message of 21 bytes where there are 20"),
        (message(NEWLINK) + bytes(8), "a message of 0 bytes where there are 8"),
        (message(ERROR), "there is no error number"),
        (message(DONE, b"ab"), "there is no error number"),
    ],
)
def test_a_broken_answer_to_a_dump_is_told(route: Route, data: bytes, words: str) -> None:
    with pytest.raises(NetlinkError) as caught:
        route((data, 0))[0].dump(REQUEST)
    assert str(caught.value) == EBADMSG + words


@pytest.mark.parametrize("ask", ASK)
def test_an_answer_that_was_cut_off_is_told(route: Route, ask: str) -> None:
    with pytest.raises(NetlinkError, match="the kernel's answer is longer than 65536 bytes"):
        asked(route((message(NEWLINK, bytes(70_000)), 0))[0], ask)


@pytest.mark.parametrize("ask", ASK)
def test_an_answer_of_which_the_end_is_missing_is_told(route: Route, ask: str) -> None:
    with pytest.raises(NetlinkError, match="a message of 40 bytes where there are 20"):
        asked(route((message(NEWLINK, bytes(24))[:20], 0))[0], ask)


def test_an_acknowledgement_without_a_number_is_none(route: Route) -> None:
    one, _scripted = route((message(ERROR), 0))
    assert [str(answer) for answer in one.request([REQUEST])] == [f"{EBADMSG}there is no error number"]


def test_what_follows_a_broken_answer_is_read_for_what_it_is(route: Route) -> None:
    one, _scripted = route(
        (message(NEWLINK, cut=1), 0), (message(NEWLINK, b"late") + message(NEWLINK, b"own", sequence=2), 0)
    )
    with pytest.raises(NetlinkError):
        one.ask(REQUEST)
    assert one.ask(REQUEST)[16:] == b"own"


def test_a_dump_of_which_something_was_lost_is_asked_for_again_when_it_has_ended(route: Route) -> None:
    lost = OSError(errno.ENOBUFS, "No buffer space available")
    rest = message(NEWLINK, b"half", flags=MULTI)
    one, scripted = route(lost, (rest, 0), (end(), 0), (message(NEWLINK, b"whole", sequence=2) + end(2), 0))
    assert [whole[16:] for whole in one.dump(REQUEST)] == [b"whole"]
    assert len(scripted.sent) == 2


@pytest.mark.parametrize("ask", ["ask", "request"])
def test_a_lost_answer_is_an_error_for_what_is_asked_once(route: Route, ask: str) -> None:
    one, scripted = route(OSError(errno.ENOBUFS, "No buffer space available"), (answered(0), 0))
    with pytest.raises(NetlinkError) as caught:
        asked(one, ask)
    assert len(scripted.sent) == 1
    assert str(caught.value) == "No buffer space available (ENOBUFS), an answer of the kernel was lost"


def test_an_interrupted_dump_is_asked_for_again_but_not_for_ever(route: Route) -> None:
    torn = [(message(NEWLINK, b"torn", sequence=n, flags=DUMP_INTR) + end(n), 0) for n in range(1, 21)]
    one, _scripted = route(*torn[:2], (message(NEWLINK, b"whole", sequence=3) + end(3), 0))
    assert [whole[16:] for whole in one.dump(REQUEST)] == [b"whole"]
    with pytest.raises(NetlinkError, match="the dump was interrupted 20 times"):
        route(*torn)[0].dump(REQUEST)


def test_the_end_of_a_dump_can_say_that_it_was_interrupted(route: Route) -> None:
    torn = message(NEWLINK, b"torn", flags=MULTI) + end(flags=DUMP_INTR | MULTI)
    one, scripted = route((torn, 0), (message(NEWLINK, b"whole", sequence=2) + end(2), 0))
    assert [whole[16:] for whole in one.dump(REQUEST)] == [b"whole"]
    assert len(scripted.sent) == 2


def test_other_errors_of_receiving_end_a_dump(route: Route) -> None:
    one, scripted = route(OSError(errno.ENOMEM, "Cannot allocate memory"), (end(), 0))
    with pytest.raises(NetlinkError, match="an answer of the kernel was lost"):
        one.dump(REQUEST)
    assert len(scripted.sent) == 1


def test_a_dump_can_end_in_an_error_with_its_explanation(route: Route) -> None:
    told = struct.pack("=i", -errno.EINVAL) + attribute(1, b"Invalid mask\0")
    with pytest.raises(NetlinkError) as caught:
        route((message(NEWLINK, b"half", flags=MULTI) + message(DONE, told, flags=TLVS), 0))[0].dump(REQUEST)
    assert str(caught.value) == "Invalid argument (EINVAL), Invalid mask"


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def test_a_broken_attribute_ends_the_message() -> None:
    message = struct.pack("=IHHII", 0, 16, 0, 7, 0) + attribute(1, b"abcd") + struct.pack("=HH", 0, 2) + b"rest"
    assert attributes.attributes(message, 0) == {1: b"abcd"}


def test_an_attribute_that_runs_over_ends_the_message() -> None:
    start = message(NEWLINK, attribute(1, b"abcd"))
    for over in (attribute(2, b"efgh")[:-1], struct.pack("=HH", 400, 2) + b"efgh"):
        assert (
            attributes.attributes(start + over, 0) == dict(attributes.each_attribute(start + over, 0)) == {1: b"abcd"}
        )
    # What pads the last one may be left out.
    assert attributes.attributes(start + attribute(2, b"e")[:5], 0) == {1: b"abcd", 2: b"e"}


def test_an_error_has_the_kernels_explanation() -> None:
    explanation = attribute(1, b"Attribute failed policy validation\0")
    capped = message(ERROR, struct.pack("=i", -errno.EINVAL) + bytes(16) + explanation)
    error = netlink._error(capped, TLVS | CAPPED)
    assert str(error) == "Invalid argument (EINVAL), Attribute failed policy validation"
    assert str(netlink._error(capped, CAPPED)) == "Invalid argument (EINVAL)"
    cut = capped[:-8] + bytes(8)
    assert str(netlink._error(cut[:-12], TLVS | CAPPED)) == "Invalid argument (EINVAL)"
    whole = message(ERROR, struct.pack("=iI", -errno.EPERM, 24) + bytes(20) + attribute(2, bytes(4)) + explanation)
    assert str(netlink._error(whole, TLVS)) == "Operation not permitted (EPERM), Attribute failed policy validation"


def test_an_acknowledgement_is_no_error() -> None:
    assert netlink._error(answered(0), CAPPED) is None


def test_the_codec_leaves_no_half_imported_package_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyroute2"]:
        monkeypatch.delitem(sys.modules, name)
    loaded = codec.Codec()
    message = loaded.ifaddrmsg()
    message["attrs"] = [("IFA_LOCAL", "10.0.0.1")]
    message.encode()
    assert b"\x0a\x00\x00\x01" in bytes(message.data)
    assert not [name for name in sys.modules if name.split(".")[0] == "pyroute2"]
    import pyroute2

    assert pyroute2.IPRoute


def test_a_missing_library_is_told_with_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyroute2"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda *_arguments: None)
    with pytest.raises(LibraryMissing) as caught:
        codec.Codec()
    assert caught.value.library == "pyroute2"
    assert "ModuleNotFoundError" in caught.value.trace
