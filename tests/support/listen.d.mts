import type { Server } from "node:http";

export function listen(server: Server): Promise<{ url: string; close(): Promise<void> }>;
