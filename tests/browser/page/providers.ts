import { Client, PagevecError } from "pagevec";
import { anthropicGenerator } from "pagevec/providers/anthropic";
import { cohereReranker } from "pagevec/providers/cohere";
import { jinaAIMedia } from "pagevec/providers/jinaai";
import {
  type OpenAIGeneratorOptions,
  openAIEmbedding,
  openAIGenerator,
} from "pagevec/providers/openai";

export { ollamaGenerator } from "pagevec/providers/ollama";

const GENERATORS = { openai: openAIGenerator, anthropic: anthropicGenerator };

/** Functions do not cross from the test to the page. */
export type PlainOptions = Omit<OpenAIGeneratorOptions, "apiKey" | "fetch"> & { apiKey?: string };

/** What a call gave, or its error, as JSON. */
async function outcome<T>(call: () => Promise<T>) {
  try {
    return { value: await call() };
  } catch (error) {
    console.error(error);
    if (!(error instanceof PagevecError)) return { error: { code: String(error) } };
    const { code, message, provider } = error;
    return { error: { code, message, provider } };
  }
}

/** Stores texts in a kept collection that embeds by the provider; then how many are there. */
export async function addByProvider(args: {
  name: string;
  documents: string[];
  options: PlainOptions;
}) {
  const { name, documents, options } = args;
  const client = await Client.open({ name: "providers" });
  const embeddingFunction = openAIEmbedding(options);
  const collection = await client.getOrCreateCollection({ name, embeddingFunction });
  const ids = documents.map((_, i) => `d${i}`);
  const added = await outcome(() => collection.add({ ids, documents }));
  const count = await collection.count();
  const found = added.error
    ? []
    : (await collection.query({ queryTexts: [documents[0] ?? ""], nResults: 1 })).ids[0];
  await client.close();
  return { error: added.error, count, found };
}

/** A streamed answer, and when each of its pieces came, in milliseconds. */
export async function streamByProvider(args: {
  provider: keyof typeof GENERATORS;
  prompt: string;
  options: PlainOptions;
  abortAfter?: number;
}) {
  const controller = new AbortController();
  const model = GENERATORS[args.provider](args.options);
  const begin = performance.now();
  const pieces: { text: string; at: number }[] = [];
  const read = await outcome(async () => {
    const stream = model.stream({ prompt: args.prompt }, { signal: controller.signal });
    for await (const text of stream) {
      pieces.push({ text, at: performance.now() - begin });
      if (pieces.length === args.abortAfter) controller.abort();
    }
    return stream.result();
  });
  return { ...read, pieces };
}

export async function rerankByProvider(args: {
  query: string;
  documents: string[];
  options: PlainOptions;
}) {
  return outcome(() => cohereReranker(args.options).rerank(args.query, args.documents));
}

/** A picture as a page may have it: drawn, and as a file. */
export async function embedPictures(options: PlainOptions) {
  const canvas = new OffscreenCanvas(2, 1);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = "#f00";
  context.fillRect(0, 0, 2, 1);
  const file = await canvas.convertToBlob({ type: "image/jpeg" });
  const images = [canvas.transferToImageBitmap(), file, new File([file], "a.jpg")];
  return outcome(() => jinaAIMedia(options).embedMedia({ images }));
}
