export interface ServerOptions {
  /** URL prefix -> folder, e.g. { "/": "dist" }; the longest prefix wins. */
  mounts?: Record<string, string>;
  /** URL path -> content in memory. */
  files?: Record<string, Uint8Array | string>;
  /** Sent with every answer. */
  headers?: Record<string, string>;
  /** Send COOP and COEP, so that pages are crossOriginIsolated. */
  isolated?: boolean;
  /** Content-Security-Policy of every answer. */
  csp?: string;
  /** Let pages of other origins read the answers. */
  cors?: boolean;
  /** Default: any free one. */
  port?: number;
}

/** What goes wrong with a path; fields combine. */
export interface Fault {
  /** How many requests are hit. Default 1. */
  times?: number;
  /** Answer this status instead. */
  status?: number;
  /** Answer 200 with a page, as the servers of single-page apps do. */
  html?: boolean;
  /** Say that it is of this Content-Type. */
  type?: string;
  /** Destroy the connection after this many bytes of the body. */
  cutAfter?: number;
  /** Change the first byte of the body. */
  corrupt?: boolean;
  /** Answer 200 and everything. */
  ignoreRange?: boolean;
  /** Wait so long before each 64 KiB. */
  delayMs?: number;
}

export interface LoggedRequest {
  method: string;
  path: string;
  range: string | undefined;
  /** 0 until the answer has ended. */
  status: number;
}

export interface LoopbackServer {
  port: number;
  /** With a slash at the end. */
  url: string;
  /** Every request so far, oldest first. */
  requests: LoggedRequest[];
  /** The content in memory, to be changed at will. */
  files: Map<string, Uint8Array | string>;
  fail(path: string, fault: Fault): void;
  close(): Promise<void>;
}

export function startServer(options?: ServerOptions): Promise<LoopbackServer>;
