"""Holds that the runtime's archive defines one visible call and needs libc only: no libstdc++, no printing, no abort."""

import re
import subprocess
import sys

nm, archive, symbols = sys.argv[1:]
lines = subprocess.run([nm, archive], capture_output=True, text=True, check=True).stdout.splitlines()
defined, undefined = set(), set()
for line in lines:
    if match := re.match(r"[0-9a-f]* *([A-Za-z]) (\S+)$", line):
        (undefined if match[1] == "U" else defined).add(match[2])

# What the program and the linker give; then libc, function by function, so that a new one is a decision.
given = {"xf_program_instance", "_GLOBAL_OFFSET_TABLE_", "__tls_get_addr"}
libc = set(
    """__errno_location __sched_cpucount sched_yield aligned_alloc clock_gettime close dladdr free fstat getpid madvise malloc memcmp memcpy memmove
    memset mmap munmap open pthread_create pthread_join pthread_mutex_destroy pthread_mutex_init pthread_mutex_lock
    pthread_mutex_unlock pthread_sigmask read sched_getaffinity sigfillset snprintf stat strchr strcmp strcspn strerror strlen strncmp strrchr
    syscall vsnprintf __stack_chk_fail""".split()
)
problems = [f"needs `{name}`" for name in sorted(undefined - defined - given - libc)]

# Every C symbol is one that the host program calls, a hook of Halide, or listed as exported.
exported = {line for line in open(symbols).read().split() if "NAME" not in line}
for name in sorted(name for name in defined if not name.startswith(("_Z", ".L", "halide_"))):
    if name not in exported | {"xf_rt_launch"}:
        problems.append(f"defines `{name}`")
problems += [f"lacks `{name}`" for name in sorted(exported - defined)]

print("\n".join(problems) or "as it should be")
sys.exit(bool(problems))
