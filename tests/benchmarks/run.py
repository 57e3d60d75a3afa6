# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What linuxnet.netns costs, beside what one would use instead: ratios of medians, all taken in one run.

make bench                    everything (about 10 minutes)
make bench BENCH=playbooks    (a) whole playbooks
make bench BENCH=tasks        (b) single tasks
make bench BENCH=scale        (c) topologies of 2, 100, 1000 and 4000 namespaces
make bench BENCH=probes       (d) a thousand probes in one task; a thousand namespaces read in one
make bench BENCH=routes       (e) ten thousand routes in one namespace
make bench BENCH=networks     (f) a bridge of 200 ports; a thousand namespaces with routes, a sysctl and shaping
make bench BENCH=fleet        (g) the lab on 1, 10, 20 and 50 hosts over ssh (about half an hour; not among everything)

Each pair is run in turn, A B A B …, so that a machine whose speed drifts drifts for both. Everything happens in
namespaces of its own (tools/hermetic), with /run on tmpfs.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / ".cache" / "collections")]

from ansible_collections.linuxnet.netns.tests.benchmarks import fleet as over_ssh

#: How many ports the bridge has that is measured, and how many namespaces have routes, a sysctl and shaping.
PORTS, NETWORKS = 200, 1000
MODULES = "netns", "veth", "netns_addr", "netns_link_state"


def main(parts: Sequence[str]) -> int:
    """Run the parts, in namespaces of their own."""
    if os.environ.get("LINUXNET_HERMETIC") != os.readlink("/proc/self/ns/net"):
        os.execv(ROOT / "tools" / "hermetic", ["hermetic", sys.executable, __file__, *parts])
    known: dict[str, Callable[[Path], None]] = {
        "playbooks": playbooks,
        "tasks": tasks,
        "scale": scale,
        "probes": probes,
        "routes": routes,
        "networks": networks,
        "fleet": fleet,
    }
    unknown = set(parts) - set(known)
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(f"Linux {platform.release()}, Python {platform.python_version()}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as scratch:
        for part in parts or [part for part in known if part != "fleet"]:
            known[part](Path(scratch))
    return 0


def clocked(*command: str, memory: Optional[list[float]] = None, **environment: str) -> float:
    """Return how many seconds a command takes; adds the most memory it held, in MB, to ``memory``."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment}, cwd=ROOT
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{output.decode()[-3000:]}")
    if memory is not None:
        memory.append(usage.ru_maxrss / 1024)
    return taken


def interleaved(rounds: int, **measured: Callable[[], float]) -> dict[str, list[float]]:
    """Return the times of each, taken in turn, after a first round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(rounds + 1):
        for name, measure in measured.items():
            taken = measure()
            if number:
                times[name].append(taken)
    return times


def report(times: dict[str, list[float]], against: str, targets: dict[str, float]) -> None:
    """Print medians, and ratios of medians to that of one of them."""
    base = statistics.median(times[against])
    for name, values in times.items():
        median = statistics.median(values)
        ratio = f"{median / base:6.2f}" if name != against else "      "
        target = f"(at most {targets[name]:g})" if name in targets else ""
        spread = f"{min(values):.3f} … {max(values):.3f}"
        print(f"  {name:<34} {median:7.3f} s   {spread:>16}   {ratio} {target}")


def playbooks(scratch: Path) -> None:
    """(a) A playbook of one ping task; nine command tasks; our role, from nothing and again."""
    print("\n(a) Whole playbooks: medians of 7, and ratios to the first")
    ping = scratch / "ping.yml"
    ping.write_text("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n")
    nine = scratch / "nine.yml"
    nine.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        + "".join(f"    - ansible.builtin.command: {line}\n" for line in over_ssh.COMMANDS)
    )

    def clean() -> None:
        for name in ("my_container_a", "my_container_b"):
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree("/run/linuxnet.netns", ignore_errors=True)
        time.sleep(0.3)

    def afresh(*command: str) -> float:
        clean()
        return clocked(*command)

    times = interleaved(
        7,
        **{
            "one ping task": lambda: clocked("ansible-playbook", str(ping)),
            "nine command: ip tasks": lambda: afresh("ansible-playbook", str(nine)),
            "lab.yml, from nothing": lambda: afresh("ansible-playbook", "lab.yml"),
            "lab.yml, nothing to do": lambda: clocked("ansible-playbook", "lab.yml"),
        },
    )
    clean()
    report(times, "one ping task", {"lab.yml, from nothing": 1.5, "lab.yml, nothing to do": 1.4})


