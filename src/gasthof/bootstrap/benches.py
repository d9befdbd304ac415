"""`bench`: the known benchmarks by name. Each module has `run(small: bool) -> dict`, on a prefix of its own."""

import contextlib
import importlib
import json
import os
import sys
from typing import Any

from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import say
from gasthof.bootstrap.refusal import Refusal

BENCHES = {
    "nginx": "gasthof.slices.web.bench.nginx",
    "dns": "gasthof.slices.dns.bench.dns",
    "mail": "gasthof.slices.mail.bench.mail",
    "sweep": "gasthof.bench.sweep",
    "statement": "gasthof.bench.statement",
    "opening": "gasthof.bench.opening",
    "click-to-live": "gasthof.bench.click_to_live",
    "converge": "gasthof.bench.converge",
    "pages": "gasthof.bench.pages",
}

# In this order these can share one, where figures do not matter.
ON_ONE_PLATFORM = ("opening", "click-to-live", "converge", "pages", "sweep", "statement")


def bench(place: Place, name: str | None, *, as_json: bool, small: bool) -> int:
    """Runs in the Python environment; without a name it lists the names. Raises Refusal for a name that is none."""
    if name is None:
        say("\n".join(BENCHES))
        return 0
    if name not in BENCHES:
        raise Refusal(f"No benchmark {name}. There are: {', '.join(BENCHES)}.")
    if not place.python.exists():
        raise Refusal("The Python environment is not there yet: ./gasthof up makes it.")
    options = [option for option, wanted in (("--json", as_json), ("--small", small)) if wanted]
    values = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": f"{place.source}:{place.code}"}
    module = ["-m", "gasthof.bootstrap.benches", name, *options]
    os.chdir(place.code)
    os.execve(place.python, [str(place.python), *module], values)  # noqa: S606 - no shell is wanted


def main(words: list[str]) -> int:
    """Names, --small, --json. Exit code 0 whether or not targets are met: the table says so."""
    names = [word for word in words if not word.startswith("--")]
    with _together(names):
        for name in names:
            result = importlib.import_module(BENCHES[name]).run(small="--small" in words)
            say(json.dumps(result, ensure_ascii=False) if "--json" in words else table(result))
    return 0


def _together(names: list[str]) -> contextlib.AbstractContextManager[None]:
    """Several share one platform."""
    if len(names) == 1:
        return contextlib.nullcontext()
    from gasthof.bench.platform import shared  # needs the environment

    return shared()


def table(result: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{result['bench']} on {result['machine']}", f"  {'case':<44} {'n':>8} {'median':>12} {'p95':>12}"]
    for case in result["cases"]:
        figures = f"{_figure(case['median']):>12} {_figure(case['p95']):>12} {case['unit']}"
        lines.append(f"  {case['name']:<44} {case['n']:>8} {figures}")
    lines += [
        f"  [{one['name']}] {_figure(one['value'])}, limit {_figure(one['limit'])}: {_verdict(one)}"
        for one in result["targets"]
    ]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _verdict(target: dict[str, Any]) -> str:
    return "met" if target["met"] else "MISSED"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
