"""The circle graph of `circle_graph.rs` in SciPy: prints `name seconds residual eigenvalue ...` for ARPACK with and
without shift-invert (SuperLU). Needs numpy and scipy."""

import time

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh
from scipy.spatial import cKDTree

POINTS, NEIGHBOURS, PAIRS = 10_000, 25, 10


def laplacian():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, POINTS)
    points = np.stack([np.cos(angle), np.sin(angle)], 1)
    distance, index = cKDTree(points).query(points, NEIGHBOURS)
    width = np.median(distance[:, -1])
    row = np.repeat(np.arange(POINTS), NEIGHBOURS)
    weight = sp.csr_matrix((np.exp(-((distance.ravel() / width) ** 2)), (row, index.ravel())), (POINTS, POINTS))
    weight = (weight + weight.T) * 0.5
    scale = sp.diags(np.asarray(weight.sum(1)).ravel() ** -0.5)
    similar = scale @ weight @ scale
    return (sp.identity(POINTS) - (similar + similar.T) * 0.5).tocsr()


def report(name, rounds, solve):
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        values, vectors = solve()
        seconds.append(time.perf_counter() - start)
    order = np.argsort(values)
    residual = np.linalg.norm(L @ vectors - vectors * values, axis=0).max()
    print(name, np.median(seconds), residual, *(repr(float(v)) for v in values[order]), flush=True)


L = laplacian()
S = sp.identity(POINTS, format="csr") - L
ones = np.ones(POINTS)
report("superlu", 7, lambda: eigsh(L, k=PAIRS, sigma=-1e-5, which="LM", v0=ones))


def plain(tolerance):
    values, vectors = eigsh(S, k=PAIRS, which="LA", tol=tolerance, v0=ones)
    return 1 - values, vectors


report("arpack", 1, lambda: plain(1e-10))
