# Writes the files beside it: python3 make_pt.py FOLDER, with PyTorch 1.13.
import os
import sys
from collections import OrderedDict

import torch

folder = sys.argv[1]
numbers = torch.arange(12, dtype=torch.float32)
state = OrderedDict(weight=numbers.reshape(3, 4), bias=torch.nn.Parameter(numbers[:2]))
state._metadata = OrderedDict({"": {"version": 1}})
kinds = {
    "state": state,
    "transposed": numbers.reshape(3, 4).t(),
    "part": numbers.reshape(3, 4)[1:, 1:3],
    "every third": numbers[1::3],
    "scalar": torch.tensor(7),
    "empty": torch.zeros(0, 5),
    "types": [numbers[:3].to(kind) for kind in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)],
    "size": torch.Size([3, 4]),
    "values": [None, True, False, 0, 255, 65535, -1, 2**40, -2**40, 0.5, "text \u03b1", (), (1,), (1, 2), (1, 2, 3, 4)],
}
torch.save(kinds, os.path.join(folder, "kinds.pt"))
torch.save(kinds, os.path.join(folder, "kinds_protocol4.pt"), pickle_protocol=4)
torch.save({"expanded": torch.ones(1).expand(1000)}, os.path.join(folder, "expanded.pt"))
torch.save({"complex": torch.zeros(2, dtype=torch.complex64)}, os.path.join(folder, "complex.pt"))
torch.save(kinds, os.path.join(folder, "legacy.pt"), _use_new_zipfile_serialization=False)


class Hostile:
    def __reduce__(self):
        return os.system, ("touch executed",)


torch.save({"model": state, "optimizer": Hostile()}, os.path.join(folder, "hostile.pt"))
torch.save(torch.nn.Linear(2, 1), os.path.join(folder, "module.pt"))


@torch.jit.script
def double(x):
    return x * 2


torch.jit.save(double, os.path.join(folder, "script.pt"))
