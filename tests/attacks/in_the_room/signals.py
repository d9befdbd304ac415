"""Which processes can be signalled, traced, or looked into, but for those of the room itself."""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

ATTACH, SEIZE = 16, 0x4206  # linux/ptrace.h
libc = ctypes.CDLL(None)
own, done = set(), []
for folder in [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]:
    try:
        mine = folder.stat().st_uid == os.getuid()
    except OSError:
        continue  # it has ended
    own |= {int(folder.name)} if mine else set()
    done += [] if mine else [f"sees {folder.name}"]
for pid in set(json.load(sys.stdin)["pids"]) - own:
    for number in (0, signal.SIGCONT):
        try:
            os.kill(pid, number)
            done.append(f"signalled {pid}")
        except OSError:
            pass
    done += [f"traced {pid}" for way in (ATTACH, SEIZE) if libc.ptrace(way, pid, 0, 0) == 0]
    for name in ("mem", "environ", "maps", "fd", "root", "cwd"):
        done += [f"looked into {pid}"] if os.access(f"/proc/{pid}/{name}", os.R_OK) else []
print(json.dumps(done))
