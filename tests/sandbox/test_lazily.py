"""torch's compiler is put off until somebody compiles, and optimisers step as ever."""

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


def test_without_torch_nothing_is_put_off() -> None:
    code = "import sys; from autograder.sandbox.lazily import put_off; put_off(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
