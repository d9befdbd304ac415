"""What a node is told about FTP users (spec row P11). Pure data; the wire form is its JSON."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FtpUserSpec:
    """Kind "ftp.user", key: the name to sign in with."""

    name: str  # "s000012-anna"
    subscription: str  # system name, "s000012"
    uid: int  # numeric; gid is the same number
    directory: str  # relative to the subscription's folder, "web" or below: all that the user sees
    hash: str  # of the password, crypt(5): yescrypt
    suspended: bool = False  # cannot sign in
