"""The peers of `graphs`: reads requests from its input and answers them, one thread, until the input ends.

`array NAME rows columns` is followed by so many doubles and has no answer. Any other line is a method and its arguments;
the answer is a line `seconds count` and so many doubles, or `absent reason`. Needs numpy and what the methods import."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import sys
import time
import warnings
from functools import lru_cache

import numpy as np

warnings.simplefilter("ignore")
ARRAYS = {}


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def scikit(algorithm):
    def neighbors(count):
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=int(count), algorithm=algorithm, n_jobs=1)
        return timed(lambda: search.fit(ARRAYS["points"]).kneighbors(return_distance=False))

    return neighbors


def ckdtree(count):
    from scipy.spatial import cKDTree

    points = ARRAYS["points"]
    # Points are their own nearest.
    return timed(lambda: cKDTree(points).query(points, int(count) + 1)[1][:, 1:])


@lru_cache
def compiled_descent():
    import pynndescent

    pynndescent.NNDescent(ARRAYS["points"][:500], n_neighbors=26, n_jobs=1).neighbor_graph
    return pynndescent


def descent(count):
    library = compiled_descent()
    search = lambda: library.NNDescent(ARRAYS["points"], n_neighbors=int(count) + 1, n_jobs=1, random_state=0)
    return timed(lambda: search().neighbor_graph[0][:, 1:])


def spectral(clusters, neighbors, seed):
    from sklearn.cluster import SpectralClustering

    settings = {"affinity": "nearest_neighbors", "n_neighbors": int(neighbors), "eigen_solver": "arpack"}
    clustering = SpectralClustering(int(clusters), random_state=int(seed), n_jobs=1, **settings)
    return timed(lambda: clustering.fit(ARRAYS["points"]).labels_)


def example(name):
    """Points and labels of scikit-learn's comparison of clustering methods (examples/cluster/plot_cluster_comparison.py)."""
    from sklearn import datasets
    from sklearn.preprocessing import StandardScaler

    n, seed, other = 500, 30, 170
    if name == "circles":
        points, labels = datasets.make_circles(n_samples=n, factor=0.5, noise=0.05, random_state=seed)
    elif name == "moons":
        points, labels = datasets.make_moons(n_samples=n, noise=0.05, random_state=seed)
    elif name == "varied":
        points, labels = datasets.make_blobs(n_samples=n, cluster_std=[1.0, 2.5, 0.5], random_state=other)
    elif name == "anisotropic":
        points, labels = datasets.make_blobs(n_samples=n, random_state=other)
        points = points @ [[0.6, -0.6], [-0.4, 0.8]]
    elif name == "blobs":
        points, labels = datasets.make_blobs(n_samples=n, random_state=seed)
    else:
        points, labels = np.random.RandomState(seed).rand(n, 2), np.zeros(n)
    return 0.0, np.column_stack([StandardScaler().fit_transform(points), labels])


def diffusion(neighbors, components):
    from datafold.dynfold import DiffusionMaps
    from datafold.pcfold import GaussianKernel, PCManifold

    def fit():
        points = PCManifold(ARRAYS["points"])
        points.optimize_parameters(k=int(neighbors), random_state=0)
        kernel = GaussianKernel(epsilon=points.kernel.epsilon, distance={"cut_off": points.cut_off})
        return DiffusionMaps(kernel=kernel, n_eigenpairs=int(components)).fit(ARRAYS["points"]).eigenvalues_

    return timed(fit)


