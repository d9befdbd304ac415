"""POSIX access lists that let some uids pass through a folder, read and set by extended attribute.

The layout is the kernel's (include/uapi/linux/posix_acl_xattr.h): a little-endian version word, then entries of tag, permissions
and id, sorted by tag and id.
"""

import errno
import os
import struct

ATTRIBUTE = "system.posix_acl_access"
VERSION = 2
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NOBODY = 0xFFFFFFFF  # the id of entries that have none
HEADER, ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
PASS = 1  # execute on a folder: pass through, not list
ABSENT = (errno.ENODATA, errno.EOPNOTSUPP)

Place = int | str  # a descriptor, or a path whose last part nobody else can replace


def encode(mode: int, enter: tuple[int, ...]) -> bytes:
    """The access list of a folder with this mode whose `enter` uids may pass."""
    group = mode >> 3 & 7
    entries = [(OWNER, mode >> 6 & 7, NOBODY)]
    entries += [(USER, PASS, uid) for uid in sorted(enter)]
    entries += [(GROUP, group, NOBODY), (MASK, group | PASS, NOBODY), (OTHER, mode & 7, NOBODY)]
    return HEADER.pack(VERSION) + b"".join(ENTRY.pack(*entry) for entry in entries)


def read(place: Place) -> bytes:
    """The access list as the kernel has it; empty when there is none beyond the mode."""
    try:
        return os.getxattr(place, ATTRIBUTE)
    except OSError as error:
        if error.errno in ABSENT:
            return b""
        raise


def write(place: Place, mode: int, enter: tuple[int, ...]) -> None:
    """Set the access list, or take it away where nobody is to enter beyond owner and group."""
    if enter:
        os.setxattr(place, ATTRIBUTE, encode(mode, enter))
    elif read(place):
        os.removexattr(place, ATTRIBUTE)


def fits(found: bytes, mode: int, enter: tuple[int, ...]) -> bool:
    """Whether what was read is what `write` would set."""
    return found == (encode(mode, enter) if enter else b"")
