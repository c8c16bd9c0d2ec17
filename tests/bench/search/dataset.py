"""What a run of `./dev bench search` over so many rows needs, made of the embedded glosses.

usage: dataset.py VECTORS.f32 ROWS FOLDER, where VECTORS holds 100,000 rows and 1,000 queries. Writes

vectors.f32  ROWS rows, then the queries, float32: a random choice of the rows, or all of them; above
             100,000 copies of them, each moved by noise of 5 to 10 % of its length and normalised
labels.u16   a random number below 1,000 for each row: filters take those below a limit
truth.i32    the ten nearest rows of each query, exactly, nearest first: of all rows, then of those
             with labels below each limit of LIMITS; -1 where there are no ten
"""

import os
import sys

import numpy

DIMENSION = 384
ROWS = 100_000
K = 10
LIMITS = [1000, 500, 100, 10, 1]
BLOCK = 20_000
# As many as float32 sums could leave in the wrong order; these are compared again in float64.
CANDIDATES = 40


def choose(base, rows, random):
    if rows == len(base):
        return base
    if rows < len(base):
        return base[random.permutation(len(base))[:rows]]
    copies = numpy.empty((rows, DIMENSION), numpy.float32)
    for at in range(0, rows, len(base)):
        part = base[: min(len(base), rows - at)]
        noise = random.standard_normal(part.shape, numpy.float32)
        share = random.uniform(0.05, 0.1, (len(part), 1)).astype(numpy.float32)
        moved = part + noise * (share / numpy.linalg.norm(noise, axis=1, keepdims=True))
        copies[at : at + len(part)] = moved / numpy.linalg.norm(moved, axis=1, keepdims=True)
    return copies[random.permutation(rows)]


def nearest(rows, queries, members):
    """The ten greatest inner products of each query among the rows numbered members."""
    found = numpy.empty((len(queries), 0), numpy.int64)
    scores = numpy.empty((len(queries), 0), numpy.float32)
    for at in range(0, len(members), BLOCK):
        some = members[at : at + BLOCK]
        scores = numpy.hstack([scores, queries @ rows[some].T])
        found = numpy.hstack([found, numpy.broadcast_to(some, (len(queries), len(some)))])
        if scores.shape[1] > CANDIDATES:
            best = numpy.argpartition(-scores, CANDIDATES, axis=1)[:, :CANDIDATES]
            scores = numpy.take_along_axis(scores, best, axis=1)
            found = numpy.take_along_axis(found, best, axis=1)
    truth = numpy.full((len(queries), K), -1, numpy.int32)
    for query, ids, own in zip(queries.astype(numpy.float64), found, truth):
        exact = rows[ids].astype(numpy.float64) @ query
        best = ids[numpy.lexsort((ids, -exact))[:K]]
        own[: len(best)] = best
    return truth


def main():
    source, rows, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    everything = numpy.fromfile(source, numpy.float32).reshape(-1, DIMENSION)
    base, queries = everything[:ROWS], everything[ROWS:]
    random = numpy.random.default_rng(rows)
    chosen = choose(base, rows, random)
    labels = random.integers(0, LIMITS[0], rows, numpy.uint16)
    truths = [nearest(chosen, queries, numpy.flatnonzero(labels < limit)) for limit in LIMITS]
    os.makedirs(folder, exist_ok=True)
    numpy.concatenate(truths).tofile(f"{folder}/truth.i32")
    labels.tofile(f"{folder}/labels.u16")
    with open(f"{folder}/vectors.f32", "wb") as file:
        chosen.tofile(file)
        queries.tofile(file)


main()
