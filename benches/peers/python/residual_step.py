"""The steps of `benches/residual_step.rs` in JAX, derivatives written by hand; that benchmark runs this file.

    residual_step.py lagaris|eigenvector f32|f64

First line of the input: the parameters, block after block; for the eigenvector equation its matrix and starting
point follow. The answer is the loss and the norm of each block of its gradient. Then each line `loop` or `call` is
answered by seconds per step, the fastest tenth: 100 steps compiled to one loop, or one compiled step per call."""

import os
import sys
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp
import numpy as np

problem, kind = sys.argv[1:3]
if kind == "f64":
    jax.config.update("jax_enable_x64", True)
scalar = np.float32 if kind == "f32" else np.float64
given = np.array(sys.stdin.readline().split(), float)


def take(*shape):
    global given
    size = int(np.prod(shape))
    block, given = given[:size].reshape(shape).astype(scalar), given[size:]
    return jnp.asarray(block)


def blocks(widths):
    return [take(*shape) for i, o in zip(widths, widths[1:]) for shape in ((i, o), (1, o))]


if problem == "lagaris":
    start = blocks([2, 50, 20, 1])
    grid = np.linspace(0, 1, 20)
    P = jnp.asarray(np.stack(np.meshgrid(grid, grid, indexing="ij"), -1).reshape(-1, 2).astype(scalar))
    N, X, T = len(P), P[:, :1], P[:, 1:]
    A0, A1, A1x = (1 - T) * jnp.sin(np.pi * X), X * (1 - X), 1 - 2 * X
    known = -jnp.sin(np.pi * X) + np.pi**2 * A0

    def loss(ps):
        W1, b1, W2, b2, W3, b3 = ps
        s = jax.nn.sigmoid(P @ W1 + b1)
        d = s - s * s
        dd = d * (1 - 2 * s)
        zx, zt = W1[:1], W1[1:]
        y = jnp.concatenate([s, d * zx, d * zt, dd * (zx * zx)]) @ W2
        s = jax.nn.sigmoid(y[:N] + b2)
        d = s - s * s
        dd = d * (1 - 2 * s)
        yx = y[N : 2 * N]
        y = jnp.concatenate([s, d * yx, d * y[2 * N : 3 * N], d * y[3 * N :] + dd * (yx * yx)]) @ W3
        n, nx, nt, nxx = y[:N] + b3, y[N : 2 * N], y[2 * N : 3 * N], y[3 * N :]
        return ((known + A1 * n + A1 * T * nt - T * (-2 * n + 2 * A1x * nx + A1 * nxx)) ** 2).mean()

else:
    start = blocks([1, 100, 6])
    A, x0 = take(6, 6), take(1, 6)
    t = jnp.asarray(np.linspace(0, 10, 100).reshape(-1, 1).astype(scalar))
    e = jnp.exp(-t)

    def loss(ps):
        W1, b1, W2, b2 = ps
        s = jax.nn.sigmoid(t @ W1 + b1)
        y = jnp.concatenate([s, (s - s * s) * W1]) @ W2
        n, dn = y[:100] + b2, y[100:]
        x, dx = e * x0 + (1 - e) * n, e * (n - x0) + (1 - e) * dn
        Ax = x @ A
        f = (x * x).sum(1, keepdims=True) * Ax + (1 - (x * Ax).sum(1, keepdims=True)) * x
        return ((dx + x - f) ** 2).mean()


def adam(state):
    ps, m, v, k = state
    g = jax.grad(loss)(ps)
    k = k + 1
    m = [0.9 * a + 0.1 * q for a, q in zip(m, g)]
    v = [0.999 * a + 0.001 * q * q for a, q in zip(v, g)]
    c1, c2 = 1 - 0.9**k, 1 - 0.999**k
    return [p - 1e-3 * (a / c1) / (jnp.sqrt(b / c2) + 1e-8) for p, a, b in zip(ps, m, v)], m, v, k


def fresh():
    return [p + 0 for p in start], [0 * p for p in start], [0 * p for p in start], jnp.asarray(0.0, scalar)


value, gradient = jax.value_and_grad(loss)(start)
print(float(value), *(float(jnp.linalg.norm(g)) for g in gradient), flush=True)

steps = {
    "loop": (jax.jit(lambda s: jax.lax.fori_loop(0, 100, lambda _, q: adam(q), s)), 100),
    "call": (jax.jit(adam, donate_argnums=0), 1),
}
for line in sys.stdin:
    step, inner = steps[line.strip()]
    state = step(fresh())
    state[0][0].block_until_ready()
    seconds = []
    began = time.perf_counter()
    while time.perf_counter() - began < 0.3:
        before = time.perf_counter()
        for _ in range(max(1, 20 // inner)):
            state = step(state)
            state[0][0].block_until_ready()
        seconds.append((time.perf_counter() - before) / inner / max(1, 20 // inner))
    print(np.sort(seconds)[len(seconds) // 10], flush=True)
