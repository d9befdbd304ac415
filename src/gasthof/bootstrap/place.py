"""Where the code runs from and where state lies. Service users must be able to reach both."""

import hashlib
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gasthof.bootstrap.refusal import Refusal

STATE = Path("/var/lib/gasthof")
LONGEST = 70  # characters: sockets below the prefix must fit into the kernel's 107 (unix(7))
PLAIN = re.compile(r"/[A-Za-z0-9._/-]+")  # no quoting needed in any daemon's configuration
LEFT_OUT = {".git", "var", "__pycache__"}


@dataclass(frozen=True)
class Place:
    checkout: Path  # where the operator calls ./gasthof
    code: Path  # holds src/; the checkout, or a copy that service users can read
    default: Path  # the default prefix; the Python environment lies below it
    prefix: Path
    why: str | None = None  # the reason for the copy

    @property
    def python(self) -> Path:
        return self.default / "env" / "bin" / "python"

    @property
    def source(self) -> Path:
        return self.code / "src"


def closed_ancestor(path: Path) -> Path | None:
    """The first folder on the way to path that other uids may not pass, path included."""
    for folder in (*reversed(path.parents), path):
        if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def unsuited(path: Path) -> str | None:
    """Why daemons could not work below this path, as half a sentence, or None."""
    if closed := closed_ancestor(path):
        return f"other users may not enter {closed}"
    if not PLAIN.fullmatch(str(path)):
        return "its path holds characters that need quoting in the daemons' configurations"
    if len(str(path)) > LONGEST:
        return f"its path is longer than {LONGEST} characters, too long for unix sockets below it"
    return None


def unreadable(tree: Path) -> Path | None:
    """A file of the tree that other uids cannot read."""
    for path in files(tree):
        wanted = stat.S_IXOTH | stat.S_IROTH if path.is_dir() else stat.S_IROTH
        if path.stat().st_mode & wanted != wanted:
            return path
    return None


def files(tree: Path) -> Iterator[Path]:
    """The tree and all below it, without links, caches and what git keeps."""
    yield tree
    for path in tree.iterdir():
        if path.name in LEFT_OUT or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def refuge(checkout: Path, state: Path = STATE) -> Path:
    """The default prefix of a checkout that daemons cannot work in."""
    return state / hashlib.sha256(str(checkout).encode()).hexdigest()[:8]


def locate(checkout: Path, wanted: Path | None, state: Path = STATE) -> Place:
    """Reads only. `wanted` is the operator's --prefix."""
    var = checkout / "var"
    why = unsuited(var)
    if not why and (closed := unreadable(checkout / "src")):
        why = f"other users may not read {closed}"
    usual = var.resolve() if var.is_symlink() else var
    default = refuge(checkout, state) if why else usual
    code = default / "code" if why else checkout
    return Place(checkout, code, default, wanted.absolute() if wanted else default, why)


def settle(place: Place) -> None:
    """Make the folders; where the checkout does not suit, ./var becomes a link and the code is copied.

    Raises Refusal when a prefix that was asked for does not suit, or ./var holds an installation that cannot work.
    """
    if place.prefix != place.default and (reason := unsuited(place.prefix)):
        closed = closed_ancestor(place.prefix)
        advice = f"`chmod o+x {closed}`, or choose" if closed else "Choose"
        raise Refusal(f"The prefix {place.prefix} cannot be used: {reason}. {advice} another one, below /srv say.")
    for folder in (place.default, place.prefix):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o755)
    if place.why:
        _link(place)
        _copy(place)


def _link(place: Place) -> None:
    var = place.checkout / "var"
    if var.is_symlink() and var.resolve() == place.default:
        return
    if var.is_symlink():
        var.unlink()
    elif var.exists():
        kept = {entry.name for entry in var.iterdir()} - {"env", "env.lock", "tests"}
        if kept:
            raise Refusal(
                f"{var} holds an installation ({', '.join(sorted(kept)[:3])}), but {place.why}. "
                f"Open the way for other users, or move {var} away and run this again."
            )
        shutil.rmtree(var)
    var.symlink_to(place.default)


def _copy(place: Place) -> None:
    """The tree as it stands now; files that are gone from the checkout go here too."""
    fresh, old = place.default / "code.new", place.default / "code.old"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(place.checkout, fresh, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    for path in files(fresh):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    (fresh / "var").symlink_to(place.default)
    if (place.checkout / ".git").is_dir():  # tests ask git which files are ours
        (fresh / ".git").write_text(f"gitdir: {place.checkout / '.git'}\n")
    shutil.rmtree(old, ignore_errors=True)
    if place.code.exists():
        place.code.rename(old)
    fresh.rename(place.code)
    shutil.rmtree(old, ignore_errors=True)
