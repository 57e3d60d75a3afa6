#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove what reaches what, from inside network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_probe
short_description: Prove what reaches what, from inside network namespaces
version_added: 1.0.0
description:
  - Sends ICMP echo requests and UDP datagrams, makes TCP connections, asks name servers and gets pages over HTTP from
    inside namespaces, all at once, and fails when anything is not as expected, listing all that is not. No C(ping) and
    no other program is needed on the host.
  - What is expected reachable is tried again until O(timeout) is over, as an IPv6 address may be settling and a service
    starting. What is expected unreachable is so at once when the kernel says so, and otherwise when there was no reply
    in this time.
  - A probe that could not be sent at all proves nothing, and is not as expected, whatever is.
  - It changes nothing, creates no file, and keeps no other task waiting. It sends packets, in check mode too.
  - In check mode, a probe that cannot be tried yet, because an earlier task of the play would make its namespace,
    interface or address first, is left out with a warning.
extends_documentation_fragment:
  - linuxnet.netns.attributes.reading
options:
  expect:
    description:
      - What is expected.
      - When omitted, everything is expected to reach everything, in O(topology), or between all namespaces on the host
        that have a name. It is a full matrix, each namespace to each address of the others, loopback's and link-local
        ones aside. It has at most 100000 probes.
    type: list
    elements: dict
    suboptions:
      from:
        description: The namespace to probe from, the host's when omitted.
        type: str
      to:
        description:
          - Where to, an IPv4 or IPv6 address, or V(NAMESPACE:INTERFACE), or V(INTERFACE) on the host.
          - An interface is probed at each of its addresses, link-local ones aside, and loopback's where it is in
            another namespace. When the sender has the same address itself, the probe would not leave it, and fails.
          - A link-local IPv6 address needs the interface of the sender, as in V(fe80::1%eth0).
          - It is needed, but with O(expect[].dns), which has O(expect[].dns.server) for it.
        type: str
      protocol:
        description:
          - V(icmp) sends an echo request. V(tcp) makes a connection, and sends nothing. V(udp) sends a datagram, to
            which a service must reply with the same, as the echo service does.
        type: str
        choices: [icmp, tcp, udp]
        default: icmp
      port:
        description: The port, for TCP and UDP.
        type: int
      mtu:
        description:
          - The size in bytes of the IP packet to be sent, which must not be fragmented on its way. When it is too long,
            RV(probes[].path_mtu) is the path MTU that the kernel has learned.
        type: int
      reachable:
        description: Whether a reply is expected, or that there is none.
        type: bool
        default: true
      count:
        description:
          - How many packets to send, one each 0.2 seconds, to measure loss and the round-trip time.
          - With V(1), a packet that gets no reply is sent again until O(timeout) is over. With more, this is done until
            there is a first reply, and then each that is counted is sent once. Where no reply is expected, the first
            one decides.
        type: int
        default: 1
      max_loss:
        description: How many percent of O(expect[].count) packets may get no reply.
        type: float
      max_rtt:
        description: How many milliseconds the round-trip time may be, on average.
        type: float
      dns:
        description:
          - Asks a name server for the addresses of a name. Without O(expect[].dns.addresses), at least one is expected.
          - With O(expect[].reachable=false) it is expected that nobody answers; a refusal is an answer too.
          - A reply that is not as expected is asked for again until O(timeout) is over, as the server may be starting.
        type: dict
        suboptions:
          name:
            description: The name. One with a dot at its end is never looked for in other domains.
            type: str
            required: true
          type:
            description: Whether IPv4 addresses are asked for (V(A)) or IPv6 addresses (V(AAAA)).
            type: str
            choices: [A, AAAA]
            default: A
          server:
            description: The name server, in the forms of O(expect[].to).
            type: str
          resolver:
            description:
              - Asks those whom programs in the namespace would ask, which C(resolv.conf) names. It is
                C(/etc/netns/NAME/resolv.conf), where there is one, as C(ip netns exec) puts it in the place of the
                host's, and else the host's. The file C(hosts) and what C(nsswitch.conf) says are left out.
              - The servers are asked in their order, each for its share of O(timeout), and the next one where one
                refuses. C(search), C(domain) and the options C(ndots) and C(use-vc) count.
            type: bool
            default: false
          port:
            description: The port of the server.
            type: int
            default: 53
          transport:
            description: What is asked over. A reply that does not fit into a datagram is asked for again over TCP.
            type: str
            choices: [udp, tcp]
            default: udp
          addresses:
            description:
              - The addresses that the reply has, in any order, and no others. An empty list expects a reply that the
                name has none, or does not exist.
            type: list
            elements: str
      http:
        description:
          - Gets a page from O(expect[].to) over HTTP/1.1, without TLS. Redirections are not followed.
          - Any reply is as expected, unless O(expect[].http.status) or O(expect[].http.contains) says more. One that is
            not is asked for again until O(timeout) is over, as the service may be starting.
        type: dict
        suboptions:
          port:
            description: The port.
            type: int
            default: 80
          path:
            description: The path, with what follows a C(?), all that is no ASCII written with C(%).
            type: str
            default: /
          host:
            description: The name that the page is asked for by (the header C(Host)), the address when omitted.
            type: str
          status:
            description: The status of the reply, or a list of those that it may have.
            type: list
            elements: int
          contains:
            description: A text that is in the first 65536 bytes of the page.
            type: str
  topology:
    description:
      - A topology whose namespaces are to reach each other at all the addresses in it, in the form of
        M(linuxnet.netns.netns_topology). Ends that are declared down are left out.
    type: dict
  timeout:
    description: How many seconds to wait for each reply.
    type: float
    default: 3
