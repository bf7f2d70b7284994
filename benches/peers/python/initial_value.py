"""The initial-value problems of `eigennet::reference` that have no mass matrix in SciPy: prints
`problem,method,rtol,digits,steps,f,jacobians,lu,seconds` for each method and tolerance. Needs numpy and scipy."""

import sys
import time

import numpy as np
from scipy.integrate import solve_ivp


def robertson(_, y):
    slow, fast, medium = 0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]
    return [medium - slow, slow - medium - fast, fast]


def hires(_, y):
    bound = 280.0 * y[5] * y[7]
    return [
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
        1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
        -1.745 * y[4] + 0.43 * (y[5] + y[6]),
        -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
        bound - 1.81 * y[6],
        1.81 * y[6] - bound,
    ]


def orego(_, y):
    return [
        77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1])),
        (y[2] - (1.0 + y[0]) * y[1]) / 77.27,
        0.161 * (y[0] - y[2]),
    ]


def van_der_pol(_, y):
    return [y[1], 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0]]


MASSES = np.arange(1.0, 8.0)


def pleiades(_, y):
    dx, dy = y[None, :7] - y[:7, None], y[None, 7:14] - y[7:14, None]
    cubes = (dx * dx + dy * dy + np.eye(7)) ** 1.5
    return np.concatenate([y[14:], (MASSES * dx / cubes).sum(1), (MASSES * dy / cubes).sum(1)])


MOON = 0.012277471


def arenstorf(_, y):
    earth = 1.0 - MOON
    to_earth = ((y[0] + MOON) ** 2 + y[1] ** 2) ** 1.5
    to_moon = ((y[0] - earth) ** 2 + y[1] ** 2) ** 1.5
    return [
        y[2],
        y[3],
        y[0] + 2.0 * y[3] - earth * (y[0] + MOON) / to_earth - MOON * (y[0] - earth) / to_moon,
        y[1] - 2.0 * y[2] - earth * y[1] / to_earth - MOON * y[1] / to_moon,
    ]


ORBIT = [0.994, 0.0, 0.0, -2.0015851063790825]
STARS = [3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4, 0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0]
STARS_END = [
    0.3706139143970502, 3.237284092057233, -3.222559032418324, 0.6597091455775310, 0.3425581707156584,
    1.562172101400631, -0.7003092922212495, -3.943437585517392, -3.271380973972550, 5.225081843456543,
    -2.590612434977470, 1.198213693392275, -0.2429682344935824, 1.091449240428980, 3.417003806314313,
    1.354584501625501, -2.590065597810775, 2.025053734714242, -1.155815100160448, -0.8072988170223021,
    0.5952396354208710, -3.741244961234010, 0.3773459685750630, 0.9386858869551073, 0.3667922227200571,
    -0.3474046353808490, 2.344915448180937, -1.947020434263292,
]  # fmt: skip
HIRES_END = [
    0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
    0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2,
]  # fmt: skip
STIFF, EXPLICIT = ["Radau", "BDF"], ["RK45", "DOP853"]
# name, f, t1, start, end, scale, methods
PROBLEMS = [
    ("Robertson", robertson, 1e11, [1, 0, 0], [2.083340149701255e-8, 8.333360770334713e-14, 0.999999979166505], 1e-8, STIFF),
    ("HIRES", hires, 321.8122, [1, 0, 0, 0, 0, 0, 0, 0.0057], HIRES_END, 1e-3, STIFF),
    ("OREGO", orego, 360.0, [1, 2, 3], [1.000814870318523, 1228.178521549917, 132.0554942846706], 1.0, STIFF),
    ("van der Pol", van_der_pol, 2000.0, [2, 0], [1.706167732170469, -0.8928097010248125e-3], 1e-3, STIFF),
    ("Pleiades", pleiades, 3.0, STARS, STARS_END, 1.0, EXPLICIT),
    ("Arenstorf", arenstorf, 17.0652165601579625589, ORBIT, ORBIT, 1.0, EXPLICIT),
]

for name, f, t1, start, end, scale, methods in PROBLEMS:
    for method in methods:
        for rtol in map(float, sys.argv[1:] or ["1e-4", "1e-6", "1e-8"]):
            seconds = []
            while len(seconds) < 3:
                begin = time.perf_counter()
                found = solve_ivp(f, (0.0, t1), np.array(start, float), method=method, rtol=rtol, atol=rtol * scale)
                seconds.append(time.perf_counter() - begin)
            error = (np.abs(found.y[:, -1] - end) / (scale + np.abs(end))).max() if found.success else np.inf
            work = [found.t.size - 1, found.nfev, found.njev, found.nlu]
            print(name, f"SciPy {method}", f"{rtol:g}", f"{-np.log10(error):.2f}", *work, f"{np.median(seconds):.4f}", sep=",", flush=True)
