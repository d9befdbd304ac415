"""Compiled translations: a .mo beside each .po, by Babel (`python -m gasthof.bootstrap.translations FILE.po ...`)."""

import sys
from pathlib import Path


def stale(source: Path) -> list[Path]:
    """The .po files below source whose .mo is missing or older."""
    catalogues = sorted(source.glob("gasthof/locale/*/LC_MESSAGES/*.po"))
    return [path for path in catalogues if _age(path.with_suffix(".mo")) < _age(path)]


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else -1


def compile_catalogue(path: Path) -> None:
    """A whole .mo or none. Raises babel's PoFileError for a file that cannot be read."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    fresh = path.with_suffix(".mo.new")
    with fresh.open("wb") as target:
        write_mo(target, catalogue)
    fresh.chmod(0o644)
    fresh.replace(path.with_suffix(".mo"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        compile_catalogue(Path(name))
