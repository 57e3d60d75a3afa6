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
    Minor,
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
    spec = (0, _ETHERNET, 0, 0, 0, min(rate, WHOLE))
    parms = _TBF.pack(*spec, *(6 * (0,)), options["limit"], _time_of(burst, rate), 0)
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
    return {"rate": rate, "burst": _size_of(ticks, rate), "limit": limit}


# ---- htb: the discipline, and a class of it (struct tc_htb_glob, tc_htb_opt, TCA_HTB_…; net/sched/sch_htb.c)

#: version, rate2quantum, defcls, debug, direct_pkts; what tc says of the first two.
_HTB_INIT, _HTB_VERSION, _RATE_TO_QUANTUM = struct.Struct("=5I"), 3, 10
#: The ratespecs of the rate and of the ceiling; buffer, cbuffer, quantum, level, prio.
_HTB = struct.Struct("=BBHhHI BBHhHI 5I")
_HTB_PARMS, _INIT, _HTB_RATE64, _HTB_CEIL64 = 1, 2, 6, 7


def _encode_htb(options: Options) -> bytes:
    return attribute(_INIT, _HTB_INIT.pack(_HTB_VERSION, _RATE_TO_QUANTUM, options["default"], 0, 0))


def _decode_htb(raw: bytes) -> Optional[dict[str, int]]:
    _version, _quantum, default, _debug, _counted = _HTB_INIT.unpack(attributes(raw, -16)[_INIT])
    return {"default": default}


def _encode_htb_class(options: Options) -> bytes:
    rate, ceil = options["rate"], options["ceil"]
    specs = (value for one in (rate, ceil) for value in (0, _ETHERNET, 0, 0, 0, min(one, WHOLE)))
    parms = _HTB.pack(*specs, _time_of(options["burst"], rate), _time_of(options["cburst"], ceil), 0, 0, 0)
    more = ((_HTB_RATE64, rate), (_HTB_CEIL64, ceil))
    wide = b"".join(attribute(code, _U64.pack(one)) for code, one in more if one > WHOLE)
    return attribute(_HTB_PARMS, parms) + wide


def _decode_htb_class(raw: bytes) -> Optional[dict[str, int]]:
    fields = attributes(raw, -16)
    numbers = _HTB.unpack_from(fields[_HTB_PARMS])
    specs, (buffer, cbuffer) = (numbers[:6], numbers[6:12]), numbers[12:14]
    if any(overhead or mpu or layer not in (0, _ETHERNET) for _log, layer, overhead, _align, mpu, _rate in specs):
        return None
    rate, ceil = (
        _U64.unpack(fields[code])[0] if code in fields else spec[-1]
        for code, spec in zip((_HTB_RATE64, _HTB_CEIL64), specs)
    )
    return {"rate": rate, "ceil": ceil, "burst": _size_of(buffer, rate), "cburst": _size_of(cbuffer, ceil)}


def _time_of(size: int, rate: int) -> int:
    """Return the time that bytes take at a rate, in ticks."""
    return min(size * _SECOND // rate // _TICK, WHOLE)


def _size_of(ticks: int, rate: int) -> int:
    """Return how many bytes a time is at a rate."""
    return -(-ticks * _TICK * rate // _SECOND)


def most_at(rate: int) -> int:
    """Return the most bytes whose time at a rate the kernel has room for."""
    return WHOLE * _TICK * rate // _SECOND


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
_HTB_OPTIONS = {
    "rate": Option(RATE, "The rate that the class has for itself."),
    "ceil": Option(RATE, "The rate that it never goes beyond; that of its own, when omitted."),
    "burst": Option(SIZE, "How many bytes may be sent at once at more than the rate."),
    "cburst": Option(SIZE, "How many bytes may be sent at once at more than ceil."),
}
#: Disciplines with classes, of which one is made, for all that is sent: the options that people say are those of it.
CLASSES: Mapping[str, Discipline] = {"htb": Discipline(_HTB_OPTIONS, _encode_htb_class, _decode_htb_class)}
DISCIPLINES: Mapping[str, Discipline] = {
    "htb": Discipline({"default": Option(Minor("a class", 1, 0xFFFF))}, _encode_htb, _decode_htb),
    "netem": Discipline(_NETEM_OPTIONS, _encode_netem, _decode_netem),
    "tbf": Discipline(_TBF_OPTIONS, _encode_tbf, _decode_tbf),
    "fq_codel": _attributes(_FQ_CODEL_OPTIONS),
    "cake": _with_target(_attributes(_CAKE_OPTIONS)),
    "ingress": Discipline({}, lambda options: b"", lambda raw: {}),
}


def options_of(kind: str) -> Mapping[str, Option]:
    """Return the options of a discipline that people say."""
    return (CLASSES.get(kind) or DISCIPLINES[kind]).options


def decoded(kind: str, raw: bytes, among: Optional[Mapping[str, Discipline]] = None) -> Optional[dict[str, int]]:
    """Return the options of a discipline, or of one ``among`` others, as the kernel has them; None where they cannot
    all be said here.
    """
    known = (DISCIPLINES if among is None else among).get(kind)
    try:
        return None if known is None else known.decode(raw)
    except (struct.error, KeyError):
        return None


def same(kind: str, asked: Options, shown: Options) -> bool:
    """Return whether the kernel has what was asked for, as far as it can: it counts times in ticks."""
    return all(name in shown and _near(kind, name, value, shown) for name, value in asked.items())


#: At what rate a burst is sent, by its name.
_RATE_OF = {"burst": "rate", "cburst": "ceil"}


def _near(kind: str, name: str, asked: int, shown: Options) -> bool:
    if name in _RATE_OF:
        # It has the time that the burst takes, in as many ticks as 32 bits have room for.
        rate = shown[_RATE_OF[name]]
        ticks = [size * _SECOND // rate // _TICK for size in (asked, shown[name])]
        apart = (ticks[0] - ticks[1]) % (WHOLE + 1)
        return min(apart, WHOLE + 1 - apart) <= 2 + _SECOND // rate // _TICK
    if kind == "fq_codel" and name in ("target", "interval"):
        # It has times of 1024 ns (CODEL_SHIFT in include/net/codel.h), and tells them in whole microseconds.
        return abs(asked - shown[name]) <= 2 * 1024
    scale = options_of(kind)[name].scale
    return asked // scale == shown[name] // scale


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


def arguments(kind: str, asked: Options, was: Options, among: Optional[Mapping[str, Discipline]] = None) -> list[str]:
    """Return a discipline, or one ``among`` others, as ``tc`` takes it, in the place of one of its kind that has other
    options, or none.
    """
    found = [kind]
    for name, option in (DISCIPLINES if among is None else among)[kind].options.items():
        value = asked.get(name)
        if value is None or (value == option.default and not (option.sticks and was.get(name))):
            continue
        word = name if option.word is None else option.word
        found += [*([word] if word else []), option.takes.text(value)]
    return found


def leaf(kind: str, options: Optional[Options]) -> dict[str, Any]:
    """Return a discipline as results and views have it; without options where they cannot all be said here."""
    if kind not in DISCIPLINES or options is None:
        return {"qdisc": kind}
    fields = ((name, one) for name, one in options_of(kind).items() if name in options)
    return {
        "qdisc": kind,
        **{name: one.takes.shown(options[name]) for name, one in fields if options[name] != one.default},
    }
