#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shape what interfaces in network namespaces send."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_shaping
short_description: Shape what interfaces in network namespaces send
version_added: 1.0.0
description:
  - Delays, loses, duplicates, damages or reorders packets that an interface sends, limits their rate, or gives it
    another queueing discipline. What is changed is changed while packets pass, and the link is not touched.
  - With O(rate), O(burst) and O(limit) alone it is the queueing discipline tbf, with any other of the options down to
    O(rate) it is netem. What is not written is then as if it had never been.
  - A queueing discipline that somebody else gave the interface is replaced. When the task fails it is put back, with
    its classes; filters on it are not, and are named then.
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
  delay:
    description:
      - How long packets are held back, with a unit (V(us), V(ms), V(s)), such as V(20ms).
    type: str
  jitter:
    description:
      - How much more or less that may be, such as V(5ms). Needs O(delay).
    type: str
  loss:
    description:
      - How many packets are lost, such as V(1%).
    type: str
  duplicate:
    description:
      - How many packets are sent twice, such as V(0.1%).
    type: str
  corrupt:
    description:
      - How many packets get an error in one bit, such as V(0.1%).
    type: str
  reorder:
    description:
      - How many packets are sent at once and so overtake those that are held back, such as V(25%). Needs O(delay).
    type: str
  rate:
    description:
      - The rate in bits a second, with a unit (V(bit), V(kbit), V(mbit), V(gbit)), such as V(10mbit). C(mbps) are
        megabytes to C(tc), and so not taken.
    type: str
  burst:
    description:
      - With O(rate) alone, how many bytes may be sent at once, such as V(15kb) or V(15360). When omitted, what the rate
        gives in 10 ms, or two of the largest packets, whichever is more.
    type: str
  limit:
    description:
      - How much may wait. With O(rate) alone a number of bytes, when omitted O(burst) and what the rate gives in 50 ms.
        Else a number of packets, when omitted 1000. With a long delay at a high rate, more are under way.
    type: str
  qdisc:
    description:
      - Another queueing discipline, which goes with none of the options above.
      - V(ingress) is the place where filters for what comes in are put, which others may do; what is sent is left
        alone.
      - V(htb) gets one class, for all that is sent. Where the interface has an htb with a class for what is not said
        otherwise, which is below no other, that class is changed.
    type: str
    choices: [fq_codel, cake, htb, ingress]
  fq_codel:
    description:
      - The options of fq_codel, a mapping with C(limit), C(flows), C(quantum), C(target), C(interval), C(memory_limit)
        and C(ecn). Those that are omitted are left alone.
    type: raw
  cake:
    description:
      - The options of cake, a mapping with C(bandwidth), C(diffserv) (V(diffserv3), V(diffserv4), V(diffserv8),
        V(besteffort), V(precedence)), C(isolation) (V(flowblind), V(srchost), V(dsthost), V(hosts), V(flows),
        V(dual-srchost), V(dual-dsthost), V(triple-isolate)), C(nat), C(wash), C(ingress), C(rtt) and
        C(memory_limit). Those that are omitted are left alone.
    type: raw
  htb:
    description:
      - The class of htb, a mapping with C(rate), which is required, C(ceil), C(burst) and C(cburst), as C(tc class) has
        them. C(ceil) is that of C(rate) when omitted; the one class has no other to borrow from, so that what it sends
        for long is its C(rate). C(burst) and C(cburst) are what C(rate) and C(ceil) give in 10 ms when omitted, or two
        of the largest packets, whichever is more.
    type: raw
  state:
    description:
      - V(absent) deletes the queueing discipline of the interface, whatever it is, so that it has the kernel's own;
        with O(qdisc=ingress), the one for what comes in. The interface, and the namespace, need not exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - An interface sends at one end of a link. To delay packets both ways, shape both ends.
  - What the kernel rounds, for it counts some times in ticks, is equal to what was asked for.
  - Needs the kernel's modules sch_netem, sch_tbf, sch_fq_codel, sch_cake, sch_htb or sch_ingress, which it loads by
    itself. On Ubuntu they are in the package linux-modules-extra, on Fedora and Enterprise Linux in
    kernel-modules-extra.
seealso:
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: A slow, lossy line
  linuxnet.netns.netns_shaping:
    netns: branch
    interface: uplink
    delay: 20ms
    jitter: 5ms
    loss: 1%
    rate: 10mbit

- name: No more than its contract
  linuxnet.netns.netns_shaping:
    netns: branch
    interface: uplink
    rate: 100mbit
    burst: 64kb

- name: Fair queues at a rate
  linuxnet.netns.netns_shaping:
    netns: router
    interface: wan
    qdisc: cake
    cake:
      bandwidth: 50mbit
      nat: true

- name: A class at a rate, to which filters and other classes can be added
  linuxnet.netns.netns_shaping:
    netns: router
    interface: lan
    qdisc: htb
    htb:
      rate: 50mbit
      burst: 64kb

- name: As the kernel has it
  linuxnet.netns.netns_shaping:
    netns: branch
    interface: uplink
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(tc) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["tc -n branch qdisc replace dev uplink root handle 6e65: netem delay 20ms loss 1%"]
shaping:
  description:
    - The queueing discipline of the interface after the task (V(ingress) - the one for what comes in), or in check mode
      as it would be, with its options under their names here; none where it has the kernel's own. Of disciplines
      that this module does not know, and where one has more than it knows, only C(qdisc).
  returned: success
  type: dict
  contains:
    qdisc:
      description: The queueing discipline, such as V(netem).
      type: str
  sample: {"qdisc": "netem", "delay": "20ms", "loss": "1%"}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _shaping
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import qdisc
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "interface": {"type": "str", "required": True, "aliases": ["device"]},
    **_shaping.Shaping.arguments(),
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the queueing discipline of the interface."""
    netns = problems.optional_namespace("netns", params["netns"])
    interface = problems.interface("interface", params["interface"])
    present = params["state"] == "present"
    shaping = _shaping.Shaping("", {})
    written = {name: params[name] for name in _shaping.Shaping.keys if params[name] is not None}
    if present or written:
        shaping.take(problems, written)
    kind, options = shaping.written
    return [qdisc.Shaping("", netns, interface or "", kind, tuple(options.items()), present)]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the queueing discipline of the interface after the run."""
    (declared,) = (one for one in outcome.declared if isinstance(one, qdisc.Shaping))
    return {"shaping": qdisc.as_result(outcome.now, declared.end, declared.place) or {}}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()
