/** What the widgets' suite uses in the page: React, the package's two faces, and a model of toys. */
import { type CallOptions, Client, type EmbeddingFunction, PagevecError } from "pagevec";
import "pagevec/element";
import { useCollection, useSearch } from "pagevec/react";
import { LiveSearch, sharedCollection } from "pagevec/ui";
import * as React from "react";
import { createRoot } from "react-dom/client";

export { mountNotes } from "./widgets-react.js";
export { Client, createRoot, LiveSearch, React, sharedCollection, useCollection, useSearch };

const DIMENSIONS = 64;

/** Texts of the same words are near. Some texts take their time, as a model does. */
export class ToyModel implements EmbeddingFunction {
  readonly name = "toy-words";
  /** Milliseconds by text; Infinity: until it is aborted. */
  readonly delays: Record<string, number> = {};
  readonly asked: string[] = [];
  readonly aborted: string[] = [];

  async generate(texts: string[], options: CallOptions = {}): Promise<number[][]> {
    const [first = ""] = texts;
    this.asked.push(...texts);
    await this.wait(first, options.signal);
    return texts.map(toyVector);
  }

  defaultSpace() {
    return "cosine" as const;
  }

  private wait(text: string, signal: AbortSignal | undefined): Promise<void> {
    const delay = this.delays[text] ?? 0;
    return new Promise((resolve, reject) => {
      if (Number.isFinite(delay)) setTimeout(resolve, delay);
      signal?.addEventListener("abort", () => {
        this.aborted.push(text);
        reject(new PagevecError("aborted", "the toy was told to stop"));
      });
    });
  }
}

function toyVector(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0.01);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const place =
      [...word].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7) % DIMENSIONS;
    vector[place] = (vector[place] as number) + 1;
  }
  return vector;
}

const DOCUMENTS: Record<string, string> = {
  cat: "The cat sat on the mat and watched the rain",
  dog: "A dog dug a hole in the garden",
  rates: "Bond prices fell as interest rates rose",
  rain: "It will pour tomorrow, so take an umbrella against the rain",
  evil: "Rain of <img src=x onerror=\"document.title = 'broken'\"> tags & entities",
};

/** A collection of five notes, in a worker of its own. */
export async function openNotes(name: string, model = new ToyModel()) {
  const client = await Client.open({ name });
  const notes = await client.getOrCreateCollection({ name: "notes", embeddingFunction: model });
  const ids = Object.keys(DOCUMENTS);
  await notes.upsert({
    ids,
    documents: Object.values(DOCUMENTS),
    metadatas: ids.map((id) => ({ lang: "en", title: `About ${id}` })),
  });
  return { client, notes, model };
}
