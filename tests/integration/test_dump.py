# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other tests call "as before" is all that a person can see."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference

BEFORE = """
    ip netns add a; ip link add br0 type bridge; ip link set br0 up; ip -n a link set lo up
    ip link add port type veth peer name ea netns a; ip link set port master br0; ip link set port up
    ip -n a link set ea up; ip -n a address add 10.0.0.1/24 dev ea; ip -n a address add 10.1.0.1/24 dev ea
    ip -n a address add fd00::1/64 dev ea nodad; ip -n a route add 10.9.0.0/16 via 10.0.0.9
    ip link set port address 02:00:00:00:00:05
"""
#: Each is seen.
CHANGES = """
    ip -n a link set ea address 02:00:00:00:00:07
    ip -n a link set ea mtu 1400
    ip -n a link set ea txqueuelen 77
    ip -n a link set ea alias uplink
    ip -n a link set ea group 7
    ip -n a link property add dev ea altname uplink
    ip -n a link set ea promisc on
    ip -n a link set ea arp off
    ip -n a link set ea multicast off
    ip -n a address add 10.2.0.1/32 dev ea
    ip -n a address delete 10.0.0.1/24 dev ea; ip -n a address add 10.0.0.1/24 dev ea
    ip -n a address change 10.1.0.1/24 dev ea valid_lft 3600 preferred_lft 1800
    ip -n a address add fd00::2/64 dev ea nodad
    ip -n a route add 10.8.0.0/16 dev ea metric 7
    ip -n a route add 10.7.0.0/16 dev ea table 700
    ip -n a route add local 10.6.0.0/16 dev lo
    ip -n a route add local fd06::/64 dev lo table local
    ip -n a route add fd08::/64 via fd00::9
    ip -n a rule add from 10.0.0.0/24 table 700 priority 700
    ip -n a -6 rule add from fd00::/64 table 700 priority 700
    ip -n a nexthop add id 7 via 10.0.0.9 dev ea
    ip -n a neighbour add 10.0.0.7 lladdr 02:00:00:00:00:07 dev ea nud permanent
    ip -n a neighbour add proxy 10.0.0.8 dev ea
    ip netns exec a sysctl -qw net.ipv4.conf.ea.forwarding=1
    tc -n a qdisc add dev ea root handle 1: tbf rate 1mbit burst 10kb latency 70ms
    tc -n a qdisc change dev ea root handle 1: tbf rate 2mbit burst 10kb latency 70ms
    tc -n a qdisc add dev ea ingress
    tc -n a qdisc replace dev ea root handle 2: htb default 1
    tc -n a class add dev ea parent 2: classid 2:1 htb rate 1mbit
    tc -n a class change dev ea parent 2: classid 2:1 htb rate 2mbit
    bridge link set dev port isolated on
    bridge link set dev port cost 77
    bridge link set dev port learning off
    bridge fdb add 02:00:00:00:00:09 dev port master static
    ip link set br0 type bridge ageing_time 7000
    ip link set port nomaster
    ip netns add b
    ip netns delete a; ip netns add a
    touch /run/netns/stale
    ip netns delete stale
"""


def test_each_change_is_seen(host: Host) -> None:
    host.sh(BEFORE)
    before = host.dump()
    for change in CHANGES.strip().splitlines():
        host.sh(change)
        after = host.dump()
        assert difference(before, after), change
        before = after


def test_what_nobody_changes_stays_the_same(host: Host) -> None:
    host.sh(BEFORE)
    before = host.dump()
    # Until IPv6 addresses are known to be nobody else's, and all carriers have been seen.
    host.sh("sleep 2")
    assert not difference(before, host.dump())