notes:
  - A neighbour that does not answer is given up by the kernel after 3 seconds, with V(no route to host); with a shorter
    O(timeout) the reason is V(no reply).
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_info
  - plugin: linuxnet.netns.probe_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Each container reaches the other, and neither reaches the outside
  linuxnet.netns.netns_probe:
    expect:
      - {from: my_container_a, to: 10.0.0.2}
      - {from: my_container_b, to: "my_container_a:my_veth_end_a"}
      - {from: my_container_a, to: 192.0.2.1, reachable: false}

- name: The web server answers on port 80 only, and a whole packet gets through
  linuxnet.netns.netns_probe:
    timeout: 1
    expect:
      - {from: client, to: 10.0.0.2, protocol: tcp, port: 80}
      - {from: client, to: 10.0.0.2, protocol: tcp, port: 22, reachable: false}
      - {from: client, to: 10.0.0.2, mtu: 1500}
      - {from: client, to: 10.0.0.2, count: 10, max_loss: 0, max_rtt: 5}

- name: The name server knows the web server, over UDP and TCP, and the web server answers
  linuxnet.netns.netns_probe:
    expect:
      - {from: client, dns: {server: 10.0.0.53, name: web.example, addresses: 10.0.0.2}}
      - {from: client, dns: {server: 10.0.0.53, name: web.example, addresses: 10.0.0.2, transport: tcp}}
      - {from: client, dns: {server: 10.0.0.53, name: nobody.example, addresses: []}}
      - {from: client, to: 10.0.0.2, http: {path: /health, status: 200, contains: ready}}

- name: What programs in the namespace ask for names gets no answer as long as the tunnel is down
  linuxnet.netns.netns_probe:
    expect:
      - {from: vpn, dns: {resolver: true, name: example.com}, reachable: false}

- name: A service that has just been started is waited for
  linuxnet.netns.netns_probe:
    timeout: 60
    expect:
      - {from: client, to: 10.0.0.2, http: {port: 8080, status: 200}}

- name: Everything in the topology reaches everything
  linuxnet.netns.netns_probe:
    topology: "{{ lookup('ansible.builtin.file', 'lab_topology.yml') | from_yaml }}"
  register: matrix

- name: Show it as a table
  ansible.builtin.debug:
    msg: "{{ matrix.probes | linuxnet.netns.probe_table }}"
"""

RETURN = r"""
commands:
  description: Empty, for nothing is changed.
  returned: always
  type: list
  elements: str
  sample: []
