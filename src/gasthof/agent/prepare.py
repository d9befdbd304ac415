"""The steps that come before anything is served: harmless alone."""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.rows import LookUps
from gasthof.agent.run import Run
from gasthof.agent.sdk import beneath, certificate, place
from gasthof.agent.sdk.steps import (
    CustomerDirectory,
    CustomerFile,
    LocalAuthority,
    LocalCertificate,
    MakeDirectory,
    MakeLookup,
    ScratchTree,
)

log = logging.getLogger("gasthof.agent")


class Preparer:
    """Knows how to do each of them but `Ask`."""

    def __init__(self, machine: Machine, lookups: LookUps) -> None:
        self.prefix = machine.prefix
        self.clock = machine.clock
        self.lookups = lookups
        self.authority: certificate.Authority | None = None
        self.steps: Mapping[type, Callable[[Run, Any], None]] = {
            MakeDirectory: self._make_directory,
            ScratchTree: self._scratch,
            CustomerDirectory: self._customer_directory,
            CustomerFile: self._customer_file,
            LocalAuthority: self._local_authority,
            LocalCertificate: self._local_certificate,
            MakeLookup: lambda _run, step: self.lookups.make(step.database),
        }

    def __call__(self, run: Run, step: Any) -> None:
        self.steps[type(step)](run, step)

    def forget(self) -> None:
        """Between two batches: the authority may be another one."""
        self.authority = None

    def _make_directory(self, run: Run, step: MakeDirectory) -> None:
        place.make_directory(step)
        run.touched.append(step.path)

    def _scratch(self, _run: Run, step: ScratchTree) -> None:
        place.remove_tree(step.path)
        step.path.mkdir(0o700)
        for name, content in step.files.items():
            path = step.path / name
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            path.write_bytes(content)

    def _customer_directory(self, run: Run, step: CustomerDirectory) -> None:
        with _unless_hindered(step):
            beneath.make_directory(step.root, step.path, step.uid, step.mode)
            run.customers.append(step)

    def _customer_file(self, run: Run, step: CustomerFile) -> None:
        with _unless_hindered(step):
            if beneath.write_first(step.root, step.path, step.uid, step.content, step.mode):
                run.customers.append(step)

    def _local_authority(self, run: Run, step: LocalAuthority) -> None:
        key = certificate.load_key(certificate.content(step.key)) or certificate.new_key()
        pem = certificate.new_authority(key, self.clock.now(), secrets.token_hex(3))
        place.write(step.key, certificate.key_pem(key), 0o600, "root")
        place.write(step.certificate, pem, 0o644, "root")
        run.touched += [step.key, step.certificate]

    def _local_certificate(self, run: Run, step: LocalCertificate) -> None:
        """The key before its certificate; a key that is there stays, so that the two fit at every moment."""
        if self.authority is None:
            self.authority = certificate.load_authority(self.prefix.ca_key, self.prefix.ca_certificate)
        key_path, path = step.directory / certificate.KEY, step.directory / certificate.CERTIFICATE
        key = certificate.load_key(certificate.content(key_path)) or certificate.new_key()
        pem = certificate.give_out(self.authority, key, step.names, self.clock.now())
        place.write(key_path, certificate.key_pem(key), 0o640, step.group)
        place.write(path, pem, 0o640, step.group)
        run.touched += [key_path, path]


@contextmanager
def _unless_hindered(step: CustomerDirectory | CustomerFile) -> Iterator[None]:
    """Customers may spoil their own folders; that must not keep the rest of the plan from them, a suspension, say.

    The first name below the root is the agent's own: while that is missing, nobody but the agent is to blame.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in beneath.HINDERED or not (step.root / step.path.split("/")[0]).is_dir():
            raise
        log.warning("%s is left as the customer has it: %s", step.root / step.path, error)
