"""Qdrant's engine behind the part of its REST interface that pagevec speaks.

The engine is Qdrant's own: the Python package qdrant-edge-py is its segment and shard code, which does the
filters, orders and searches. The HTTP around it is written here, after the answers of a Qdrant server; it
refuses what it does not know. A whole Qdrant server is in no package registry.

    python3 qdrant-engine.py PORT FOLDER API_KEY CORS

API_KEY "": none. CORS "cors": pages of every origin may call it, as Qdrant has it by default.
"""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import qdrant_edge as edge

VERSION = "1.20.0"
MAX_BODY = 32 << 20

DISTANCES = {
    "Euclid": edge.Distance.Euclid,
    "Cosine": edge.Distance.Cosine,
    "Dot": edge.Distance.Dot,
}
MODES = {
    None: edge.UpdateMode.Upsert,
    "upsert": edge.UpdateMode.Upsert,
    "insert_only": edge.UpdateMode.InsertOnly,
}


# The package takes True for the whole number 1, unless it is numpy's.
Truth = type(
    "bool",
    (),
    {
        "__module__": "numpy",
        "__init__": lambda self, value: setattr(self, "value", value),
        "__bool__": lambda self: self.value,
    },
)


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def bad(message):
    return Refused(400, f"Format error in JSON body: {message}")


def only(value, *known):
    """The keys of an object in that order; others are refused."""
    odd = [key for key in value if key not in known]
    if odd:
        raise bad(f"unknown field `{odd[0]}`, expected one of {', '.join(known)}")
    return [value.get(key) for key in known]


# Requests as the engine takes them.


def match(value):
    kinds = {
        "value": edge.MatchValue,
        "any": edge.MatchAny,
        "text": edge.MatchText,
        "substring": edge.MatchSubstring,
    }
    (kind, operand), *more = value.items()
    if more or kind not in kinds:
        raise bad("data did not match any variant of untagged enum MatchInterface")
    return kinds[kind](Truth(operand) if isinstance(operand, bool) else operand)


def condition(value):
    if "has_id" in value:
        (ids,) = only(value, "has_id")
        return edge.HasIdCondition(set(ids))
    if "is_empty" in value:
        (field,) = only(value, "is_empty")
        return edge.IsEmptyCondition(*only(field, "key"))
    if "key" not in value:
        return to_filter(value)
    key, matched, ranged = only(value, "key", "match", "range")
    if matched is not None:
        return edge.FieldCondition(key, match=match(matched))
    gte, gt, lte, lt = only(ranged, "gte", "gt", "lte", "lt")
    return edge.FieldCondition(key, range=edge.RangeFloat(gte=gte, gt=gt, lte=lte, lt=lt))


def to_filter(value):
    if not value:
        return None
    parts = only(value, "must", "should", "must_not")
    must, should, must_not = [part and [condition(each) for each in part] for part in parts]
    return edge.Filter(must=must, should=should, must_not=must_not)


def to_point(value):
    point_id, vector, payload = only(value, "id", "vector", "payload")
    return edge.Point(point_id, vector, payload)


def to_operation(value):
    ((kind, operand),) = value.items()
    if kind == "upsert":
        points, mode = only(operand, "points", "update_mode")
        return edge.UpdateOperation.upsert_points([to_point(each) for each in points], None, MODES[mode])
    if kind == "overwrite_payload":
        points, payload = only(operand, "points", "payload")
        return edge.UpdateOperation.overwrite_payload(points, payload)
    raise bad(f"unknown operation {kind}")


def to_order(value):
    if value is None:
        return None
    key, direction, start = only(value, "key", "direction", "start_from")
    way = edge.Direction.Desc if direction == "desc" else edge.Direction.Asc
    return edge.OrderBy(key, way, start)


# Answers as JSON has them.


def record(point):
    found = {"id": str(point.id), "payload": point.payload}
    if point.vector is not None:
        found["vector"] = point.vector
    if getattr(point, "order_value", None) is not None:
        found["order_value"] = point.order_value
    if hasattr(point, "score"):
        found.update(score=point.score, version=point.version)
    return found


