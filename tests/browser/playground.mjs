import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "../support/policy.mjs";
import { firstVisit, modelOnClick } from "./playground-first.mjs";
import { looks } from "./playground-looks.mjs";
import { offline } from "./playground-offline.mjs";
import { rerank } from "./playground-rerank.mjs";
import {
  dictionary,
  indexView,
  mapView,
  ownText,
  searchView,
  smoothness,
} from "./playground-views.mjs";

const DEMO = fileURLToPath(new URL("../../web-demo/dist", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../build/playground", import.meta.url));
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };

/** The playground as it is served, on a desktop and on a phone: each feature by its real controls. */
export async function playground(test, environment) {
  mkdirSync(PICTURES, { recursive: true });
  for (const [device, viewport] of Object.entries(SIZES)) {
    const visit = await openVisit(environment, device, viewport);
    const step = (name, run) => test(`${device}: ${name}`, run);
    try {
      await firstVisit(step, visit);
      await modelOnClick(step, visit);
      await searchView(step, visit);
      await ownText(step, visit);
      await dictionary(step, visit);
      await indexView(step, visit);
      await mapView(step, visit);
      await looks(step, visit);
      await smoothness(step, visit);
      await offline(step, visit);
      await step("no error, no breach of the policy, nothing wider than the screen", () => {
        if (visit.complaints.length > 0) throw new Error(visit.complaints.join("\n"));
      });
    } finally {
      await visit.close();
    }
  }
  const visit = await openVisit(environment, "desktop", SIZES.desktop);
  try {
    await rerank(test, visit);
  } finally {
    await visit.close();
  }
}

/** A browser that has never seen the page, and a server of its own. */
async function openVisit(environment, device, viewport) {
  const models = environment.mounts["/models/"];
  const server = await startServer({ mounts: { "/": DEMO, "/models/": models }, csp: POLICY });
  const browser = await launchChromium({ viewport });
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return {
    page,
    server,
    device,
    viewport,
    complaints,
    modelFile: "/models/all-MiniLM-L6-v2/all-MiniLM-L6-v2.pvm",
    modelsFolder: models,
    context: browser.context,
    demo: DEMO,
    pictures: PICTURES,
    async close() {
      await browser.close();
      await server.close().catch(() => {});
    },
  };
}
