import type { CallOptions, GetParams } from "../../types.js";
import type { WriteOperation } from "../batch.js";
import type { ObjectRecord, ObjectTarget, StoredObject } from "./object-types.js";

/**
 * Objects by the collection's vectorizer (docs/objects.md): a record's document is the text that
 * Weaviate would embed of the object, its metadata the properties. Vectors are made again only where
 * the text or the media changed. Every call but get() rejects as Collection.add() does, and has then
 * changed nothing.
 */
export class Objects {
  /** @internal */
  constructor(
    private readonly onTarget: <T>(work: (target: ObjectTarget) => Promise<T>) => Promise<T>,
    /** How objects are written that have several vectors. */
    private readonly writeSeveral?: (...call: Parameters<Objects["write"]>) => Promise<void>,
  ) {}

  /** Adds objects. Ids that exist already are left as they are. */
  async add(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("add", objects, options);
  }

  /** Adds objects, or changes the given properties of those that exist. */
  async upsert(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("upsert", objects, options);
  }

  /** Changes the given properties of objects that exist; unknown ids are ignored. */
  async update(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("update", objects, options);
  }

  /** In the order in which they were added. Dates are texts of RFC 3339. */
  async get(
    params: Omit<GetParams, "include"> = {},
    options: CallOptions = {},
  ): Promise<StoredObject[]> {
    const { getObjects } = await import("./object-writes.js");
    return this.onTarget((target) => getObjects(target, params, options));
  }

  private async write(operation: WriteOperation, objects: ObjectRecord[], options: CallOptions) {
    if (this.writeSeveral) return this.writeSeveral(operation, objects, options);
    const { writeObjects } = await import("./object-writes.js");
    await this.onTarget((target) => writeObjects(target, operation, objects, options));
  }
}
