/**
 * Checks what a killed browser has left, then writes batch after batch until it is killed itself, and
 * tells the server of every batch that was acknowledged before it begins the next. run.mjs drives it.
 */
import { Client } from "pagevec";
import { Model, stateOf } from "./model.js";

const query = new URLSearchParams(location.search);
const run = query.get("run");
const acknowledged = Number(query.get("acknowledged"));
const durability = query.get("durability") as "relaxed" | "strict";

async function tell(what: Record<string, unknown>): Promise<void> {
  await fetch(`/report/${encodeURIComponent(JSON.stringify({ run, ...what }))}`);
}

async function main(): Promise<void> {
  const begin = performance.now();
  const client = await Client.open({ name: "kill", durability });
  const notes = await client.getOrCreateCollection({
    name: "notes",
    configuration: { index: "hnsw" },
  });
  const state = await stateOf(notes, acknowledged);
  const { reports, copy, copyProblem } = await client.storage();
  const told = reports.map(({ kind, message }) => ({ kind, message }));
  const opening = Math.round(performance.now() - begin);
  await tell({ event: "opened", ...state, reports: told, copy, copyProblem, opening });
  if (!("batch" in state)) return;
  const model = new Model();
  for (let batch = state.batch + 1; ; ++batch) {
    await model.write(notes, batch);
    await tell({ event: "acknowledged", batch });
  }
}

main().catch((error) => tell({ event: "failed", error: String(error.stack ?? error) }));
