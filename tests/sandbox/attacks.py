"""A hostile submission: what the tests let a confined worker try. It runs inside, so it imports nothing of ours."""

import ctypes
import mmap
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import numpy as np

loaded = sorted(sys.modules)
libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# --- what lies outside


def read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def write(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("by the worker")


def seek(start: str, wanted: list[str]) -> list[str]:
    """Which of these names some folder or file below has; the system's own folders are too many to look into."""
    found: set[str] = set()
    for folder, folders, files in os.walk(start):
        if folder in ("/proc", "/usr") or folder.endswith("site-packages"):
            folders.clear()
        found |= set(wanted) & {*folders, *files}
    return sorted(found)


def listing(folder: str) -> list[str]:
    return os.listdir(folder)


def environment() -> list[str]:
    """All that this process was told by its parents."""
    told = [f"{key}={value}" for key, value in os.environ.items()] + sys.argv + sys.orig_argv
    for process in ("self", "1", str(os.getppid())):
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    told.append(file.read().decode(errors="replace"))
            except OSError:
                continue
    return told


def find_in_memory(shifted: list[int], process: str = "self") -> int:
    """How often a text lies in a process's memory. It is told with each byte one higher: looking makes no copy."""
    count = 0
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            low, high = (int(edge, 16) for edge in span.split("-"))
            for start in range(low, high, 1 << 24):
                try:
                    memory.seek(start)
                    seen = np.frombuffer(memory.read(min(1 << 24, high - start)), np.uint8)
                except (OSError, ValueError, OverflowError):
                    continue
                seen = seen[: len(seen) - len(shifted)]
                at = np.flatnonzero(seen[: -len(shifted)] == shifted[0] - 1)
                for offset, value in enumerate(shifted[1:], 1):
                    at = at[seen[at + offset] == value - 1]
                count += len(at)
    return count


def remember(shifted: list[int]) -> int:
    """Put that text into memory, as a control of the search above."""
    global remembered
    remembered = bytearray(value - 1 for value in shifted)
    return find_in_memory(shifted)


def peek(pid: int, address: int, size: int) -> str:
    """Another process's memory, at a known place."""
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        memory.seek(address)
        return memory.read(size).decode(errors="replace")


def where_am_i() -> dict[str, object]:
    return {
        "uid": os.getuid(),
        "pid": os.getpid(),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "root": sorted(os.listdir("/")),
    }


def descriptors() -> list[str]:
    """What is open beyond standard input, the two output streams and the two pipes."""
    if not os.path.isdir("/proc/self/fd"):
        return [str(fd) for fd in range(5, 1024) if _is_open(fd)]
    return [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_odd(fd)]


def _is_open(fd: int) -> bool:
    """Other than /dev/null, which is a device."""
    try:
        return not stat.S_ISCHR(os.fstat(fd).st_mode)
    except OSError:
        return False


def _is_odd(fd: str) -> bool:
    try:
        return int(fd) > 4 and os.readlink(f"/proc/self/fd/{fd}") not in ("/dev/null", "/proc/1/fd")
    except OSError:
        return False


# --- the layers, one by one


def send_signal(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def connect_tcp(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1).close()


def send_udp(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        out.send(b"an input")
        time.sleep(0.05)
        out.send(b"nobody there is reported with the second")


def connect_abstract(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect("\0" + name)


def shared_segment(key: int) -> int:
    """Find a System V segment that somebody else made."""
    return _check(libc.shmget(key, 0, 0))


def machine_name() -> str:
    return os.uname().nodename


def unshare() -> None:
    """New namespaces bring back the capabilities that were given up."""
    new_user = 0x10000000
    child = os.fork()
    if child == 0:
        os._exit(0 if libc.unshare(new_user) == 0 else ctypes.get_errno())
    _check(-1 if os.waitpid(child, 0)[1] else 0)


def mount() -> None:
    _check(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))


def fork_many(wanted: int) -> int:
    """Start sleeping processes; how many there can be, this one included."""
    children: list[int] = []
    try:
        while len(children) < wanted:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children) + 1


def fork_quietly(wanted: int) -> int:
    """The same with children that end by themselves, for where nobody may be signalled."""
    reader, writer = os.pipe()
    count = 1
    try:
        while count < wanted:
            if os.fork() == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            count += 1
    except OSError:
        pass
    os.close(writer)
    return count


def hoard(megabytes: int, seconds: float = 0.0) -> int:
    held = [bytearray(b"x" * (1 << 20)) for _ in range(megabytes)]
    time.sleep(seconds)  # a watchdog looks only now and then
    return len(held)


def hoard_in_many(processes: int, megabytes: int) -> None:
    for _ in range(processes):
        if os.fork() == 0:
            held = [bytearray(b"x" * (1 << 20)) for _ in range(megabytes)]
            time.sleep(60)
            os._exit(len(held) & 1)
    time.sleep(60)


def hoard_unseen(megabytes: int) -> None:
    """Memory that belongs to no process: a file without a name."""
    held = _check(libc.memfd_create(b"x", 0))
    for _ in range(megabytes):
        os.write(held, bytes(1 << 20))


# --- not coming to an end


def spin() -> None:
    while True:
        pass


def work(seconds: float) -> float:
    """Uses so many CPU seconds and comes back."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


def spin_in_threads() -> None:
    for _ in range(3):
        threading.Thread(target=spin, daemon=True).start()
    time.sleep(60)


def spin_in_a_child() -> None:
    if os.fork() == 0:
        spin()
    time.sleep(60)


def sleep() -> None:
    time.sleep(600)


def ignore_signals() -> None:
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    while True:
        try:
            time.sleep(600)
        except BaseException:
            continue


def pause_in_c() -> None:
    libc.pause()


def fork_bomb() -> None:
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)


def raise_limits() -> list[str]:
    """Try to get more of everything; what worked."""
    got = []
    for name in ("RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_DATA"):
        try:
            resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            got.append(name)
        except (OSError, ValueError):
            continue
    return got


# --- ending badly, and staying behind


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def leave(status: int) -> None:
    os._exit(status)


def close_pipes() -> None:
    os.close(3)
    os.close(4)
    time.sleep(600)


def stay_behind() -> int:
    """A daemon of the classical kind: in a session of its own, orphaned, deaf to signals, with all pipes closed."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            os.write(writer, b"1")
            os.closerange(0, 100)
            while True:
                time.sleep(1)
        os._exit(0)
    os.wait()
    return len(os.read(reader, 1))


def leave_the_session() -> int:
    """As above, where it may be forbidden: how many of the two ways out worked."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        done = b""
        for escape in (os.setsid, lambda: os.setpgid(0, 0)):
            try:
                escape()
                done += b"1"
            except OSError:
                pass
        os.write(writer, done + b".")
        os.closerange(0, 100)
        while True:
            time.sleep(1)
    told = os.read(reader, 1)
    while not told.endswith(b"."):
        told += os.read(reader, 1)
    return len(told) - 1


def leave_data() -> None:
    """Whatever might be found by the next submission."""
    for folder in ("/tmp", "/dev/shm"):
        with open(f"{folder}/left-behind", "w") as file:
            file.write("x" * 1000)


def data_left() -> list[str]:
    return [name for folder in ("/tmp", "/dev/shm") for name in os.listdir(folder)]


def fill_disk() -> int:
    """Bytes that can be written to the scratch folders."""
    written = 0
    for folder in ("/tmp", "/dev/shm"):
        try:
            for i in range(1000):
                with open(f"{folder}/{i}", "wb") as file:
                    for _ in range(4):
                        written += file.write(bytes(1 << 18))
        except OSError:
            continue
    return written


def fill_scratch(megabytes: int, nameless: bool, seconds: float) -> int:
    """Bytes that can be written where this process may write, and kept there for a while."""
    written = 0
    for i in range(2 * megabytes):
        path = os.path.join(os.environ["TMPDIR"], str(i))
        kept = os.open(path, os.O_CREAT | os.O_WRONLY)
        if nameless:
            os.unlink(path)
        written += os.write(kept, bytes(1 << 19))
    time.sleep(seconds)
    return written


def many_small_files(wanted: int, seconds: float) -> int:
    for i in range(wanted):
        os.close(os.open(os.path.join(os.environ["TMPDIR"], str(i)), os.O_CREAT | os.O_WRONLY))
    time.sleep(seconds)
    return wanted


def closed_folder(seconds: float) -> None:
    """A folder that its own user can't list, to hide files in."""
    os.mkdir(os.path.join(os.environ["TMPDIR"], "closed"), 0o300)
    time.sleep(seconds)


def change_mode(path: str) -> None:
    os.chmod(path, os.stat(path).st_mode)


def change_times(path: str) -> None:
    os.utime(path, (0, 0))


def size_of(path: str) -> int:
    return os.stat(path).st_size


def make_files(wanted: int) -> int:
    """Empty files that can be made."""
    for i in range(wanted):
        try:
            open(f"/tmp/{i}", "w").close()
        except OSError:
            return i
    return wanted


def print_much(megabytes: int) -> None:
    line = "A" * (1 << 20)
    for _ in range(megabytes):
        os.write(1, line.encode())


def say(text: str) -> None:
    print(text)
    print(text, file=sys.stderr)


# --- lying on the wire


def speak_first() -> None:
    os.write(4, b"\x02\0\0\0" + bytes(8) + b"{}")
    os.write(4, b"\x02\0\0\0" + bytes(8) + b"{}")


def promise(header: int, body: int) -> None:
    """A prefix that says how much is to come, and no more."""
    os.write(4, header.to_bytes(4, "little") + body.to_bytes(8, "little"))
    time.sleep(600)


def drip() -> None:
    os.write(4, (1000).to_bytes(4, "little") + bytes(8))
    while True:
        os.write(4, b" ")
        time.sleep(0.05)


def stop_reading() -> None:
    """Answer this request and read no other."""
    os.dup(3)
    os.dup2(os.pipe()[0], 3)


# --- what an honest submission needs


def modules_at_the_start() -> list[str]:
    return loaded


def double(x: np.ndarray) -> np.ndarray:
    return 2 * x


def use_threads() -> int:
    found: list[int] = []
    threads = [threading.Thread(target=found.append, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(found)


def use_processes() -> list[int]:
    import multiprocessing

    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(abs, [-1, -2, -3])


def use_a_subprocess() -> str:
    code = "import numpy; print(numpy.arange(3).sum())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def use_files() -> int:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        np.save(file, np.ones(3))
        file.seek(0)
        return int(np.load(file).sum())


def use_shared_memory() -> int:
    with mmap.mmap(-1, 4096) as shared:
        shared[:5] = b"hello"
        return len(shared)


def use_late_imports() -> list[str]:
    """What is often imported only when it is needed; the names that were not there before."""
    before = set(sys.modules)
    for name in ("csv", "statistics", "xml.etree.ElementTree", "zoneinfo", "numpy.ma", "numpy.polynomial"):
        __import__(name)
    "b\u00fccher.example".encode("idna")
    return sorted(set(sys.modules) - before)


def use_copies() -> str:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(__file__, folder)
        return str(len(os.listdir(folder)))


def use_a_library(name: str) -> str:
    return __import__(name).__name__


def use_torch() -> float:
    import torch

    torch.set_num_threads(2)
    x = torch.ones(200, 200, requires_grad=True)
    (x @ x).sum().backward()
    return float(x.grad.sum())
