import { Client } from "pagevec";
import { liveThrough } from "../../bench/scaling/life.mjs";
import { DIMENSION, SearchData } from "./search/data.js";

declare global {
  interface Window {
    scalingReport(name: string, value: number, unit: string): Promise<void>;
    scalingMemory(): Promise<number>;
  }
}

/** folder: what tests/bench/search/dataset.py made. */
export async function benchScaling(args: {
  folder: string;
  rows: number;
  queries: number;
  configuration: object;
}): Promise<void> {
  const data = await SearchData.open(args.folder, args.rows, args.queries);
  const place = {
    open: () => Client.open({ name: "scaling" }),
    data,
    queries: Array.from({ length: args.queries }, (_, i) =>
      data.queries.subarray(i * DIMENSION, (i + 1) * DIMENSION),
    ),
    memory: () => window.scalingMemory(),
    disk: async () => (await navigator.storage.estimate()).usage ?? 0,
    report: (name: string, value: number, unit: string) => {
      void window.scalingReport(name, value, unit);
    },
  };
  await liveThrough(place, args.configuration);
}
