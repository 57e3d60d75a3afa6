# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a topology made stays its own through every change, and what anyone else made is never taken."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import edge
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Step
from ansible_collections.linuxnet.netns.tests.integration.cases import link
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, shown
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

BAD = link({"netns": "a", "interface": "bad", "addresses": ["2001:db8::1/64"]}, "a:bad2")


def end(netns: str, interface: str, *addresses: str) -> dict[str, Any]:
    return {"netns": netns, "interface": interface, "addresses": list(addresses)}


def topology(host: Host, namespaces: str, *links: Any, name: str = "t", **more: Any) -> dict[str, Any]:
    """Return the result of a topology that purges and must succeed, predicted exactly, and done the second time."""
    form = {"name": name, "namespaces": namespaces.split(), "links": list(links), "purge": True, **more}
    predicted = host.done("netns_topology", check=True, **form)
    result = host.done("netns_topology", **form)
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])
    assert host.done("netns_topology", **form)["changed"] is False
    return result


def refuse_ipv6(host: Host, netns: str) -> None:
    """Let the kernel refuse IPv6 addresses in a namespace, which no plan foresees."""
    conf = "/proc/sys/net/ipv6/conf"
    host.sh(f"ip netns exec {netns} sh -c 'echo 1 >{conf}/all/disable_ipv6; echo 1 >{conf}/default/disable_ipv6'")


def pairs(host: Host) -> set[frozenset[str]]:
    """Return the veth pairs in named namespaces, by the places of their ends."""

    def place(netns: Any, interface: str) -> str:
        return f"{netns or ''}:{interface}"

    return {
        frozenset([place(one["name"], here["interface"]), place(here["peer"]["netns"], here["peer"]["interface"])])
        for one in host.done("netns_info", host=True, names=host.namespaces())["namespaces"]
        for here in one["links"]
        if here["kind"] == "veth"
    }


@pytest.mark.kernel
def test_cables_are_plugged_into_other_ends_of_the_same_name(host: Host) -> None:
    topology(host, "a b c d", link("a:eth0", "b:eth0"), link("c:eth0", "d:eth0"))
    topology(host, "a b c d", link("a:eth0", "d:eth0"), link("c:eth0", "b:eth0"))
    assert pairs(host) == {frozenset(["a:eth0", "d:eth0"]), frozenset(["b:eth0", "c:eth0"])}
    topology(host, "a b c d", link("a:eth0", "c:eth0"))
    assert pairs(host) == {frozenset(["a:eth0", "c:eth0"])}


