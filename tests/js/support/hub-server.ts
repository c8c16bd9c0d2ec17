import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import { type LoopbackServer, startServer } from "../../../tools/loopback-server.mjs";

type Files = Record<string, string | Uint8Array>;

/** Serves models to the tests of a file, and closes after each test what it opened. */
export class HubServer {
  private started: LoopbackServer | undefined;
  private readonly opened: { close(): Promise<void> }[] = [];

  /** folders: what is served, by the name of its folder, when a test begins. */
  constructor(folders: Record<string, Files> = {}) {
    beforeAll(async () => {
      this.started = await startServer();
    });
    afterAll(() => this.server.close());
    beforeEach(() => {
      this.server.files.clear();
      this.server.requests.length = 0;
      for (const [name, files] of Object.entries(folders)) this.serve(name, files);
    });
    afterEach(async () => {
      await Promise.all(this.opened.splice(0).map((model) => model.close()));
    });
  }

  get server(): LoopbackServer {
    return this.started as LoopbackServer;
  }

  serve(name: string, files: Record<string, string | Uint8Array | undefined>): void {
    for (const [path, content] of Object.entries(files)) {
      if (content !== undefined) this.server.files.set(`/${name}/${path}`, content);
    }
  }

  /** Closes the model when the test ends. */
  keep<T extends { close(): Promise<void> }>(model: T): T {
    this.opened.push(model);
    return model;
  }
}
