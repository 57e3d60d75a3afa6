# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures of topologies as text, and those in the pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.linuxnet.netns.plugins.filter.topology_graph import topology_graph

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tools import make_pictures

CABLE: dict[str, Any] = {
    "name": "lab",
    "namespaces": ["blue", "red", "empty"],
    "links": [
        {
            "endpoints": [
                {"netns": "blue", "interface": "to_red", "addresses": ["192.0.2.1/24"]},
                {"netns": "red", "interface": "eth0", "state": "down"},
            ]
        }
    ],
}


def boxes(picture: str) -> list[str]:
    """Return the lines of a picture without what they begin with, which is a name for each box."""
    return [line.split("[", 1)[1] for line in picture.splitlines() if "[" in line]


def found(name: str, /, *links: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a namespace as netns_info tells it."""
    nothing = {"peer": None, "parent": None, "master": None, "kind": "veth", "state": "up"}
    addresses = [
        {"interface": link["interface"], "address": address} for link in links for address in link.get("addresses", ())
    ]
    told = [{**nothing, **link} for link in links]
    return {"name": name, "state": "present", "links": told, "addresses": addresses, **more}


def end(interface: str, netns: str, other: str, **more: Any) -> dict[str, Any]:
    """Return an end of a pair as netns_info tells it."""
    return {"interface": interface, "peer": {"place": "namespace", "netns": netns, "interface": other}, **more}


def test_a_topology_is_drawn_for_mermaid() -> None:
    assert topology_graph(CABLE).splitlines() == [
        "flowchart LR",
        '  subgraph n0["blue"]',
        '    n0i0["to_red<br>192.0.2.1/24"]',
        "  end",
        '  subgraph n1["red"]',
        '    n1i0["eth0<br>down"]',
        "  end",
        '  n2["empty"]',
        "  n0i0 --- n1i0",
        "  classDef down stroke-dasharray: 4 4",
        "  class n1i0 down",
    ]


def test_a_topology_is_drawn_for_graphviz() -> None:
    assert topology_graph(CABLE, "graphviz").splitlines() == [
        "graph topology {",
        "  node [shape=box];",
        "  subgraph cluster0 {",
        '    label="blue";',
        '    n0i0 [label="to_red\\n192.0.2.1/24"];',
        "  }",
        "  subgraph cluster1 {",
        '    label="red";',
        '    n1i0 [label="eth0\\ndown", style=dashed];',
        "  }",
        "  subgraph cluster2 {",
        '    label="empty";',
        '    n2 [style=invis, label=""];',
        "  }",
        "  n0i0 -- n1i0;",
        "}",
    ]


def test_what_is_written_in_short_is_drawn_as_it_will_be() -> None:
    short = {
        "name": "lab",
        "namespaces": ["a"],
        "bridges": [{"name": "br0", "endpoints": ["a:eth0"], "prefixes": ["10.0.0.0/30"]}],
    }
    picture = topology_graph(short)
    assert '"br0 (bridge)"]' in boxes(picture)
    assert any(box.startswith('"eth0<br>10.0.0.') for box in boxes(picture))
    assert "---|port|" in picture


def test_addresses_of_what_is_there_already_are_drawn() -> None:
    picture = topology_graph({"name": "lab", "namespaces": [{"name": "a", "addresses": {"lo": ["10.255.0.1/32"]}}]})
    assert boxes(picture) == ['"a"]', '"lo<br>10.255.0.1/32"]']


def test_a_link_is_drawn_with_what_it_is_built_upon() -> None:
    vlan = {"name": "eth0.7", "type": "vlan", "vlan": {"id": 7}, "lower": "host:eth0"}
    picture = topology_graph({"name": "lab", "namespaces": [{"name": "a", "interfaces": [vlan]}]})
    assert boxes(picture) == ['"a"]', '"eth0.7 (vlan)"]', '"the host"]', '"eth0"]']
    assert "  n0i0 -.->|upon| n1i0" in picture.splitlines()


@pytest.mark.parametrize("name", ['a"b', "a<b", "a#b;", "a&b", "a`b", "a\\b", "a[b]"])
def test_no_name_means_anything_to_who_draws(name: str) -> None:
    known = found(name, {"interface": "eth0"})
    text = boxes(topology_graph([known]))[0].removesuffix('"]').removeprefix('"')
    assert not set(text) & set('"<>&`\\[]{}|')
    quoted = topology_graph([known], "graphviz").splitlines()[3].removeprefix("    label=").removesuffix(";")
    assert quoted[1:-1].replace("\\\\", "\\").replace('\\"', '"') == name


def test_what_was_found_is_drawn() -> None:
    left = found("left", end("eth0", "right", "eth0", addresses=["10.0.0.1/24", "fe80::1/64"]), {"interface": "lo"})
    right = found("right", end("eth0", "left", "eth0", state="down"), {"interface": "br0", "kind": "bridge"})
    picture = topology_graph([left, right])
    assert boxes(picture) == ['"left"]', '"eth0<br>10.0.0.1/24"]', '"right"]', '"eth0<br>down"]', '"br0 (bridge)"]']
    assert picture.count("---") == 1


def test_what_has_drifted_is_marked() -> None:
    blue = found("blue", end("to_red", "red", "other"), {"interface": "br0", "kind": "bridge"})
    red = found("red", end("other", "blue", "to_red", state="down"))
    picture = topology_graph(CABLE, found=[blue, red])
    assert boxes(picture) == [
        '"blue"]',
        '"to_red<br>differs"]',
        '"br0 (bridge)<br>not declared"]',
        '"red"]',
        '"eth0<br>down<br>missing"]',
        '"other<br>down<br>not declared"]',
        '"empty (missing)"]',
    ]
    assert [line.strip() for line in picture.splitlines() if "n0i0 -" in line] == [
        "n0i0 -.-|missing| n1i0",
        "n0i0 ---|not declared| n1i1",
    ]


def test_what_is_as_declared_is_drawn_without_marks() -> None:
    blue = found("blue", end("to_red", "red", "eth0", addresses=["192.0.2.1/24", "198.51.100.1/24"]))
    red = found("red", end("eth0", "blue", "to_red", state="down"))
    host = found("", {"interface": "enp1s0", "kind": ""}, host=True)
    assert topology_graph(CABLE, found=[host, blue, red, found("empty")]) == topology_graph(CABLE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([{"names": ["a"], "name": "t"}], "names: there is no such key"),
        ([CABLE, "dot"], "language is 'dot', and mermaid and graphviz are possible"),
        (["lab.yml"], "the input must be a topology, or 'namespaces' of a result of linuxnet.netns.netns_info"),
        ([CABLE, "mermaid", [{"name": "a"}]], "found must be a topology, or 'namespaces' of a result"),
        ([CABLE, "mermaid", 3], "found must be"),
    ],
)
def test_what_is_no_topology_is_told(options: list[Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^topology_graph: ") as caught:
        topology_graph(*options)
    assert message in str(caught.value)


@pytest.mark.parametrize("page", make_pictures.pages(), ids=lambda page: page.name)
def test_the_pictures_in_the_pages_are_those_of_their_topologies(page: Path) -> None:
    assert make_pictures.made(page.read_text()) == page.read_text(), "run .venv/bin/python tools/make_pictures.py"