def test_a_namespace_is_renamed_and_its_end_stays_the_topologys(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    result = topology(host, "a c", link("a:x", "c:y"))
    assert "ip -n b link set dev y netns c" in result["commands"]
    topology(host, "a c", link("a:z", "c:y"))
    assert pairs(host) == {frozenset(["a:z", "c:y"])}


@pytest.mark.kernel
def test_an_end_that_comes_back_with_another_index_stays_the_topologys(host: Host) -> None:
    host.sh("for n in 1 2 3 4 5; do ip link add h$n type veth peer name g$n; done")
    topology(host, "a b", link("a:x", "b:y"))
    host.sh("ip -n a link set x netns $$; ip -n b link set y netns $$")
    topology(host, "a b", link("a:x", "b:y"))
    topology(host, "a b")
    assert host.sh("ip -n a -o link show; ip -n b -o link show").count("\n") == 2


@pytest.mark.kernel
@pytest.mark.parametrize(
    "deed",
    [
        "address 02:00:00:00:00:77",
        "mtu 1400",
        "alias somebodys",
        "up",
        "txqueuelen 7",
        "down; ip link property add dev hub altname other",
        "address 02:00:00:00:00:77; ip link add br0 type bridge; ip link set hub master br0",
    ],
)
def test_what_others_do_to_an_interface_does_not_end_ownership(host: Host, deed: str) -> None:
    cable = link({"interface": "hub", "addresses": ["10.0.0.1/24"]}, end("a", "x", "10.0.0.2/24"))
    topology(host, "a", cable)
    host.sh(f"ip link set hub {deed}; ip -n a link set x address 02:00:00:00:00:78")
    topology(host, "a", cable)
    assert topology(host, "")["commands"][-2:] == ["ip link delete dev hub", "ip netns delete a"]
    assert [one["ifname"] for one in host.ip("link", "show") if one["ifname"] != "br0"] == ["lo"]


@pytest.mark.parametrize(
    ("change", "deed"),
    [({"mac": "02:00:00:00:00:01"}, "true"), ({}, "true"), ({}, "ip -n a link set x netns $$")],
    ids=["which gets another MAC", "which is found", "which is plugged in"],
)
def test_a_pair_that_somebody_made_in_the_place_of_ours_is_not_ours(
    host: Host, change: dict[str, Any], deed: str
) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), "b:y"))
    host.sh("ip -n a link delete x; ip -n a link add x type veth peer name y netns b")
    host.sh(f"ip -n a address add 10.0.0.1/24 dev x; {deed}")
    form = {"name": "t", "namespaces": ["a", "b"], "purge": True}
    predicted, result = (
        host.done("netns_topology", check=check, **form, links=[link({**end("a", "x"), **change}, "b:y")])
        for check in (True, False)
    )
    assert predicted["warnings"] == result["warnings"]
    assert result["warnings"][-1] == (
        "Interface y in namespace b is not the one that topology t made: it was replaced, or its group changed. It is "
        "left alone, and no longer counts as the topology's."
    )
    assert host.done("netns_topology", **form)["commands"] == []
    assert pairs(host) == {frozenset(["a:x", "b:y"])}


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("was", "to_be"),
    [
        ([link("x", "b:y")], [link("a:x", "b:y")]),
        ([link("a:x", "b:y")], [link("c:x", "b:y")]),
        ([link("a:x", "b:w"), link("a:v", "b:y")], [link("a:x", "a:w"), link("b:v", "b:y")]),
    ],
    ids=["from the host", "to another namespace", "paired anew"],
)
def test_an_end_that_is_moved_alone_is_recorded_in_its_new_place(host: Host, was: Any, to_be: Any) -> None:
    topology(host, "a b c", *was)
    assert topology(host, "a b c", *to_be)["commands"]
    topology(host, "a b c")
    assert pairs(host) == set()


@pytest.mark.kernel
def test_a_failure_after_an_end_was_moved_leaves_the_record_as_it_was(host: Host, refuse: Refuse) -> None:
    topology(host, "a b", link("x", "b:y"))
    before = host.dump()

    refuse.record(errno.EPERM)
    result = host.run("netns_topology", name="t", namespaces=["a", "b"], links=[link("a:x", "b:y")])
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert host.dump() == before


def test_interfaces_that_were_renamed_are_told_and_left_alone(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    host.sh("ip -n a link set x down; ip -n a link set x name x2; ip -n b link set y down; ip -n b link set y name y2")
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], purge=True)
    assert [one.partition(" is of topology t")[0] for one in result["warnings"]] == [
        "Interface x2 in namespace a",
        "Interface y2 in namespace b",
    ]
    assert result["commands"] == []


def test_a_pair_of_which_one_end_is_no_longer_ours_stays(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    host.sh("ip -n a link set x group 7")
    form = {"name": "t", "namespaces": ["a", "b"]}
    host.done("netns_topology", **form, links=[link("a:x", "b:y")])
    result = host.done("netns_topology", **form, purge=True)
    assert result["commands"] == []
    assert "its other end, x in namespace a, is not the topology's any longer" in result["warnings"][0]


def test_the_links_of_a_killed_run_are_known_again(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    Path("/run/linuxnet.netns/t.json").unlink()
    topology(host, "a b", link("a:x", "b:y"))
    assert topology(host, "a b")["commands"] == ["ip -n a link delete dev x"]


def test_what_was_in_a_namespace_that_somebody_removed_is_forgotten(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), end("b", "y", "10.0.0.2/24")))
    host.sh("ip netns delete b; ip netns delete a; ip netns add a; sleep 0.2")
    topology(host, "a b")
    record = json.loads(Path("/run/linuxnet.netns/t.json").read_text())
    assert [thing for thing, _identity in record["things"]] == [["namespace", "b"]]


