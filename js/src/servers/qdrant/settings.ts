import { info, uuid } from "../../database/info.js";
import type { CollectionInfo, DatabaseMethods } from "../../database/methods.js";
import { badAnswer, fields, parsed } from "../../providers/client/failure.js";
import { nameTaken, noCollectionNamed, noSuchCollection } from "../../storage/errors.js";
import type { ManifestChanges } from "../../storage/store.js";
import type { CallOptions } from "../../types.js";
import { checkSettings } from "../client/checks.js";
import { pointIds } from "./points.js";
import { type Point, QDRANT, type Wire } from "./wire.js";

type NewCollection = DatabaseMethods["db.create"]["params"]["collection"];

/** A collection's settings, as a point keeps them: Qdrant itself keeps no name that can change. */
interface StoredSettings extends CollectionInfo {
  /** The place in listings. */
  order: number;
}

/** Collections asked for at once. */
const PAGE = 1000;

/**
 * What is known of the collections, kept in a collection of Qdrant's without vectors. A point's id is
 * made of the collection's name, so that a name is taken once.
 */
export class Settings {
  /** @param name of the collection that keeps them */
  constructor(
    private readonly wire: Wire,
    private readonly name: string,
  ) {}

  /** In order of creation. */
  async list(call: CallOptions): Promise<StoredSettings[]> {
    const found: StoredSettings[] = [];
    let offset: unknown = null;
    do {
      const request = { ...this.at("/points/scroll"), body: { limit: PAGE, offset } };
      const page = await this.wire.find<{ points: Point[]; next_page_offset?: unknown }>(
        request,
        call,
      );
      found.push(...(page?.points.map(settingsOf) ?? []));
      offset = page?.next_page_offset ?? null;
    } while (offset !== null);
    return found.sort((a, b) => a.order - b.order);
  }

  /** @throws not_found */
  async find(name: string, call: CallOptions): Promise<StoredSettings> {
    const found = await this.named(name, call);
    if (found) return found;
    throw noCollectionNamed(name);
  }

  /** @throws not_found */
  async byId(id: string, call: CallOptions): Promise<StoredSettings> {
    const found = (await this.list(call)).find((each) => each.id === id);
    if (found) return found;
    throw noSuchCollection(id);
  }

  /** @throws already_exists, invalid_argument, unsupported */
  async create(
    collection: NewCollection,
    orGet: boolean,
    call: CallOptions,
  ): Promise<{ info: CollectionInfo; created: boolean }> {
    checkSettings(QDRANT.name, collection.configuration, ["index", "rescoring", "vectorizer"]);
    const all = await this.list(call);
    const last = all.at(-1)?.order ?? 0;
    const wanted = { ...collection, id: uuid(), order: last + 1 };
    const there = all.find(({ name }) => name === collection.name);
    const standing = there ?? (await this.claim(wanted, call));
    const created = standing.id === wanted.id;
    if (!created && !orGet) throw nameTaken(collection.name);
    return { info: info(standing), created };
  }

  /** @throws not_found, already_exists */
  async modify(id: string, changes: ManifestChanges, call: CallOptions): Promise<CollectionInfo> {
    const old = await this.byId(id, call);
    const changed = { ...old, ...changes };
    if (changed.name === old.name) {
      await this.put(changed, {}, call);
      return info(changed);
    }
    const standing = await this.claim(changed, call);
    if (standing.id !== id) throw nameTaken(changed.name);
    await this.remove(old.name, call);
    return info(changed);
  }

  async remove(name: string, call: CallOptions): Promise<void> {
    const points = pointIds([name]);
    await this.wire.ask({ ...this.at("/points/delete?wait=true"), body: { points } }, call);
  }

  /**
   * Takes a name: answers with whose it is. Before Qdrant 1.17, which learned insert_only, two clients
   * that take one name in the same moment may both be told that it is theirs.
   */
  private async claim(wanted: StoredSettings, call: CallOptions): Promise<StoredSettings> {
    const there = await this.named(wanted.name, call);
    if (there) return there;
    await this.put(wanted, { update_mode: "insert_only" }, call);
    return this.find(wanted.name, call);
  }

  private async named(name: string, call: CallOptions): Promise<StoredSettings | null> {
    const body = { ids: pointIds([name]), with_payload: true };
    const points = await this.wire.find<Point[]>({ ...this.at("/points"), body }, call);
    return points?.[0] ? settingsOf(points[0]) : null;
  }

  private async put(settings: StoredSettings, how: object, call: CallOptions): Promise<void> {
    const [id] = pointIds([settings.name]);
    const body = { points: [{ id, vector: {}, payload: payloadOf(settings) }], ...how };
    const request = { ...this.at("/points?wait=true"), method: "PUT" as const, body };
    if ((await this.wire.find(request, call)) !== null) return;
    await createUnlessThere(this.wire, this.name, { vectors: {} }, call);
    await this.wire.ask(request, call);
  }

  private at(path: string) {
    return { path: `/collections/${this.name}${path}` };
  }
}

/** Another client may make the same collection at the same time. */
export async function createUnlessThere(
  wire: Wire,
  name: string,
  body: object,
  call: CallOptions,
): Promise<void> {
  const path = `/collections/${name}`;
  await wire.ask({ path, method: "PUT", body }, call).catch(async (cause) => {
    if ((await wire.find({ path, method: "GET" }, call)) === null) throw cause;
  });
}

/** Numbers in JSON of JSON's: Qdrant rounds some. */
function payloadOf({ id, name, order, ...rest }: StoredSettings): object {
  return { id, name, order, settings: JSON.stringify(rest) };
}

function settingsOf({ payload }: Point): StoredSettings {
  const { id, name, order, settings } = fields(payload);
  const rest = typeof settings === "string" ? parsed(settings) : undefined;
  if (typeof id === "string" && typeof name === "string" && typeof order === "number" && rest) {
    return { ...(rest as StoredSettings), id, name, order };
  }
  throw badAnswer(QDRANT, "with settings of a collection that were not written here");
}
