"""Native indexes behind `./dev bench search`: one call a line on stdin, one answer a line, both JSON.

usage: native.py VECTORS.f32 TRUTH.i32 ROWS. A call: {"system": name, "call": "build", "search" with
"ef", or "store"}. One thread; inner product of unit vectors.
"""

import json
import os
import sys
import tempfile
import time

import hnswlib
import numpy
import usearch.index

DIMENSION = 384
K = 10
M = 16
EF_CONSTRUCTION = 200


class Hnswlib:
    def __init__(self, rows):
        self.index = hnswlib.Index("ip", DIMENSION)
        self.index.set_num_threads(1)
        self.index.init_index(rows, M=M, ef_construction=EF_CONSTRUCTION)

    def add(self, vectors):
        self.index.add_items(vectors, num_threads=1)

    def search(self, queries, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(queries, K, num_threads=1)[0]

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        hnswlib.Index("ip", DIMENSION).load_index(path)


class Usearch:
    def __init__(self, dtype):
        self.dtype = dtype
        self.index = self.make()

    def make(self):
        return usearch.index.Index(
            ndim=DIMENSION,
            metric="ip",
            dtype=self.dtype,
            connectivity=M,
            expansion_add=EF_CONSTRUCTION,
        )

    def add(self, vectors):
        self.index.add(numpy.arange(len(vectors)), vectors, threads=1)

    def search(self, queries, ef):
        self.index.expansion_search = ef
        return self.index.search(queries, K, threads=1).keys

    def save(self, path):
        self.index.save(path)

    def load(self, path):
        self.make().load(path)


def make(system, rows):
    if system == "native-hnswlib":
        return Hnswlib(rows)
    return Usearch({"native-usearch": "f32", "native-usearch-i8": "i8"}[system])


def timed(function, *arguments):
    begin = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - begin, result


class Bench:
    def __init__(self, vectors, truth, rows):
        everything = numpy.fromfile(vectors, numpy.float32).reshape(-1, DIMENSION)
        self.rows, self.queries = everything[:rows], everything[rows:]
        count = len(self.queries)
        self.truth = numpy.fromfile(truth, numpy.int32).reshape(-1, count, K)[0]
        self.made = {}

    def build(self, system, **_):
        index = make(system, len(self.rows))
        seconds, _ = timed(index.add, self.rows)
        self.made[system] = index
        return {"seconds": seconds}

    def search(self, system, ef, **_):
        seconds, found = timed(self.made[system].search, self.queries, ef)
        hits = sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), self.truth.tolist()))
        return {"seconds": seconds, "queries": len(found), "recall": hits / self.truth.size}

    def store(self, system, **_):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "index")
            save, _ = timed(self.made[system].save, path)
            load, _ = timed(self.made[system].load, path)
            return {"save": save, "load": load, "bytes": os.path.getsize(path)}


def main():
    bench = Bench(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    for line in sys.stdin:
        given = json.loads(line)
        print(json.dumps(getattr(bench, given.pop("call"))(**given)), flush=True)


main()
