"""The machine: what it is, and whether anything else uses its cores."""

import os
import time

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8", "avx_vnni")


def describe() -> dict:
    """Model, cores, instruction sets, memory, system."""
    import platform  # takes a while, and a cold start imports this module

    fields = {}
    with open("/proc/cpuinfo") as info:
        for line in info:
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
    present = fields.get("flags", "").split()
    return {
        "cpu": fields.get("model name", platform.machine()),
        "family": int(fields.get("cpu family", 0)),
        "model": int(fields.get("model", 0)),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in present],
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
    }


def busy_seconds() -> float:
    """What everyone has used of all cores since boot, or a hypervisor has taken from them."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, interrupts, soft, stolen = map(int, stat.readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def load(seconds: float) -> float:
    """Cores in use over the next seconds, on average."""
    busy, start = busy_seconds(), time.perf_counter()
    time.sleep(seconds)
    return (busy_seconds() - busy) / (time.perf_counter() - start)


def memory_kb(pid="self") -> dict[str, int]:
    """Resident memory of a process in kB: now, at its highest, and the part of it that no file backs."""
    names = {"VmRSS": "resident", "VmHWM": "peak", "RssAnon": "anonymous"}
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {to: int(fields[name].split()[0]) for name, to in names.items()}