def tasks(scratch: Path) -> None:
    """(b) One task of each module, with nothing to do and with a change, beside one command task."""
    rounds = 21
    print(f"\n(b) Single tasks in one play: medians of {rounds - 1}, and ratios to the first")
    veth = {"name": "ea", "netns": "bench", "peer": "eb"}
    there = [
        ("netns", {"name": "bench"}),
        ("veth", veth),
        ("netns_addr", {"netns": "bench", "interface": "ea", "addresses": "10.0.0.1/24"}),
        ("netns_link_state", {"netns": "bench", "interface": "ea", "state": "up"}),
    ]
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("netns", {"name": "other"}, {"name": "other", "state": "absent"}),
        ("veth", {"name": "xa", "peer": "xb"}, {"name": "xa", "peer": "xb", "state": "absent"}),
        (
            "netns_addr",
            {"netns": "bench", "interface": "ea", "addresses": "10.0.0.9/24"},
            {"netns": "bench", "interface": "ea", "addresses": "10.0.0.9/24", "state": "absent"},
        ),
        (
            "netns_link_state",
            {"netns": "bench", "interface": "ea", "state": "down"},
            {"netns": "bench", "interface": "ea", "state": "up"},
        ),
    ]

    def task(name: str, module: str, options: Any) -> dict[str, Any]:
        return {"name": name, module if "." in module else f"linuxnet.netns.{module}": options}

    listed = [task("prepare", module, options) for module, options in there]
    for number in range(rounds):
        kind = "first" if number == 0 else "counted"
        listed.append(task(f"{kind}: command: ip", "ansible.builtin.command", "ip netns list"))
        listed += [task(f"{kind}: {module}, nothing to do", module, options) for module, options in there]
        listed += [
            task(f"{kind}: {module}, a change", change[0], change[1 + number % 2])
            for change in changes
            for module in change[:1]
        ]
    play = scratch / "tasks.json"
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": listed}]))
    written = scratch / "times.json"
    clocked(
        "ansible-playbook",
        str(play),
        ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback_plugins"),
        ANSIBLE_CALLBACKS_ENABLED="task_times",
        BENCH_TIMES=str(written),
    )
    times = {
        name.partition(": ")[2]: values
        for name, values in json.loads(written.read_text()).items()
        if name.startswith("counted: ")
    }
    targets = {f"{module}, nothing to do": 1.35 for module in MODULES} | {
        f"{module}, a change": 1.5 for module in MODULES
    }
    report(times, "command: ip", {**targets, "netns, nothing to do": 1.2})
    subprocess.run(["ip", "netns", "delete", "bench"], check=True)


def ring(count: int) -> dict[str, Any]:
    """Return the floor's work as a topology: a ring of pairs, two addresses in each namespace, the links up."""
    return {
        "name": "ring",
        "namespaces": [{"name": f"fl_{number}", "loopback": "down"} for number in range(count)],
        "links": [
            {
                "endpoints": [
                    {
                        "netns": f"fl_{number}",
                        "interface": "e0",
                        "addresses": [f"10.{number >> 8}.{number & 255}.1/24"],
                    },
                    {
                        "netns": f"fl_{(number + 1) % count}",
                        "interface": "e1",
                        "addresses": [f"10.{number >> 8}.{number & 255}.2/24"],
                    },
                ]
            }
            for number in range(count)
        ],
    }


def scripts(count: int, scratch: Path) -> tuple[str, str]:
    """Return the same work as a shell loop over ip, and as ip -batch (one batch on the host, one in each namespace)."""
    shell, host = ["set -e"], []
    inside = []
    for number in range(count):
        after, before = (number + 1) % count, (number - 1) % count
        shell.append(f"ip netns add fl_{number}")
        host.append(f"link add e0 netns fl_{number} type veth peer name e1 netns fl_{after}")
        own = [
            f"address add 10.{number >> 8}.{number & 255}.1/24 dev e0",
            f"address add 10.{before >> 8}.{before & 255}.2/24 dev e1",
            "link set e0 up",
            "link set e1 up",
        ]
        inside.append(own)
    loop = [*shell, *(f"ip {line}" for line in host)]
    loop += [f"ip -n fl_{number} {line}" for number, own in enumerate(inside) for line in own]
    (scratch / "host.batch").write_text("\n".join(host) + "\n")
    batch = ["set -e", "ip -batch /dev/stdin <<E", *(line[3:] for line in shell[1:]), "E"]
    batch.append(f"ip -batch {scratch / 'host.batch'}")
    for number, own in enumerate(inside):
        batch += [f"ip -n fl_{number} -batch /dev/stdin <<E", *own, "E"]
    (scratch / "loop.sh").write_text("\n".join(loop) + "\n")
    (scratch / "batch.sh").write_text("\n".join(batch) + "\n")
    return str(scratch / "loop.sh"), str(scratch / "batch.sh")


