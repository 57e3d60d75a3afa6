# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and values of sysctls as people and the kernel write them, and what is not in a namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.sysctl import SYSCTL, Sysctl
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._sysctl import (
    dotted,
    example_of,
    interface_of,
    read_name,
    read_value,
    same,
)
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty


@pytest.mark.parametrize(
    ("name", "path", "shown", "interface"),
    [
        ("net.ipv4.ip_forward", "ipv4/ip_forward", "net.ipv4.ip_forward", ""),
        (
            "net/ipv4/conf/eth0.10/rp_filter",
            "ipv4/conf/eth0.10/rp_filter",
            "net.ipv4.conf.eth0/10.rp_filter",
            "eth0.10",
        ),
        (
            "net.ipv4.conf.eth0/10.rp_filter",
            "ipv4/conf/eth0.10/rp_filter",
            "net.ipv4.conf.eth0/10.rp_filter",
            "eth0.10",
        ),
        (
            "net.ipv6.neigh.lo.retrans_time_ms",
            "ipv6/neigh/lo/retrans_time_ms",
            "net.ipv6.neigh.lo.retrans_time_ms",
            "lo",
        ),
        ("net.ipv6.conf.all.forwarding", "ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding", ""),
        (
            "net.bridge.bridge-nf-call-iptables",
            "bridge/bridge-nf-call-iptables",
            "net.bridge.bridge-nf-call-iptables",
            "",
        ),
    ],
)
def test_names(name: str, path: str, shown: str, interface: str) -> None:
    assert read_name(Problems(), "", name) == path
    assert dotted(path) == shown
    assert interface_of(path) == interface
    assert example_of(path) == (path.replace(f"/{interface}/", "/lo/") if interface else path)


@pytest.mark.parametrize(
    "name", ["net", "net.", "net.ipv4.conf.//.x", "net.a\tb.c", "ip_forward", "kernel/net/x", "", 5]
)
def test_what_is_no_name(name: Any) -> None:
    problems = Problems()
    assert read_name(problems, "here", name) is None
    assert [one.path for one in problems.found] == ["here"]


@pytest.mark.parametrize(
    ("written", "value"),
    [(True, "1"), (False, "0"), ("True", "1"), (-1, "-1"), (" 4096\t8192 ", "4096 8192"), ("", ""), ("0x10", "0x10")],
)
def test_values(written: Any, value: str) -> None:
    assert read_value(Problems(), "", written) == value


@pytest.mark.parametrize(
    ("path", "asked", "shown", "are"),
    [
        ("ipv4/ip_forward", "1", "1\n", True),
        ("ipv4/ip_forward", "1", "0\n", False),
        ("ipv4/tcp_rmem", "4096 0x10 -010", "4096\t16\t-8\n", True),
        ("ipv4/ip_local_reserved_ports", "80,8081,8080", "80,8080-8081\n", True),
        ("ipv4/ip_local_reserved_ports", "80", "80-81\n", False),
        ("ipv4/tcp_allowed_congestion_control", "cubic reno", "reno cubic\n", True),
        ("ipv6/conf/a/stable_secret", "fe80::1", "fe80:0000:0000:0000:0000:0000:0000:0001\n", True),
        ("ipv4/neigh/a/retrans_time_ms", "1001", "1004\n", True),
        ("ipv4/neigh/a/retrans_time_ms", "1004", "1001\n", False),
        ("ipv4/neigh/a/locktime", "33", "32\n", False),
        ("ipv4/tcp_congestion_control", "reno", "cubic\n", False),
    ],
)
def test_what_the_kernel_shows_is_what_was_asked_for(path: str, asked: str, shown: str, are: bool) -> None:
    assert same(path, asked, shown) is are


class Files:
    """What namespaces have below /proc/sys/net, as a reader of the kernel tells it: paths with modes and values."""

    def __init__(self, files: Mapping[Netns, Mapping[str, tuple[int, str]]]) -> None:
        self.files = files
        self.entered: Netns = None

    def setting(self, path: str) -> Optional[str]:
        found = self.files[self.entered].get(path)
        return None if found is None else found[1]

    def setting_mode(self, path: str) -> Optional[int]:
        found = self.files[self.entered].get(path)
        return None if found is None else found[0]

    def settings_in(self, path: str) -> Sequence[str]:
        below = (one[len(path) + 1 :] for one in self.files[self.entered] if one.startswith(f"{path}/"))
        return sorted({one.partition("/")[0] for one in below})


OF_HOST = "a namespace does not have its own, for it is the whole host's: set it on the host"
HOST = {
    "core/rmem_max": (0o644, "212992\n"),
    "core/bpf_jit_enable": (0o644, "1\n"),
    "ipv4/ip_forward": (0o644, "0\n"),
    "ipv4/tcp_available_ulp": (0o444, "tls\n"),
    "ipv4/route/flush": (0o200, ""),
}
INSIDE = {**HOST, "core/rmem_max": (0o444, "212992\n")}
del INSIDE["core/bpf_jit_enable"]


@pytest.mark.parametrize(
    ("path", "netns", "fault"),
    [
        ("core/rmem_max", "a", OF_HOST),
        ("core/bpf_jit_enable", "a", OF_HOST),
        ("core/bpf_jit_enable", None, None),
        ("ipv4/tcp_available_ulp", "a", "it can only be read"),
        ("ipv4/tcp_available_ulp", None, "it can only be read"),
        ("ipv4/route/flush", "a", "it cannot be read, so that it is no setting but a command; use sysctl(8)"),
        ("ipv4/ip_forwad", "a", "this kernel has no such sysctl; did you mean net.ipv4.ip_forward?"),
        ("nowhere/at_all", "a", "this kernel has no such sysctl"),
        ("bridge/x", "a", "this kernel does not have it now: load the module br_netfilter (modprobe br_netfilter)"),
        (
            "ipv6/conf/all/forwarding",
            "a",
            "this kernel has no IPv6: it was started with ipv6.disable=1, or the module ipv6 is not loaded",
        ),
        ("ipv4/ip_forward", "a", None),
        # What is still to be made has at most what the host has.
        ("ipv4/ip_forwad", "new", "this kernel has no such sysctl; did you mean net.ipv4.ip_forward?"),
        ("ipv4/ip_forward", "new", None),
    ],
)
def test_what_cannot_be_set_is_told_with_the_reason(path: str, netns: Netns, fault: Optional[str]) -> None:
    files, state = Files({None: HOST, "a": INSIDE}), empty("a", "new")
    declared = Sysctl("here", netns, path, "5")
    reading = SYSCTL.reading(_plan.scope_of([declared]), state, files)  # type: ignore[arg-type]
    for place in (None, "a"):
        files.entered = place
        reading.inside(place, None)  # type: ignore[arg-type]
    if fault is None:
        assert len(_plan.make([declared], state).steps) == 1
    else:
        with pytest.raises(Invalid) as caught:
            _plan.make([declared], state)
        assert [str(one) for one in caught.value.problems] == [f"here: {fault}"]
