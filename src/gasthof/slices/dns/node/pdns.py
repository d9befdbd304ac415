"""Talking to the running PowerDNS: its control socket takes back answers that it keeps, a question shows what it serves."""

import secrets
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

from gasthof.agent.sdk.ask import Away, Reply, connect
from gasthof.prefix import Prefix
from gasthof.slices.dns.node.configuration import SOCKET, addresses

AT_ONCE = 100  # questions under way; their answers fit into a socket's buffer
MANY = 20  # zones of one batch beyond which all that is kept goes: a zone costs 4 ms, all together 18
PATIENCE = 1.0  # seconds for an answer
ATTEMPTS = 4
SOA, INTERNET = 6, 1
LONGEST = 65_535


@dataclass(frozen=True)
class PowerDns:
    """Service "pdns". tell: zone -> the serial that is served from now on, "" for none. forget: zone -> "", also while it is down."""

    control: Path
    address: str
    port: int

    @classmethod
    def of(cls, prefix: Prefix) -> "PowerDns":
        return cls(prefix.run / "dns" / SOCKET, addresses(prefix)[0], prefix.ports["dns"])

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        """Purged twice: a question that was being answered while the rows changed may have been kept after the first time."""
        if verb == "forget":
            self.forget(arguments)
            return {zone: Reply() for zone in arguments}
        if verb != "tell":
            raise ValueError(verb)
        self.purge(arguments)
        found = self.serials(arguments)
        self.purge(arguments)
        return {zone: Reply(value=found[zone]) for zone in arguments}

    def forget(self, zones: Sequence[str]) -> None:
        """For what is there before it starts: one that does not run keeps nothing. It may still listen at an older address."""
        try:
            self.purge(zones)
        except Away as error:
            if isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError):
                return
            raise
        with suppress(Away):
            self.serials(zones)
        self.purge(zones)

    def purge(self, zones: Sequence[str]) -> None:
        """Forget all answers about these zones, also that there was nothing."""
        if len(zones) > MANY:
            self.talk("purge")
        elif zones:
            self.talk(" ".join(["purge", *(f"{zone}$" for zone in zones)]))

    def talk(self, line: str) -> str:
        """One command, one answer. Away when nobody answers."""
        with connect(self.control) as stream:
            try:
                stream.sendall(f"{line}\n".encode("ascii"))
                return b"".join(iter(lambda: stream.recv(LONGEST), b"")).decode("utf-8", "replace").strip("\0\n ")
            except OSError as error:
                raise Away(f"PowerDNS does not answer: {error!r}") from error

    def serials(self, zones: Iterable[str]) -> dict[str, str]:
        """Zone -> serial of the SOA that it answers with, "" where it serves no such zone. Away when it does not answer."""
        found: dict[str, str] = {}
        family = socket.AF_INET6 if ip_address(self.address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as wire:
            wire.connect((self.address, self.port))
            listed = list(dict.fromkeys(zones))
            for start in range(0, len(listed), AT_ONCE):
                found |= self._some(wire, listed[start : start + AT_ONCE])
        return found

    def _some(self, wire: socket.socket, zones: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for _ in range(ATTEMPTS):
            left = [zone for zone in zones if zone not in found]
            if not left:
                break
            _exchange(wire, left, found)
        missing = [zone for zone in zones if zone not in found]
        if missing:
            raise Away(f"PowerDNS does not answer about {missing[0]}")
        return found


def _exchange(wire: socket.socket, zones: Sequence[str], found: dict[str, str]) -> None:
    """Ask all, then gather what comes; what gets lost is asked again by the caller."""
    waiting = dict(zip(_numbers(len(zones)), zones, strict=True))
    until = monotonic() + PATIENCE
    try:
        for number, zone in waiting.items():
            wire.send(question(number, zone))
        while waiting and (left := until - monotonic()) > 0:
            wire.settimeout(left)
            answer = wire.recv(LONGEST)
            zone = waiting.pop(int.from_bytes(answer[:2], "big"), "")
            if zone:
                found[zone] = serial_in(answer, zone)
    except OSError:  # nobody listens, or too late
        return


def _numbers(count: int) -> list[int]:
    chosen: dict[int, None] = {}
    while len(chosen) < count:
        chosen[secrets.randbelow(65_536)] = None
    return list(chosen)


def question(number: int, zone: str) -> bytes:
    """A query for the zone's SOA (RFC 1035 section 4.1)."""
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + wire_name(zone) + struct.pack(">2H", SOA, INTERNET)


def wire_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in name.encode("ascii").split(b".")) + b"\0"


def serial_in(answer: bytes, zone: str) -> str:
    """Of the first record of the answer, if that is the zone's SOA; "" else."""
    try:
        _, flags, _, answers, _, _ = struct.unpack(">6H", answer[:12])
        place = 12 + len(wire_name(zone)) + 4
        if flags & 0x000F or not answers:
            return ""
        place = _after_name(answer, place)
        kind, _, _, length = struct.unpack(">2HIH", answer[place : place + 10])
        end = place + 10 + length
        return str(int.from_bytes(answer[end - 20 : end - 16], "big")) if kind == SOA else ""
    except (struct.error, IndexError):
        return ""


def _after_name(message: bytes, place: int) -> int:
    while message[place]:
        if message[place] >= 0xC0:  # a pointer ends the name
            return place + 2
        place += 1 + message[place]
    return place + 1
