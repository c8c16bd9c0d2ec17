import { PagevecError } from "../errors.js";
import type { Connection, Names, Transaction } from "./connection.js";
import { assertNameFree, storageError } from "./errors.js";
import type { Holds } from "./holds.js";
import { deleteRows, epochFor, exactBuffer, inBatches, manifests, STAGED, under } from "./rows.js";
import type { Journal, Manifest, Parts, Staged, StagedCollection, Transfers } from "./store.js";

/** Staged parts are the first of their collection. */
const GENERATION = 1;
const STAGING = "importing a collection";

/** A transaction of the writer, which is told its epoch. */
type Writing = <T>(
  doing: string,
  work: (tx: Transaction<"readwrite">, epoch: number) => Promise<T>,
) => Promise<T>;

/**
 * Collections on their way into IndexedDB: blocks under ids that no manifest has yet. Any tab may write
 * them, whoever leads; a hold keeps the sweep of the one that does away from them.
 */
export class IndexedDbTransfers implements Transfers {
  private readonly releases = new Map<string, () => void>();

  constructor(
    private readonly connection: Connection,
    private readonly holds: Holds,
    private readonly writing: Writing,
  ) {}

  readonly stage = async (id: string, parts: Parts, journal: Journal): Promise<Staged> => {
    this.releases.set(id, await this.holds.hold(id));
    const staged: Staged = { parts: 0, bytes: 0, batches: 0 };
    try {
      await this.write((tx) => [tx.objectStore("journal").add(new ArrayBuffer(0), [id, STAGED])]);
      for await (const batch of inBatches(parts, (part) => part.byteLength)) {
        await this.write((tx) =>
          batch.map((part, i) =>
            tx.objectStore("parts").add(exactBuffer(part), [id, GENERATION, staged.parts + i]),
          ),
        );
        staged.parts += batch.length;
        staged.bytes += batch.reduce((sum, part) => sum + part.byteLength, 0);
      }
      for await (const batch of inBatches(journal, ({ record }) => record.byteLength)) {
        await this.write((tx) =>
          batch.map(({ sequence, record }) =>
            tx.objectStore("journal").add(exactBuffer(record), [id, sequence]),
          ),
        );
        staged.batches += batch.length;
      }
      return staged;
    } catch (cause) {
      // What was too much for the room that there is does not keep it.
      await this.unstage([id]).catch(() => {});
      throw storageError(cause, STAGING);
    }
  };

  readonly adopt = (staged: StagedCollection[], replaced: string[]): Promise<Manifest[]> =>
    this.writing(STAGING, (tx, epoch) => adoptRows(tx, staged, replaced, epoch));

  readonly unstage = async (ids: string[]): Promise<void> => {
    const stores: Names[] = ["meta", "journal", "parts"];
    const work = async (tx: Transaction<"readwrite">) => {
      for (const id of ids) {
        if (await tx.objectStore("meta").getKey(id)) continue;
        await tx.objectStore("journal").delete(under(id));
        await tx.objectStore("parts").delete(under(id));
      }
    };
    try {
      await this.connection.transact(stores, "readwrite", STAGING, work);
    } finally {
      for (const id of ids) {
        this.releases.get(id)?.();
        this.releases.delete(id);
      }
    }
  };

  readonly holdSnapshot = (id: string) => this.holds.hold(`reading/${id}`);
  readonly snapshotHeld = async (id: string) => (await this.holds.held()).has(`reading/${id}`);

  private write(work: (tx: Transaction<"readwrite">) => Promise<unknown>[]): Promise<unknown> {
    return this.connection.transact(["journal", "parts"], "readwrite", STAGING, (tx) =>
      Promise.all(work(tx)),
    );
  }
}

/** Makes collections of what was staged, in place of others. */
async function adoptRows(
  tx: Transaction<"readwrite">,
  staged: StagedCollection[],
  replaced: string[],
  epoch: number,
): Promise<Manifest[]> {
  const known = await manifests(tx);
  const ids = staged.map(({ manifest }) => manifest.id);
  // Asked for again by a tab that did not hear that they were made.
  const made = known.filter(({ id }) => ids.includes(id));
  if (made.length > 0) return made;
  const others = known.filter(({ id }) => !replaced.includes(id));
  let order = known.at(-1)?.order ?? 0;
  for (const each of staged) {
    const { id, name } = each.manifest;
    assertNameFree(others, name);
    await tx.objectStore("journal").delete([id, STAGED]);
    await assertWhole(tx, each);
    const manifest = {
      ...each.manifest,
      order: ++order,
      epoch: epochFor(epoch, each.manifest),
      snapshot: snapshotOf(each),
    };
    await tx.objectStore("meta").add(manifest, id);
    others.push(manifest);
    made.push(manifest);
  }
  await deleteRows(tx, replaced);
  return made;
}

function snapshotOf({ blocks, coveredSequence }: StagedCollection) {
  const { parts, bytes } = blocks;
  return { generation: parts === 0 ? 0 : GENERATION, parts, bytes, coveredSequence };
}

async function assertWhole(
  tx: Transaction<"readwrite">,
  { manifest: { id, name }, blocks }: StagedCollection,
): Promise<void> {
  const [parts, batches] = await Promise.all([
    tx.objectStore("parts").count(under(id)),
    tx.objectStore("journal").count(under(id)),
  ]);
  if (parts === blocks.parts && batches === blocks.batches) return;
  throw new PagevecError(
    "conflict",
    `another tab swept what was imported of "${name}" before it counted; import again`,
  );
}
