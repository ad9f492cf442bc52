"""torch's compiler is put off until somebody compiles, and what its first calls import is there before them."""

from __future__ import annotations

import subprocess
import sys

STEPS = """
import sys
import torch
from autograder.sandbox.lazily import put_off

put_off()
stand_in = sys.modules["torch._dynamo"]
net = torch.nn.Linear(3, 3)
for kind in (torch.optim.SGD, torch.optim.Adam):
    before = net.weight.detach().clone()
    optimizer = kind(net.parameters(), lr=0.1)
    optimizer.zero_grad()
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert not torch.equal(before, net.weight)
assert sys.modules["torch._dynamo"] is stand_in
assert "torch._dynamo.config" not in sys.modules

for module in list(sys.modules.values()):  # as inspect does, and whoever seeks a name
    getattr(module, "__file__", None), getattr(module, "__wrapped__", None), getattr(module, "check_draws", None)
assert sys.modules["torch._dynamo"] is stand_in
assert stand_in.__file__.endswith("__init__.py")

class Real:
    config = "the package's own"

import importlib
real = importlib.import_module
importlib.import_module = lambda name: Real if name == "torch._dynamo" else real(name)  # the package takes ten seconds
assert torch._dynamo.config == "the package's own"
assert "torch._dynamo" not in sys.modules
"""


def test_optimisers_step_without_the_compiler_and_what_is_asked_of_it_makes_way() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", STEPS], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


VISION = """
import sys
import torch
from autograder.sandbox.lazily import bring_forward, put_off

put_off()
bring_forward()
import torchvision

stand_in, utils = sys.modules["torch._dynamo"], sys.modules["torch._dynamo.utils"]
assert type(stand_in).__module__ == "autograder.sandbox.lazily"
box = torch.tensor([[0, 0.0, 0.0, 3.0, 3.0]])
assert torchvision.ops.roi_align(torch.ones(1, 1, 4, 4), box, 2).shape == (1, 1, 2, 2)
getattr(utils, "check_draws", None), getattr(utils, "__path__", None), getattr(utils, "_repr_html_", None)
assert {"_get_fake_tensor", "istype"} <= utils._names

before = set(sys.modules)
weight = torch.ones(2, 2, dtype=torch.double, requires_grad=True)
(weight @ weight).backward(torch.ones(2, 2, dtype=torch.double))
torch.nn.functional.mse_loss(weight, torch.zeros(2, 2, dtype=torch.double)).backward()
assert torch.autograd.gradcheck(lambda x: x * x, (weight,))
str(weight)
assert set(sys.modules) == before, set(sys.modules) - before
assert sys.modules["torch._dynamo"] is stand_in

from torchvision.ops.roi_align import is_compile_supported
assert is_compile_supported("cpu") in (True, False)
assert sys.modules["torch._dynamo"] is torch._dynamo is not stand_in
assert sys.modules["torch._dynamo.utils"] is not utils
assert torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1)).item() == 2
"""


def test_torchvision_needs_no_compiler_until_it_asks_and_first_calls_import_nothing() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", VISION], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_without_torch_nothing_is_put_off() -> None:
    said = "import sys; from autograder.sandbox.lazily import bring_forward, put_off"
    code = f"{said}; put_off(); bring_forward(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
