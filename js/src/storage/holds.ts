/**
 * What clients of one name are in the middle of, in this tab and the others: a Web Lock each, which
 * ends with its tab. Without Web Locks a tab knows only of its own.
 */
export class Holds {
  /** What this one holds, each with what ends it. */
  private readonly own = new Map<() => void, string>();
  private readonly prefix: string;

  constructor(clientName: string) {
    // Not under that of the writer's lock, which any name of a client may follow.
    this.prefix = `pagevec-hold/${clientName}/`;
  }

  /** Resolves once it is held, to what ends that; calling it again has no effect. */
  hold(what: string): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const held = () =>
        new Promise<void>((free) => {
          const release = () => {
            this.own.delete(release);
            free();
          };
          this.own.set(release, what);
          resolve(release);
        });
      const manager = locks();
      if (!manager) void held();
      else manager.request(this.prefix + what, { mode: "shared" }, held).catch(reject);
    });
  }

  async held(): Promise<Set<string>> {
    const manager = locks();
    if (!manager) return new Set(this.own.values());
    const { held = [] } = await manager.query();
    const names = held.map(({ name = "" }) => name).filter((name) => name.startsWith(this.prefix));
    return new Set(names.map((name) => name.slice(this.prefix.length)));
  }

  releaseAll(): void {
    for (const release of [...this.own.keys()]) release();
  }
}

export function locks(): LockManager | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.locks;
}
