# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as users write them, good and bad."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import Secret
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, enumerated
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_name


def told(kind: str, value: Any, *more: Any) -> str:
    """Return what is said of a value that must be wrong."""
    problems = Problems()
    assert getattr(problems, kind)("here", value, *more) is None
    with pytest.raises(Invalid) as caught:
        problems.check()
    (problem,) = caught.value.problems
    assert problem.path == "here"
    return problem.text


def read(kind: str, value: Any, *more: Any) -> Any:
    """Return what a value that must be right is read as."""
    problems = Problems()
    result = getattr(problems, kind)("here", value, *more)
    problems.check()
    return result


@pytest.mark.parametrize("name", ["a", "my_container_a", "0", "a.b", "...", "a:b", "x" * 255, "ü"])
def test_names_of_namespaces(name: str) -> None:
    assert read("namespace", name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        (".", "it is a file name"),
        ("..", "it is a file name"),
        ("../x", "it is a file name"),
        ("a/b", "it is a file name"),
        ("-a", "a leading '-' would be read as an option"),
        ("a b", "white space and control characters are not possible"),
        ("a\n", "white space and control characters are not possible"),
        ("a\0", "white space and control characters are not possible"),
        (None, "a string is needed, not nothing"),
        (True, "a string is needed, not a boolean"),
        (1.10, "a string is needed, not a number with a fraction (write it in quotes)"),
        (10, "a string is needed, not a number"),
    ],
)
def test_what_is_no_name_of_a_namespace(name: Any, reason: str) -> None:
    assert told("namespace", name).startswith(f"{name!r} is not a name for a namespace: {reason}")


@pytest.mark.parametrize(
    ("name", "shown", "reason"),
    [
        ("x" * 256, f"'{'x' * 80}…' (256 characters)", "it has 256 bytes, and at most 255 are possible"),
        ("ü" * 128, f"'{'ü' * 80}…' (128 characters)", "it has 256 bytes, and at most 255 are possible"),
        (["a"], "[…]", "a string is needed, not a list"),
        ({"name": "a"}, "{…}", "a string is needed, not a mapping"),
        (16**4000, "a number of about 4817 digits", "a string is needed, not a number"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_long_is_not_repeated(name: Any, shown: str, reason: str) -> None:
    assert told("namespace", name) == f"{shown} is not a name for a namespace: {reason}"


def test_a_whole_number_is_a_name_as_for_ansible() -> None:
    assert [as_name(value) for value in (10, -1, "a", 1.1, True, None)] == ["10", "-1", "a", 1.1, True, None]
    assert as_name(16**4000) == 16**4000


@pytest.mark.parametrize("name", ["e", "eth0", "my_veth_end_a", "fifteen_bytes__", "eth0.100", "a@b"])
def test_names_of_interfaces(name: str) -> None:
    assert read("interface", name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sixteen_bytes_ab", "it has 16 bytes, and at most 15 are possible"),
        ("a/b", "no '/', ':' or '%'"),
        ("a:b", "no '/', ':' or '%'"),
        ("eth%d", "no '/', ':' or '%'"),
        (".", "no '/', ':' or '%'"),
        ("all", "the kernel keeps this name for its settings"),
        ("default", "the kernel keeps this name for its settings"),
    ],
)
def test_what_is_no_name_of_an_interface(name: str, reason: str) -> None:
    assert told("interface", name).startswith(f"{name!r} is not a name for an interface: {reason}")


def test_lo_is_no_end_of_a_pair() -> None:
    assert told("veth_name", "lo").startswith("'lo' is the loopback interface")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("10.0.0.1/24", "10.0.0.1/24"),
        ("10.0.0.1/032", "10.0.0.1/32"),
        ("0.0.0.1/0", "0.0.0.1/0"),
        ("FD00:0:0::1/64", "fd00::1/64"),
        ("::ffff:10.0.0.1/128", "::ffff:10.0.0.1/128"),
        ("::1/128", "::1/128"),
    ],
)
def test_addresses(written: str, canonical: str) -> None:
    assert read("address", written).text == canonical


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("10.0.0.256/24", "'10.0.0.256' is not an IPv4 or IPv6 address"),
        ("10.0.0/24", "'10.0.0' is not an IPv4 or IPv6 address"),
        ("10.0.0.01/24", "'10.0.0.01' is not an IPv4 or IPv6 address"),
        ("fd00:::1/64", "'fd00:::1' is not an IPv4 or IPv6 address"),
        ("fe80::1%eth0/64", "'fe80::1%eth0' is not an IPv4 or IPv6 address"),
        ("a\0/24", "'a\\x00' is not an IPv4 or IPv6 address"),
        ("10.0.0.1", "the prefix length is missing (as in 10.0.0.1/24)"),
        ("fd00::1", "the prefix length is missing (as in fd00::1/64)"),
        ("10.0.0.0/33", "the prefix length is a number from 0 to 32"),
        ("fd00::1/129", "the prefix length is a number from 0 to 128"),
        ("10.0.0.1/-1", "the prefix length is a number from 0 to 32"),
        ("10.0.0.1/255.255.255.0", "the prefix length is a number from 0 to 32"),
        ("10.0.0.1/", "the prefix length is a number from 0 to 32"),
        ("0.0.0.0/8", "an unspecified, multicast or broadcast address cannot be an interface's own"),
        ("224.0.0.1/8", "an unspecified, multicast or broadcast address cannot be an interface's own"),
        ("255.255.255.255/32", "an unspecified, multicast or broadcast address cannot be an interface's own"),
        ("ff02::1/64", "an unspecified, multicast or broadcast address cannot be an interface's own"),
        (10, "'' is not an IPv4 or IPv6 address"),
    ],
)
def test_what_is_no_address(written: Any, reason: str) -> None:
    assert told("address", written) == f"{written!r} is not an interface address: {reason}"


