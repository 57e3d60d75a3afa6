# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor's work as mininet does it, told in seconds: mininet_ring.py N. Run it with the Python that has mininet.

Mininet's hosts are processes in namespaces without names; what it makes in them is the same.
"""

import sys
import time

from mininet.net import Mininet
from mininet.topo import Topo


class Ring(Topo):
    """A ring of hosts."""

    def build(self, count: int) -> None:
        hosts = [self.addHost(f"h{number}", ip=None) for number in range(count)]
        for number, host in enumerate(hosts):
            subnet = f"10.{number >> 8}.{number & 255}"
            self.addLink(
                host,
                hosts[(number + 1) % count],
                intfName1="e0",
                intfName2="e1",
                params1={"ip": f"{subnet}.1/24"},
                params2={"ip": f"{subnet}.2/24"},
            )


started = time.perf_counter()
net = Mininet(topo=Ring(int(sys.argv[1])), controller=None)
net.start()
print(time.perf_counter() - started)
first, *_others, last = net.hosts
for host in (first, last):
    assert host.cmd("ip -o -4 address show up scope global").count("inet ") == 2, host.cmd("ip address")
net.stop()