probes:
  description: The result of each probe, in the order of O(expect). It is also returned when the task fails.
  returned: when the options have no mistakes
  type: list
  elements: dict
  contains:
    from:
      description: The namespace that it was sent from, V(null) for the host's.
      type: str
    to:
      description: Where to, as it was asked for. V(resolver) for O(expect[].dns.resolver).
      type: str
    address:
      description:
        - The address that it was sent to. Of several name servers that of the last one that was asked, V(null) when
          none was.
      type: str
    protocol:
      description: V(icmp), V(tcp), V(udp), V(dns) or V(http).
      type: str
    port:
      description: The port.
      type: int
    mtu:
      description: The size in bytes that was asked for.
      type: int
    expected:
      description: Whether a reply was expected.
      type: bool
    reachable:
      description: Whether there was a reply.
      type: bool
    ok:
      description: Whether all is as expected.
      type: bool
    reason:
      description:
        - Why there was none. V(network unreachable), V(no route to host), V(no reply), V(connection refused),
          V(connection closed), V(message too long), V(time to live exceeded), V(prohibited), V(not permitted),
          V(network is down), V(address not available) or, for what is rarer, the kernel's words. V(not sent) when the
          probe itself failed, in which case RV(probes[].details) says at what.
        - Empty when there was a reply.
      type: str
    details:
      description: The reason in the kernel's words, and who reported it.
      type: str
      sample: "No route to host (EHOSTUNREACH), reported by 10.0.0.254"
    rtt_ms:
      description: The round-trip time in milliseconds, on average, V(null) when there was no reply that counts.
      type: float
    path_mtu:
      description: The path MTU in bytes that the kernel has learned. Only returned when O(expect[].mtu) is given.
      type: int
    sent:
      description: How many packets were sent. Like the following, only returned when O(expect[].count) is more than 1.
      type: int
    received:
      description: How many of them got a reply.
      type: int
    loss_percent:
      description: How many percent got none.
      type: float
    rtt_min_ms:
      description: The shortest round-trip time.
      type: float
    rtt_max_ms:
      description: The longest round-trip time.
      type: float
    rtt_mdev_ms:
      description: The standard deviation of the round-trip times, as C(ping) shows it.
      type: float
    dns:
      description: The reply of the name server. Only returned with O(expect[].dns).
      type: dict
      contains:
        name:
          description: The name that was asked for.
          type: str
        type:
          description: V(A) or V(AAAA).
          type: str
        transport:
          description: What the reply came over, V(udp) or V(tcp). Like the following, V(null) when there was none.
          type: str
        status:
          description:
            - V(NOERROR), V(NXDOMAIN), V(SERVFAIL), V(REFUSED), V(NOTIMP), V(FORMERR), V(RCODE) with a number, or
              V(malformed) for a reply that could not be read.
          type: str
        addresses:
          description: The addresses of the name; an empty list when there was no reply.
          type: list
          elements: str
    http:
      description: The reply of the web server. Only returned with O(expect[].http).
      type: dict
      contains:
        path:
          description: The path that was asked for.
          type: str
        status:
          description: The status of the reply, V(null) when there was none.
          type: int
  sample:
    - from: my_container_a
      to: 10.0.0.2
      address: 10.0.0.2
      protocol: icmp
      port: null
      mtu: null
      expected: true
      reachable: true
      ok: true
      reason: ""
      details: ""
      rtt_ms: 0.061
      path_mtu: null
seconds:
  description: How long the probes took.
  returned: when the options have no mistakes
  type: float
  sample: 0.01
"""

from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._expectations import declare
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import reachability
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "expect": {
        "type": "list",
        "elements": "dict",
        "options": {
            "from": {"type": "str"},
            "to": {"type": "str"},
            "protocol": {"type": "str", "choices": ["icmp", "tcp", "udp"], "default": "icmp"},
            "port": {"type": "int"},
            "mtu": {"type": "int"},
            "reachable": {"type": "bool", "default": True},
            "count": {"type": "int", "default": 1},
            "max_loss": {"type": "float"},
            "max_rtt": {"type": "float"},
            # What is in these two is read where they are written (_dns.py, _http.py).
            "dns": {"type": "dict"},
            "http": {"type": "dict"},
        },
    },
    "topology": {"type": "dict"},
    "timeout": {"type": "float", "default": 3},
}


def result_of(outcome: Outcome) -> dict[str, Any]:
    """Return what came of each probe."""
    return {"probes": reachability.results(outcome.found), "seconds": round(outcome.waited, 3)}


def main() -> None:
    """Run the module."""
    module = Module(ARGUMENTS, mutually_exclusive=[("expect", "topology")])
    run(module, declare, result_of, changes=False)


if __name__ == "__main__":
    main()