def floor(verb: str, count: int) -> float:
    """Return how many seconds the floor takes: hand-packed messages, no library."""
    return clocked(sys.executable, str(HERE / "floor.py"), verb, str(count))


def task(module: str, options: Path, memory: list[float]) -> float:
    """Return how many seconds a module's process takes, with what it imports compiled by the first one, as Python
    does.
    """
    return clocked(
        *(sys.executable, str(HERE / "task.py"), module, str(options)),
        memory=memory,
        PYTHONPATH=os.pathsep.join([str(ROOT / ".cache" / "collections"), *sys.path[1:]]),
        PYTHONPYCACHEPREFIX=str(ROOT / ".cache" / "bytecode"),
        PYTHONDONTWRITEBYTECODE="",
    )


def with_mininet() -> Optional[str]:
    """Return the Python that has mininet, or None: distributions bring it for their own."""
    for python in ("/usr/bin/python3", sys.executable):
        words = [python, "-c", "import mininet"]
        if Path(python).exists() and not subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode:
            return python
    return None


def mininet(python: str, count: int) -> float:
    """Return how many seconds mininet takes for the ring, by its own clock: without the start of Python."""
    words = [python, str(HERE / "mininet_ring.py"), str(count)]
    finished = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(finished.stdout)


def settle(count: int) -> None:
    """Wait while the kernel destroys what was removed: it should not be measured with what comes next.

    It begins a while after the removal, on another processor; it has ended when all are idle.
    """
    time.sleep(0.2 + count / 1000)
    for _attempt in range(60):
        busy, spent = processors()
        time.sleep(0.2)
        busy_now, spent_now = processors()
        if busy_now - busy < 0.1 * (spent_now - spent):
            return


def processors() -> tuple[int, int]:
    """Return how long all processors have been busy, and how long there have been any, in ticks (proc(5):
    /proc/stat).
    """
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def scale(scratch: Path) -> None:
    """(c) N namespaces in a ring, N pairs, 2 N addresses, the links up."""
    print("\n(c) Topologies: the module's process without Ansible's start; medians, and ratios to the floor")
    python = with_mininet()
    if python is None:
        print("  mininet is not installed, so it is left out")
    ratios: dict[tuple[str, int], float] = {}
    for count in (2, 100, 1000, 4000):
        rounds = {2: 9, 100: 7, 1000: 9, 4000: 3}[count]
        options = {}
        for state in ("present", "absent"):
            options[state] = scratch / f"{state}.json"
            options[state].write_text(json.dumps({**ring(count), "state": state}))
        memory: list[float] = []

        times: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            taken = {
                "floor, build": floor("up", count),
                "floor, read": floor("show", count),
                "floor, remove": floor("down", count),
            }
            settle(count)
            taken["netns_topology, build"] = task("netns_topology", options["present"], memory)
            taken["netns_topology, nothing to do"] = task("netns_topology", options["present"], memory)
            taken["netns_topology, remove"] = task("netns_topology", options["absent"], memory)
            settle(count)
            if count <= 1000 and number <= 2:
                for name, script in zip(("shell loop over ip, build", "ip -batch, build"), scripts(count, scratch)):
                    taken[name] = clocked("sh", script)
                    floor("down", count)
                    settle(count)
            # It takes a minute or so for a thousand.
            if python is not None and count <= 1000 and number == 1:
                taken["mininet, build"] = mininet(python, count)
                settle(count)
            if number:
                for name, value in taken.items():
                    times.setdefault(name, []).append(value)
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(f"\n  N = {count} ({rounds} rounds)")
        for name, median in medians.items():
            base = medians["floor, remove" if name.endswith("remove") else "floor, build"]
            ratio = "" if name.startswith("floor") else f"{median / base:8.2f}"
            print(f"    {name:<32} {median:7.3f} s {ratio}")
        ratios["build", count] = medians["netns_topology, build"] / medians["floor, build"]
        if count == 1000:
            ours_now = medians["netns_topology, build"]
            print(f"    build: {ratios['build', count]:.2f} times the floor (at most 1.3)")
            print(f"    build: {medians['ip -batch, build'] / ours_now:.1f} times faster than ip -batch (at least 3)")
            loop = medians["shell loop over ip, build"] / ours_now
            print(f"    build: {loop:.1f} times faster than a shell loop (at least 10)")
            if "mininet, build" in medians:
                print(f"    build: {medians['mininet, build'] / ours_now:.0f} times faster than mininet")
            print(f"    nothing to do: {medians['netns_topology, nothing to do']:.2f} s (at most 0.6)")
            remove = medians["netns_topology, remove"] / medians["floor, remove"]
            print(f"    remove: {remove:.2f} times the floor (at most 1.5)")
            print(f"    memory: {max(memory):.0f} MB (at most 150)")
    growth = ratios["build", 4000] / ratios["build", 1000]
    print(f"\n  growth: the ratio to the floor at 4000 is {growth:.2f} times that at 1000 (at most 1.1)")


