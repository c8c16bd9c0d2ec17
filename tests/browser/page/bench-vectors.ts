import { type MiniLMOptions, miniLM } from "pagevec";

interface EmbedAll {
  /** A JSON file of strings. */
  textsUrl: string;
  options: MiniLMOptions;
  /** How many texts go through the model, and over the bridge, at once. */
  chunk: number;
}

/** Embeds all texts and hands them to window.keepVectors(base64 of float32), chunk after chunk. */
export async function embedAll({ textsUrl, options, chunk }: EmbedAll): Promise<void> {
  const keep = (window as unknown as { keepVectors(base64: string): Promise<void> }).keepVectors;
  const texts: string[] = await (await fetch(textsUrl)).json();
  const model = miniLM({ ...options, onTruncate: () => {} });
  for (let at = 0; at < texts.length; at += chunk) {
    const vectors = await model.generate(texts.slice(at, at + chunk));
    await keep(base64(vectors));
  }
  await model.close();
}

function base64(vectors: Float32Array[]): string {
  const parts = vectors.map((vector) => {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    return String.fromCharCode(...bytes);
  });
  return btoa(parts.join(""));
}