class SpectralNet:
    """Dense Gaussian affinity of a batch, orthonormalisation by another, RMSProp."""

    def __init__(self, widths, sigma):
        import jax
        import jax.numpy as jnp

        places, start = [], 0
        for fan_in, fan_out in zip(widths, widths[1:]):
            places.append((start, fan_in, fan_out))
            start += fan_in * fan_out + fan_out
        self.points = ARRAYS["points"].astype(np.float32)
        centred = self.points - self.points.mean(0)
        self.inputs = centred / np.sqrt((centred**2).sum(1).mean())
        self.parameters = jnp.asarray(ARRAYS["parameters"].ravel().astype(np.float32))

        def network(parameters, h):
            for layer, (start, fan_in, fan_out) in enumerate(places):
                middle = start + fan_in * fan_out
                h = h @ parameters[start:middle].reshape(fan_in, fan_out) + parameters[middle : middle + fan_out]
                h = h if layer + 1 == len(places) else jax.nn.elu(h)
            return h

        def orthonormalizer(parameters, inputs):
            f = network(parameters, inputs)
            lower = jnp.linalg.cholesky(f.T @ f / len(inputs))
            identity = jnp.eye(f.shape[1], dtype=f.dtype)
            return jax.scipy.linalg.solve_triangular(lower, identity, lower=True).T

        def loss(parameters, points, inputs, orthonormal):
            squares = (points * points).sum(1)
            weights = jnp.exp(-(squares[:, None] + squares - 2 * points @ points.T) / (2 * sigma * sigma))
            f = network(parameters, inputs) @ orthonormal
            return ((weights.sum(1, keepdims=True) * f * f).sum() - (f * (weights @ f)).sum()) / len(points)

        def step(parameters, average, points, inputs, others):
            slope = jax.grad(loss)(parameters, points, inputs, orthonormalizer(parameters, others))
            average = 0.9 * average + 0.1 * slope * slope
            return parameters - 1e-4 * slope / (jnp.sqrt(average) + 1e-7), average

        self.step = jax.jit(step, donate_argnums=(0, 1))
        self.loss = jax.jit(jax.value_and_grad(loss))
        self.orthonormalizer = orthonormalizer

    def train(self, batch, others, steps):
        import jax.numpy as jnp

        draw = np.random.default_rng(0)
        parameters, average = jnp.array(self.parameters), jnp.zeros_like(self.parameters)
        # Batches are drawn beforehand.
        batches = []
        for _ in range(16):
            rows, rest = draw.permutation(len(self.points))[:batch], draw.permutation(len(self.points))[:others]
            batches.append([jnp.asarray(a) for a in (self.points[rows], self.inputs[rows], self.inputs[rest])])
        parameters, average = self.step(parameters, average, *batches[0])

        def work():
            nonlocal parameters, average
            for i in range(steps):
                parameters, average = self.step(parameters, average, *batches[i % 16])
                parameters.block_until_ready()
            return parameters

        return timed(work)

    def value(self):
        loss, slope = self.loss(
            self.parameters, self.points, self.inputs, self.orthonormalizer(self.parameters, self.inputs)
        )
        return 0.0, np.concatenate([[loss], slope])


@lru_cache
def spectral_net(*arguments):
    *widths, sigma = arguments
    return SpectralNet([int(width) for width in widths], float(sigma))


METHODS = {
    "kd_tree": scikit("kd_tree"),
    "ball_tree": scikit("ball_tree"),
    "brute": scikit("brute"),
    "ckdtree": ckdtree,
    "descent": descent,
    "spectral": spectral,
    "example": example,
    "diffusion": diffusion,
    "spectral_net": lambda batch, others, steps, *net: spectral_net(*net).train(int(batch), int(others), int(steps)),
    "spectral_net_loss": lambda *net: spectral_net(*net).value(),
}

# What libraries print is not an answer.
answers, requests = os.fdopen(os.dup(1), "wb"), sys.stdin.buffer
os.dup2(2, 1)
while line := requests.readline():
    name, *arguments = line.decode().split()
    if name == "array":
        which, rows, columns = arguments[0], int(arguments[1]), int(arguments[2])
        ARRAYS[which] = np.frombuffer(requests.read(8 * rows * columns), np.float64).reshape(rows, columns).copy()
        spectral_net.cache_clear()
        continue
    try:
        seconds, values = METHODS[name](*arguments)
        values = np.asarray(values, np.float64).ravel()
        answers.write(b"%r %d\n" % (seconds, values.size) + values.tobytes())
    except Exception as error:
        answers.write(f"absent {type(error).__name__}: {error}".splitlines()[0].encode() + b"\n")
    answers.flush()
