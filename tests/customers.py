"""A customer of a running platform, with a subscription, and files laid into it as an upload would."""

import grp
import os
from dataclasses import dataclass
from pathlib import Path

from gasthof.prefix import WEB_USER
from tests.platform import Platform

WHO_AM_I = b"<?php echo 'uid='.posix_getuid().' php='.PHP_VERSION.' limit='.ini_get('memory_limit');"


@dataclass(frozen=True)
class Guest:
    platform: Platform
    number: int
    subscription: str

    @property
    def home(self) -> Path:
        return self.platform.prefix.home(self.subscription)

    @property
    def uid(self) -> int:
        return (self.home / "web").stat().st_uid

    def put(self, path: str, content: bytes, mode: int = 0o640) -> Path:
        """A file below the subscription's folder, owned by the customer; folders on the way are made."""
        group = grp.getgrnam(WEB_USER).gr_gid
        missing = [parent for parent in (self.home / path).parents if not parent.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            os.chown(folder, self.uid, group)
            folder.chmod(0o2750)
        target = self.home / path
        target.write_bytes(content)
        os.chown(target, self.uid, group)
        target.chmod(mode)
        return target


def arrive(platform: Platform, name: str, domains: int = 300) -> Guest:
    """A new customer with a plan of their own."""
    platform.run("subscriptions.create_plan", wait=False, name=f"Plan {name}", domains=domains)
    customer = platform.run("accounts.create", wait=False, name=name)
    number = customer["result"]["customer"]
    made = platform.run("subscriptions.create", customer=number, plan=f"Plan {name}", node="local")
    return Guest(platform, number, made["result"]["subscription"])
