"""The sandbox: code gets its work done, and none of the usual ways out is open.

Each attempt runs for real. An attempt counts as stopped if the code reports the error that the
mechanism gives, not merely because something else failed.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from distilabel._sandbox import sandbox
from distilabel._sandbox.sandbox import Limits, missing_mechanism, run_code
from distilabel.errors import DistilabelUserError

confined = pytest.mark.skipif(missing_mechanism() is not None, reason=str(missing_mechanism()))
SHORT = Limits(seconds=0.5)
# Enough time on a busy machine: another limit is to be reached.
SMALL = Limits(seconds=30, memory=1 << 28)


@confined
def test_a_function_is_called_by_position_and_by_name() -> None:
    code = "def power(base, to=2):\n    print('at work')\n    return {'result': base ** to}"
    outcome = run_code(code, function="power", args=[3])
    assert (outcome.ok, outcome.value, outcome.text) == (True, {"result": 9}, "{'result': 9}")
    assert outcome.printed == "at work\n"
    assert run_code(code, function="power", kwargs={"to": 3, "base": 2}).value == {"result": 8}
    # Names that the function does not have: by position.
    assert run_code(code, function="power", kwargs={"x": 3, "y": 1}).value == {"result": 3}


@confined
def test_a_file_is_run_and_tests_run_after_it(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("def double(x):\n    return 2 * x\n")
    path = tmp_path / "lib.py"
    assert run_code(path=path, function="double", args=[4]).value == 8
    assert run_code(path=path, then="assert double(4) == 8").ok
    failed = run_code(path=path, then="assert double(4) == 9, 'not nine'")
    assert (failed.ok, failed.error) == (False, "AssertionError: not nine")


@confined
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("def broken(:", "SyntaxError: "),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("import os; os._exit(0)", "it ended without a result (exit status 0)"),
        ("import os; os.abort()", "it ended without a result (SIGABRT)"),
        ("class E(BaseException):\n    __str__ = None\nraise E", "E"),
        ("def f(): f()\nf()", "RecursionError: "),
    ],
)
def test_faults_of_the_code_are_in_the_outcome(code: str, error: str) -> None:
    outcome = run_code(code)
    assert not outcome.ok
    assert str(outcome.error).startswith(error)


@confined
def test_what_is_not_json_comes_back_as_text_only() -> None:
    outcome = run_code("def f():\n    return {1, 2}", function="f")
    assert (outcome.ok, outcome.value, outcome.text) == (True, None, "{1, 2}")


@confined
def test_an_answer_that_the_code_writes_itself_is_never_unpickled(tmp_path: Path) -> None:
    code = (
        "import os, pickle\n"
        "class Evil:\n"
        f"    def __reduce__(self): return (open, ({str(tmp_path / 'made')!r}, 'w'))\n"
        "for number in range(3, 10):\n"
        "    try: os.write(number, pickle.dumps(Evil()))\n"
        "    except OSError: pass\n"
        "os._exit(0)"
    )
    assert not run_code(code).ok
    assert not (tmp_path / "made").exists()


READS = "open({!r}).read()"
SYSCALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


@confined
@pytest.mark.parametrize(
    "code",
    [
        READS.format("/etc/passwd"),
        # With an id of its own: the processes of one test run differ in their numbers.
        pytest.param(READS.format(f"/proc/{os.getpid()}/environ"), id="environment-of-the-tests"),
        READS.format("/proc/self/environ"),
        READS.format(os.path.expanduser("~/.bashrc")),
        READS.format(str(Path.cwd() / "pyproject.toml")),
        READS.format(__file__),
        f"import os; os.listdir({os.path.expanduser('~')!r})",
        "import os; os.listdir('/proc')",
        "import os; os.listdir('..')",
        "open('../outside', 'w')",
        "open('/tmp/outside', 'w')",
        "open('/dev/shm/outside', 'w')",
        "import os; os.mkdir('deep')",
        "import os; os.symlink('/etc', 'etc')",
        "import os; os.chmod('/tmp', 0o777)",
        "import os; os.utime('/tmp')",
        "import os; os.remove(__import__('sys').executable)",
        "import socket; socket.socket()",
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "import os; os.fork()",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.system('true') == 0 or open('/proc/self/stat')",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.killpg(0, 9)",
        "import resource as r; r.prlimit(0, r.RLIMIT_AS, (1 << 40, 1 << 40))",
        "import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_NOFILE, (1, 1))",
        "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "import os; os.memfd_create('more')",
        "import os, fcntl; fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
        "import multiprocessing as m; m.Process(target=print).start()",
    ],
)
def test_no_way_out(code: str) -> None:
    outcome = run_code(code)
    assert not outcome.ok
    assert str(outcome.error).startswith(("PermissionError: ", "OSError: [Errno 1]")), outcome.error


@confined
@pytest.mark.parametrize(
    "call",
    [
        "socket(2, 1, 0)",
        "fork()",
        "kill(os.getppid(), 9)",
        "ptrace(16, os.getppid(), 0, 0)",
        "process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)",
        "unshare(0x10000000)",
        "mount(b'a', b'/', b'tmpfs', 0, 0)",
        "chmod(b'/tmp', 0o777)",
        "prctl(1, 0, 0, 0, 0)",
        "shmget(0, 4096, 0o1600)",
        "open(b'/etc/passwd', 0)",
        "syscall(425, 8, 0)",  # io_uring_setup
    ],
)
def test_calls_of_the_c_library_are_stopped_by_the_kernel(call: str) -> None:
    code = f"import os\n{SYSCALL}def f():\n    return [libc.{call}, ctypes.get_errno()]"
    outcome = run_code(code, function="f")
    assert outcome.ok
    assert outcome.value[0] == -1
    assert outcome.value[1] in (1, 13)  # EPERM, EACCES


@confined
def test_no_port_of_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        outcome = run_code(f"import socket; socket.create_connection(('127.0.0.1', {port}))")
        assert str(outcome.error).startswith("PermissionError: ")
        with pytest.raises(TimeoutError):
            server.accept()


@confined
def test_keys_of_the_environment_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    outcome = run_code("import os\ndef f():\n    return dict(os.environ)", function="f")
    assert outcome.value["HOME"] != os.path.expanduser("~")
    assert "sk-secret" not in outcome.text


@confined
def test_the_folder_is_fresh_and_gone_afterwards() -> None:
    code = (
        "import os\ndef f():\n    before = os.listdir()\n    open('mine', 'w').write('x')\n"
        "    return [before, open('mine').read(), os.getcwd()]"
    )
    before, text, folder = run_code(code, function="f").value
    assert (before, text) == ([], "x")
    assert not Path(folder).exists()


@confined
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("while True: pass", "it ran longer than 0.5 s"),
        ("import time; time.sleep(60)", "it ran longer than 0.5 s"),
        ("while True: print('x' * 10000)", "it wrote more than 1,048,576 bytes"),
        ("x = bytearray(2 << 30)", "MemoryError"),
        ("x = [bytearray(1 << 24) for _ in range(40)]", "MemoryError"),
        ("open('a', 'wb').write(bytes(64 << 20))", ("OSError: [Errno 27]", "it wrote more")),
        (
            "for i in range(10**6): open(str(i), 'w').close()",
            "it wrote more than 16,777,216 bytes or 1000 files",
        ),
        ("import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: pass", "it ran longer"),
    ],
)
def test_limits(code: str, error: Any) -> None:
    outcome = run_code(code, limits=SHORT if "longer" in error else SMALL)
    assert not outcome.ok
    assert str(outcome.error).startswith(error), outcome.error


def test_without_the_mechanism_code_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "missing_mechanism", lambda: "the system has no Landlock")
    monkeypatch.delenv(sandbox.WEAK, raising=False)
    with pytest.raises(DistilabelUserError, match=r"no Landlock.*DISTILABEL_SANDBOX=weak"):
        run_code("print(1)")


def test_the_weak_way_runs_code_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sandbox, "missing_mechanism", lambda: "there is no Landlock here")
    monkeypatch.setenv(sandbox.WEAK, "weak")
    assert run_code("def f():\n    import json\n    return 1", function="f").value == 1
    for code in ("import socket; socket.socket()", READS.format(__file__), "open('../a', 'w')"):
        assert str(run_code(code).error).startswith("PermissionError: ")
    assert caplog.text.count("there is no Landlock here") == 1
