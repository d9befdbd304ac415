"""The activator as it runs on a kernel that can do nothing for it."""

import runpy

from gasthof.slices.web.activator import machine

machine.look = lambda: machine.Machine(False, False, False, False, hard_links=False, symlinks=False)
runpy.run_module("gasthof.slices.web.activator", run_name="__main__")
