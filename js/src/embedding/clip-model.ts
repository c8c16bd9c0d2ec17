import type { CoreTokenizer } from "../engine/core-tokenizer.js";
import type { CallContext } from "../engine/protocol.js";
import { openClipTokenizer } from "../engine/sentencepiece.js";
import { PagevecError } from "../errors.js";
import { type ClipFile, clipFiles } from "../models/clip-files.js";
import { type ClipSpec, type ClipTower, findClipModel } from "../models/clip-manifest.js";
import { FirstUseStore } from "../models/first-use.js";
import type { ClipParams } from "./clip-service.js";
import { readClipVocabulary } from "./clip-vocabulary.js";
import { ImageEmbedder } from "./images/image-embedder.js";
import { LocalEmbedder, type TextTokenizer } from "./local-embedder.js";
import { openClipImage, openClipText } from "./onnx/clip-session.js";
import { requireWebGpu } from "./onnx/session.js";
import { SharedLoad } from "./shared-load.js";

const PROGRESS_MS = 50;

/** A CLIP model behind an engine. A tower is loaded when it is first asked for. */
export class ClipModel {
  readonly spec: ClipSpec;
  private readonly loads: { text?: SharedLoad<LocalEmbedder>; image?: SharedLoad<ImageEmbedder> } =
    {};
  private closed = false;

  constructor(
    private readonly params: ClipParams,
    private readonly warn: (message: string) => void,
  ) {
    this.spec = findClipModel(params.model);
  }

  text(context: CallContext): Promise<LocalEmbedder> {
    return this.tower("text", context, (shared) => this.openText(shared));
  }

  image(context: CallContext): Promise<ImageEmbedder> {
    return this.tower("image", context, (shared) => this.openImage(shared));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const load of Object.values(this.loads)) {
      load.cancel();
      await load.wait().then(
        (embedder) => embedder.close(),
        () => undefined,
      );
    }
  }

  private async tower<T>(
    name: ClipTower,
    { signal, progress }: CallContext,
    open: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    if (this.closed) throw new PagevecError("closed", "the embedding model was closed");
    const loads = this.loads as Partial<Record<ClipTower, SharedLoad<T>>>;
    let load = loads[name];
    if (!load || load.abandoned) {
      load = new SharedLoad<T>(({ signal, onProgress }) => open({ signal, progress: onProgress }));
      loads[name] = load;
    }
    try {
      return await load.wait({ signal, onProgress: progress });
    } catch (error) {
      // A failed start is not remembered: the next call tries again.
      if (!signal.aborted && loads[name] === load) delete loads[name];
      throw error;
    }
  }

  private async openText(context: CallContext): Promise<LocalEmbedder> {
    const { dimensions, maxTokens } = this.spec;
    const names = ["vocab", "merges", `text-${this.params.dtype}`] as const;
    const [vocab, merges, weights] = await this.load(names, context);
    const model = readClipVocabulary(vocab as Uint8Array, merges as Uint8Array);
    const tokenizer = new ClipTokenizer(await openClipTokenizer(model, this.params.wasmUrl));
    try {
      const encoder = await openClipText(weights as Uint8Array, dimensions, this.params);
      return new LocalEmbedder(tokenizer, encoder, dimensions, maxTokens);
    } catch (error) {
      tokenizer.close();
      throw error;
    }
  }

  private async openImage(context: CallContext): Promise<ImageEmbedder> {
    const { dimensions, imageSize } = this.spec;
    const [weights] = await this.load([`image-${this.params.dtype}`], context);
    const encoder = await openClipImage(weights as Uint8Array, dimensions, imageSize, this.params);
    return new ImageEmbedder(encoder, dimensions, imageSize);
  }

  /** Loads files one after another. What they weigh is not known before: `total` grows. */
  private async load(
    names: readonly ClipFile[],
    { signal, progress }: CallContext,
  ): Promise<Uint8Array[]> {
    // Before anything is downloaded.
    if (this.params.device === "webgpu") await requireWebGpu();
    const store = await FirstUseStore.open();
    const { modelUrl } = this.params;
    const files = clipFiles(this.spec);
    const loaded: Uint8Array[] = [];
    let before = 0;
    let reportedAt = 0;
    for (const name of names) {
      const onBytes = (received: number, most: number) => {
        const now = performance.now();
        if (received < most && now - reportedAt < PROGRESS_MS) return;
        reportedAt = now;
        const done = before + received;
        progress({ stage: "download", done, total: before + most, bytes: done });
      };
      const options = { modelUrl, signal, onBytes, onWarning: this.warn };
      const file = await store.load(this.spec.name, files[name], options);
      before += file.length;
      loaded.push(file);
    }
    return loaded;
  }
}

/** The core takes texts that are in normalization form C already: the engine has it built in. */
class ClipTokenizer implements TextTokenizer {
  constructor(private readonly core: CoreTokenizer) {}

  ids(text: string, maxTokens: number) {
    return this.core.ids(text.normalize("NFC"), maxTokens);
  }

  close(): void {
    this.core.close();
  }
}

/** Whether both towers can be loaded without the network. */
export async function isClipCached({ model, dtype, modelUrl }: ClipParams): Promise<boolean> {
  const files = clipFiles(findClipModel(model));
  const names = ["vocab", "merges", `text-${dtype}`, `image-${dtype}`] as const;
  const needed = names.map((name) => files[name]);
  return (await FirstUseStore.open()).isCached(model, needed, modelUrl);
}

/** Removes the model's files from the browser's cache. */
export async function clearClip({ model }: ClipParams): Promise<void> {
  await (await FirstUseStore.open()).clear(model);
}
