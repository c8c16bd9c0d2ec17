#!/usr/bin/env node
// Writes what docs/providers.md says of each provider, from the built package: the table and the
// examples between the two marks.
//
//   node tools/provider-docs.mjs [--check]    --check: changes nothing, fails when it is not current

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../js/dist/providers/", import.meta.url);
const DOCUMENT = fileURLToPath(new URL("../docs/providers.md", import.meta.url));
const BEGIN = "<!-- made by tools/provider-docs.mjs -->";
const END = "<!-- end -->";

/** What a factory's name says it makes. */
const KINDS = ["Embedding", "Media", "Contextual", "Reranker", "Generator"];
/** What has no default, by the module's name. */
const REQUIRED = {
  "aws-bedrock": 'region: "eu-west-1", ',
  "aws-sagemaker": 'region: "eu-west-1", endpoint: "NAME", ',
  "azure-openai": 'resourceName: "NAME", deploymentId: "NAME", ',
  "clip-container": 'baseURL: "https://HOST", ',
  databricks: 'endpoint: "https://WORKSPACE/serving-endpoints/NAME/invocations", ',
  "google-vertex": 'projectId: "NAME", ',
  gpt4all: 'baseURL: "https://HOST", ',
  "huggingface-server": 'url: "https://HOST/embed", ',
  "imagebind-container": 'baseURL: "https://HOST", ',
  "together-ai": 'model: "BAAI/bge-base-en-v1.5", ',
  "transformers-container": 'baseURL: "https://HOST", ',
};

async function readProviders() {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
  const found = [];
  for (const file of files.sort()) {
    const exports = await import(new URL(file, FOLDER));
    const factories = Object.keys(exports).filter((name) => kindOf(name));
    const own = Object.values(exports).filter(
      (value) => value?.name && value.title && value.fromPage,
    );
    for (const provider of own)
      found.push({
        provider,
        factories: factoriesOf(own, provider, factories),
        module: file.slice(0, -3),
      });
  }
  return found.sort((a, b) => a.provider.title.localeCompare(b.provider.title));
}

const kindOf = (factory) => KINDS.find((kind) => factory.endsWith(kind));

/** In a file of several providers a factory belongs to the one whose name begins its own. */
function factoriesOf(own, { name }, factories) {
  if (own.length === 1) return factories;
  const plain = name.replaceAll("-", "");
  return factories.filter((factory) => factory.toLowerCase().startsWith(plain));
}

function table(providers) {
  const header = [
    "| provider | import from | makes | default models | a request takes | key | from a page | example |",
    "|---|---|---|---|---|---|---|---|",
  ];
  return [...header, ...providers.map(row)].join("\n");
}

function row({ provider, factories, module }) {
  const { title, embeds, reranks, generates, keyName, keyIsOptional, fromPage } = provider;
  const models = [embeds?.model, reranks?.model, generates?.model].filter(Boolean);
  const takes = [
    embeds?.texts && counted(embeds.texts, "text"),
    embeds?.tokens && counted(embeds.tokens, "token"),
    reranks?.documents && counted(reranks.documents, "document"),
  ].filter(Boolean);
  const key = keyName ? `\`${keyName}\`${keyIsOptional ? " (optional)" : ""}` : "none";
  return `| ${[
    title + (embeds?.sides ? " ¹" : ""),
    `\`pagevec/providers/${module}\``,
    factories.map((factory) => `\`${factory}\``).join(", "),
    models.map((model) => `\`${model}\``).join(", ") || "yours",
    takes.join(", ") || "any number",
    key,
    fromPage[0].toUpperCase() + fromPage.slice(1),
    `\`${factories[0]}({ ${REQUIRED[module] ?? ""}proxyURL: "/api/${module}" })\``,
  ].join(" | ")} |`;
}

const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

const providers = await readProviders();
const made = `${BEGIN}\n${table(providers)}\n${END}`;
const words = (markdown) => markdown.replace(/-{3,}/g, "---").replace(/\s+/g, "");
const text = readFileSync(DOCUMENT, "utf8");
const current = text.replace(new RegExp(`${BEGIN}[\\s\\S]*${END}`), () => made);
if (!process.argv.includes("--check")) writeFileSync(DOCUMENT, current);
// The formatter aligns the columns.
else if (words(current) !== words(text)) {
  console.error("docs/providers.md is not current: run node tools/provider-docs.mjs");
  process.exit(1);
}
