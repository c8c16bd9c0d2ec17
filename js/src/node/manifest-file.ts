import * as fs from "node:fs";
import { join } from "node:path";
import { PagevecError } from "../errors.js";
import type { CatalogEntry, FileCatalog } from "../storage/catalog.js";
import { diskError, flushFolder, replaceFile } from "./folder.js";

/** The version of the folder's layout. */
const FORMAT = 1;
const MAGIC = "pagevec-folder";
/** Written before the other, so that what counts is in both unless a process ended between. */
const COPY = "manifest.copy";
const MAIN = "manifest";

/** A collection, and how long its journal was at least: one that is shorter has lost something. */
export interface FolderEntry extends CatalogEntry {
  journalBytes: number;
}

interface State {
  /** One more with every change. */
  version: number;
  /** Of the process that may write. */
  epoch: number;
  entries: FolderEntry[];
}

export interface ManifestOptions {
  path: string;
  readOnly: boolean;
  crc32c(bytes: Uint8Array): number;
  /** Told when the copy had to take the manifest's place. */
  onRecovered(message: string): void;
}

/**
 * Which collections a folder has and in which files: a line "pagevec-folder FORMAT CRC-32C" and a JSON
 * text; the checksum is that of the format, a line feed and the text. A change puts another file in its place.
 */
export class ManifestFile implements FileCatalog {
  private state: State = { version: 0, epoch: 0, entries: [] };
  /** Of the file that was read or written last; "" before there is one. */
  private identity = "";

  private constructor(private readonly options: ManifestOptions) {}

  /**
   * Reads the manifest of a folder, or begins one.
   * @throws not_found where there is none to read;
   *   corrupt when there are files of collections and no manifest that says which count;
   *   format_too_new; storage_failed
   */
  static open(options: ManifestOptions, names: readonly string[]): ManifestFile {
    const manifest = new ManifestFile(options);
    const found = manifest.read();
    if (!found && names.length > 0) {
      throw new PagevecError(
        "corrupt",
        `${options.path} has files of collections but no manifest; put a copy of the folder in its place`,
      );
    }
    if (!found && options.readOnly) {
      throw new PagevecError("not_found", `${options.path} keeps no collections of pagevec`);
    }
    if (!found) manifest.write([]);
    return manifest;
  }

  /** Of the journal with that number, now; undefined of one that is not open. */
  journalBytes: (slot: number) => number | undefined = () => undefined;

  get entries(): FolderEntry[] {
    return this.state.entries;
  }

  get epoch(): number {
    return this.state.epoch;
  }

  owns(): boolean {
    return false;
  }

  /** Whether another store has written since this one read or wrote. */
  get changed(): boolean {
    return identityOf(this.at(MAIN)) !== this.identity;
  }

  /** Takes over what is written. */
  reload(): void {
    this.read();
  }

  write(entries: CatalogEntry[], epoch = this.epoch): void {
    const { path, crc32c } = this.options;
    const known = new Map(this.entries.map((each) => [each.slot, each.journalBytes]));
    const sized = entries.map(({ manifest, slot }) => {
      const journalBytes = this.journalBytes(slot) ?? known.get(slot) ?? 0;
      return { manifest, slot, journalBytes };
    });
    const state = { version: this.state.version + 1, epoch, entries: sized };
    const json = JSON.stringify(state);
    const seal = sealOf(FORMAT, json, crc32c);
    const bytes = Buffer.from(`${MAGIC} ${FORMAT} ${seal}\n${json}`);
    replaceFile(this.at(COPY), bytes);
    replaceFile(this.at(MAIN), bytes);
    flushFolder(path);
    this.identity = identityOf(this.at(MAIN));
    this.state = state;
  }

  close(): void {}

  private at(name: string): string {
    return join(this.options.path, name);
  }

  /** False when there is none. */
  private read(): boolean {
    // First: what is read may be newer, and is read again then.
    const identity = identityOf(this.at(MAIN));
    const main = this.parse(MAIN);
    const state = main ?? this.parse(COPY);
    if (!state) {
      if (main === undefined && state === undefined) return false;
      throw new PagevecError(
        "corrupt",
        `the manifest of ${this.options.path} and its copy are damaged; put a copy of the folder in its place`,
      );
    }
    // Of the first version only the copy is there where its process ended at once.
    if (!main && state.version > 1) {
      const what = main === null ? "damaged" : "gone";
      this.options.onRecovered(`the manifest was ${what}; its copy took its place`);
    }
    this.identity = identity;
    this.state = state;
    return true;
  }

  /** Undefined where there is none; null for one that fails its checksum. */
  private parse(name: string): State | null | undefined {
    const bytes = readIfThere(this.at(name));
    if (!bytes) return undefined;
    const end = bytes.indexOf(0x0a);
    const [magic, format, seal] = bytes.subarray(0, Math.max(0, end)).toString().split(" ");
    const json = bytes.subarray(end + 1).toString();
    if (magic !== MAGIC || seal !== sealOf(format, json, this.options.crc32c)) return null;
    if (Number(format) > FORMAT) {
      throw new PagevecError(
        "format_too_new",
        `${this.options.path} has format ${format}, this version of pagevec reads up to ${FORMAT}; update it`,
      );
    }
    return JSON.parse(json);
  }
}

/** Of the format as well: a damaged one is not a later one. */
function sealOf(
  format: string | number | undefined,
  json: string,
  crc32c: ManifestOptions["crc32c"],
): string {
  return crc32c(Buffer.from(`${format}\n${json}`)).toString(16);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskError(cause);
  }
}

/** Another file has another number, or, where numbers are given again, another time. */
function identityOf(path: string): string {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino}/${stat.mtimeNs}/${stat.size}` : "";
}
