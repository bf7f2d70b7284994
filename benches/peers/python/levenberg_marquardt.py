"""The step `lm_step` of `roofline` in JAX: diffusion in a rod, 2-16-16-1 tanh, 24 x 24 Gauss points.

    levenberg_marquardt.py reverse|forward f32|f64

The Jacobian is that of one point's residual, in reverse or forward, mapped over the points; derivatives in the coordinates
are written by hand. As in `optim::LevenbergMarquardt` a step bends by the second difference along it (Transtrum and
Sethna, 2012) and ends in an evaluation. Prints the sums of squares of the first steps, and seconds per compiled step, the
fastest tenth."""

import os
import sys
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

mode, kind = sys.argv[1:3]
if kind == "f64":
    jax.config.update("jax_enable_x64", True)
scalar = np.float32 if kind == "f32" else np.float64
DAMPING, PROBE = 10.0, 0.1

random = np.random.default_rng(0)
WIDTHS = [2, 16, 16, 1]
sides = list(zip(WIDTHS, WIDTHS[1:]))
weights = [random.uniform(-2, 2, (i, o)) * np.sqrt(6 / (i + o)) for i, o in sides]
biases = [random.uniform(-0.5, 0.5, o) for _, o in sides]
start, unravel = ravel_pytree([[jnp.asarray(v, scalar) for v in part] for part in (weights, biases)])
nodes, measure = np.polynomial.legendre.leggauss(24)
points = np.stack(np.meshgrid((nodes + 1) / 2, (nodes + 1) / 2, indexing="ij"), -1).reshape(-1, 2)
points = jnp.asarray(points.astype(scalar))
roots = jnp.asarray(np.sqrt(np.outer(measure, measure) / 4).ravel().astype(scalar))


def residual(parameters, point, root):
    """u_t - u_xx at points, for u = (1 - t) sin pi x + x (1 - x) t N."""
    (W1, W2, W3), (b1, b2, b3) = unravel(parameters)
    x, t = point[..., 0], point[..., 1]
    y = jnp.tanh((2 * point - 1) @ W1 + b1)
    d = 1 - y * y
    zx, zt = 2 * W1[0], 2 * W1[1]
    streams = jnp.stack([y, d * zx, d * zt, -2 * y * d * zx * zx]) @ W2
    y = jnp.tanh(streams[0] + b2)
    d = 1 - y * y
    zx, zt = streams[1], streams[2]
    streams = (jnp.stack([y, d * zx, d * zt, d * streams[3] - 2 * y * d * zx * zx]) @ W3)[..., 0]
    n, nx, nt, nxx = streams[0] + b3[0], streams[1], streams[2], streams[3]
    a, s = x * (1 - x), jnp.sin(np.pi * x)
    ut = -s + a * n + a * t * nt
    uxx = -(np.pi**2) * (1 - t) * s + t * (-2 * n + 2 * (1 - 2 * x) * nx + a * nxx)
    return root * (ut - uxx)


derivative = {"reverse": jax.grad, "forward": jax.jacfwd}[mode]
jacobian = jax.vmap(derivative(residual), (None, 0, 0))


def step(parameters, r):
    J = jacobian(parameters, points, roots)
    factor = jax.scipy.linalg.cho_factor(J.T @ J + DAMPING * jnp.eye(len(parameters), dtype=scalar), lower=True)
    velocity = -jax.scipy.linalg.cho_solve(factor, J.T @ r)
    probe = residual(parameters + PROBE * velocity, points, roots)
    bend = 2 / PROBE * ((probe - r) / PROBE - J @ velocity)
    parameters = parameters + velocity - 0.5 * jax.scipy.linalg.cho_solve(factor, J.T @ bend)
    return parameters, residual(parameters, points, roots)


compiled = jax.jit(step, donate_argnums=(0, 1))


def fresh():
    return start + 0, residual(start, points, roots)


state, squares = fresh(), []
for _ in range(4):
    squares.append(float((state[1] ** 2).sum()))
    state = compiled(*state)
print(*squares)
seconds, began = [], time.perf_counter()
while time.perf_counter() - began < 1.0:
    # Ten steps a run, as in `roofline`.
    state = fresh()
    state[1].block_until_ready()
    before = time.perf_counter()
    for _ in range(10):
        state = compiled(*state)
        state[1].block_until_ready()
    seconds.append((time.perf_counter() - before) / 10)
print(np.sort(seconds)[len(seconds) // 10])
