# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shaping: what others put there comes back, or is left alone; what the kernel rounds or lacks."""

from __future__ import annotations

import re

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import PAIR, RATES, SHAPED, ends, link
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, shown
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

UNSHAPED = {**RATES, "links": [link("a:ea", "b:eb")], "purge": True}


def classes(host: Host) -> str:
    """Return the classes of eb in namespace b, with what they may send, without the packets that htb counts."""
    shown = host.sh("tc -n b class show dev eb; tc -n b qdisc show dev eb")
    return re.sub(r"direct_packets_stat \d+", "", shown)


@pytest.mark.kernel
def test_classes_come_back_with_a_rollback(host: Host, refuse: Refuse) -> None:
    host.sh(f"{SHAPED}; ip -n b link add name later type veth peer name latest")
    before = classes(host)
    assert "class htb 1:10 parent 1:1 leaf 10: prio 0 rate 5Mbit ceil 10Mbit" in before
    topology = ends({"rate": "10mbit"}, {"rate": "20mbit"})
    last = {"netns": "b", "interface": "later", "shaping": {"rate": "1mbit"}}
    topology["links"].append(link(last, "b:latest"))
    refuse(host.done("netns_topology", check=True, **topology)["commands"].index(_shape("later", "1mbit", 3028, 9278)))
    message = host.refused_by_the_kernel("netns_topology", **topology)
    assert message.endswith("The host is as it was.")
    assert classes(host) == before


def _shape(interface: str, rate: str, burst: int, limit: int) -> str:
    words = f"tbf rate {rate} burst {burst} limit {limit}"
    return f"tc -n b qdisc replace dev {interface} root handle 6e65: {words}"


@pytest.mark.kernel
def test_filters_that_cannot_be_put_back_are_named(host: Host, refuse: Refuse) -> None:
    host.sh(f"{SHAPED}; tc -n b filter add dev eb parent 1: protocol ip prio 1 u32 match ip dst 10.0.0.9 flowid 1:1")
    topology = ends({"rate": "10mbit"}, {"rate": "20mbit"})
    topology["links"].append(link("a:more", {"netns": "b", "interface": "more", "state": "down"}))
    # Shaped after eb, for it is another of namespace b.
    topology["links"][1]["endpoints"][1]["shaping"] = {"rate": "1mbit"}
    commands = host.done("netns_topology", check=True, **topology)["commands"]
    refuse(commands.index(_shape("more", "1mbit", 3028, 9278)))
    message = host.run("netns_topology", **topology)["msg"]
    assert "except for this: the filters of the queueing disciplines of eb in namespace b" in message
    assert "class htb 1:10 parent 1:1" in classes(host)


def test_what_others_gave_an_end_is_left_alone(host: Host) -> None:
    host.done("netns_topology", **RATES)
    host.sh("tc -n a qdisc replace dev ea root handle 1: tbf rate 3mbit burst 10kb limit 20kb")
    before = host.dump(records=False)
    assert host.done("netns_topology", **UNSHAPED)["commands"] == ["tc -n b qdisc delete dev eb ingress"]
    host.sh("tc -n b qdisc add dev eb ingress")
    assert not difference(before, host.dump(records=False))
    assert host.done("netns_topology", **UNSHAPED)["commands"] == []


def test_without_purge_what_is_no_longer_named_stays(host: Host) -> None:
    host.done("netns_topology", **RATES)
    assert host.done("netns_topology", **{**UNSHAPED, "purge": False})["commands"] == []
    result = host.done("netns_topology", **UNSHAPED)
    assert result["commands"] == ["tc -n a qdisc delete dev ea root", "tc -n b qdisc delete dev eb ingress"]
    assert result["topology"]["removed"]["queueing disciplines"] == 2
    assert 'rate: "10mbit"' in shown(result, "before")


def test_a_purge_leaves_an_end_that_others_have_built_upon(host: Host) -> None:
    host.done("netns_topology", **RATES)
    host.sh("tc -n a qdisc add dev ea parent 6e65:1 handle 7: bfifo limit 9000")
    result = host.done("netns_topology", **UNSHAPED)
    assert result["commands"] == ["tc -n b qdisc delete dev eb ingress"]
    assert result["warnings"] == [
        "The shaping of ea in namespace a stays, for others have put filters or classes on it."
    ]


def test_a_change_by_hand_is_repaired_and_a_link_made_anew_is_shaped_again(host: Host) -> None:
    host.done("netns_topology", **RATES)
    right = host.dump()
    host.sh("tc -n a qdisc change dev ea root handle 6e65: tbf rate 1mbit burst 10kb limit 20kb")
    repair = "tc -n a qdisc replace dev ea root handle 6e65: tbf rate 10mbit burst 12500 limit 75000"
    assert host.done("netns_topology", **RATES)["commands"] == [repair]
    assert not difference(right, host.dump())
    host.sh("ip -n a link delete ea")
    assert repair in host.done("netns_topology", **RATES)["commands"]


@pytest.mark.kernel
def test_what_the_kernel_rounds_counts_as_what_was_asked_for(host: Host) -> None:
    host.sh(PAIR)
    for rate in ("8.1kbit", "999kbit", "17mbit", "3.3gbit", "100gbit"):
        for burst in ("1514", "9999", "12345kb"):
            options = {"netns": "a", "interface": "ea", "rate": rate, "burst": burst, "limit": "20mb"}
            host.done("netns_shaping", **options)
            again = host.done("netns_shaping", **options)
            assert again["changed"] is False, (again["commands"], again["diff"])


