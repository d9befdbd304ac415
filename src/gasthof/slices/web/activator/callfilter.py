"""System calls that a website never needs and that have opened kernels before: refused by a seccomp filter (seccomp(2)).

Without it a customer could make a user namespace, be root in it, and reach kernel code that strangers should not reach; or
take a port of the platform's while that restarts. (php-fpm itself gets its listener from the activator.)

A filter sees the length of the address that bind() is given, not the address. Those of IPv4 (ip(7), 16 bytes) and IPv6 (ipv6(7), 28)
are refused with all that are as long; netlink's 12 bytes remain, which the resolver needs, and short names of unix sockets.
"""

import ctypes
import errno
import platform
import struct

from gasthof.slices.web.activator import kernel

# Numbers of the same calls on each machine, from the kernel's system call tables (arch/*/entry/syscalls, asm-generic/unistd.h).
_REFUSED = {
    "x86_64": {
        "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_getfd": 438, "kcmp": 312,
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "keyctl": 250, "add_key": 248, "request_key": 249, "open_by_handle_at": 304, "listen": 50,
    },
    "aarch64": {
        "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "kcmp": 272,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "keyctl": 219, "add_key": 217, "request_key": 218, "open_by_handle_at": 265, "listen": 201,
    },
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}
_SOCKET = {"x86_64": 41, "aarch64": 198}
_BIND = {"x86_64": 49, "aarch64": 200}
_SHORTEST_PORT = 16  # bytes of struct sockaddr_in; nothing shorter can name a port
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
_CLONE3 = 435
_X32 = 0x40000000
_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, netlink (the resolver asks it for addresses)
_NAMESPACES = 0x7E020000  # every CLONE_NEW* of linux/sched.h

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # linux/filter.h, linux/bpf_common.h
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _MACHINE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32  # offsets in struct seccomp_data
_FILTER_MODE = 2


def supported() -> bool:
    return platform.machine() in _AUDIT


def install() -> None:
    """For this process and all that come from it. Needs no_new_privs. OSError: the kernel has no seccomp."""
    code = _program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    kernel.prctl(kernel.PR_SET_SECCOMP, _FILTER_MODE, ctypes.create_string_buffer(described, len(described)))


def _program(machine: str) -> bytes:
    """The filter as struct sock_filter's. Every check returns by itself; what falls through is allowed."""
    steps = [_step(_LOAD, _MACHINE), _step(_EQUAL, _AUDIT[machine], 1, 0), _refuse(errno.EPERM), _step(_LOAD, _NUMBER)]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.EPERM)]
    for number in sorted(_REFUSED[machine].values()):
        steps += [_step(_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    # What clone3 is asked lies in memory, out of a filter's reach. Told that there is none, the C library takes clone.
    steps += [_step(_EQUAL, _CLONE3, 0, 1), _refuse(errno.ENOSYS)]
    steps += [
        _step(_EQUAL, _CLONE[machine], 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_ANY_BIT, _NAMESPACES, 0, 1),
        _refuse(errno.EPERM),
    ]
    steps += [
        _step(_LOAD, _NUMBER),
        _step(_EQUAL, _BIND[machine], 0, 3),
        _step(_LOAD, _THIRD_ARGUMENT),
        _step(_AT_LEAST, _SHORTEST_PORT, 0, 1),
        _refuse(errno.EPERM),
    ]
    steps += [
        _step(_LOAD, _NUMBER),
        _step(_EQUAL, _SOCKET[machine], 0, 2 + len(_FAMILIES)),
        _step(_LOAD, _FIRST_ARGUMENT),
    ]
    for left, family in enumerate(reversed(_FAMILIES)):
        steps.append(_step(_EQUAL, family, len(_FAMILIES) - left, 0))
    return b"".join([*steps, _refuse(errno.EAFNOSUPPORT), _step(_RETURN, _ALLOW)])


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("@HBBI", code, yes, no, value)


def _refuse(number: int) -> bytes:
    return _step(_RETURN, _ERRNO | number)