@pytest.mark.parametrize("links", [[], [link("a:other", "out")]], ids=["not named", "its place is another's"])
def test_what_leads_into_a_namespace_goes_before_it(host: Host, links: list[Any]) -> None:
    upon = {"name": "upon", "type": "macvlan", "lower": "a:base"}
    inside = {"name": "a", "interfaces": [{"name": "base", "type": "bridge"}]}
    cables = [link("a:x", "out"), link("a:y", "b:z")]
    host.done("netns_topology", name="t", namespaces=[inside, "b"], links=cables, host={"interfaces": [upon]})
    form = {"name": "t", "namespaces": ["a"], "links": links, "state": "absent", "purge": False}
    predicted = host.done("netns_topology", check=True, **form)
    result = host.done("netns_topology", **form)
    assert result["commands"] == predicted["commands"]
    assert sorted(result["commands"][:-1]) == [
        "ip -n b link delete dev z",
        "ip link delete dev out",
        "ip link delete dev upon",
    ]
    assert result["commands"][-1] == "ip netns delete a"
    assert result["diff"] == predicted["diff"]
    assert [one["ifname"] for one in host.ip("link", "show")] == ["lo"]
    assert host.done("netns_topology", **form)["commands"] == []


def test_what_a_topology_made_goes_when_nothing_of_it_is_named(host: Host) -> None:
    host.sh("ip netns add a")
    before = host.dump()
    made = link({"interface": "x", "addresses": ["10.0.0.1/24"]}, end("a", "y", "10.0.0.2/24"))
    inside = {"name": "a", "loopback": "down", "routes": [{"to": "default", "via": "10.0.0.1"}]}
    host.done("netns_topology", name="t", namespaces=[inside], links=[made])
    host.done("netns_topology", name="t", purge=True, state="absent")
    assert not difference(before, host.dump())


def test_a_dangling_link_in_the_place_of_a_namespace_is_left_alone(host: Host) -> None:
    topology(host, "a")
    host.sh("ip netns delete a; ln -s /run/elsewhere /run/netns/a")
    assert host.done("netns_topology", name="t", purge=True)["commands"] == []
    assert Path("/run/netns/a").is_symlink()


