#!/usr/bin/env python3
"""ward.py LATENT [N [D [ROUNDS]]] - our Ward clusterer beside SciPy,
scikit-learn and fastcluster, whichever are installed, on the same points, in
alternation, with ratios of the best times (above 5,000 points: one round).
Memory is the peak of each program's own process.
"""
import json
import os
import subprocess
import sys
import tempfile

PEER = r"""
import sys, time
import numpy as np
name, path, n, d = sys.argv[1:5]
x = np.fromfile(path, np.float32).reshape(int(n), int(d))
if name == "scipy":
    from scipy.cluster.hierarchy import linkage
    run = lambda: linkage(x, "ward")
elif name == "fastcluster":
    import fastcluster
    run = lambda: fastcluster.linkage_vector(x, "ward")
else:
    from sklearn.cluster import ward_tree
    run = lambda: ward_tree(x, return_distance=True)
start, cpu = time.perf_counter(), time.process_time()
run()
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(seconds, cpu, int(line.split()[1]) * 1024 / 1e6)
"""


def installed():
    names = []
    for name, module in (("scipy", "scipy.cluster.hierarchy"),
                         ("sklearn", "sklearn.cluster"),
                         ("fastcluster", "fastcluster")):
        probe = subprocess.run([sys.executable, "-c", "import " + module],
                               capture_output=True)
        if probe.returncode == 0:
            names.append(name)
        else:
            print(f"# {name} is not installed")
    return names


def note(best, name, seconds, cpu, megabytes):
    old = best.get(name, (float("inf"), float("inf"), 0))
    best[name] = (min(seconds, old[0]), min(cpu, old[1]),
                  max(megabytes, old[2]))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    given = [int(v) for v in sys.argv[2:5]]
    n, d, rounds = given + [5000, 768, 0][len(given):]
    rounds = rounds or (2 if n <= 5000 else 1)
    names = installed()
    best, shares = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        points = os.path.join(folder, "points.f32")
        for _ in range(rounds):
            text = subprocess.run(
                [program, "bench", "ward", "--json", "--quiet", "--n",
                 str(n), "--d", str(d), "--save", points],
                capture_output=True, check=True).stdout
            ours = json.loads(text)
            shares = ours
            note(best, "latent", ours["seconds"], ours["cpu_seconds"],
                 ours["resident_megabytes"])
            for name in names:
                text = subprocess.run(
                    [sys.executable, "-c", PEER, name, points, str(n),
                     str(d)], capture_output=True, text=True).stdout
                if text:
                    note(best, name, *map(float, text.split()))
    print("program\tN\tD\tseconds\tratio\tcpu seconds\tMB")
    for name, (seconds, cpu, megabytes) in best.items():
        print(f"{name}\t{n}\t{d}\t{seconds:.2f}\t"
              f"{seconds / best['latent'][0]:.1f}\t{cpu:.2f}\t"
              f"{megabytes:.0f}")
    print(f"# distances / N^2 {shares['distances_per_n_squared']:.3f}, time "
          "over that of N^2 D flop at the peak, by CPU time "
          f"{shares['times_n_squared_d_at_peak_by_cpu_time']:.2f}")


main()
