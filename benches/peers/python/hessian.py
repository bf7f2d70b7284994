"""The ten largest Hessian eigenvalues of a network of a million parameters on 10 000 samples, by PyHessian.

    pip install torch pyhessian
    python benches/peers/python/hessian.py [threads]

Beside it: cargo run --release --bin diagnose -- --size large. Same network and start (100-950-950-10, tanh, Glorot
with gain 5/3), points of the same distribution, the same relative tolerance; all samples in one batch, where PyHessian is fastest.
"""

import resource
import sys
import time

import torch
from pyhessian import hessian

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
torch.manual_seed(0)
network = torch.nn.Sequential(
    torch.nn.Linear(100, 950), torch.nn.Tanh(), torch.nn.Linear(950, 950), torch.nn.Linear(950, 10)
)
for layer in network:
    if isinstance(layer, torch.nn.Linear):
        torch.nn.init.xavier_uniform_(layer.weight, 5 / 3)
        torch.nn.init.zeros_(layer.bias)
labels = torch.arange(10_000) % 10
points = torch.randn(10, 100)[labels] + torch.randn(10_000, 100)

solver = hessian(network, torch.nn.CrossEntropyLoss(), data=(points, labels), cuda=False)
module = sys.modules["pyhessian.hessian"]
product, products = module.hessian_vector_product, 0


def counted(*arguments):
    global products
    products += 1
    return product(*arguments)


module.hessian_vector_product = counted
started = time.time()
values, _ = solver.eigenvalues(maxIter=100, tol=1e-3, top_n=10)
seconds = time.time() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{seconds:.1f} s, {products} products of {seconds / products:.3f} s, peak {peak:.2f} GiB")
print(" ".join(f"{value:.5f}" for value in values))