def test_ownership_that_is_lost_is_told_once(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    host.sh("ip -n a link set x group 7")
    form = {"name": "t", "namespaces": ["a", "b"], "links": [link("a:x", "b:y")]}
    (warning,) = host.done("netns_topology", **form)["warnings"]
    assert warning.startswith("Interface x in namespace a is not the one that topology t made")
    assert "warnings" not in host.done("netns_topology", **form)


def test_addresses_on_an_interface_of_others_stay_the_topologys(host: Host) -> None:
    host.sh("ip netns add a; ip link add hub type veth peer name x netns a")
    cable = link({"interface": "hub", "addresses": ["10.0.0.1/24"]}, end("a", "x", "10.0.0.2/24"))
    topology(host, "a", cable)
    host.sh("ip link set hub address 02:00:00:00:00:77")
    topology(host, "a", link({"interface": "hub"}, {**end("a", "x"), "mac": "02:00:00:00:00:78"}))
    assert "10.0.0.1" not in host.sh("ip address show hub")
    assert topology(host, "a")["commands"] == []
    assert [one["ifname"] for one in host.ip("link", "show")] == ["lo", "hub"]


def test_a_record_of_the_version_before_still_counts(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    host.sh("ip -n a link set x group 0; ip -n b link set y group 0")
    path = Path("/run/linuxnet.netns/t.json")
    record = json.loads(path.read_text())
    namespaces = {thing[1]: identity for thing, identity in record["things"] if thing[0] == "namespace"}
    for entry in record["things"]:
        if entry[0][0] == "interface":
            (found,) = host.ip("-n", entry[0][1], "link", "show", entry[0][2])
            entry[1] = f"{namespaces[entry[0][1]]}/{found['ifindex']}/{found['address']}"
    path.write_text(json.dumps({**record, "version": 1}))
    topology(host, "a b", link({**end("a", "x"), "mac": "02:00:00:00:00:01"}, "b:y"))
    assert topology(host, "")["commands"] == ["ip -n a link delete dev x", "ip netns delete a", "ip netns delete b"]


@pytest.mark.kernel
@pytest.mark.parametrize("order", [1, -1])
def test_a_pair_on_the_host_has_the_names_of_one_inside(host: Host, order: int) -> None:
    links = [link("v0", "v1"), link("a:v0", "b:v1")][::order]
    topology(host, "a b", *links)
    assert pairs(host) == {frozenset([":v0", ":v1"]), frozenset(["a:v0", "b:v1"])}


def test_a_pair_of_another_topology_is_not_taken_off_the_host(host: Host) -> None:
    topology(host, "", link({"interface": "v0", "addresses": ["10.0.0.1/24"]}, "v1"), name="one")
    topology(host, "a b", link("a:v0", "b:v1"), name="two")
    host.done("netns_topology", name="two", namespaces=["a", "b"], links=[link("a:v0", "b:v1")], state="absent")
    assert pairs(host) == {frozenset([":v0", ":v1"])}
    assert host.ip("address", "show", "v0")[0]["addr_info"][0]["local"] == "10.0.0.1"


def test_a_namespace_that_others_use_is_not_purged(host: Host) -> None:
    topology(host, "x y", name="base")
    topology(host, "", link("svc0", "x:svc"), name="service")
    before = host.dump()
    result = host.done("netns_topology", name="base", purge=True)
    assert result["warnings"] == [
        "Namespace x was made for topology base, which no longer names it. It stays, for it has svc."
    ]
    assert result["commands"] == ["ip netns delete y"]
    after = host.dump()
    assert (after["x"], after[""]) == (before["x"], before[""])
    host.sh("ip link delete svc0")
    assert host.done("netns_topology", name="base", purge=True)["commands"] == ["ip netns delete x"]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("upon", "place", "words"),
    [("x", "", "mv"), ("x", "netns c", "mv in namespace c"), ("y", "netns $$", "mv in the host's namespace")],
    ids=["in its namespace", "in a third", "on the host, upon its peer"],
)
def test_an_end_that_others_build_upon_is_not_purged_nor_replaced(
    host: Host, upon: str, place: str, words: str
) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    netns = {"x": "a", "y": "b"}[upon]
    (there,) = host.ip("-n", netns, "link", "show", upon)
    host.sh(f"ip netns add c; ip -n {netns} link add mv link {upon} {place} type macvlan")
    # What is built upon another interface of the same index.
    host.sh(f"ip netns add d; ip -n d link add hub index {there['ifindex']} type bridge")
    host.sh("ip -n d link add other link hub netns c type macvlan")
    before = host.dump()
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], purge=True)
    assert (result["changed"], host.dump()) == (False, before)
    assert f"It stays, for {words} is built upon it." in result["warnings"][0]
    message = host.refused("netns_topology", name="t", namespaces=["a", "b"], links=[link("a:x", "b:z")], purge=True)
    assert f", and {words} is built upon {upon} in namespace {netns}" in message
    host.sh({"": "ip -n a", "netns c": "ip -n c", "netns $$": "ip"}[place] + " link delete mv")
    assert topology(host, "a b")["commands"] == ["ip -n a link delete dev x"]
    assert len(host.ip("-n", "c", "link", "show")) == 2


@pytest.mark.kernel
def test_an_end_that_a_container_builds_upon_is_not_purged(host: Host) -> None:
    topology(host, "a b", link("a:x", "b:y"))
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as process:
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{process.pid}/ns/net") == own:
            time.sleep(0.01)
        host.sh(f"ip -n a link add mv link x netns {process.pid} type macvlan")
        try:
            warning = host.done("netns_topology", name="t", namespaces=["a", "b"], purge=True)["warnings"][0]
            assert f"mv in namespace /proc/{process.pid}/ns/net is built upon it" in warning
        finally:
            process.kill()


