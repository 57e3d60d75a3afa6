# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queueing disciplines as tables: their options with units, how the kernel has them, and the words of ``tc``.

Pure. Private. Options are whole numbers here, as ``_quantities.py`` makes them.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._quantities import (
    PERCENTAGE,
    RATE,
    SIZE,
    TIME,
    WHOLE,
    Count,
    Quantity,
    Switch,
    Words,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes

Options = Mapping[str, int]

#: The kernel counts time in 64 ns here (PSCHED_SHIFT in include/net/pkt_sched.h).
_TICK = 64
_TWO, _U64, _S64 = struct.Struct("=II"), struct.Struct("=Q"), struct.Struct("=q")
_SECOND = 10**9


class Option(NamedTuple):
    """An option of a discipline.

    ``takes`` is its sort of quantity. ``default`` is what counts when it is not written; None: it is left alone then.
    ``word`` is that of ``tc``, where it is another than its name. ``sticks``: the kernel keeps it as it is, unless it
    is told another. ``fixed``: the kernel does not change it. The rest is for :func:`_attributes`: ``code`` and
    ``size`` of the kernel's attribute, and what it counts in.
    """

    takes: Quantity
    description: str = ""
    default: Optional[int] = None
    word: Optional[str] = None
    sticks: bool = False
    fixed: bool = False
    code: int = 0
    size: int = 4
    scale: int = 1


class Discipline(NamedTuple):
    """A queueing discipline: its options in the order of ``tc``, and how the kernel has them (TCA_OPTIONS).

    ``decode`` gives None where the kernel has something that no option here says.
    """

    options: Mapping[str, Option]
    encode: Callable[[Options], bytes]
    decode: Callable[[bytes], Optional[dict[str, int]]]


# ---- netem (linux/pkt_sched.h: struct tc_netem_qopt, TCA_NETEM_…; net/sched/sch_netem.c)

_NETEM, _NETEM_RATE = struct.Struct("=6I"), struct.Struct("=IiIi")
_CORRELATIONS, _REORDER, _CORRUPT, _LOSS_MODEL, _RATE, _ECN, _NETEM_RATE64 = 1, 3, 4, 5, 6, 7, 8
_LATENCY64, _JITTER64, _SLOT = 10, 11, 12


def _encode_netem(options: Options) -> bytes:
    delay, jitter, rate, reorder = (options[name] for name in ("delay", "jitter", "rate", "reorder"))
    ticks = [min(time // _TICK, WHOLE) for time in (delay, jitter)]
    # A gap of 1: each packet may be reordered, not one of so many.
    body = _NETEM.pack(ticks[0], options["limit"], options["loss"], int(reorder > 0), options["duplicate"], ticks[1])
    fields = [
        (_CORRELATIONS, bytes(12)),
        (_REORDER, _TWO.pack(reorder, 0)),
        (_CORRUPT, _TWO.pack(options["corrupt"], 0)),
        (_RATE, _NETEM_RATE.pack(min(rate, WHOLE), 0, 0, 0)),
        *([(_NETEM_RATE64, _U64.pack(rate))] if rate > WHOLE else []),
        (_LATENCY64, _S64.pack(delay)),
        (_JITTER64, _S64.pack(jitter)),
    ]
    return body + b"".join(attribute(code, value) for code, value in fields)


def _decode_netem(raw: bytes) -> Optional[dict[str, int]]:
    latency, limit, loss, gap, duplicate, jitter = _NETEM.unpack_from(raw)
    fields = attributes(raw, _NETEM.size - 16)
    reorder, corrupt = (_TWO.unpack_from(fields.get(code, bytes(8))) for code in (_REORDER, _CORRUPT))
    rate, *overhead = _NETEM_RATE.unpack_from(fields.get(_RATE, bytes(16)))
    others = {_LOSS_MODEL, _ECN, _SLOT} & fields.keys()
    if others or gap > 1 or reorder[1] or corrupt[1] or any(overhead) or any(fields.get(_CORRELATIONS, b"")):
        return None
    return {
        "delay": _S64.unpack(fields[_LATENCY64])[0] if _LATENCY64 in fields else latency * _TICK,
        "jitter": _S64.unpack(fields[_JITTER64])[0] if _JITTER64 in fields else jitter * _TICK,
        "loss": loss,
        "duplicate": duplicate,
        "corrupt": corrupt[0],
        "reorder": reorder[0],
        "rate": _U64.unpack(fields[_NETEM_RATE64])[0] if _NETEM_RATE64 in fields else rate,
        "limit": limit,
    }


# ---- tbf (linux/pkt_sched.h: struct tc_ratespec, tc_tbf_qopt, TCA_TBF_…; net/sched/sch_tbf.c)

#: The ratespecs of the rate and of a peak rate (cell_log, linklayer, overhead, cell_align, mpu, rate); limit, buffer,
#: mtu. Ethernet, said as the link layer, spares a table of times.
_TBF, _ETHERNET = struct.Struct("=BBHhHI BBHhHI III"), 1
_PARMS, _TBF_RATE64, _BURST = 1, 4, 6


def _encode_tbf(options: Options) -> bytes:
    rate, burst = options["rate"], options["burst"]
    ticks = min(burst * _SECOND // rate // _TICK, WHOLE)
    spec = (0, _ETHERNET, 0, 0, 0, min(rate, WHOLE))
    parms = _TBF.pack(*spec, *(6 * (0,)), options["limit"], ticks, 0)
    fields = [
        (_PARMS, parms),
        (_BURST, struct.pack("=I", burst)),
        *([(_TBF_RATE64, _U64.pack(rate))] if rate > WHOLE else []),
    ]
    return b"".join(attribute(code, value) for code, value in fields)


def _decode_tbf(raw: bytes) -> Optional[dict[str, int]]:
    fields = attributes(raw, -16)
    _log, layer, overhead, _align, mpu, rate, *peak, limit, ticks, _mtu = _TBF.unpack_from(fields[_PARMS])
    if _TBF_RATE64 in fields:
        rate = _U64.unpack(fields[_TBF_RATE64])[0]
    if overhead or mpu or layer not in (0, _ETHERNET) or peak[-1]:
        return None
    return {"rate": rate, "burst": -(-ticks * _TICK * rate // _SECOND), "limit": limit}


# ---- those whose options are attributes, one each


def _attributes(options: Mapping[str, Option]) -> Discipline:
    def encode(given: Options) -> bytes:
        fields = [(options[name], value) for name, value in given.items()]
        return b"".join(
            attribute(one.code, (value // one.scale).to_bytes(one.size, sys.byteorder)) for one, value in fields
        )

    def decode(raw: bytes) -> Optional[dict[str, int]]:
        fields = attributes(raw, -16)
        found = {name: fields.get(one.code) for name, one in options.items()}
        return {
            name: options[name].scale * int.from_bytes(one, sys.byteorder)
            for name, one in found.items()
            if one is not None
        }

    return Discipline(options, encode, decode)


def _with_target(cake: Discipline) -> Discipline:
    """Return cake, which tc tells a target (TCA_CAKE_TARGET, in microseconds) of a twentieth of the round trip time."""

    def encode(given: Options) -> bytes:
        fields = cake.encode(given)
        if "rtt" not in given:
            return fields
        return fields + attribute(8, struct.pack("=I", max(given["rtt"] // _MICROSECOND // 20, 1)))

    return cake._replace(encode=encode)


_MICROSECOND = 1000
_NETEM_OPTIONS = {
    "limit": Option(Count("a number of packets", 1), default=1000),
    "delay": Option(TIME, default=0),
    "jitter": Option(TIME, default=0, word=""),
    "loss": Option(PERCENTAGE, default=0),
    "duplicate": Option(PERCENTAGE, default=0),
    "corrupt": Option(PERCENTAGE, default=0, sticks=True),
    "reorder": Option(PERCENTAGE, default=0, sticks=True),
    "rate": Option(RATE, default=0, sticks=True),
}
_TBF_OPTIONS = {"rate": Option(RATE), "burst": Option(SIZE), "limit": Option(SIZE)}
_FQ_CODEL_OPTIONS = {
    "limit": Option(Count("a number of packets", 1), "How many packets there is room for.", code=2),
    "flows": Option(
        Count("a number of flows", 1, 65536), "How many queues flows are told apart by.", fixed=True, code=5
    ),
    "quantum": Option(Count("a number of bytes", 256, 2**20), "How many bytes a flow sends in its turn.", code=6),
    "target": Option(TIME, "The delay of its queue that is borne.", code=1, scale=_MICROSECOND),
    "interval": Option(TIME, "The time for which that may be more.", code=3, scale=_MICROSECOND),
    "memory_limit": Option(SIZE, "How many bytes of memory there are for packets.", code=9),
    "ecn": Option(Switch("noecn", "ecn"), "Whether packets are marked instead of dropped.", word="", code=4),
}
_CAKE_OPTIONS = {
    "bandwidth": Option(RATE, "The rate.", code=2, size=8),
    "diffserv": Option(
        Words("diffserv3", "diffserv4", "diffserv8", "besteffort", "precedence"),
        "The classes of priority.",
        word="",
        code=3,
    ),
    "isolation": Option(
        Words(*("flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate")),
        "Between what it is fair.",
        word="",
        code=5,
    ),
    "nat": Option(Switch("nonat", "nat"), "Whether it looks behind address translation.", word="", code=11),
    "wash": Option(Switch("nowash", "wash"), "Whether it clears marks of priority.", word="", code=13),
    "ingress": Option(Switch("egress", "ingress"), "Whether it shapes what comes in (on an ifb).", word="", code=15),
    "rtt": Option(TIME, "The round trip time of most flows.", code=7, scale=_MICROSECOND),
    "memory_limit": Option(SIZE, "How many bytes of memory there are for packets.", word="memlimit", code=10),
}
DISCIPLINES: Mapping[str, Discipline] = {
    "netem": Discipline(_NETEM_OPTIONS, _encode_netem, _decode_netem),
    "tbf": Discipline(_TBF_OPTIONS, _encode_tbf, _decode_tbf),
    "fq_codel": _attributes(_FQ_CODEL_OPTIONS),
    "cake": _with_target(_attributes(_CAKE_OPTIONS)),
    "ingress": Discipline({}, lambda options: b"", lambda raw: {}),
}


def decoded(kind: str, raw: bytes) -> Optional[dict[str, int]]:
    """Return the options of a discipline as the kernel has them; None where they cannot all be said here."""
    known = DISCIPLINES.get(kind)
    try:
        return None if known is None else known.decode(raw)
    except (struct.error, KeyError):
        return None


def same(kind: str, asked: Options, shown: Options) -> bool:
    """Return whether the kernel has what was asked for, as far as it can: it counts times in ticks."""
    return all(name in shown and _near(kind, name, value, shown) for name, value in asked.items())


def _near(kind: str, name: str, asked: int, shown: Options) -> bool:
    if (kind, name) == ("tbf", "burst"):
        # It has the time that the burst takes, in as many ticks as 32 bits have room for.
        ticks = [size * _SECOND // shown["rate"] // _TICK for size in (asked, shown[name])]
        apart = (ticks[0] - ticks[1]) % (WHOLE + 1)
        return min(apart, WHOLE + 1 - apart) <= 2 + _SECOND // shown["rate"] // _TICK
    if kind == "fq_codel" and name in ("target", "interval"):
        # It has times of 1024 ns (CODEL_SHIFT in include/net/codel.h), and tells them in whole microseconds.
        return abs(asked - shown[name]) <= 2 * 1024
    return asked // DISCIPLINES[kind].options[name].scale == shown[name] // DISCIPLINES[kind].options[name].scale


def changeable(kind: str, was: Optional[Options], asked: Options) -> bool:
    """Return whether the kernel turns a discipline into what is asked for while packets are in it."""
    fixed = [name for name, option in DISCIPLINES[kind].options.items() if option.fixed and name in asked]
    return was is not None and all(was.get(name) == asked[name] for name in fixed)


def changes(kind: str, asked: Options) -> dict[str, int]:
    """Return the options that are told when a discipline is changed where it is: the kernel refuses those it keeps."""
    return {name: one for name, one in asked.items() if not DISCIPLINES[kind].options[name].fixed}


def asked_again(kind: str, raw: bytes, changed: bool = False) -> bytes:
    """Return the options of a report as those of a request that brings the same about.

    ``changed``: the discipline is there. The kernel refuses those that it keeps then.
    """
    known = DISCIPLINES.get(kind)
    fixed = {one.code for one in known.options.values() if one.fixed} if changed and known is not None else set()
    times = _CODEL_TIMES.get(kind, ())
    if not fixed and not times:
        return raw
    fields = {code: one for code, one in attributes(raw, -16).items() if code not in fixed}
    fields.update({code: _microseconds(fields[code]) for code in times if code in fields})
    return b"".join(attribute(code, one) for code, one in fields.items())


#: The attributes that are times of CoDel: TCA_FQ_CODEL_TARGET, INTERVAL, CE_THRESHOLD; TCA_CODEL_….
_CODEL_TIMES = {"fq_codel": (1, 3, 7), "codel": (1, 3, 5)}


def _microseconds(fields: bytes) -> bytes:
    """Return a time of CoDel as it has to be asked for, in microseconds, so that the kernel has what it told.

    It keeps times in 1024 ns, and rounds down both what it is asked for and what it tells (include/net/codel.h).
    """
    (time,) = struct.unpack("=I", fields)
    ticks = -(-time * 1000 // 1024)
    return struct.pack("=I", min(-(-ticks * 1024 // 1000), WHOLE))


def arguments(kind: str, asked: Options, was: Options) -> list[str]:
    """Return a discipline as ``tc`` takes it, in the place of one of its kind that has other options, or none."""
    found = [kind]
    for name, option in DISCIPLINES[kind].options.items():
        value = asked.get(name)
        if value is None or (value == option.default and not (option.sticks and was.get(name))):
            continue
        word = name if option.word is None else option.word
        found += [*([word] if word else []), option.takes.text(value)]
    return found


def leaf(kind: str, options: Optional[Options]) -> dict[str, Any]:
    """Return a discipline as results and views have it; without options where they cannot all be said here."""
    known = DISCIPLINES.get(kind)
    if known is None or options is None:
        return {"qdisc": kind}
    fields = ((name, one) for name, one in known.options.items() if name in options)
    return {
        "qdisc": kind,
        **{name: one.takes.shown(options[name]) for name, one in fields if options[name] != one.default},
    }
