#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage links of any type in network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_link
short_description: Manage bridges, VLANs, VXLANs, tunnels and other links in network namespaces
version_added: 1.0.0
description:
  - Makes a link of a type in a namespace, changes it in place, and makes it a port of a bridge, bond or VRF.
  - What is not written is not managed. A property that the kernel does not change on a living link, such as the number
    of a VXLAN, is refused with what to do.
  - With O(type=device) a device that is there already is moved into the namespace, and with O(state=absent) back.
  - Pairs of virtual cables are made by M(linuxnet.netns.veth).
extends_documentation_fragment:
  - linuxnet.netns.attributes
  - linuxnet.netns.link_types
options:
  name:
    description:
      - The name of the interface.
    type: str
    required: true
  netns:
    description:
      - The namespace that it is in. The host's when omitted.
    type: str
  lower:
    description:
      - The interface that it is built upon, or that its packets leave by.
    type: str
  lower_netns:
    description:
      - The namespace of O(lower), in which the link is created though it lives in O(netns); V(host) is the host's own.
        So the packets of a tunnel can leave by the host, which what is in the namespace cannot see.
      - That of O(netns) when omitted.
    type: str
  master:
    description:
      - The bridge, bond or VRF whose port it is. An empty text takes it out of the one that it is in.
      - Left alone when omitted.
    type: str
  mac:
    description:
      - The MAC address, in quotes. Left alone when omitted.
      - With O(type=device) the device is found by it, and gets O(name) inside. When omitted, it is found by O(name).
    type: str
  mtu:
    description:
      - The MTU in bytes. Left alone when omitted.
    type: int
  alias:
    description:
      - A text that C(ip link) shows with it. Left alone when omitted.
    type: str
  up:
    description:
      - Whether it is up. Left alone when omitted.
    type: bool
  from_netns:
    description:
      - With O(type=device), the namespace that it comes from, and goes back to. The host's when omitted.
    type: str
  state:
    description:
      - Whether there is such a link. With V(absent), what is built upon it goes too, and the namespace need not exist.
      - With O(type=device), V(absent) moves it back, under a free name where its own is taken. When a namespace goes,
        M(linuxnet.netns.netns) sends physical devices home first too.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.veth
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: A bridge in a namespace
  linuxnet.netns.netns_link:
    netns: services
    name: br0
    type: bridge
    bridge:
      stp: false
      vlan_filtering: true
    up: true

- name: A VXLAN whose packets leave by the host, in a namespace that has no other way out
  linuxnet.netns.netns_link:
    netns: services
    name: vx7
    type: vxlan
    vxlan:
      id: 7
      remote: 192.0.2.9
    lower_netns: host
    master: br0
    port:
      isolated: true

- name: A port of a bridge in some VLANs, of which one is untagged
  linuxnet.netns.netns_link:
    netns: services
    name: tap0
    type: tap
    master: br0
    port:
      vlans:
        - 20
        - 30-40
        - id: 10
          pvid: true
          untagged: true

- name: A VXLAN that reaches several hosts, each by a forwarding entry
  linuxnet.netns.netns_link:
    netns: services
    name: vx8
    type: vxlan
    vxlan:
      id: 8
      remotes: [192.0.2.8, 192.0.2.9, 192.0.2.10]
    lower_netns: host

- name: A WireGuard tunnel is the only way out of a namespace, and its packets leave by the host
  linuxnet.netns.netns_link:
    netns: services
    name: wg0
    type: wireguard
    lower_netns: host
    wireguard:
      private_key_file: /etc/wireguard/services.key
      peers:
        - public_key: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
          endpoint: 192.0.2.9:51820
          allowed_ips: [0.0.0.0/0, "::/0"]
          keepalive: 25
    up: true

- name: A NIC lives in a namespace, whatever it was called outside
  linuxnet.netns.netns_link:
    netns: services
    name: wan
    type: device
    mac: "52:54:00:12:34:56"
    up: true

- name: It is gone
  linuxnet.netns.netns_link:
    netns: services
    name: vx7
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n services link add name br0 type bridge stp_state 0 vlan_filtering 1"]
link:
  description: The interface after the task, or in check mode as it would be; empty when it is not there.
  returned: success
  type: dict
  contains:
    netns:
      description: The namespace that it is in; null for the host's.
      type: str
    interface:
      description: Its name.
      type: str
    type:
      description: Its type.
      type: str
    properties:
      description: The properties of its type, by the names of the options.
      type: dict
    index:
      description: Its index; null in check mode for one that is not there yet.
      type: int
    mac:
      description: Its MAC address; null in check mode where only a real run will tell.
      type: str
    mtu:
      description: Its MTU in bytes; null in check mode where only a real run will tell.
      type: int
    alias:
      description: Its alias.
      type: str
    master:
      description: The interface whose port it is, or null.
      returned: when O(master) is written
      type: str
    vlans:
      description: The VLANs that it is in, as a port of a bridge or a bridge itself, each with C(id), C(pvid) and
        C(untagged).
      returned: when VLANs are written
      type: list
      elements: dict
    state:
      description: V(up) or V(down).
      type: str
    carrier:
      description: Whether it has a carrier; null in check mode where only a real run will tell.
      type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._interface_form import ModuleLink
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    **ModuleLink.arguments(),
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    written = ModuleLink("", {"name": ""})

    def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
        given = {name: params[name] for name in ModuleLink.keys if params[name] is not None}
        return written.objects(problems, given, present=params["state"] == "present")

    def result(outcome: Outcome) -> dict[str, Any]:
        return {"link": written.shown(outcome.now)}

    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()
