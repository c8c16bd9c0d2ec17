import { badAnswer, fields } from "../../providers/client/failure.js";
import type { WireRequest } from "../../providers/client/http.js";
import type { SettledConfiguration as Settled } from "../../storage/store.js";
import type { CallOptions, Space } from "../../types.js";
import { ORDER } from "./payload.js";
import { createUnlessThere, type Settings } from "./settings.js";
import { QDRANT, type Wire } from "./wire.js";

/** How Qdrant calls our spaces. Its Euclid is the root of l2. */
const DISTANCES: Record<Space, string> = { l2: "Euclid", cosine: "Cosine", ip: "Dot" };
/** Qdrant refuses less. */
const LEAST_EF_CONSTRUCT = 4;

/** What is fixed with the first vector. */
export interface Shape {
  dimension: number;
  space: Space;
}

/** Clients that add in the same moment find the same last place: each has marks of its own below a place. */
const MARKS = 2 ** 20;

/** A collection of Qdrant's that holds the records of one of ours. It is made with the first vector. */
export class Records {
  private shape: Shape | undefined;
  private readonly mark = (crypto.getRandomValues(new Uint32Array(1))[0] as number) % MARKS;
  private lastPlace = 0;

  constructor(
    readonly wire: Wire,
    private readonly settings: Settings,
    private readonly name: string,
    private readonly id: string,
  ) {}

  /** A request below the collection. */
  at(path: string, body?: unknown, method?: WireRequest["method"]): WireRequest {
    return { path: `/collections/${this.name}${path}`, body, ...(method && { method }) };
  }

  /** What is there; before the first vector, what it is to be made with. @throws not_found */
  async look(call: CallOptions): Promise<{ shape: Shape } | { shape: null; settled: Settled }> {
    const shape = this.shape ?? (await this.find(call));
    if (!shape) {
      const { configuration } = await this.settings.byId(this.id, call);
      return { shape, settled: configuration };
    }
    this.shape = shape;
    return { shape };
  }

  /**
   * Runs work on the records; answers `otherwise` while there are none.
   * @throws not_found, also when the collection was deleted meanwhile
   */
  async whenThere<T>(
    call: CallOptions,
    otherwise: T,
    work: (shape: Shape) => Promise<T>,
  ): Promise<T> {
    const { shape } = await this.look(call);
    if (!shape) return otherwise;
    return work(shape).catch(async (cause) => {
      if (cause.provider?.status !== 404) throw cause;
      this.shape = undefined;
      // Deleted, together with its settings.
      await this.settings.byId(this.id, call);
      throw cause;
    });
  }

  /** The order of a record that comes after all, of which the last has that one; no number twice. */
  orderAfter(last: number): number {
    this.lastPlace = Math.max(this.lastPlace, Math.floor(last / MARKS)) + 1;
    return this.lastPlace * MARKS + this.mark;
  }

  /** Makes the collection for vectors of that dimension. Another client may have made it meanwhile. */
  async make(settled: Settled, dimension: number, call: CallOptions): Promise<Shape> {
    await createUnlessThere(this.wire, this.name, bodyOf(settled, dimension), call);
    await this.makeOrderIndex(call);
    const made = await this.find(call);
    if (!made) throw badAnswer(QDRANT, "without the collection that it has made");
    this.shape = made;
    return made;
  }

  async remove(call: CallOptions): Promise<void> {
    await this.wire.find(this.at("", undefined, "DELETE"), call);
    this.shape = undefined;
  }

  private async find(call: CallOptions): Promise<Shape | null> {
    const info = await this.wire.find<unknown>(this.at("", undefined, "GET"), call);
    if (info === null) return null;
    const { size, distance } = fields(fields(fields(fields(info).config).params).vectors);
    const [space] = Object.entries(DISTANCES).find(([, name]) => name === distance) ?? [];
    if (typeof size !== "number" || !space) {
      throw badAnswer(QDRANT, `with a collection "${this.name}" that was not made here`);
    }
    // Whoever made it may have been interrupted before.
    if (!Object.hasOwn(fields(fields(info).payload_schema), ORDER)) await this.makeOrderIndex(call);
    return { dimension: size, space: space as Space };
  }

  /** Reads are in this order. */
  private async makeOrderIndex(call: CallOptions): Promise<void> {
    const field_schema = { type: "integer", lookup: false, range: true };
    const body = { field_name: ORDER, field_schema };
    await this.wire.ask(this.at("/index?wait=true", body, "PUT"), call);
  }
}

function bodyOf({ hnsw, index }: Settled, dimension: number): object {
  const { space, max_neighbors, ef_construction } = hnsw;
  return {
    vectors: { size: dimension, distance: DISTANCES[space] },
    hnsw_config: {
      // Without links every vector is compared.
      m: index === "flat" ? 0 : max_neighbors,
      ef_construct: Math.max(ef_construction, LEAST_EF_CONSTRUCT),
    },
  };
}
