/**
 * What clients of one name are in the middle of, in this tab and the others: a Web Lock each, which
 * ends with its tab. Without Web Locks a tab knows only of its own.
 */
export class Holds {
  private readonly own = new Map<string, number>();
  private readonly prefix: string;

  constructor(clientName: string) {
    // Not under that of the writer's lock, which any name of a client may follow.
    this.prefix = `pagevec-hold/${clientName}/`;
  }

  /** Resolves once it is held, to what ends that; calling it again has no effect. */
  async hold(what: string): Promise<() => void> {
    if (!locks()) {
      this.count(what, 1);
      let held = true;
      return () => {
        if (held) this.count(what, -1);
        held = false;
      };
    }
    return new Promise((resolve, reject) => {
      const held = () => new Promise<void>((release) => resolve(release));
      locks()
        ?.request(this.prefix + what, { mode: "shared" }, held)
        .catch(reject);
    });
  }

  async held(): Promise<Set<string>> {
    if (!locks()) return new Set(this.own.keys());
    const { held = [] } = (await locks()?.query()) ?? {};
    const names = held.map(({ name = "" }) => name).filter((name) => name.startsWith(this.prefix));
    return new Set(names.map((name) => name.slice(this.prefix.length)));
  }

  private count(what: string, change: number): void {
    const count = (this.own.get(what) ?? 0) + change;
    if (count === 0) this.own.delete(what);
    else this.own.set(what, count);
  }
}

function locks(): LockManager | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.locks;
}
