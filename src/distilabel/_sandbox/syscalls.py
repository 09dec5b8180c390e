"""The system calls that code in the sandbox may make; every other one fails.

The names are those of Linux; the numbers are of x86-64 and of 64-bit ARM.
"""

from __future__ import annotations

from typing import Final

# fmt: off
_NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17,
    67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "close": (3, 57),
    "close_range": (436, 436), "open": (2, None), "openat": (257, 56), "openat2": (437, 437),
    "lseek": (8, 62), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat":
    (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48), "faccessat2":
    (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents": (78, None),
    "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "dup":
    (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    "ftruncate": (77, 46), "fsync": (74, 82), "fdatasync": (75, 83), "unlink": (87, None),
    "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "copy_file_range": (326,
    285), "sendfile": (40, 71), "statfs": (137, 43), "fstatfs": (138, 44), "umask": (95, 166),
    "fadvise64": (221, 223), "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215),
    "mremap": (25, 216), "brk": (12, 214), "madvise": (28, 233), "mincore": (27, 232),
    "membarrier": (324, 283), "futex": (202, 98), "futex_waitv": (449, 449), "set_robust_list":
    (273, 99), "set_tid_address": (218, 96), "rseq": (334, 293), "arch_prctl": (158, None),
    "gettid": (186, 178), "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148),
    "getresgid": (120, 150), "getgroups": (115, 158), "getpgid": (121, 155), "getpgrp": (111,
    None), "getsid": (124, 156), "exit": (60, 93), "exit_group": (231, 94), "sched_yield": (24,
    124), "sched_getaffinity": (204, 123), "getcpu": (309, 168), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133), "rt_sigpending": (127, 136), "sigaltstack": (131, 132), "pause":
    (34, None), "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "eventfd2":
    (290, 19), "sendto": (44, 206), "recvfrom": (45, 207), "shutdown": (48, 210), "getsockopt":
    (55, 209), "getsockname": (51, 204), "getpeername": (52, 205), "uname": (63, 160), "sysinfo":
    (99, 179), "getrusage": (98, 165), "getrlimit": (97, 163), "getrandom": (318, 278),
    "restart_syscall": (219, 128), "fcntl": (72, 25), "ioctl": (16, 29), "kill": (62, 129),
    "tgkill": (234, 131), "clone": (56, 220), "clone3": (435, 435), "prlimit64": (302, 261),
    "socketpair": (53, 199),
}
# fmt: on

# Machine name → `AUDIT_ARCH` value, and which of the two numbers.
ARCHITECTURES: Final = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}


def syscall_numbers(machine: str) -> dict[str, int]:
    """Returns the allowed system calls of an architecture: name → number.

    Args:
        machine: A key of `ARCHITECTURES`.
    """
    which = ARCHITECTURES[machine][1]
    numbers = {name: pair[which] for name, pair in _NUMBERS.items()}
    return {name: number for name, number in numbers.items() if number is not None}
