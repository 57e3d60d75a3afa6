# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of link and their properties; made by tools/make_link_types.py."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of netns_link that are of one type of link alone."""

    DOCUMENTATION = r"""
options:
  type:
    description:
      - The type of link. V(device) is one that is there already, such as a NIC, and is moved into the namespace.
      - Required with O(state=present).
    type: str
    choices:
      - bond
      - bridge
      - dummy
      - geneve
      - gre
      - gretap
      - ifb
      - ip6gre
      - ip6gretap
      - ip6tnl
      - ipip
      - ipvlan
      - macvlan
      - macvtap
      - sit
      - tap
      - tun
      - vlan
      - vrf
      - vxlan
      - wireguard
      - xfrm
      - device
  bond:
    description:
      - The properties of a link with O(type=bond).
    type: dict
    suboptions:
      mode:
        description:
          - How it spreads what it sends.
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "balance-rr"
          - "active-backup"
          - "balance-xor"
          - "broadcast"
          - "802.3ad"
          - "balance-tlb"
          - "balance-alb"
      miimon:
        description:
          - How often carriers are looked at, in milliseconds; 0 is never.
        type: int
      updelay:
        description:
          - How long a carrier is mistrusted, in milliseconds.
        type: int
      downdelay:
        description:
          - How long a lost carrier is waited for, in milliseconds.
        type: int
      fail_over_mac:
        description:
          - Which MAC addresses the bond and its ports have on a fail-over.
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "none"
          - "active"
          - "follow"
      xmit_hash_policy:
        description:
          - What of a packet decides which port sends it.
        type: str
        choices:
          - "layer2"
          - "layer3+4"
          - "layer2+3"
          - "encap2+3"
          - "encap3+4"
          - "vlan+srcmac"
      min_links:
        description:
          - The number of ports that must be up for the bond to have a carrier.
        type: int
      lacp_rate:
        description:
          - How often the partner is to send LACP packets (802.3ad).
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "slow"
          - "fast"
      ad_select:
        description:
          - What decides which aggregator is used (802.3ad).
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "stable"
          - "bandwidth"
          - "count"
  bridge:
    description:
      - The properties of a link with O(type=bridge).
    type: dict
    suboptions:
      stp:
        description:
          - Speaks the spanning tree protocol.
        type: bool
      priority:
        description:
          - Its priority in the spanning tree.
        type: int
      forward_delay:
        description:
          - How long a port listens, and then learns, in seconds.
        type: int
      hello_time:
        description:
          - The time between hello packets, in seconds.
        type: int
      max_age:
        description:
          - How long a message about the tree counts, in seconds.
        type: int
      ageing_time:
        description:
          - How long an address that was learned counts, in seconds.
        type: int
      vlan_filtering:
        description:
          - Heeds the VLANs of its ports.
        type: bool
      vlan_protocol:
        description:
          - The tag of its VLANs.
        type: str
        choices:
          - "802.1Q"
          - "802.1ad"
      vlan_default_pvid:
        description:
          - The VLAN of what comes untagged.
        type: int
      multicast_snooping:
        description:
          - Sends multicast only where it is asked for.
        type: bool
      multicast_querier:
        description:
          - Asks who wants multicast.
        type: bool
      vlans:
        description:
          - "The VLANs that it is in, and no others: numbers, ranges (30-40), and mappings with id, pvid and untagged."
        type: list
        elements: raw
  dummy:
    description:
      - With O(type=dummy). There is nothing to be written in it.
    type: dict
  geneve:
    description:
      - The properties of a link with O(type=geneve).
    type: dict
    suboptions:
      id:
        description:
          - The network (VNI).
          - The kernel does not change it on a living link.
          - Required.
        type: int
      remote:
        description:
          - The other end.
          - The kernel does not change it on a living link.
          - Required.
        type: str
      ttl:
        description:
          - "The TTL of what it sends; 0: the usual one."
        type: int
      port:
        description:
          - The UDP port of the other end.
          - A new link gets V(6081) where nothing is written.
          - The kernel does not change it on a living link.
        type: int
  gre:
    description:
      - The properties of a link with O(type=gre).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      ttl:
        description:
          - "The TTL of what it sends; 0: that of what is inside."
        type: int
      key:
        description:
          - The key, the same in both directions.
        type: int
  gretap:
    description:
      - The properties of a link with O(type=gretap).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      ttl:
        description:
          - "The TTL of what it sends; 0: that of what is inside."
        type: int
      key:
        description:
          - The key, the same in both directions.
        type: int
  ifb:
    description:
      - With O(type=ifb). There is nothing to be written in it.
    type: dict
  ip6gre:
    description:
      - The properties of a link with O(type=ip6gre).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      hop_limit:
        description:
          - "The hop limit of what it sends; 0: that of what is inside."
          - A new link gets V(64) where nothing is written.
        type: int
      key:
        description:
          - The key, the same in both directions.
        type: int
      encap_limit:
        description:
          - How many more times packets may be encapsulated.
          - A new link gets V(4) where nothing is written.
        type: int
  ip6gretap:
    description:
      - The properties of a link with O(type=ip6gretap).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      hop_limit:
        description:
          - "The hop limit of what it sends; 0: that of what is inside."
          - A new link gets V(64) where nothing is written.
        type: int
      key:
        description:
          - The key, the same in both directions.
        type: int
      encap_limit:
        description:
          - How many more times packets may be encapsulated.
          - A new link gets V(4) where nothing is written.
        type: int
  ip6tnl:
    description:
      - The properties of a link with O(type=ip6tnl).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      hop_limit:
        description:
          - "The hop limit of what it sends; 0: that of what is inside."
          - A new link gets V(64) where nothing is written.
        type: int
      mode:
        description:
          - "What it carries: IPv4, IPv6, or any."
          - A new link gets V(ip6ip6) where nothing is written.
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "any"
          - "ipip6"
          - "ip6ip6"
      encap_limit:
        description:
          - How many more times packets may be encapsulated.
          - A new link gets V(4) where nothing is written.
        type: int
  ipip:
    description:
      - The properties of a link with O(type=ipip).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      ttl:
        description:
          - "The TTL of what it sends; 0: that of what is inside."
        type: int
  ipvlan:
    description:
      - The properties of a link with O(type=ipvlan).
    type: dict
    suboptions:
      mode:
        description:
          - "The layer that it works on: l2 switches, l3 routes."
          - A new link gets V(l2) where nothing is written.
        type: str
        choices:
          - "l2"
          - "l3"
          - "l3s"
      isolation:
        description:
          - Whether links upon the same interface reach each other.
          - A new link gets V(bridge) where nothing is written.
        type: str
        choices:
          - "bridge"
          - "private"
          - "vepa"
  macvlan:
    description:
      - The properties of a link with O(type=macvlan).
    type: dict
    suboptions:
      mode:
        description:
          - Whether links upon the same interface reach each other.
          - A new link gets V(bridge) where nothing is written.
        type: str
        choices:
          - "private"
          - "vepa"
          - "bridge"
          - "passthru"
  macvtap:
    description:
      - The properties of a link with O(type=macvtap).
    type: dict
    suboptions:
      mode:
        description:
          - Whether links upon the same interface reach each other.
          - A new link gets V(bridge) where nothing is written.
        type: str
        choices:
          - "private"
          - "vepa"
          - "bridge"
          - "passthru"
  sit:
    description:
      - The properties of a link with O(type=sit).
    type: dict
    suboptions:
      local:
        description:
          - The address of this end.
        type: str
      remote:
        description:
          - The address of the other end.
        type: str
      ttl:
        description:
          - "The TTL of what it sends; 0: that of what is inside."
        type: int
  tap:
    description:
      - The properties of a link with O(type=tap).
    type: dict
    suboptions:
      user:
        description:
          - The user who may open it, by number.
          - The kernel does not change it on a living link.
        type: int
      group:
        description:
          - The group who may open it, by number.
          - The kernel does not change it on a living link.
        type: int
      pi:
        description:
          - Each packet comes with its protocol before it.
          - The kernel does not change it on a living link.
        type: bool
      vnet_hdr:
        description:
          - Each packet comes with a header about offloads before it.
          - The kernel does not change it on a living link.
        type: bool
      multi_queue:
        description:
          - Several programs may open it.
          - The kernel does not change it on a living link.
        type: bool
  tun:
    description:
      - The properties of a link with O(type=tun).
    type: dict
    suboptions:
      user:
        description:
          - The user who may open it, by number.
          - The kernel does not change it on a living link.
        type: int
      group:
        description:
          - The group who may open it, by number.
          - The kernel does not change it on a living link.
        type: int
      pi:
        description:
          - Each packet comes with its protocol before it.
          - The kernel does not change it on a living link.
        type: bool
      vnet_hdr:
        description:
          - Each packet comes with a header about offloads before it.
          - The kernel does not change it on a living link.
        type: bool
      multi_queue:
        description:
          - Several programs may open it.
          - The kernel does not change it on a living link.
        type: bool
  vlan:
    description:
      - The properties of a link with O(type=vlan).
    type: dict
    suboptions:
      protocol:
        description:
          - The protocol of the tag.
          - The kernel does not change it on a living link.
        type: str
        choices:
          - "802.1Q"
          - "802.1ad"
      id:
        description:
          - The VLAN id.
          - The kernel does not change it on a living link.
          - Required.
        type: int
      reorder_header:
        description:
          - Tags are taken off frames that arrive.
        type: bool
      gvrp:
        description:
          - Registers the VLAN by GVRP.
        type: bool
      loose_binding:
        description:
          - The link state does not follow that of the interface below.
        type: bool
      mvrp:
        description:
          - Registers the VLAN by MVRP.
        type: bool
  vrf:
    description:
      - The properties of a link with O(type=vrf).
    type: dict
    suboptions:
      table:
        description:
          - The routing table of its ports.
          - The kernel does not change it on a living link.
          - Required.
        type: int
  vxlan:
    description:
      - The properties of a link with O(type=vxlan).
    type: dict
    suboptions:
      id:
        description:
          - The network (VNI).
          - The kernel does not change it on a living link.
          - Required.
        type: int
      remote:
        description:
          - "The other end: frames for addresses not yet learned go there."
        type: str
      group:
        description:
          - A multicast group in its place, which reaches all that have joined it, through the interface in lower.
        type: str
      local:
        description:
          - The address that it sends from.
        type: str
      port:
        description:
          - The UDP port, at its peers too.
          - A new link gets V(4789) where nothing is written.
          - The kernel does not change it on a living link.
        type: int
      ttl:
        description:
          - "The TTL of what it sends; 0: the usual one."
        type: int
      learning:
        description:
          - Learns where addresses are from what arrives.
        type: bool
      ageing:
        description:
          - How long that counts, in seconds.
        type: int
      proxy:
        description:
          - Answers for neighbours that it knows.
        type: bool
      l2miss:
        description:
          - Tells of addresses that it does not know.
        type: bool
      l3miss:
        description:
          - Tells of neighbours that it does not know.
        type: bool
      remotes:
        description:
          - "The other ends, where there are several, and no others: each is a forwarding entry for all addresses."
        type: list
        elements: str
  wireguard:
    description:
      - The properties of a link with O(type=wireguard).
    type: dict
    suboptions:
      private_key:
        description:
          - Its private key, which nothing shows.
        type: str
      private_key_file:
        description:
          - A file on the host that holds its private key.
        type: str
      listen_port:
        description:
          - "The UDP port that it listens on; 0: one that is free."
        type: int
      fwmark:
        description:
          - "The mark of the packets that it sends; 0: none."
        type: int
      peers:
        description:
          - Its peers; others are removed.
        type: list
        elements: dict
        suboptions:
          public_key:
            description:
              - Its public key, by which it is known.
              - Required.
            type: str
          preshared_key:
            description:
              - A key that both have beside, which nothing shows.
            type: str
          preshared_key_file:
            description:
              - A file on the host that holds that key.
            type: str
          endpoint:
            description:
              - "Where it is: ADDRESS:PORT. The kernel changes it when the peer is heard from elsewhere."
            type: str
          keepalive:
            description:
              - How often it hears of us, in seconds; 0 is never.
            type: int
          allowed_ips:
            description:
              - The prefixes that are behind it, and no others.
            type: list
            elements: str
  xfrm:
    description:
      - The properties of a link with O(type=xfrm).
    type: dict
    suboptions:
      if_id:
        description:
          - The id of its policies.
          - The kernel does not change it on a living link.
          - Required.
        type: int
  port:
    description:
      - What is set of it as a port of its O(master); which of them there are depends on that one's type.
    type: dict
    suboptions:
      queue_id:
        description:
          - The transmit queue of this port.
        type: int
      prio:
        description:
          - Its priority as the active one.
        type: int
      priority:
        description:
          - Its priority in the spanning tree.
        type: int
      cost:
        description:
          - Its cost in the spanning tree.
        type: int
      hairpin:
        description:
          - What comes in may go out again here.
        type: bool
      guard:
        description:
          - Takes no messages about the spanning tree.
        type: bool
      root_block:
        description:
          - Never leads to the root of the spanning tree.
        type: bool
      fastleave:
        description:
          - Stops sending multicast at once when one leaves.
        type: bool
      learning:
        description:
          - Learns the addresses behind it.
        type: bool
      flood:
        description:
          - Sends out what is for addresses that are not known.
        type: bool
      proxy_arp:
        description:
          - Answers for its neighbours.
        type: bool
      multicast_flood:
        description:
          - Sends out multicast that nobody asked for.
        type: bool
      vlan_tunnel:
        description:
          - Maps VLANs to tunnels.
        type: bool
      broadcast_flood:
        description:
          - Sends out broadcast.
        type: bool
      neigh_suppress:
        description:
          - Keeps questions for neighbours that are known from the others.
        type: bool
      isolated:
        description:
          - Reaches only ports that are not isolated.
        type: bool
      locked:
        description:
          - Takes frames from known addresses alone.
        type: bool
      vlans:
        description:
          - "The VLANs that it is in, and no others: numbers, ranges (30-40), and mappings with id, pvid and untagged."
        type: list
        elements: raw
"""
