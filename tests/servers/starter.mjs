import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/**
 * startChroma() of chroma-server.ts, and so on: TypeScript, which Node does not read.
 * @param {"chroma" | "weaviate" | "qdrant"} name
 */
export async function starterOf(name) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, `${name}-server.ts`)],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    logLevel: "silent",
  });
  const module = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return module[`start${name[0].toUpperCase()}${name.slice(1)}`];
}