def probes(scratch: Path) -> None:
    """(d) A thousand probes between a hundred namespaces in a ring; a thousand namespaces read."""
    print("\n(d) Probing and reading, the module's process without Ansible's start: medians of 5")
    count = 100
    built = scratch / "ring.json"
    built.write_text(json.dumps({**ring(count), "state": "present"}))
    task("netns_topology", built, [])
    expected: dict[str, list[dict[str, Any]]] = {"all get a reply": [], "half silent, as expected": []}
    for number in range(1000):
        place = number % count
        neighbour = f"10.0.{place}.2"
        expected["all get a reply"].append({"from": f"fl_{place}", "to": neighbour})
        # 10.0.X.77 is nobody's address.
        missing = {"from": f"fl_{place}", "to": f"10.0.{place}.77", "reachable": False}
        half = {"from": f"fl_{place}", "to": neighbour} if number // count % 2 else missing
        expected["half silent, as expected"].append(half)

    def medians(name: str, module: str, arguments: dict[str, Any]) -> None:
        options = scratch / "options.json"
        options.write_text(json.dumps(arguments))
        times = [task(module, options, []) for _round in range(6)][1:]
        print(f"  {name:<42} {statistics.median(times):7.3f} s   {min(times):.3f} … {max(times):.3f}")

    for name, expect in expected.items():
        medians(f"1000 probes, {name}", "netns_probe", {"expect": expect, "timeout": 1})
    floor("down", count)
    settle(count)
    floor("up", 1000)
    medians("1000 namespaces read, 3000 links", "netns_info", {})
    floor("down", 1000)


def routes(scratch: Path) -> None:
    """(e) Ten thousand routes in one namespace, through one gateway."""
    print("\n(e) 10,000 routes: the module's process without Ansible's start; medians of 5, and ratios to ip -batch")
    for line in (
        "ip netns add bench",
        "ip -n bench link add e0 type veth peer name e1",
        "ip -n bench link set e0 up",
        "ip -n bench address add 192.0.2.1/24 dev e0",
    ):
        subprocess.run(line.split(), check=True)
    networks = [f"10.{number >> 8}.{number & 255}.0/24" for number in range(10000)]
    batch = scratch / "routes.batch"
    batch.write_text("".join(f"route add {network} via 192.0.2.2\n" for network in networks))
    options = {}
    for name, changed in (("build", None), ("one changed", 5000), ("start", None)):
        written = [{"to": network, "via": "192.0.2.2"} for network in networks if name != "start"]
        if changed is not None:
            written[changed]["via"] = "192.0.2.3"
        options[name] = scratch / f"{name}.json"
        options[name].write_text(json.dumps({"netns": "bench", "routes": written}))

    def empty() -> None:
        for protocol in ("boot", "static"):
            subprocess.run(["ip", "-n", "bench", "route", "flush", "proto", protocol], check=True)

    def by_ip() -> float:
        empty()
        return clocked("ip", "-n", "bench", "-batch", str(batch))

    def start() -> float:
        empty()
        return task("netns_route", options["start"], [])

    times = interleaved(
        5,
        **{
            "ip -batch, build": by_ip,
            "netns_route, no route": start,
            "netns_route, build": lambda: task("netns_route", options["build"], []),
            "netns_route, nothing to do": lambda: task("netns_route", options["build"], []),
            "netns_route, one changed": lambda: task("netns_route", options["one changed"], []),
        },
    )
    report(times, "ip -batch, build", {})
    subprocess.run(["ip", "netns", "delete", "bench"], check=True)