@pytest.mark.kernel
def test_what_the_kernel_rounds_of_a_class_counts_as_what_was_asked_for(host: Host) -> None:
    host.sh(PAIR)
    for rate, ceil in (("8.1kbit", "9.7kbit"), ("17mbit", "1gbit"), ("3.3gbit", "100gbit")):
        for burst in ("1514", "271kb"):
            htb = {"rate": rate, "ceil": ceil, "burst": burst, "cburst": "9999"}
            options = {"netns": "a", "interface": "ea", "qdisc": "htb", "htb": htb}
            host.done("netns_shaping", **options)
            again = host.done("netns_shaping", **options)
            assert again["changed"] is False, (again["commands"], again["diff"])


CLASSED = ends({"qdisc": "htb", "htb": {"rate": "10mbit"}}, {})
CLASSED["links"][0]["endpoints"][1].pop("shaping")
CLASS = "tc -n a class replace dev ea parent 6e65: classid 6e65:1 htb rate 10mbit ceil 10mbit burst 12500 cburst 12500"


@pytest.mark.kernel
def test_a_class_is_repaired_and_a_purge_leaves_one_that_others_have_built_upon(host: Host) -> None:
    commands = host.done("netns_topology", **CLASSED)["commands"]
    assert commands[4:6] == ["tc -n a qdisc replace dev ea root handle 6e65: htb default 1", CLASS]
    right = host.dump()
    host.sh("tc -n a class change dev ea parent 6e65: classid 6e65:1 htb rate 3mbit burst 20k")
    assert host.done("netns_topology", **CLASSED)["commands"] == [CLASS]
    assert not difference(right, host.dump())
    host.sh("tc -n a class delete dev ea classid 6e65:1")
    assert host.done("netns_topology", **CLASSED)["commands"] == [CLASS]
    assert not difference(right, host.dump())
    host.sh("tc -n a qdisc add dev ea parent 6e65:1 handle 7: bfifo limit 9000")
    assert host.done("netns_topology", **CLASSED)["commands"] == []
    unshaped = {**CLASSED, "links": [link("a:ea", "b:eb")], "purge": True}
    (warning,) = host.done("netns_topology", **unshaped)["warnings"]
    assert warning.startswith("The shaping of ea in namespace a stays, for others have put")
    host.sh("tc -n a qdisc delete dev ea parent 6e65:1")
    assert host.done("netns_topology", **unshaped)["commands"] == ["tc -n a qdisc delete dev ea root"]


@pytest.mark.kernel
def test_a_class_that_was_made_again_goes_again_when_the_rest_is_refused(host: Host, refuse: Refuse) -> None:
    host.done("netns_topology", **CLASSED)
    host.sh("tc -n a class delete dev ea classid 6e65:1; ip -n b link set eb down")
    before = host.dump()
    refuse(1)
    message = host.run("netns_topology", **CLASSED)["msg"]
    assert message.endswith("The host is as it was."), message
    assert not difference(before, host.dump())


def test_a_burst_is_no_less_than_a_packet(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea mtu 9000")
    options = {"netns": "a", "interface": "ea", "rate": "1mbit"}
    assert host.refused("netns_shaping", **options, burst=1600) == (
        "burst: 1600 bytes are less than a packet of ea has, whose MTU is 9000: the kernel would drop it; 9014 or more "
        "are needed"
    )
    assert host.done("netns_shaping", **options)["shaping"]["burst"] == 18028


def test_what_the_kernel_lacks_is_told_with_its_module_and_packages(host: Host) -> None:
    host.sh(PAIR)
    lacking = [kind for kind in ("netem", "fq_codel", "cake") if not host.has_discipline(kind)]
    if not lacking:
        pytest.skip("this kernel has netem, fq_codel and cake")
    options = {"delay": "1ms"} if lacking[0] == "netem" else {"qdisc": lacking[0]}
    message = host.refused_by_the_kernel("netns_shaping", netns="a", interface="ea", **options)
    assert (
        f"; this kernel has no {lacking[0]} now: load the module sch_{lacking[0]} (Debian: linux-image-amd64; Ubuntu: "
        "linux-modules-extra; Fedora, Enterprise Linux: kernel-modules-extra). Nothing had been changed before."
    ) in message


@pytest.mark.kernel
def test_it_is_told_what_interfaces_have(host: Host) -> None:
    host.sh(f"{SHAPED}; tc -n a qdisc add dev ea ingress")
    found = {one["interface"]: one for place in ("a", "b") for one in _links(host, place)}
    assert [(found[name]["shaping"], found[name]["ingress"]) for name in ("lo", "ea", "eb")] == [
        (None, False),
        ({"qdisc": "tbf", "rate": "1mbit", "burst": 10240, "limit": 20480}, True),
        ({"qdisc": "htb"}, False),
    ]
    htb = {"rate": "5mbit", "burst": "15kb", "cburst": 2**14}
    host.done("netns_shaping", netns="b", interface="eb", qdisc="htb", htb=htb)
    told = next(one["shaping"] for one in _links(host, "b") if one["interface"] == "eb")
    assert told == {"qdisc": "htb", "rate": "5mbit", "ceil": "5mbit", "burst": 15360, "cburst": 16384}


def _links(host: Host, netns: str) -> list[dict[str, object]]:
    links: list[dict[str, object]] = host.done("netns_info", names=[netns])["namespaces"][0]["links"]
    return links


@pytest.mark.kernel
def test_clsact_is_a_place_for_what_comes_in(host: Host) -> None:
    host.sh(f"{PAIR}; tc -n a qdisc add dev ea clsact")
    options = {"netns": "a", "interface": "ea", "qdisc": "ingress"}
    assert host.done("netns_shaping", **options)["commands"] == []
