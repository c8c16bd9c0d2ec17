import { INSTRUCTOR_MODELS, type InstructorSpec } from "../models/instructor-manifest.js";
import { placeUrls } from "../models/store.js";
import { resolveEngine } from "./engines.js";
import { type LocalEmbeddingFunction, LocalModel, type ModelOptions } from "./local-model.js";
import { NamedSource } from "./named-model.js";

const DEFAULT_MODEL = "hkunlp/instructor-base";

/** Options of instructor(). */
export interface InstructorOptions extends Omit<ModelOptions, "engine" | "modelUrl" | "dtype"> {
  /**
   * "hkunlp/instructor-base" (default), "hkunlp/instructor-large" or "hkunlp/instructor-xl", or another
   * repository of a T5 encoder in the layout of Sentence Transformers.
   */
  model?: string;
  /** Branch, tag or commit of the repository. Default "main". */
  revision?: string;
  /** Such as "Represent the Science document for retrieval: ". Default: none. */
  instruction?: string;
  /** For generateForQueries(). Default: `instruction`. */
  queryInstruction?: string;
  /** Longer texts are cut, the instruction included. Default: the model's own. */
  maxTokens?: number;
  /**
   * The precision of the ONNX weights: "fp32" (default) of onnx/model.onnx, "int8" of
   * onnx/model_quantized.onnx. instructor-xl as fp32 is more than a page can hold.
   */
  dtype?: "int8" | "fp32";
  /**
   * Folders tried in order, file by file, in the hub's layout. Default: the model's repository on the
   * hub. hkunlp's have no ONNX file: export the encoder (inputs input_ids and attention_mask, output
   * last_hidden_state), serve it as onnx/model.onnx (or onnx/encoder_model.onnx), and give that folder
   * in front of https://huggingface.co/hkunlp/instructor-base/resolve/main/.
   */
  modelUrl?: string | readonly string[];
}

/**
 * An Instructor model (Su et al. 2022, "One Embedder, Any Task") in the page, through
 * onnxruntime-web, which must be installed beside pagevec: texts are embedded together with an
 * instruction that says for what, whose tokens the mean leaves out. The counterpart of Chroma's
 * function of this name; its vectors are those of xlang-ai/instructor-embedding. Nothing is loaded
 * before the first call.
 *
 * What may come of the first call, beside what downloads throw: not_found without an ONNX file;
 * unsupported and corrupt as of localModel().
 * @throws invalid_argument for an unknown device or dtype.
 */
export function instructor(options: InstructorOptions = {}): LocalEmbeddingFunction {
  return new Instructor(options);
}

/** What Python's str.strip() takes away. */
const SPACE = "[\\p{White_Space}\\x1c-\\x1f]";
const SPACE_AROUND = new RegExp(`^${SPACE}+|(?<!${SPACE})${SPACE}+$`, "gu");

class Instructor extends LocalModel {
  constructor(private readonly given: InstructorOptions) {
    const { model = DEFAULT_MODEL, revision = "main", modelUrl, device, dtype } = given;
    const { instruction = "", queryInstruction = instruction, maxTokens } = given;
    const hub = { repository: model, revision, modelUrl: placeUrls(modelUrl) };
    const source = new NamedSource(hub, undefined, {
      documentPrefix: strip(instruction),
      queryPrefix: strip(queryInstruction),
      includePrompt: false,
      maxTokens,
    });
    super("instructor", source, resolveEngine({ engine: "onnx", device, dtype }, "fp32"), given);
  }

  override get dimensions(): number {
    return super.dimensions || (this.known?.dimensions ?? 0);
  }

  override get maxTokens(): number {
    return super.maxTokens || (this.given.maxTokens ?? this.known?.maxTokens ?? 0);
  }

  /** Chroma's keys; beside them only what was given and Chroma has no word for. */
  override getConfig(): Record<string, unknown> {
    const { instruction, queryInstruction, revision, dtype, maxTokens } = this.given;
    const { model: model_name = DEFAULT_MODEL, device = "wasm" } = this.given;
    const chroma = { model_name, device: device === "wasm" ? "cpu" : device, instruction };
    return {
      ...chroma,
      query_instruction: queryInstruction,
      revision,
      dtype,
      max_tokens: maxTokens,
    };
  }

  protected override prepared(text: string): string {
    return strip(text);
  }

  private get known(): InstructorSpec | undefined {
    const { model = DEFAULT_MODEL } = this.given;
    return INSTRUCTOR_MODELS.find(({ name }) => name === model);
  }
}

function strip(text: string): string {
  return text.replace(SPACE_AROUND, "");
}
