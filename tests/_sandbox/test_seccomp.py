"""The filter of system calls: a correct program for both architectures."""

from __future__ import annotations

import pytest

from distilabel._sandbox.seccomp import program
from distilabel._sandbox.syscalls import ARCHITECTURES, syscall_numbers


def verdict(machine: str, number: int, *args: int, architecture: int | None = None) -> int:
    """Runs the filter on a call, as the kernel does."""
    data = {0: number, 4: ARCHITECTURES[machine][0] if architecture is None else architecture}
    for index in range(6):
        value = args[index] if index < len(args) else 0
        data[16 + 8 * index], data[20 + 8 * index] = value & 0xFFFFFFFF, value >> 32
    lines, place, register = program(machine), 0, 0
    while True:
        operation, if_true, if_false, value = lines[place]
        place += 1
        if operation == 0x20:
            register = data[value]
        elif operation == 0x54:
            register &= value
        elif operation == 0x06:
            return value
        else:
            holds = register == value if operation == 0x15 else register >= value
            place += if_true if holds else if_false


ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_what_a_call_gets(machine: str) -> None:
    numbers = syscall_numbers(machine)
    assert verdict(machine, numbers["read"]) == ALLOW
    assert verdict(machine, numbers["read"], architecture=1) == KILL
    assert verdict(machine, numbers["clone3"]) == ENOSYS
    assert verdict(machine, numbers["clone"], 0x3D0F00) == ALLOW  # a thread
    assert verdict(machine, numbers["clone"], 17) == EPERM  # a process
    assert verdict(machine, numbers["clone"], 0x10010000 | 0x10000) == EPERM
    assert verdict(machine, numbers["kill"], 1) == EPERM
    assert verdict(machine, numbers["fcntl"], 1, 3) == ALLOW
    assert verdict(machine, numbers["fcntl"], 1, 8) == EPERM
    assert verdict(machine, numbers["fcntl"], 1, 3 | 1 << 32) == EPERM
    assert verdict(machine, numbers["prlimit64"], 0, 7, 0) == ALLOW
    assert verdict(machine, numbers["prlimit64"], 0, 7, 1 << 32) == EPERM
    assert verdict(machine, numbers["socketpair"], 1, 0x80801) == ALLOW
    assert verdict(machine, numbers["socketpair"], 1, 2) == EPERM
    allowed = {n for n in range(1000) if verdict(machine, n) == ALLOW}
    assert allowed <= set(numbers.values())
    assert len({*numbers.values()}) == len(numbers)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_jumps_stay_within_the_filter(machine: str) -> None:
    lines = program(machine)
    assert len(lines) < 4096
    for place, (_, if_true, if_false, _) in enumerate(lines):
        assert place + 1 + max(if_true, if_false) <= len(lines)
        assert max(if_true, if_false) < 256
