import type * as chromadb from "chromadb";

type Rank = ReturnType<typeof chromadb.Val>;
type Where = ReturnType<chromadb.Key["eq"]>;

/** Jest's literals have another prototype than chromadb, which runs outside, looks for. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** A search of all that chromadb's builders have, the same for the same numbers. */
export function randomSearch(api: typeof chromadb, random: () => number): chromadb.Search {
  const from = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]) => list[from(list.length)] as T;
  const many = <T>(make: () => T) => Array.from({ length: 1 + from(3) }, make);

  const key = () => one([api.K("lang"), api.K("n"), api.K.DOCUMENT, api.K.ID, new api.Key("x.y")]);
  const value = () => one<string | number | boolean>(["en", 3, 2.5, true, ""]);
  const literal = (): Record<string, unknown> =>
    one<() => Record<string, unknown>>(
      [
        () => ({ lang: value() }),
        () => ({ n: { [one(["$gt", "$ne", "$regex"])]: value() } }),
        () => ({ [one(["$and", "$or"])]: many(literal) }),
      ].map((make) => () => plain(make())),
    )();
  const where = (depth: number): Where => {
    if (depth > 0) {
      const other = one([() => where(depth - 1), literal, () => undefined])();
      const left = where(depth - 1);
      return random() < 0.5 ? left.and(other) : left.or(other);
    }
    return one<() => Where>([
      () => key()[one(["eq", "ne", "gt", "gte", "lt", "lte"] as const)](value()),
      () => key()[one(["isIn", "notIn"] as const)](new Set(many(value))),
      () => key()[one(["contains", "notContains", "regex", "notRegex"] as const)]("tea"),
    ])();
  };

  const knn = () =>
    api.Knn({
      query: one<string | number[] | Float32Array>(["tea", [1, 2], Float32Array.of(0.5, 1)]),
      key: one([undefined, "other", api.K("third")]),
      limit: one([undefined, 5]),
      default: one([undefined, null, 9]),
      returnRank: one([undefined, true, false]),
    });
  const input = (depth: number) =>
    one<() => Rank | number | Record<string, unknown>>([
      () => rank(depth - 1),
      () => 2,
      () => plain({ $val: 3 }),
    ])();
  const rank = (depth: number): Rank => {
    if (depth <= 0) return one([knn, () => api.Val(1.5)])();
    return one<() => Rank>([
      () => one([api.Sum, api.Mul, api.Max, api.Min])(...many(() => input(depth))),
      () => one([api.Sub, api.Div])(input(depth), input(depth)),
      () => one([api.Abs, api.Exp, api.Log])(input(depth)),
      () =>
        rank(depth - 1)[one(["add", "multiply", "max", "min"] as const)](
          ...many(() => input(depth)),
        ),
      () => rank(depth - 1)[one(["subtract", "divide"] as const)](input(depth)),
      () => rank(depth - 1)[one(["negate", "abs", "exp", "log"] as const)](),
      () =>
        api.Rrf({
          ranks: [knn(), rank(depth - 1)],
          k: one([undefined, 10]),
          weights: one([undefined, [1, 3]]),
          normalize: random() < 0.5,
        }),
    ])();
  };

  const group = () =>
    one([
      () => new api.GroupBy([api.K("lang")], api.Aggregate.minK([api.K.SCORE, "n"], 2)),
      () => new api.GroupBy([api.K("lang")], new api.MaxK([api.K("n")], 1)),
      () =>
        api.GroupBy.from(plain({ keys: ["n"], aggregate: { $max_k: { keys: ["#score"], k: 3 } } })),
    ])();
  const limit = () =>
    one([5, { limit: 2, offset: 3 }, { offset: 1 }, new api.Limit({ limit: 4 }), null]);
  const keys = () => many(() => one(["title", api.K.SCORE, api.K("lang"), "#document"]));

  let search = new api.Search({
    where: one([undefined, literal()]),
    rank: one([undefined, rank(1)]),
    limit: limit(),
    select: one([undefined, keys(), { keys: keys() }]),
  });
  if (random() < 0.7) search = search.where(where(from(3)));
  if (random() < 0.7) search = search.rank(rank(from(4)));
  if (random() < 0.4) search = search.groupBy(group());
  if (random() < 0.6) search = search.limit(limit(), 2);
  if (random() < 0.6) {
    search = one([
      () => search.select(keys()),
      () => search.select(...keys()),
      () => search.select(new Set(keys())),
      () => search.select(api.Select.all()),
      () => search.selectAll(),
      () => search.select(),
    ])();
  }
  return api.toSearch(search);
}
