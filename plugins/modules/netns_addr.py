#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the addresses of interfaces in network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_addr
short_description: Manage IPv4 and IPv6 addresses of interfaces in network namespaces
version_added: 1.0.0
description:
  - Adds addresses to an interface inside a namespace or on the host, and removes them.
  - Addresses that are not declared are left alone, unless O(exclusive) is set. What the kernel would take away
    together with an address, the secondary addresses of the same subnet, is kept.
  - An address with a peer (C(ip address add 10.0.0.1 peer 10.0.0.2/32)) is another one than C(10.0.0.1/32). It is
    declared by a mapping with C(peer).
  - What is not written of an address is not managed. What the kernel can change of an address that is there is
    changed in place, as C(ip address change) does, which is all of an IPv6 address, and the lifetime and metric of an
    IPv4 address. An IPv4 address whose C(broadcast), C(scope), C(label) or C(noprefixroute) differs is deleted and
    added again.
notes:
  - Of the IPv4 addresses of a subnet one is the primary one, which what is sent to the subnet comes from unless it is
    told otherwise. What is sent elsewhere through the interface comes from its first primary address, or the one in
    the subnet of the gateway.
  - The primary one is that which has been there longest; new ones come behind it, in the order in which they are
    declared. When it is removed, the next one follows, whatever the sysctl C(promote_secondaries) says. So the order
    of O(addresses) matters among new addresses alone, and what is there is never put into another order. To make
    another address the primary one, declare it alone with O(exclusive=true) first, and all of them in a second task.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The namespace that the interface is in. The host's when omitted.
    type: str
  interface:
    description:
      - The name of the interface.
    type: str
    required: true
    aliases: [device]
  addresses:
    description:
      - One or more IPv4 or IPv6 addresses, each a text with its prefix length, or a mapping with the following. They
        are kept for ever, unless C(lifetime) is written; one that is there with a lifetime loses it, and one that
        failed duplicate address detection is made anew.
      - C(address), with its prefix length, is required. C(peer) is the address at the other end, without one.
      - Of IPv4 addresses there are C(broadcast), an address, or V(+) for the last one of the network; C(scope), which
        is V(global), V(site), V(link) or V(host), the last for 127.0.0.0/8 when omitted; and C(label), the interface's
        name when omitted.
      - C(lifetime), in seconds, is how long it is valid. C(preferred) is how many seconds connections may begin with
        it, as long as it is valid when omitted; with V(0) they never do. A lifetime begins again when less than half
        of it is left, so a task that is run often enough keeps the address.
      - C(nodad), of IPv6 addresses, says whether it is used at once, without duplicate address detection.
      - C(noprefixroute) says whether the kernel makes no route to the network of the address, and C(metric) which
        metric that has; with V(0) it is the kernel's own.
    type: list
    elements: raw
    required: true
    aliases: [address]
  exclusive:
    description:
      - Remove all other addresses, except for those that the kernel itself gives, which are the link-local ones,
        and on C(lo) C(127.0.0.1/8) and C(::1/128), and those that router advertisements give.
      - Only for O(state=present).
    type: bool
    default: false
  wait:
    description:
      - How many seconds to wait at most until none of the IPv6 addresses is tentative any longer, so that a service
        can be bound to it; V(0) does not wait.
      - When one still is, or duplicate address detection finds that somebody else has it, the task fails, and the
        addresses stay.
    type: float
    default: 0
  state:
    description:
      - Whether the interface has the addresses. With V(absent) the interface, and the namespace, need not exist, and of
        an address only what names it counts, C(address) and C(peer).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_link_state
"""

EXAMPLES = r"""
- name: The end in the first container has its address
  linuxnet.netns.netns_addr:
    netns: my_container_a
    interface: my_veth_end_a
    addresses: 10.0.0.1/24

- name: An interface has these two addresses and no others
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses:
      - 192.0.2.10/24
      - 2001:db8::10/64
    exclusive: true

- name: A service can be bound to the address after the task
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses: 2001:db8::80/64
    wait: 5

- name: The tunnel has its end, with what else is to be set of it
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses:
      - address: 10.255.0.1/32
        peer: 10.255.0.2
      - address: 198.51.100.10/24
        broadcast: +
        label: uplink:web
        metric: 50
      - address: 2001:db8:1::10/64
        lifetime: 86400
        noprefixroute: true

- name: An address is gone
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses: 192.0.2.10/24
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n my_container_a address add 10.0.0.1/24 dev my_veth_end_a"]
addresses:
  description:
    - All addresses of the interface after the task, or in check mode as they would be, IPv4 first.
    - Link-local addresses, which the kernel adds in its own time, are left out. One with a peer is written as C(ip)
      does, for example C(10.0.0.1 peer 10.0.0.2/32).
  returned: success
  type: list
  elements: str
  sample: ["10.0.0.1/24"]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import Addresses, in_results
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "interface": {"type": "str", "required": True, "aliases": ["device"]},
    "addresses": {"type": "list", "elements": "raw", "required": True, "aliases": ["address"]},
    "exclusive": {"type": "bool", "default": False},
    "wait": {"type": "float", "default": 0},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the addresses of the interface."""
    netns = problems.optional_namespace("netns", params["netns"])
    interface = problems.interface("interface", params["interface"])
    names, details, addresses = _content(problems, params["addresses"])
    present = params["state"] == "present"
    wait = problems.seconds("wait", params["wait"])
    if params["exclusive"] and not present:
        problems.add("exclusive", "it goes with state=present; with state=absent, name the addresses to remove")
    one = Addresses("", netns, interface or "", names, present, params["exclusive"], details=details)
    if not (present and wait):
        return [one]
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.settled import settling

    return [one, *settling("wait", Endpoint(netns, one.interface), addresses, wait)]


def _content(problems: Problems, written: Sequence[Any]) -> tuple[Any, Any, Sequence[Any]]:
    """Return the names of the addresses, what is declared of some beside themselves, and what was read."""
    if all(isinstance(one, str) for one in written):
        read = problems.addresses("addresses", written)
        return tuple(one.text for one in read), (), read
    # A task that writes texts need not load it.
    from ansible_collections.linuxnet.netns.plugins.module_utils import _addresses

    mixed = _addresses.read_option(problems, "addresses", written)
    return (*_addresses.content(mixed), mixed)


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the addresses of the interface after the run."""
    (declared,) = (one for one in outcome.declared if isinstance(one, Addresses))
    return {"addresses": in_results(outcome.now, Endpoint(declared.netns, declared.interface))}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()
