"""Pure decisions about websites: PHP settings, document roots, which addresses a protected directory covers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gasthof.kernel.refusal import Refused
from gasthof.slices.web.spec import ProtectedUser, Protection

ROOT = "web"  # document roots lie below this folder of the subscription
VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Number:
    """A whole number within limits."""

    default: str
    lowest: int
    highest: int

    def check(self, text: str) -> str:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.lowest <= int(text) <= self.highest:
            raise Refused(
                "A number from %(lowest)d to %(highest)d is needed.", lowest=self.lowest, highest=self.highest
            )
        return str(int(text))


@dataclass(frozen=True)
class Size:
    """An amount of memory in MiB, written "64M" (or "1G")."""

    default: str
    lowest: int
    highest: int

    def check(self, text: str) -> str:
        match = re.fullmatch(r"([0-9]{1,6})([MG])", text.upper())
        mebibytes = int(match[1]) * (1024 if match[2] == "G" else 1) if match else 0
        if not self.lowest <= mebibytes <= self.highest:
            raise Refused(
                "A size from %(lowest)dM to %(highest)dM is needed.", lowest=self.lowest, highest=self.highest
            )
        return f"{mebibytes}M"


@dataclass(frozen=True)
class Choice:
    """One out of a list."""

    default: str
    choices: tuple[str, ...]

    def check(self, text: str) -> str:
        if text not in self.choices:
            raise Refused("One of these is needed: %(choices)s.", choices=", ".join(self.choices))
        return text


@dataclass(frozen=True)
class Switch:
    """ "1" for on, "0" for off, as PHP reads them."""

    default: str

    def check(self, text: str) -> str:
        if text.lower() in {"1", "on", "yes", "true"}:
            return "1"
        if text.lower() in {"0", "off", "no", "false"}:
            return "0"
        raise Refused("“on” or “off” is needed.")


@dataclass(frozen=True)
class Zone:
    """A name of the time zone database, such as Europe/Berlin."""

    default: str

    def check(self, text: str) -> str:
        if not re.fullmatch(r"UTC|[A-Z][A-Za-z_]{1,20}(/[A-Za-z0-9_+-]{1,30}){1,2}", text):
            raise Refused("A time zone such as Europe/Berlin is needed.")
        return text


PhpSetting = Number | Size | Choice | Switch | Zone

# What a customer may set. Nothing here names a file, a function, a class or an extension.
PHP_SETTINGS: Mapping[str, PhpSetting] = {
    "date.timezone": Zone("Europe/Berlin"),
    "default_charset": Choice("UTF-8", ("UTF-8", "ISO-8859-1", "ISO-8859-15", "Windows-1252")),
    "display_errors": Switch("0"),
    "error_reporting": Choice("22527", ("0", "1", "22527", "24575", "30711", "30719", "32767")),
    "log_errors": Switch("1"),
    "max_execution_time": Number("30", 1, 300),
    "max_file_uploads": Number("20", 0, 200),
    "max_input_time": Number("60", 1, 300),
    "max_input_vars": Number("1000", 100, 20_000),
    "memory_limit": Size("128M", 16, 1024),
    "output_buffering": Choice("4096", ("0", "4096", "8192", "65536")),
    "post_max_size": Size("16M", 1, 1024),
    "session.cookie_httponly": Switch("1"),
    "session.cookie_samesite": Choice("Lax", ("Lax", "Strict", "None")),
    "session.cookie_secure": Switch("1"),
    "session.gc_maxlifetime": Number("1440", 60, 604_800),
    "short_open_tag": Switch("0"),
    "upload_max_filesize": Size("16M", 1, 1024),
    "zlib.output_compression": Switch("0"),
}


def php_settings(changed: Mapping[str, str]) -> dict[str, str]:
    """All settings of the safe list, those of `changed` in place of the defaults. Raises Refused."""
    settings = {name: setting.default for name, setting in PHP_SETTINGS.items()}
    return settings | {name: check_setting(name, value) for name, value in changed.items()}


def check_setting(name: str, value: str) -> str:
    """The value as PHP is told it, or Refused."""
    setting = PHP_SETTINGS.get(name)
    if setting is None:
        raise Refused("“%(name)s” is not a PHP setting that can be changed.", name=name[:60])
    try:
        return setting.check(value.strip())
    except Refused as refusal:
        refusal.part = name
        raise


def newest(versions: Iterable[str]) -> str | None:
    """The highest PHP version, "8.10" above "8.9"; None where there is none."""
    return max((v for v in versions if VERSION.fullmatch(v)), key=version_order, default=None)


def version_order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def default_docroot(name: str) -> str:
    """The document root of a new site with this A-label, relative to the subscription's folder."""
    return f"{ROOT}/{name}"


def www_name(name: str) -> str | None:
    """The www name that a site with this A-label also answers to; None where it is one already or would be too long."""
    www = f"www.{name}"
    return None if name.startswith("www.") or len(www) > 253 else www


def check_docroot(path: str) -> str:
    """A document root lies below web/, not on it; else Refused."""
    if not path.startswith(f"{ROOT}/"):
        raise Refused("The document root must lie below “web/”.")
    return path


def check_protected(path: str) -> str:
    """A protected directory is web/ or lies below it; else Refused."""
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise Refused("The protected directory must be “web” or lie below it.")
    return path


@dataclass(frozen=True)
class Directory:
    """A protected directory as its owner set it up; `path` is relative to the subscription's folder."""

    path: str
    title: str
    users: tuple[ProtectedUser, ...] = ()


def protections(docroot: str, directories: Iterable[Directory]) -> tuple[Protection, ...]:
    """What of a site is protected. A directory on or above the document root covers the whole site; of several that
    cover the same address, the deepest directory decides, as it would in the file system."""
    chosen: dict[str, Directory] = {}
    for directory in sorted(directories, key=lambda each: each.path.count("/")):
        address = covered(docroot, directory.path)
        if address is not None:
            chosen[address] = directory
    return tuple(Protection(address, each.title, each.users) for address, each in sorted(chosen.items()))


def covered(docroot: str, directory: str) -> str | None:
    """The URL path below which the directory's files are seen; "" is the whole site, None nothing of it."""
    if docroot == directory or docroot.startswith(f"{directory}/"):
        return ""
    return directory[len(docroot) :] if directory.startswith(f"{docroot}/") else None
