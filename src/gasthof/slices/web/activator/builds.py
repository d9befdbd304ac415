"""Which PHP versions a node has: Debian's php-fpm binaries, and builds that the node's file registers."""

import json
import re
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.web.node.pool import VERSION

SYSTEM = Path("/usr/sbin")
_DEBIAN = re.compile(r"php-fpm([0-9]{1,2}\.[0-9]{1,2})")


def installed_versions(prefix: Prefix) -> dict[str, Path]:
    """Version -> php-fpm binary. A registered build replaces Debian's of the same version.

    The register is PREFIX/node/php/builds.json, {"8.3": "/opt/php-8.3/sbin/php-fpm"}, root's.
    ValueError: it is damaged.
    """
    found = {match[1]: path for path in SYSTEM.glob("php-fpm*") if (match := _DEBIAN.fullmatch(path.name))}
    return dict(sorted((found | _registered(prefix)).items()))


def _registered(prefix: Prefix) -> dict[str, Path]:
    register = prefix.state / "php" / "builds.json"
    if not register.exists():
        return {}
    data = json.loads(register.read_text("utf-8"))
    if not isinstance(data, dict) or not all(_sound(version, path) for version, path in data.items()):
        raise ValueError(f"{register}: want versions like 8.3 and absolute paths")
    return {version: Path(path) for version, path in data.items()}


def _sound(version: object, path: object) -> bool:
    return (
        isinstance(version, str)
        and VERSION.fullmatch(version) is not None
        and isinstance(path, str)
        and path.startswith("/")
    )