def test_addresses_are_kept_once_in_order() -> None:
    addresses = read("addresses", ["fd00::2/64", "10.0.0.1/24", "FD00::2/64"])
    assert [address.text for address in addresses] == ["fd00::2/64", "10.0.0.1/24"]


@pytest.mark.parametrize("written", ["02:00:00:00:00:0a", "02-00-00-00-00-0A", "02:00:00:00:00:0A"])
def test_macs(written: str) -> None:
    assert read("mac", written).text == "02:00:00:00:00:0a"
    assert read("mac", None) is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("02:00:00:00:00", "six bytes in hexadecimal are needed"),
        (1122334455, "six bytes in hexadecimal are needed"),
        ("01:00:00:00:00:00", "it is a multicast address"),
        ("00:00:00:00:00:00", "it is all zero"),
    ],
)
def test_what_is_no_mac(written: Any, reason: str) -> None:
    assert told("mac", written).startswith(f"{written!r} is not a MAC address for an interface: {reason}")


def test_mtus() -> None:
    assert [read("mtu", value) for value in (68, 1500, 65535, None)] == [68, 1500, 65535, None]
    assert [read("mtu", value) for value in ("68", " 1500\n", "065535")] == [68, 1500, 65535]
    for value in (
        67,
        65536,
        True,
        1500.0,
        "",
        "67",
        "14x",
        "0x578",
        "-1500",
        "1_500",
        "1500.0",
        "\u0661\u0665\u0660\u0660",
        "1 500",
    ):
        assert told("mtu", value) == f"{value!r} is not an MTU: a number of bytes from 68 to 65535 is needed"


def test_choices_do_not_take_a_boolean_for_a_word() -> None:
    assert read("choice", "up", ("up", "down")) == "up"
    assert told("choice", True, ("up", "down")) == "True is not one of up and down"


def test_booleans_are_taken_as_ansible_takes_them() -> None:
    assert [read("boolean", value) for value in (True, "true", "Yes", "on", "1", 1, 1.0, "y")] == [True] * 8
    assert [read("boolean", value) for value in (False, "false", "No", "off", "0", 0, "n")] == [False] * 7
    assert told("boolean", "14x") == "true or false is needed, not '14x'"
    assert told("boolean", 2) == "true or false is needed, not a number"
    assert told("boolean", ["yes"]) == "true or false is needed, not a list"


@pytest.mark.parametrize(
    "kind", ["namespace", "topology", "interface", "veth_name", "address", "mac", "mtu", "boolean"]
)
@pytest.mark.parametrize("written", ["of nobody's business", "of-nobody's/business/24", "-of-nobody's"])
def test_what_was_encrypted_is_not_repeated(kind: str, written: str) -> None:
    text = told(kind, Secret(written))
    assert "nobody" not in text
    assert "an encrypted value" in text


def test_of_many_mistakes_the_first_are_told() -> None:
    problems = Problems()
    for number in range(30_000):
        problems.mtu(f"links[{number}].mtu", 7)
    with pytest.raises(Invalid) as caught:
        problems.check()
    lines = enumerated(caught.value.problems).splitlines()
    assert (lines[0], lines[20], lines[-1]) == (
        "30000 mistakes, and nothing was changed:",
        "- links[19].mtu: 7 is not an MTU: a number of bytes from 68 to 65535 is needed",
        "- and 29980 more",
    )
    assert (len(lines), len(str(caught.value)) < 2000) == (22, True)
