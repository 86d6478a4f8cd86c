#!/usr/bin/env python3
"""ward-peers.py WARD-SPEED [N D [ROUNDS [KIND]]] - our Ward clusterer beside
SciPy, scikit-learn and fastcluster, whichever are installed, on the same
points, in alternation, with ratios of the best times.  Memory is the peak of
each program's own process.
"""
import os
import re
import subprocess
import sys
import tempfile

PEER = r"""
import resource, sys, time
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
start = time.perf_counter()
run()
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
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
    return names


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    given = [int(v) for v in sys.argv[2:5]]
    n, d, rounds = given + [5000, 768, 2][len(given):]
    kind = sys.argv[5] if len(sys.argv) > 5 else "words"
    names = installed()
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        points = os.path.join(folder, "points.f32")
        for _ in range(rounds):
            line = subprocess.run(
                [program, kind, str(n), str(d), "2", points],
                capture_output=True, text=True, check=True).stdout
            ours = float(re.search(r"seconds ([\d.]+)", line).group(1))
            memory = re.search(r"MB (\d+) \+ (\d+)", line)
            note(best, "ours", ours, sum(map(int, memory.groups())))
            for name in names:
                text = subprocess.run(
                    [sys.executable, "-c", PEER, name, points, str(n),
                     str(d)], capture_output=True, text=True).stdout
                if text:
                    note(best, name, *map(float, text.split()))
    print("program\tN\tD\tseconds\tratio\tMB")
    for name, (seconds, megabytes) in best.items():
        print(f"{name}\t{n}\t{d}\t{seconds:.2f}\t"
              f"{seconds / best['ours'][0]:.1f}\t{megabytes:.0f}")


def note(best, name, seconds, megabytes):
    old = best.get(name, (float("inf"), 0))
    best[name] = (min(seconds, old[0]), max(megabytes, old[1]))


if __name__ == "__main__":
    main()