def networks(scratch: Path) -> None:
    """(f) A bridge whose ports lead to 200 namespaces; a thousand namespaces with routes, a sysctl and shaped ends."""
    print("\n(f) Networks: the module's process without Ansible's start; medians of 5, and ratios to its own commands")
    for title, topology in ((f"{PORTS} ports", bridged(PORTS)), (f"{NETWORKS} namespaces", equipped(NETWORKS))):
        measured(title, topology, scratch)


def fleet(scratch: Path) -> None:
    """(g) The lab on hosts over ssh, which takes root and an ssh server."""
    over_ssh.measure()


def bridged(ports: int) -> dict[str, Any]:
    """Return a topology of a bridge, and a namespace with an address at each of its ports."""
    names = [f"p{number}" for number in range(ports)]
    return {
        "name": "bridged",
        "namespaces": [
            {"name": "hub", "interfaces": [{"name": "br0", "type": "bridge", "ports": names}]},
            *({"name": f"leaf{number}"} for number in range(ports)),
        ],
        "links": [
            {
                "endpoints": [
                    f"hub:{name}",
                    {
                        "netns": f"leaf{number}",
                        "interface": "eth0",
                        "addresses": [f"10.0.{number >> 8}.{number & 255}/16"],
                    },
                ]
            }
            for number, name in enumerate(names)
        ],
    }


def equipped(count: int) -> dict[str, Any]:
    """Return the ring with two routes and a sysctl in each namespace, and one end of each pair shaped."""
    topology = ring(count)
    topology["name"] = "equipped"
    for number, netns in enumerate(topology["namespaces"]):
        via = f"10.{number >> 8}.{number & 255}.2"
        netns["routes"] = [{"to": "default", "via": via}, {"to": "198.51.100.0/24", "via": via}]
        netns["sysctls"] = {"net.ipv4.ip_forward": 1}
    for link in topology["links"]:
        link["endpoints"][0]["shaping"] = {"rate": "10mbit"}
    return topology


def measured(title: str, topology: dict[str, Any], scratch: Path) -> None:
    """Measure a topology beside the commands that do the same, in as few processes as they can be."""
    options = {}
    for state in ("present", "absent"):
        options[state] = scratch / f"{state}.json"
        options[state].write_text(json.dumps({**topology, "state": state}))
    script = scratch / "commands.sh"
    script.write_text(batched(predicted(options["present"])))
    names = scratch / "names.batch"
    names.write_text("".join(f"netns delete {netns['name']}\n" for netns in topology["namespaces"]))

    def by_commands() -> float:
        taken = clocked("sh", str(script))
        clocked("ip", "-batch", str(names))
        settle(len(topology["namespaces"]))
        return taken

    def removed() -> float:
        taken = task("netns_topology", options["absent"], [])
        settle(len(topology["namespaces"]))
        return taken

    times = interleaved(
        5,
        **{
            f"{title}: its commands, batched": by_commands,
            f"{title}: build": lambda: task("netns_topology", options["present"], []),
            f"{title}: nothing to do": lambda: task("netns_topology", options["present"], []),
            f"{title}: remove": removed,
        },
    )
    report(times, f"{title}: its commands, batched", {f"{title}: build": 0.33})


def predicted(options: Path) -> list[str]:
    """Return the commands that a task of netns_topology would carry out."""
    asked = {**json.loads(options.read_text()), "_ansible_check_mode": True}
    check = options.with_name("check.json")
    check.write_text(json.dumps(asked))
    finished = subprocess.run(
        [sys.executable, str(HERE / "task.py"), "netns_topology", str(check)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / ".cache" / "collections"), *sys.path[1:]])},
    )
    commands: list[str] = json.loads(finished.stdout)["commands"]
    return commands


def batched(commands: Sequence[str]) -> str:
    """Return a shell script that runs commands of ip and tc by -batch, as many at once as follow each other."""
    script = ["set -e"]
    for start, group in groupby((divided(command) for command in commands), key=lambda one: one[0]):
        lines = [rest for _start, rest in group]
        if start:
            script += [f"{start} -batch /dev/stdin <<E", *lines, "E"]
        else:
            script += lines
    return "\n".join(script) + "\n"


def divided(command: str) -> tuple[str, str]:
    """Return how ``-batch`` starts that can do a command, and its line there; without one, an empty start."""
    words = command.split()
    if words[0] not in ("ip", "tc") or words[1:3] == ["netns", "exec"]:
        return "", command
    at = 3 if words[1] == "-n" else 1
    return " ".join(words[:at]), " ".join(words[at:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