def test_namespaces_of_others_are_looked_through_only_when_a_link_may_have_to_go(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.sh("for n in $(seq 30); do ip netns add n$n; done")
    dumps: list[bytes] = []
    real = RouteSocket.dump

    def dump(route: RouteSocket, message: bytes) -> list[bytes]:
        dumps.append(message)
        return real(route, message)

    monkeypatch.setattr(RouteSocket, "dump", dump)
    tasks = [([link("a:x", "b:y")], False), ([link("a:x", "b:y"), link("a:v", "b:w")], False), ([], True), ([], False)]
    for links, goes in tasks:
        dumps.clear()
        host.done("netns_topology", name="t", namespaces=["a", "b"], links=links, purge=True)
        assert (len(dumps) > 30) is goes


@pytest.mark.kernel
def test_what_a_failed_run_cannot_put_back_is_named(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), "b:y"))
    refuse_ipv6(host, "a")
    host.sh("""
        ip netns exec a sh -c 'echo 1 >/proc/sys/net/ipv4/conf/x/rp_filter; echo 7 >/proc/sys/net/ipv6/conf/x/hop_limit'
        ip -n a link set x promisc on
        tc -n a qdisc add dev x root tbf rate 1mbit burst 10k latency 50ms
    """)
    result = host.run(
        "netns_topology",
        name="t",
        namespaces=["a", "b"],
        links=[link(end("a", "x", "10.0.0.1/24"), "b:z"), BAD],
        purge=True,
    )
    assert result["failed"]
    assert "ip -n a address add 2001:db8::1/64 dev bad failed: Permission denied (EACCES)" in result["msg"]
    assert result["msg"].endswith(
        "What was done before was undone, except for this: the IPv6 settings of x in namespace a."
    )
    (shaping,) = host.done("netns_info", names=["a"])["namespaces"][0]["links"][1:]
    assert shaping["shaping"] == {"qdisc": "tbf", "rate": "1mbit", "burst": 10240, "limit": 16490}
    assert host.sh("ip netns exec a cat /proc/sys/net/ipv4/conf/x/rp_filter") == "1\n"
    assert "PROMISC" in host.ip("-n", "a", "link", "show", "x")[0]["flags"]


def test_neighbours_survive_a_failure_after_the_mac_was_changed(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), "b:y"))
    refuse_ipv6(host, "a")
    host.sh("ip -n a neighbour add 10.0.0.7 lladdr 02:00:00:00:00:07 dev x nud permanent")
    changed = link({**end("a", "x", "10.0.0.1/24"), "mac": "02:00:00:00:00:01"}, "b:y")
    form = {"name": "t", "namespaces": ["a", "b"], "purge": True}
    host.refused_by_the_kernel("netns_topology", **form, links=[changed, BAD])
    warnings = host.done("netns_topology", **form, links=[changed])["warnings"]
    assert warnings == ["Gone with what the task did: permanent neighbour 10.0.0.7 of x in namespace a."]


@pytest.mark.kernel
def test_routes_that_go_with_an_address_are_told(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), end("b", "y", "10.0.0.2/24")))
    host.sh("ip -n a route add default via 10.0.0.2")
    form = link(end("a", "x", "10.0.0.9/24"), end("b", "y", "10.0.0.2/24"))
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], links=[form], purge=True)
    assert result["warnings"] == ["Gone with what the task did: route default via 10.0.0.2 dev x in namespace a."]


@pytest.mark.kernel
def test_a_namespace_given_by_a_link_to_a_process_is_used(host: Host) -> None:
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as process:
        host.sh(f"mkdir -p /run/netns; ln -s /proc/{process.pid}/ns/net /run/netns/box")
        host.sh("for n in $(seq 100); do [ $(ip -n box -o link | wc -l) = 1 ] && break; sleep 0.02; done")
        try:
            topology(host, "", link("tobox", "box:e"))
            assert [one["ifname"] for one in host.ip("-n", "box", "link", "show")] == ["lo", "e"]
            topology(host, "")
            assert [one["ifname"] for one in host.ip("-n", "box", "link", "show")] == ["lo"]
        finally:
            process.kill()


def test_two_names_of_one_namespace_are_refused(host: Host) -> None:
    host.sh("ip netns add a; touch /run/netns/b; mount --bind /run/netns/a /run/netns/b")
    message = host.refused("netns_topology", name="t", links=[link("a:x", "b:y")])
    assert message == ("links[0].endpoints[1].netns: b is another name of namespace a; use one name for it")


def test_a_namespace_with_another_mount_loses_its_name_alone(host: Host) -> None:
    host.sh("ip netns add a; touch /run/netns/b; mount --bind /run/netns/a /run/netns/b")
    host.sh("ip link add e0 type veth peer name ea netns a")
    before = host.dump()
    predicted = host.done("netns", check=True, name="a", state="absent")
    result = host.done("netns", name="a", state="absent")
    assert result["commands"] == predicted["commands"] == ["ip netns delete a"]
    assert result["namespaces"] == [{"name": "a", "state": "absent", "mounts": ["/run/netns/b"]}]
    after = host.dump()
    assert (after["b"], after[""]) == (before["b"], before[""])


