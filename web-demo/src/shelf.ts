import type { Scope } from "./scopes.js";

/** The collections that can be searched, and the one that is chosen. */
export class Shelf {
  private readonly list: Scope[];
  private chosen: Scope;
  private readonly listeners = new Set<(what: ShelfChange) => void>();

  constructor(scopes: [Scope, ...Scope[]]) {
    this.list = [...scopes];
    this.chosen = scopes[0];
  }

  get scopes(): readonly Scope[] {
    return this.list;
  }

  get current(): Scope {
    return this.chosen;
  }

  /** Puts a collection there, in place of one of the same name. */
  put(scope: Scope): void {
    const at = this.list.findIndex(({ name }) => name === scope.name);
    if (at < 0) this.list.push(scope);
    else this.list[at] = scope;
    if (this.chosen.name === scope.name) this.chosen = scope;
    this.tell("list");
  }

  /** Takes a collection away; the first one stays. */
  remove(name: string): void {
    const at = this.list.findIndex((scope) => scope.name === name);
    if (at <= 0) return;
    this.list.splice(at, 1);
    if (this.chosen.name === name && this.list[0]) this.choose(this.list[0].name);
    this.tell("list");
  }

  choose(name: string): void {
    const scope = this.list.find((other) => other.name === name);
    if (!scope || scope === this.chosen) return;
    this.chosen = scope;
    this.tell("choice");
  }

  /** To be called after records of the chosen collection have changed. */
  changed(): void {
    this.tell("records");
  }

  /** Calls the listener after each change. Returns a function that ends it. */
  subscribe(listener: (what: ShelfChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(what: ShelfChange): void {
    for (const listener of this.listeners) listener(what);
  }
}

/** Which collections there are, which one is chosen, or what is in it. */
export type ShelfChange = "list" | "choice" | "records";
