# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the message classes are imported of pyroute2, and what else uses pyroute2 in the process is not disturbed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

CODEC = "from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec\n"


def printed(script: str, *path: Path) -> str:
    """Return what a script prints in a Python of its own, which finds libraries in these directories first."""
    places = [str(place) for place in path]
    program = f"import sys\nsys.path[:] = {[*places, *filter(None, sys.path)]!r}\n{CODEC}{script}"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_what_pyroute2_encodes_is_read_back_as_it_was_meant() -> None:
    codec = Codec()
    message = codec.ifaddrmsg()
    message.update({"family": 2, "prefixlen": 24, "index": 7})
    message["attrs"] = [("IFA_LOCAL", "10.0.0.1"), ("IFA_ADDRESS", "10.0.0.9")]
    message.encode()
    told = reports.address(bytes(message.data))
    assert told is not None
    assert (told.ifindex, told.version, told.text, told.peer) == (7, 4, "10.0.0.1/24", "10.0.0.9")

    message = codec.ifinfmsg()
    message["index"] = 3
    message["attrs"] = [("IFLA_IFNAME", "eth0"), ("IFLA_ADDRESS", "02:00:00:00:00:01"), ("IFLA_MTU", 1400)]
    message.encode()
    link = reports.link(bytes(message.data))
    assert (link.name, link.ifindex, link.mac, link.mtu, link.kind) == ("eth0", 3, "02:00:00:00:00:01", 1400, "")


def test_no_half_imported_package_is_left_behind() -> None:
    script = "Codec(); print([name for name in sys.modules if name.split('.')[0] == 'pyroute2'])"
    assert printed(script) == "[]\n"


def test_pyroute2_can_be_used_as_a_whole_afterwards() -> None:
    assert printed("Codec(); import pyroute2; print(callable(pyroute2.IPRoute))") == "True\n"


def test_a_package_that_is_imported_already_is_used_and_stays() -> None:
    script = "import pyroute2; before = set(sys.modules); Codec(); print(before <= set(sys.modules))"
    assert printed(script) == "True\n"


#: Notes what is imported by whatever looks for modules; they are forgotten afterwards.
NOTING = """
class Noting:
    seen = set()
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.seen.add(name)
sys.meta_path.insert(0, Noting)
"""


def test_the_whole_package_is_not_imported() -> None:
    # Its __init__ imports everything, which takes four times as long.
    asked = "('pyroute2.netlink.rtnl.ifinfmsg', 'pyroute2.iproute', 'pyroute2.ndb')"
    script = f"{NOTING}Codec()\nprint([name in Noting.seen for name in {asked}])"
    assert printed(script) == "[True, False, False]\n"


def library(directory: Path, **files: str) -> Path:
    """Return a library called pyroute2 with these modules; __init__ makes it a package."""
    package = directory / "pyroute2" / "netlink" / "rtnl"
    package.mkdir(parents=True)
    (directory / "pyroute2" / "__init__.py").write_text(files.get("init", ""))
    for place in (directory / "pyroute2" / "netlink", package):
        (place / "__init__.py").write_text("")
    for name in ("ifinfmsg", "ifaddrmsg"):
        (package / f"{name}.py").write_text(files.get(name, f"class {name}: pass\n"))
    return directory


def test_a_library_that_needs_its_init_is_imported_as_a_whole(tmp_path: Path) -> None:
    needy = library(
        tmp_path, init="ready = True\n", ifaddrmsg="from pyroute2 import ready\nclass ifaddrmsg:\n    ready = ready\n"
    )
    assert printed("print(Codec().ifaddrmsg.ready)", needy) == "True\n"


@pytest.mark.parametrize(
    ("content", "why"), [("raise ImportError('not this one')\n", "not this one"), ("", "no attribute 'ifaddrmsg'")]
)
def test_a_library_without_the_classes_counts_as_missing(tmp_path: Path, content: str, why: str) -> None:
    script = (
        "from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing\n"
        "try:\n    Codec()\n"
        f"except LibraryMissing as missing:\n    print(missing.library, {why!r} in missing.trace)"
    )
    assert printed(script, library(tmp_path, ifaddrmsg=content)) == "pyroute2 True\n"


def test_without_the_library_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda *_arguments: None)
    for name in [name for name in sys.modules if name.split(".")[0] == "pyroute2"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(LibraryMissing) as caught:
        Codec()
    assert caught.value.library == "pyroute2"
    assert "No module named 'pyroute2'" in caught.value.trace