def test_another_kind_of_mount_is_no_stale_file(host: Host) -> None:
    host.sh("mkdir -p /run/netns; touch /run/netns/u; mount --bind /proc/self/ns/uts /run/netns/u")
    for state in ("present", "absent"):
        assert "is neither a namespace nor an empty file left by one" in host.refused("netns", name="u", state=state)
    assert host.sh("readlink /proc/self/ns/uts").startswith("uts:")


def test_what_somebody_makes_meanwhile_is_taken_into_account(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    class Disturbed(edge.LinuxKernel):
        """The kernel, in which somebody makes a namespace just before the first step."""

        begun = False

        def apply(self, steps: Sequence[Step]) -> None:
            if not self.begun:
                self.begun = True
                host.sh("ip netns add b")
            super().apply(steps)

    monkeypatch.setattr(edge, "LinuxKernel", Disturbed)
    result = host.done("netns_topology", name="t", namespaces=["a", "b", "c"])
    assert host.namespaces() == ["a", "b", "c"]
    assert "ip netns add b" not in result["commands"]
    monkeypatch.undo()
    # What somebody else made is not the topology's.
    host.done("netns_topology", name="t", purge=True)
    assert host.namespaces() == ["b"]


def test_a_record_of_another_topology_counts_for_nothing(host: Host) -> None:
    topology(host, "a")
    record = Path("/run/linuxnet.netns/t.json")
    record.with_name("q.json").write_text(record.read_text())
    record.with_name("q.json").chmod(0o600)
    result = host.done("netns_topology", name="q", purge=True)
    assert "it is of another topology" in result["warnings"][0]
    assert host.namespaces() == ["a"]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300, "../a", 7])
def test_a_record_with_impossible_names_counts_for_nothing(host: Host, name: Any) -> None:
    topology(host, "a")
    record = Path("/run/linuxnet.netns/t.json")
    content = json.loads(record.read_text())
    content["things"].append([["namespace", name], "4:1:1"])
    record.write_text(json.dumps(content))
    assert host.done("netns_topology", name="t", purge=True)["changed"] is False
    assert host.namespaces() == ["a"]


def test_a_record_in_a_directory_that_others_may_write_to_counts_for_nothing(host: Host) -> None:
    topology(host, "a")
    Path("/run/linuxnet.netns").chmod(0o777)
    assert "others than root could have written" in host.done("netns_topology", name="t", purge=True)["warnings"][0]
    assert host.namespaces() == ["a"]


def test_the_diff_of_a_removal_shows_what_goes_with_a_namespace(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "10.0.0.1/24"), "b:y"))
    host.sh("ip -n a link add br0 type bridge")
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], state="absent")
    assert [one["before_header"] for one in result["diff"]] == ["topology t, namespace a", "topology t, namespace b"]
    for words in ("br0:", "kind: bridge", "x:", "10.0.0.1/24", '"y":'):
        assert words in shown(result, "before")
    assert shown(result, "after") == ""


def test_the_diff_of_addresses_shows_the_others_too(host: Host) -> None:
    host.sh("ip address add 10.0.0.1/24 dev lo")
    (diff,) = host.done("netns_addr", interface="lo", addresses="10.0.0.7/24")["diff"]
    assert diff["before"].split()[-1:] == ["10.0.0.1/24"]
    assert diff["after"].split()[-3:] == ["10.0.0.1/24", "-", "10.0.0.7/24"]


def test_ipv6_on_a_small_mtu_is_known_beforehand(host: Host) -> None:
    form = {"name": "t", "namespaces": ["a", "b"], "links": [link(end("a", "x", "fd00::1/64"), "b:y", mtu=1000)]}
    assert host.refused("netns_topology", **form) == (
        "links[0].endpoints[0].addresses: fd00::1/64 cannot be added to x in namespace a, whose MTU is 1000: IPv6 "
        "needs 1280 or more; raise the MTU, or leave the address out"
    )


def test_an_mtu_that_takes_ipv6_addresses_away_shows_that(host: Host) -> None:
    topology(host, "a b", link(end("a", "x", "fd00::1/64"), "b:y"))
    result = host.done("veth", name="x", netns="a", peer="y", peer_netns="b", mtu=1000)
    assert "fd00::1/64" in shown(result, "before")
    assert "fd00::1/64" not in shown(result, "after")
