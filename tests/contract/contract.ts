/**
 * What every contract suite is made of. No test runner and nothing of Node: the same cases run in
 * Jest and, bundled, inside a page.
 */
export interface ContractCase<Context> {
  name: string;
  run(context: Context): Promise<void>;
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Deep equality of plain values and byte arrays; key order does not matter. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const shown = canonical(actual);
  const wanted = canonical(expected);
  assert(shown === wanted, `${what}: expected ${cut(wanted)}, got ${cut(shown)}`);
}

/** Asserts that the promise rejects with a PagevecError of this code. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: string,
  what: string,
): Promise<void> {
  let thrown: unknown;
  try {
    await promise;
  } catch (error) {
    thrown = error;
  }
  assert(thrown !== undefined, `${what}: expected a rejection with code ${code}, it resolved`);
  const got = (thrown as { code?: unknown }).code;
  assert(got === code, `${what}: expected code ${code}, got ${String(got)} (${String(thrown)})`);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (ArrayBuffer.isView(inner)) {
      return [...new Uint8Array(inner.buffer, inner.byteOffset, inner.byteLength)];
    }
    if (inner === undefined) return "undefined";
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).filter(([, field]) => field !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
