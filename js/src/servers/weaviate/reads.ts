import type {
  CollectionAddress,
  DatabaseMethods,
  RecordFilter,
  Wanted,
} from "../../database/methods.js";
import { fields } from "../../providers/client/failure.js";
import type { CallOptions } from "../../types.js";
import { documentMatcher, parseCondition, usesRegex } from "../client/conditions.js";
import { toRecords } from "../client/rows.js";
import type { Classes, KeptCollection } from "./classes.js";
import { all, byIds, fromPlace, metadataFilter, toWhere, whereArgument } from "./filter.js";
import { toRow } from "./objects.js";
import { columns, type FoundObject, MOST_ROWS } from "./wire.js";

type Params<Name extends keyof DatabaseMethods> = DatabaseMethods[Name]["params"];
type Result<Name extends keyof DatabaseMethods> = Promise<DatabaseMethods[Name]["result"]>;

const PAGE = 1000;
/** Numbers of vectors that an answer has at most. */
const NUMBERS_A_PAGE = 400_000;
/** Ids that a request names at most. */
export const IDS_A_REQUEST = 1000;
const SORTED = `sort:[{path:["place"],order:asc},{path:["_id"],order:asc}]`;

/** Reads of collections, each at one server. */
export class Reads {
  constructor(private readonly classes: Classes) {}

  async get(params: Params<"db.collection.get">, call: CallOptions): Result<"db.collection.get"> {
    const { offset, limit, wanted } = params;
    const kept = await this.forFilter(params, call);
    const found = await this.select(kept, params, offset, limit ?? Infinity, wanted, call);
    const records = toRecords(found.map(toRow), wanted);
    return { ...records, dimension: kept.dimension };
  }

  async contains(
    { collection, ids }: Params<"db.collection.contains">,
    call: CallOptions,
  ): Result<"db.collection.contains"> {
    const kept = await this.classes.at(collection, call);
    const there = new Set((await this.named(kept, ids, {}, call)).map(({ key }) => key));
    return Uint8Array.from(ids, (id) => Number(there.has(id)));
  }

  async status(
    { collection }: CollectionAddress,
    call: CallOptions,
  ): Result<"db.collection.status"> {
    const { className, dimension } = await this.classes.fresh(collection, call);
    const answer = await this.classes.wire.graphql(`{Aggregate{${className}{meta{count}}}}`, call);
    const list = fields(answer.Aggregate)[className] as { meta: { count: number } }[] | undefined;
    return { count: list?.[0]?.meta.count ?? 0, dimension, pending: 0 };
  }

  /** The collection with the properties that the filter names, where it has them. */
  async forFilter(
    { collection, where }: CollectionAddress & RecordFilter,
    call: CallOptions,
  ): Promise<KeptCollection> {
    // Numbers of a key may be new, written by another client.
    const ranges = where !== null && /"\$[gl]te?"/.test(where);
    return ranges ? this.classes.fresh(collection, call) : this.classes.at(collection, call);
  }

  /** Objects of those ids, in no order; ids that are not there are left out. */
  async named(
    kept: KeptCollection,
    ids: readonly string[],
    wanted: Partial<Wanted>,
    call: CallOptions,
  ): Promise<FoundObject[]> {
    const size = wanted.embeddings ? pageOf(kept, wanted) : IDS_A_REQUEST;
    const found: FoundObject[] = [];
    for (let at = 0; at < ids.length; at += size) {
      const part = ids.slice(at, at + size);
      const search = `where:${byIds(part)},limit:${part.length}`;
      found.push(...(await this.classes.wire.search(kept, [search], columns(wanted), call)).flat());
    }
    return found;
  }

  /** The objects that meet the filter, in the order in which they were added. */
  async select(
    kept: KeptCollection,
    filter: RecordFilter,
    offset: number,
    limit: number,
    wanted: Partial<Wanted>,
    call: CallOptions,
  ): Promise<FoundObject[]> {
    const { ids } = filter;
    if (ids && ids.length > IDS_A_REQUEST) {
      const found: FoundObject[] = [];
      for (let at = 0; at < ids.length; at += IDS_A_REQUEST) {
        const part = { ...filter, ids: ids.slice(at, at + IDS_A_REQUEST) };
        found.push(...(await this.select(kept, part, 0, Infinity, wanted, call)));
      }
      return found.sort((a, b) => a.place - b.place).slice(offset, offset + limit);
    }
    const where = await this.whereOf(kept, filter, call);
    return this.inOrder(kept, where, offset, limit, wanted, call);
  }

  /**
   * The filter as the server's. It has no regular expressions: the documents that may match are read, and
   * those that do are named.
   */
  async whereOf(
    kept: KeptCollection,
    { ids, where, whereDocument }: RecordFilter,
    call: CallOptions,
  ): Promise<string | null> {
    const document = whereDocument === null ? null : parseCondition(whereDocument, "whereDocument");
    const others = [
      ids && byIds(ids),
      where === null ? null : metadataFilter(where, kept.properties),
    ];
    if (!document || !usesRegex(document)) {
      return all([...others, document && toWhere(document, kept.properties)]);
    }
    const meets = documentMatcher(document);
    const matching: string[] = [];
    const wanted = { documents: true };
    for await (const page of this.pages(kept, all(others), 0, Infinity, wanted, call)) {
      for (const { key, document } of page) if (meets(document ?? null)) matching.push(key);
    }
    return byIds(matching);
  }

  private async inOrder(
    kept: KeptCollection,
    where: string | null,
    offset: number,
    limit: number,
    wanted: Partial<Wanted>,
    call: CallOptions,
  ): Promise<FoundObject[]> {
    const found: FoundObject[] = [];
    for await (const page of this.pages(kept, where, offset, limit, wanted, call)) {
      found.push(...page);
    }
    return found;
  }

  /**
   * Page after page, each from the place where the last one ended: what is written meanwhile moves
   * nothing, and no offset is larger than the server allows.
   */
  private async *pages(
    kept: KeptCollection,
    where: string | null,
    offset: number,
    limit: number,
    wanted: Partial<Wanted>,
    call: CallOptions,
  ): AsyncGenerator<FoundObject[]> {
    const size = pageOf(kept, wanted);
    // `taken` objects from that place on were read, or are to be left out.
    let [from, taken, left] = [0, offset, limit];
    while (left > 0) {
      const skipped = taken + size > MOST_ROWS;
      const count = skipped ? Math.min(MOST_ROWS, taken) : Math.min(size, left);
      const at = skipped ? 0 : taken;
      const range = all([where, from > 0 ? fromPlace(from) : null]);
      const search = `${whereArgument(range)}${SORTED},offset:${at},limit:${count}`;
      const told = columns(skipped ? {} : wanted);
      const [page = []] = await this.classes.wire.search(kept, [search], told, call);
      if (!skipped) {
        yield page;
        left -= page.length;
      }
      if (page.length < count) return;
      const last = (page.at(-1) as FoundObject).place;
      const same = page.filter(({ place }) => place === last).length;
      const before = last === from ? at : 0;
      taken = same + before + (skipped ? taken - page.length : 0);
      from = last;
    }
  }
}

/** Rows of an answer. */
function pageOf({ dimension }: KeptCollection, { embeddings }: Partial<Wanted>): number {
  if (!embeddings || dimension === 0) return PAGE;
  return Math.max(1, Math.min(PAGE, Math.floor(NUMBERS_A_PAGE / dimension)));
}
