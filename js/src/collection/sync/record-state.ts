import type { Bytes } from "../../models/cache.js";
import { sha256 } from "../../models/store.js";
import type { CallOptions, GetParams, Metadata, Row } from "../../types.js";
import type { SyncSide } from "./sync-types.js";

/**
 * What is compared of a record: the first 64 bits of the SHA-256 of its texts (document and metadata) in
 * hexadecimal, and, where vectors travel, those of its vector behind them.
 */
export type State = string;

/** A record as it was read. */
export interface Found {
  row: Row;
  state: State;
}

/** Hexadecimal digits of a hash that are kept. */
const DIGITS = 16;

/**
 * Whether a record is another one. A vector counts where both states have one; undefined: there is no
 * such record.
 */
export function differs(one: State | undefined, other: State | undefined): boolean {
  if (one === other) return false;
  if (one === undefined || other === undefined) return true;
  return one.length === other.length || textsOf(one) !== textsOf(other);
}

export function textsOf(state: State): State {
  return state.slice(0, DIGITS);
}

export function vectorOf(state: State): State {
  return state.slice(DIGITS);
}

/** Records by their ids; those that are not there are missing. */
export async function readFound(
  side: SyncSide,
  params: GetParams,
  vectors: boolean,
  options: CallOptions,
): Promise<Map<string, Found>> {
  const include: GetParams["include"] = ["documents", "metadatas"];
  if (vectors) include.push("embeddings");
  const rows = (await side.get({ ...params, include }, options)).rows();
  const states = await Promise.all(rows.map(stateOf));
  return new Map(rows.map((row, i) => [row.id, { row, state: states[i] as State }]));
}

async function stateOf({ document, metadata, embedding }: Row): Promise<State> {
  const texts = await shortHash(JSON.stringify([document ?? null, fieldsOf(metadata)]));
  // JSON, by which servers get their vectors, has no negative zero.
  return embedding ? texts + (await hashOf(embedding.map((value) => value + 0))) : texts;
}

/** What of metadata counts, in an order that does not depend on where it was kept. */
function fieldsOf(metadata: Metadata | null | undefined) {
  const given = Object.entries(metadata ?? {}).filter(([, value]) => value !== null);
  return given.sort(([one], [other]) => (one < other ? -1 : 1));
}

export function shortHash(text: string): Promise<string> {
  return hashOf(new TextEncoder().encode(text));
}

async function hashOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array) {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength) as Bytes;
  return (await sha256(bytes)).slice(0, DIGITS);
}

/**
 * The states of all records. Reads page after page: what others delete meanwhile may hide a record, so
 * that its absence is to be asked for again before anything follows from it.
 */
export async function scan(
  side: SyncSide,
  { vectors, limit }: { vectors: boolean; limit: number },
  options: CallOptions,
  onRead: (records: number) => void,
): Promise<Map<string, State>> {
  const states = new Map<string, State>();
  for (let offset = 0; ; offset += limit) {
    const page = await readFound(side, { offset, limit }, vectors, options);
    for (const [id, { state }] of page) states.set(id, state);
    onRead(page.size);
    if (page.size < limit) return states;
  }
}
