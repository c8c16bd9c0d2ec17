import type { Metadata, Where, WhereDocument } from "../../../js/src/types.js";
import { mulberry32 } from "../../support/mulberry32.mjs";

export interface Item {
  id: string;
  document: string | null;
  metadata: Metadata | null;
}

/** A repeatable stream of numbers below n. */
export function numbers(seed: number): (n: number) => number {
  const bits = mulberry32(seed);
  return (n) => bits() % n;
}

const KEYS = ["a", "b", "c", "__proto__", "é", "", "a.b[]", '"\\%22'];
const VALUES = [
  ["", "1", "x", "xy", "true"],
  [0, 1, -1, 2.5, 1e300],
  [true, false],
] as const;
const WORDS = ["cat", "Cat", "naïve", "7", "\ufeffdog", "日本"];
const PATTERNS = ["^cat", "\\d", "(?<!n)aï?", "^.本", "\\p{Lu}", "^\ufeff", "\\u{1f642}"];

/** Records, and filters that some of them meet. */
export class RandomFilters {
  constructor(private readonly take: (n: number) => number) {}

  private pick<T>(list: readonly T[]): T {
    return list[this.take(list.length)] as T;
  }
  private scalars(count: number) {
    const type = this.pick(VALUES);
    return Array.from({ length: count }, () => this.pick<string | number | boolean>(type));
  }
  private join<T>(make: () => T) {
    const parts = [make(), make(), ...(this.take(2) === 0 ? [make()] : [])];
    return { [this.pick(["$and", "$or"])]: parts };
  }

  item(id: string): Item {
    // Defined one by one: "__proto__" is a key like any other.
    const entries = KEYS.filter(() => this.take(3) === 0).map((key) => {
      const [value, ...rest] = this.scalars(1 + this.take(3));
      return [key, this.take(3) === 0 ? [value, ...rest] : value];
    });
    const words = Array.from({ length: this.take(5) }, () => this.pick(WORDS));
    return {
      id,
      document: this.take(5) === 0 ? null : words.join(" "),
      metadata: entries.length === 0 ? null : Object.fromEntries(entries),
    };
  }

  where(depth = 2): Where {
    if (depth > 0 && this.take(3) === 0) return this.join(() => this.where(depth - 1)) as Where;
    return Object.fromEntries([[this.pick(KEYS), this.condition()]]);
  }
  private condition() {
    const [value] = this.scalars(1) as [string];
    if (this.take(4) === 0) return value;
    const order = this.pick(["$gt", "$gte", "$lt", "$lte"]);
    return this.pick([
      { [this.pick(["$eq", "$ne"])]: value },
      { [this.pick(["$contains", "$not_contains"])]: value },
      { [this.pick(["$in", "$nin"])]: this.scalars(1 + this.take(12)) },
      { [order]: this.pick(VALUES[1]) },
    ]) as { $eq: string };
  }
  whereDocument(depth = 2): WhereDocument {
    if (depth > 0 && this.take(3) === 0) {
      return this.join(() => this.whereDocument(depth - 1)) as WhereDocument;
    }
    const text = this.pick([...WORDS, "", "t n"]);
    return this.pick([
      { [this.pick(["$contains", "$not_contains"])]: text },
      { [this.pick(["$regex", "$not_regex"])]: this.pick(PATTERNS) },
    ]) as WhereDocument;
  }
}
