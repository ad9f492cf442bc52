"""GPUs as files: which there are, who may use one, and that only a worker with a lease sees its nodes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from talk import SMALL, ask

from autograder.sandbox import gpus
from autograder.sandbox.box import Zygote
from autograder.sandbox.gpus import Gpu, GpuError, Lease
from autograder.sandbox.isolation import Isolation, SandboxError

LOOKS = """
import os


def there(path):
    return os.path.exists(path), os.environ.get("CUDA_VISIBLE_DEVICES")
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The file system of a machine with two GPUs, whose numbers and slots are in another order."""
    for name in ("nvidiactl", "nvidia-uvm", "nvidia1", "nvidia0", "nvidia-modeset", "nvidiax"):
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    for slot, minor in (("0000:07:00.0", 1), ("0000:0f:00.0", 0)):
        folder = tmp_path / "proc/driver/nvidia/gpus" / slot
        folder.mkdir(parents=True)
        (folder / "information").write_text(f"Model: \t\t NVIDIA H100 {minor}\nIRQ: 5\nDevice Minor: \t {minor}\n")
    return tmp_path


def test_gpus_are_found_by_their_files(machine: Path, tmp_path: Path) -> None:
    dev = machine / "dev"
    shared = (str(dev / "nvidiactl"), str(dev / "nvidia-uvm"))

    assert gpus.found(machine) == (
        Gpu(0, "NVIDIA H100 0", (str(dev / "nvidia0"), *shared)),
        Gpu(1, "NVIDIA H100 1", (str(dev / "nvidia1"), *shared)),
    )
    (dev / "nvidia-uvm").unlink()
    assert gpus.found(machine) == ()


def test_a_device_is_chosen_or_refused_in_one_line(machine: Path) -> None:
    assert [gpu.number for gpu in gpus.chosen("auto", machine)] == [0, 1]
    assert [gpu.number for gpu in gpus.chosen("cuda", machine)] == [0, 1]
    assert [gpu.number for gpu in gpus.chosen("cuda:1", machine)] == [1]
    assert gpus.chosen("cpu", machine) == ()
    with pytest.raises(GpuError, match=r"--device cuda:7: this machine has no such GPU; it has cuda:0, cuda:1$"):
        gpus.chosen("cuda:7", machine)
    with pytest.raises(GpuError, match=r"--device gpu: there is auto, cpu and cuda:N$"):
        gpus.chosen("gpu", machine)
    (machine / "dev" / "nvidiactl").unlink()
    assert gpus.chosen("auto", machine) == ()
    with pytest.raises(GpuError, match="it has none that this user may open"):
        gpus.chosen("cuda:0", machine)


def test_a_grade_says_on_what_it_was_trained(machine: Path) -> None:
    assert gpus.named(gpus.chosen("cuda:0", machine)) == {"device": "NVIDIA H100 0, deterministic kernels"}
    assert gpus.named(()) == {}


def test_one_run_a_gpu_unless_told_so(machine: Path, tmp_path: Path) -> None:
    both = gpus.found(machine)
    place = tmp_path / "places"
    first, second = gpus.take(both, 1, place), gpus.take(both, 1, place)
    assert {first.gpu.number, second.gpu.number} == {0, 1}

    waiting: list[Lease] = []
    thread = threading.Thread(target=lambda: waiting.append(gpus.take(both, 1, place)))
    thread.start()
    thread.join(0.5)
    assert not waiting, "both are in use"
    second.close()
    second.close()
    thread.join(30)
    assert [lease.gpu for lease in waiting] == [second.gpu]

    third = gpus.take(both, 2, place)
    fourth = gpus.take(both, 2, place)
    assert {third.gpu.number, fourth.gpu.number} == {0, 1}
    assert gpus.share(2) == pytest.approx(gpus.share(1) / 2)
    for lease in (first, third, fourth, *waiting):
        lease.close()


def test_a_grader_that_is_killed_gives_its_gpu_back(tmp_path: Path) -> None:
    place = tmp_path / "places"
    code = f"""
import time
from pathlib import Path
from autograder.sandbox.gpus import Gpu, take
lease = take([Gpu(0, "", ())], 1, Path({str(place)!r}))
print("taken", flush=True)
time.sleep(600)
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "taken\n"
    assert gpus._locked(place / "0-0") < 0
    holder.kill()
    holder.wait()
    holder.stdout.close()

    gpus.take([Gpu(0, "", ())], 1, place).close()


def test_places_of_another_user_are_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "places").symlink_to(tmp_path / "mine")

    with pytest.raises(SandboxError, match="is another user's"):
        gpus.take([Gpu(0, "", ())], 1, tmp_path / "places")


def test_only_a_worker_with_a_lease_sees_the_nodes(isolation: Isolation, tmp_path: Path) -> None:
    node = next(path for path in ("/dev/tty", "/dev/ptmx", "/dev/fuse") if os.path.exists(path))  # stands for a GPU's
    (tmp_path / "work.py").write_text(LOOKS)
    with Zygote(isolation, ("numpy",)) as zygote:
        with zygote.open(tmp_path, SMALL) as box:
            seen, visible = ask(box, "there", node, module="work")
            assert (seen and "mount" in isolation.parts, visible) == (False, "")
        lease = gpus.take([Gpu(0, "a terminal", (node,))], 1, tmp_path / "places")
        if "jail" in isolation.parts:
            with pytest.raises(SandboxError, match="no GPU can be used"):
                zygote.open(tmp_path, SMALL, lease)
        else:
            with zygote.open(tmp_path, SMALL, lease) as box:
                assert ask(box, "there", node, module="work") == (True, None)
        again = gpus._locked(tmp_path / "places" / "0-0")
        assert again >= 0, "it is given back with the worker"
        os.close(again)