class Collection:
    """A shard, and what the server keeps of it beside."""

    def __init__(self, folder, settings):
        vectors, hnsw, *_ = only(settings, "vectors", "hnsw_config")
        m, ef_construct = only(hnsw or {}, "m", "ef_construct")
        self.vectors = vectors
        self.hnsw = {"m": 16 if m is None else m, "ef_construct": ef_construct or 100}
        if vectors:
            size, distance = only(vectors, "size", "distance")
            config = {"vectors": edge.EdgeVectorParams(size, DISTANCES[distance])}
        else:
            # The engine wants one; no point has it.
            config = {"sparse_vectors": {"none": edge.EdgeSparseVectorParams()}}
        graph = edge.HnswIndexConfig(self.hnsw["m"], self.hnsw["ef_construct"], 10_000)
        self.shard = edge.EdgeShard.create(
            str(folder), edge.EdgeConfig(hnsw_config=graph, wal_enabled=False, **config)
        )

    def info(self):
        info = self.shard.info()
        schema = {
            key: {"data_type": "integer", "points": each.points}
            for key, each in info.payload_schema.items()
        }
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": info.points_count,
            "indexed_vectors_count": info.indexed_vectors_count,
            "segments_count": info.segments_count,
            "config": {"params": {"vectors": self.vectors or {}}, "hnsw_config": self.hnsw},
            "payload_schema": schema,
        }

    def make_index(self, body):
        name, schema = only(body, "field_name", "field_schema")
        kind, lookup, in_range = only(schema, "type", "lookup", "range")
        if kind != "integer":
            raise bad(f"no index of {kind} here")
        params = edge.IntegerIndexParams(lookup=lookup, range=in_range)
        self.shard.update(edge.UpdateOperation.create_field_index(name, params))
        return {"operation_id": 0, "status": "completed"}

    def upsert(self, body):
        return self.batch({"operations": [{"upsert": body}]})[0]

    def batch(self, body):
        operations = [to_operation(each) for each in only(body, "operations")[0]]
        for each in operations:
            self.shard.update(each)
        return [{"operation_id": 0, "status": "completed"} for _ in operations]

    def delete(self, body):
        (points,) = only(body, "points")
        self.shard.update(edge.UpdateOperation.delete_points(points))
        return {"operation_id": 0, "status": "completed"}

    def retrieve(self, body):
        ids, payload = only(body, "ids", "with_payload")
        found = self.shard.retrieve(ids, payload is not False, False)
        return [record(each) for each in found]

    def scroll(self, body):
        names = ("offset", "limit", "filter", "with_payload", "with_vector", "order_by")
        offset, limit, filters, payload, vector, order = only(body, *names)
        points, following = self.shard.scroll(
            edge.ScrollRequest(
                offset=offset,
                limit=limit,
                filter=to_filter(filters),
                with_payload=True if payload is None else payload,
                with_vector=bool(vector),
                order_by=to_order(order),
            )
        )
        page = [record(each) for each in points]
        return {"points": page, "next_page_offset": following and str(following)}

    def count(self, body):
        filters, exact = only(body, "filter", "exact")
        return {"count": self.shard.count(edge.CountRequest(exact, to_filter(filters)))}

    def query(self, body):
        return [{"points": self.search(each)} for each in only(body, "searches")[0]]

    def search(self, body):
        names = ("query", "limit", "filter", "params", "with_payload", "with_vector")
        vector, limit, filters, params, payload, with_vector = only(body, *names)
        if limit < 1:
            raise Refused(422, "Validation error in JSON body: [searches[0].limit: value 0 invalid]")
        (hnsw_ef,) = only(params or {}, "hnsw_ef")
        found = self.shard.query(
            edge.QueryRequest(
                limit=limit,
                query=edge.Query.Nearest(vector),
                filter=to_filter(filters),
                params=edge.SearchParams(hnsw_ef=hnsw_ef),
                with_payload=payload,
                with_vector=bool(with_vector),
            )
        )
        return [record(each) for each in found]


ROUTES = {
    ("PUT", "/index"): Collection.make_index,
    ("PUT", "/points"): Collection.upsert,
    ("POST", "/points"): Collection.retrieve,
    ("POST", "/points/batch"): Collection.batch,
    ("POST", "/points/delete"): Collection.delete,
    ("POST", "/points/scroll"): Collection.scroll,
    ("POST", "/points/count"): Collection.count,
    ("POST", "/points/query/batch"): Collection.query,
}


class Server:
    def __init__(self, folder, key):
        self.folder = folder
        self.key = key
        self.collections = {}
        self.made = 0
        self.lock = threading.Lock()

    def answer(self, method, path, key, body):
        if (method, path) == ("GET", "/"):
            return {"title": "qdrant - vector search engine", "version": VERSION}
        if self.key and key != self.key:
            raise Refused(401, "Must provide an API key or an Authorization bearer token")
        with self.lock:
            return {"result": self.result(method, path, body), "status": "ok", "time": 0.0}

    def result(self, method, path, body):
        found = re.fullmatch(r"/collections/([^/?]+)(/[^?]*)?(\?wait=true)?", path)
        if not found:
            raise Refused(404, "")
        name, below, _ = found.groups()
        if (method, below) == ("PUT", None):
            return self.create(name, body)
        if (method, below) == ("DELETE", None):
            return self.collections.pop(name, None) is not None
        collection = self.collections.get(name)
        if not collection:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        if (method, below) == ("GET", None):
            return collection.info()
        if (method, below) not in ROUTES:
            raise Refused(404, "")
        try:
            return ROUTES[method, below](collection, body)
        except (Refused, KeyError):
            raise
        except Exception as error:
            raise Refused(400, f"Wrong input: {error}") from error

    def create(self, name, settings):
        if name in self.collections:
            raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
        self.made += 1
        self.collections[name] = Collection(self.folder / str(self.made), settings)
        return True


def handler(server, cors):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: else each answer waits for the other side to confirm the first.
        wbufsize = 1 << 16

        def reply(self):
            length = int(self.headers.get("content-length", 0))
            try:
                if length > MAX_BODY:
                    raise Refused(413, f"Payload error: JSON payload ({length} bytes) is larger than allowed (limit: {MAX_BODY} bytes).")
                body = json.loads(self.rfile.read(length) or b"null")
                key = self.headers.get("api-key")
                status, answer = 200, server.answer(self.command, self.path, key, body)
            except Refused as refused:
                status, answer = refused.status, {"status": {"error": str(refused)}, "time": 0.0}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            if cors:
                self.send_header("access-control-allow-origin", "*")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = reply

        def do_OPTIONS(self):
            self.send_response(204 if cors else 405)
            for name in ("origin", "headers", "methods") if cors else ():
                self.send_header(f"access-control-allow-{name}", "*")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return Handler


def main():
    port, folder, key, cors = sys.argv[1:]
    server = Server(Path(folder), key)
    ThreadingHTTPServer(("127.0.0.1", int(port)), handler(server, cors == "cors")).serve_forever()


main()
