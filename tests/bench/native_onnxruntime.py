"""Seconds that onnxruntime takes for all texts, one thread, a number a round, as JSON.

stdin: {"model": path, "ids": token ids by text, "batch": texts a run, "rounds": how often}.
"""

import json
import sys
import time

import numpy
import onnxruntime


def batches(ids, size):
    for at in range(0, len(ids), size):
        some = ids[at : at + size]
        width = max(map(len, some))
        tokens = numpy.zeros((len(some), width), numpy.int64)
        mask = numpy.zeros_like(tokens)
        for row, text in enumerate(some):
            tokens[row, : len(text)] = text
            mask[row, : len(text)] = 1
        types = numpy.zeros_like(tokens)
        yield {"input_ids": tokens, "attention_mask": mask, "token_type_ids": types}


def main():
    given = json.load(sys.stdin)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(given["model"], options, providers=providers)
    seconds = []
    for round_number in range(given["rounds"] + 1):
        begin = time.perf_counter()
        for feeds in batches(given["ids"], given["batch"]):
            session.run(None, feeds)
        if round_number > 0:  # The first warms up.
            seconds.append(time.perf_counter() - begin)
    print(json.dumps(seconds))


main()
