"""Which unix sockets can be connected to, by any kind and any way to their path."""

import json
import socket
import sys

KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)
found = []
for name in json.load(sys.stdin)["names"]:
    ways = (
        ["\0" + name[1:]]
        if name.startswith("@")
        else [way + name for way in ("", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/../../../..")]
    )
    for way in ways:
        for kind in KINDS:
            with socket.socket(socket.AF_UNIX, kind) as wire:
                if len(way.encode()) < 108 and wire.connect_ex(way.encode()) == 0:
                    found.append(way)
print(json.dumps(found))
