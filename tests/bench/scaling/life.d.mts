import type { Client } from "pagevec";

export const K: number;
export const BARS: number[];

export function liveThrough(
  place: {
    open(): Promise<Client>;
    data: {
      rows: number;
      chunk(from: number, count: number): Float32Array | Promise<Float32Array>;
      recall(found: number[][]): number;
    };
    queries: Float32Array[];
    memory(): number | Promise<number>;
    disk(): number | Promise<number>;
    report(name: string, value: number, unit: string): void;
  },
  configuration: object,
): Promise<void>;
