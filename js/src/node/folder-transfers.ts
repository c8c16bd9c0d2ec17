import { PagevecError } from "../errors.js";
import type { BlockFile } from "../storage/block-file.js";
import { assertNameFree } from "../storage/errors.js";
import type { Entry } from "../storage/file-store.js";
import { bytesIn, type SnapshotFiles } from "../storage/snapshot-files.js";
import type {
  Journal,
  Manifest,
  Parts,
  Staged,
  StagedCollection,
  Transfers,
} from "../storage/store.js";

/** Staged parts are the first of their collection. */
const GENERATION = 1;

/** Files that no manifest names yet. */
export interface StagedFiles {
  slot: number;
  journal: BlockFile;
  parts: SnapshotFiles | undefined;
}

/** What the store of a folder does for them. */
export interface TransferStore {
  readonly entries: ReadonlyMap<string, Entry>;
  epoch(): number;
  /** Before anything is written. @throws conflict, unsupported */
  assertWriter(): Promise<void>;
  writeFiles(parts: Parts, journal: Journal): Promise<StagedFiles>;
  /** From here on these entries count; the files of the others go. */
  switchTo(entries: Map<string, Entry>): Promise<void>;
  dropFiles(slot: number): Promise<void>;
}

/** Collections on their way into a folder: files that the manifest does not name before adopt(). */
export class FolderTransfers implements Transfers {
  private readonly staged = new Map<string, StagedFiles>();
  /** How many read the snapshot of a collection. */
  private readonly holds = new Map<string, number>();

  constructor(private readonly store: TransferStore) {}

  async stage(id: string, parts: Parts, journal: Journal): Promise<Staged> {
    await this.store.assertWriter();
    const files = await this.store.writeFiles(parts, journal);
    this.staged.set(id, files);
    return {
      parts: files.parts?.numbers.length ?? 0,
      bytes: files.parts ? bytesIn(files.parts) : 0,
      batches: files.journal.numbers.length,
    };
  }

  async adopt(staged: StagedCollection[], replaced: string[]): Promise<Manifest[]> {
    await this.store.assertWriter();
    await this.stageEmpty(staged);
    const known = this.store.entries;
    const ids = staged.map(({ manifest }) => manifest.id);
    // Asked for again: all were made at once.
    const made = ids.flatMap((id) => known.get(id)?.manifest ?? []);
    if (made.length > 0) return structuredClone(made);
    const entries = new Map(known);
    for (const id of replaced) entries.delete(id);
    let order = Math.max(0, ...[...known.values()].map(({ manifest }) => manifest.order));
    for (const each of staged) {
      const { id, name } = each.manifest;
      assertNameFree(
        [...entries.values()].map(({ manifest }) => manifest),
        name,
      );
      const manifest: Manifest = structuredClone({
        ...each.manifest,
        order: ++order,
        epoch: Math.max(each.manifest.epoch, this.store.epoch()),
        snapshot: snapshotOf(each),
      });
      entries.set(id, { manifest, ...this.filesOf(each) });
      made.push(manifest);
    }
    await this.store.switchTo(entries);
    for (const id of ids) this.staged.delete(id);
    return structuredClone(made);
  }

  async unstage(ids: string[]): Promise<void> {
    for (const id of ids) {
      const files = this.staged.get(id);
      this.staged.delete(id);
      if (files) await this.store.dropFiles(files.slot);
    }
  }

  async holdSnapshot(id: string): Promise<() => void> {
    this.holds.set(id, (this.holds.get(id) ?? 0) + 1);
    let held = true;
    return () => {
      if (held) this.holds.set(id, (this.holds.get(id) ?? 0) - 1);
      held = false;
    };
  }

  async snapshotHeld(id: string): Promise<boolean> {
    return (this.holds.get(id) ?? 0) > 0;
  }

  /** What has no blocks need not have been staged. */
  private async stageEmpty(staged: StagedCollection[]): Promise<void> {
    for (const { manifest, blocks } of staged) {
      const { id } = manifest;
      const empty = blocks.parts + blocks.batches === 0;
      if (empty && !this.staged.has(id) && !this.store.entries.has(id))
        await this.stage(id, [], []);
    }
  }

  private filesOf({ manifest: { id, name }, blocks }: StagedCollection): StagedFiles {
    const files = this.staged.get(id);
    const parts = files?.parts?.numbers.length ?? 0;
    if (files && parts === blocks.parts && files.journal.numbers.length === blocks.batches) {
      return files;
    }
    const message = `what was imported of "${name}" is gone before it counted; import again`;
    throw new PagevecError("conflict", message);
  }
}

function snapshotOf({ blocks, coveredSequence }: StagedCollection) {
  const { parts, bytes } = blocks;
  return { generation: parts === 0 ? 0 : GENERATION, parts, bytes, coveredSequence };
}
