import type { CollectionConfiguration } from "pagevec";
import { byId, make } from "../../dom.js";
import { count, megabytes, percent, time } from "../../format.js";
import type { Status } from "../../status.js";
import { heldBytes } from "./held-bytes.js";
import { type CodesResult, type Lab, recallOf, type Vectors } from "./lab.js";

type Codes = Required<Pick<CollectionConfiguration, "quantization" | "rescoring">>;

/** The exact one first: it is what the others are compared with. */
const KINDS: readonly Codes[] = [
  { quantization: "none", rescoring: "none" },
  { quantization: "int8", rescoring: "int16" },
  { quantization: "int8", rescoring: "none" },
  { quantization: "int4", rescoring: "int16" },
  { quantization: "int4", rescoring: "none" },
  { quantization: "binary", rescoring: "int16" },
  { quantization: "binary", rescoring: "none" },
];

function titleOf({ quantization }: Codes): string {
  return quantization === "none" ? "f32" : quantization;
}

/** The same vectors as floats and as codes: memory, recall and time beside each other. */
export class CodesTable {
  private readonly button = byId<HTMLButtonElement>("codes-run");
  private readonly state = byId("codes-state");
  private readonly table = byId<HTMLTableElement>("codes-table");
  private source: { lab: Lab; vectors: Vectors; signal: AbortSignal } | undefined;

  constructor(private readonly status: Status) {
    this.button.addEventListener("click", () => void this.run());
    this.button.disabled = true;
  }

  open(lab: Lab, vectors: Vectors, signal: AbortSignal): void {
    this.source = { lab, vectors, signal };
    this.table.hidden = true;
    this.button.disabled = false;
    this.state.textContent = "";
  }

  private async run(): Promise<void> {
    if (!this.source) return;
    const { lab, vectors, signal } = this.source;
    const body = this.table.querySelector("tbody");
    body?.replaceChildren();
    this.button.disabled = true;
    this.table.hidden = false;
    let truth: string[][] | undefined;
    try {
      for (const codes of KINDS) {
        this.state.textContent = `Measuring ${titleOf(codes)} …`;
        const configuration = { index: "flat" as const, ...codes };
        const collection = await lab.build(vectors, configuration, signal);
        const { ids, ms } = await lab.nearest(collection, vectors, signal);
        await lab.drop(collection);
        truth ??= ids;
        body?.append(rowOf(codes, { recall: recallOf(ids, truth), ms }, vectors));
      }
      this.state.textContent = `${count(vectors.count)} vectors, each query compared with all of them.`;
      this.table.dataset.done = "true";
    } catch (error) {
      this.status.showError(error);
    } finally {
      this.button.disabled = signal.aborted;
    }
  }
}

function rowOf(codes: Codes, { recall, ms }: CodesResult, { rows, count: all }: Vectors) {
  const bytes = heldBytes(codes, all, rows[0]?.length ?? 0);
  const row = make("tr", "");
  const head = make("th", "", titleOf(codes));
  head.scope = "row";
  const exact = codes.quantization === "none";
  const rescoring = codes.rescoring === "int16" ? "int16" : exact ? "–" : "nothing";
  const cells = [rescoring, count(bytes), megabytes(bytes * all), percent(recall), time(ms)];
  row.append(head, ...cells.map((text) => make("td", "", text)));
  return row;
}
