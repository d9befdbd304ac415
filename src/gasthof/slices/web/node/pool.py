"""A customer's php-fpm pool: from the spec to the two files that describe it. Pure.

`SUBSCRIPTION.conf` is what php-fpm reads (php.net, "FastCGI Process Manager: Configuration"); `SUBSCRIPTION.json` is what the
activator must know to listen, to build the customer's room and to start the master: {"subscription", "uid", "version",
"max_children"}.
All other paths follow from the prefix, so that no file can point the activator elsewhere.

A site's own PHP settings are not here: they come with each request (PHP_VALUE), so a change of them touches no pool.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.web.spec import PoolSpec

SUBSCRIPTION = re.compile(r"[a-z][a-z0-9]{0,30}")
VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
LOWEST_UID = 1000  # below it live the machine's own users
HIGHEST_UID = 2**31 - 1
MOST_CHILDREN = 500
SHARED_LIBRARIES = "/usr/share/php"  # Debian's PHP packages, readable by every pool


@dataclass(frozen=True)
class Pool:
    """What the activator knows of one customer's PHP."""

    subscription: str
    uid: int
    version: str
    max_children: int

    @property
    def key(self) -> str:
        return f"{self.version}/{self.subscription}"


def pool_folder(prefix: Prefix, version: str) -> Path:
    return prefix.state / "php" / "pools" / version


def conf_path(prefix: Prefix, key: str) -> Path:
    return prefix.state / "php" / "pools" / f"{key}.conf"


def json_path(prefix: Prefix, key: str) -> Path:
    return prefix.state / "php" / "pools" / f"{key}.json"


def pool_files(prefix: Prefix, spec: PoolSpec) -> dict[Path, bytes]:
    """Both files of a pool, by path. ValueError: a value that has no place in a configuration."""
    _check(prefix, spec)
    pool = Pool(spec.subscription, spec.uid, spec.version, spec.max_children)
    return {
        conf_path(prefix, pool.key): _render(_sections(prefix, spec)).encode(),
        json_path(prefix, pool.key): json.dumps(asdict(pool), sort_keys=True).encode() + b"\n",
    }


def parse_key(key: object) -> str:
    """ "8.2/s000012", checked. ValueError: anything else."""
    if isinstance(key, str):
        version, _, subscription = key.partition("/")
        if VERSION.fullmatch(version) and SUBSCRIPTION.fullmatch(subscription):
            return key
    raise ValueError(f"not a pool: {key!r}")


def parse_pool(key: str, text: bytes) -> Pool:
    """A pool out of its json file. ValueError: damaged, or not the pool of that key."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError(f"{key}: not an object")
    uid = _within(data.get("uid"), "uid", LOWEST_UID, HIGHEST_UID)
    children = _within(data.get("max_children"), "max_children", 1, MOST_CHILDREN)
    pool = Pool(str(data.get("subscription")), uid, str(data.get("version")), children)
    if pool.key != key:
        raise ValueError(f"{key}: describes {pool.key}")
    return pool


def _check(prefix: Prefix, spec: PoolSpec) -> None:
    if re.search("[:,=]", str(prefix.root)):  # they part the entries of open_basedir and of FPM_SOCKETS
        raise ValueError(f"the prefix cannot stand in a php-fpm configuration: {prefix.root}")
    parse_key(f"{spec.version}/{spec.subscription}")
    _within(spec.uid, "uid", LOWEST_UID, HIGHEST_UID)
    _within(spec.max_children, "max_children", 1, MOST_CHILDREN)


def _within(value: object, name: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}, not a number from {low} to {high}")
    return value


def _sections(prefix: Prefix, spec: PoolSpec) -> dict[str, dict[str, str]]:
    logs = prefix.home(spec.subscription) / "logs" / "php"
    return {
        "global": {
            "daemonize": "no",
            "error_log": str(logs / "fpm.log"),
            "log_level": "warning",
            "process_control_timeout": "30s",
        },
        spec.subscription: _processes(prefix, spec) | _php(prefix, spec, logs),
    }


def _processes(prefix: Prefix, spec: PoolSpec) -> dict[str, str]:
    return {
        "listen": str(prefix.php_socket(spec.version, spec.subscription)),
        "pm": "ondemand",  # an idle master has no children: the activator may stop it (docs/decisions/0002)
        "pm.max_children": str(spec.max_children),
        "pm.process_idle_timeout": "5s",
        "pm.max_requests": "1000",
        "request_terminate_timeout": "600s",
        "clear_env": "yes",
        "env[PATH]": "/usr/bin:/bin",
        "env[HOME]": str(prefix.home(spec.subscription)),
        "env[TMPDIR]": str(prefix.home(spec.subscription) / "tmp"),
        "security.limit_extensions": ".php",
        "catch_workers_output": "no",
    }


def _php(prefix: Prefix, spec: PoolSpec, logs: Path) -> dict[str, str]:
    home = prefix.home(spec.subscription)
    tmp = str(home / "tmp")
    # The trailing slashes matter: without one, "web" would allow "web-old" too (php.net, open_basedir).
    allowed = ":".join((f"{home}/web/", f"{home}/tmp/", "/tmp/", f"{SHARED_LIBRARIES}/"))  # noqa: S108 - the room's own
    return (
        _admin_values(open_basedir=allowed, sys_temp_dir=tmp, upload_tmp_dir=tmp, error_log=str(logs / "php-error.log"))
        | {
            "php_admin_value[session.save_path]": tmp,
            "php_value[session.gc_probability]": "1",  # Debian's is 0: a job of root's collects there, in folders of its own only
            "php_value[session.gc_divisor]": "1000",
            "php_admin_flag[log_errors]": "on",
            "php_admin_flag[fastcgi.logging]": "off",  # error_log("...", 4) would fill nginx's log
            "php_admin_flag[enable_dl]": "off",
            "php_admin_flag[expose_php]": "off",
            "php_admin_flag[cgi.fix_pathinfo]": "on",  # or PHP_SELF would be PATH_INFO alone
            "php_admin_value[ffi.enable]": "false",
            "php_admin_flag[opcache.validate_permission]": "on",
            "php_admin_flag[opcache.validate_root]": "on",
            "php_admin_value[opcache.revalidate_freq]": "1",  # seconds; at 0, open_basedir costs a page some milliseconds
        }
    )


def _admin_values(**values: str) -> dict[str, str]:
    return {f"php_admin_value[{name}]": value for name, value in values.items()}


def _render(sections: dict[str, dict[str, str]]) -> str:
    lines = []
    for title, values in sections.items():
        lines.append(f"[{title}]")
        lines += [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """php-fpm's own ini grammar: nothing in a quoted value is special but the quote, backslash, $ and line breaks."""
    if re.search(r'["\\$\x00-\x1f\x7f]', value):
        raise ValueError(f"cannot stand in a php-fpm configuration: {value!r}")
    return f'"{value}"'
