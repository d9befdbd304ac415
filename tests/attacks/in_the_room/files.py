"""Which of these files are there, by any way to them."""

import json
import os
import sys

found = []
for path in json.load(sys.stdin)["paths"]:
    for way in ("", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/../../../.."):
        if os.path.lexists(way + path):
            found.append(way + path)
print(json.dumps(found))
