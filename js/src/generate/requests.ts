import { PagevecError } from "../errors.js";
import { estimateTokens } from "../providers/client/batches.js";
import type { GenerateRequest } from "../types/generator.js";
import { groupedPrompt, imagesOf, promptTexts, singlePrompt } from "./prompts.js";
import type { AnswerParams, AnswerSource } from "./types.js";

/** A request to send, and which answer it is for. */
export interface AnswerRequest {
  kind: "single" | "grouped";
  index: number;
  citations: string[];
  request: GenerateRequest;
}

export interface AnswerRequests {
  requests: AnswerRequest[];
  /** Of records whose single prompt cannot be made, by their place. */
  errors: Map<number, PagevecError>;
}

/**
 * Makes every prompt before anything is sent.
 * @param blobs properties that hold files, which no prompt tells of
 * @throws limit_exceeded when the grouped prompt is over the budget; invalid_argument
 */
export function makeRequests(
  sources: readonly AnswerSource[],
  params: AnswerParams,
  blobs: readonly string[],
): AnswerRequests {
  checkParams(params);
  const errors = new Map<number, PagevecError>();
  const without = [...blobs, ...(params.imageProperties ?? [])];
  const requests: AnswerRequest[] = [];
  if (sources.length === 0) return { requests, errors };
  if (params.grouped !== undefined) requests.push(groupedRequest(sources, params, without));
  if (params.single === undefined) return { requests, errors };
  for (const [index, source] of sources.entries()) {
    try {
      requests.push(singleRequest(source, index, params, without));
    } catch (error) {
      errors.set(index, error as PagevecError);
    }
  }
  return { requests, errors };
}

function checkParams({ single, grouped }: AnswerParams): void {
  if (single === undefined && grouped === undefined) {
    throw invalid("generate needs single (a prompt) or grouped (a task); give one of them");
  }
  for (const [name, prompt] of Object.entries({ single, grouped })) {
    if (prompt === undefined || (typeof prompt === "string" && prompt !== "")) continue;
    throw invalid(`${name} must be a text, got ${JSON.stringify(prompt)}`);
  }
}

function invalid(message: string): PagevecError {
  return new PagevecError("invalid_argument", message);
}

function singleRequest(
  source: AnswerSource,
  index: number,
  params: AnswerParams,
  without: string[],
): AnswerRequest {
  const prompt = singlePrompt(promptTexts(source.properties, without), params.single ?? "");
  checkBudget(prompt, params, `the prompt for "${source.id}"`, "shorten it");
  const images = imagesOf(source.properties, params.imageProperties ?? []);
  const request = toRequest(prompt, images, params);
  return { kind: "single", index, citations: [source.id], request };
}

function groupedRequest(
  sources: readonly AnswerSource[],
  params: AnswerParams,
  without: string[],
): AnswerRequest {
  const objects = sources.map(({ id, properties }) => ({
    id,
    texts: promptTexts(properties, without, params.properties),
    images: imagesOf(properties, params.imageProperties ?? []),
  }));
  const prompt = groupedPrompt(
    objects.map(({ texts }) => texts),
    params.grouped ?? "",
  );
  const advice = "ask for fewer records (limit) or fewer properties";
  checkBudget(prompt, params, `the prompt for ${sources.length} records`, advice);
  const given = objects.filter(({ texts, images }) => Object.keys(texts).length + images.length);
  const request = toRequest(
    prompt,
    objects.flatMap(({ images }) => images),
    params,
  );
  return { kind: "grouped", index: 0, citations: given.map(({ id }) => id), request };
}

function toRequest(
  prompt: string,
  stored: NonNullable<AnswerParams["images"]>,
  { images = [], system, settings }: AnswerParams,
): GenerateRequest {
  const all = [...stored, ...images];
  return {
    ...settings,
    prompt,
    ...(all.length > 0 && { images: all }),
    ...(system !== undefined && { system }),
  };
}

/** @throws limit_exceeded */
function checkBudget(
  prompt: string,
  { tokenBudget, countTokens = estimateTokens, system = "" }: AnswerParams,
  what: string,
  advice: string,
): void {
  if (tokenBudget === undefined) return;
  const tokens = countTokens(prompt) + (system === "" ? 0 : countTokens(system));
  if (tokens <= tokenBudget) return;
  throw new PagevecError(
    "limit_exceeded",
    `${what} has ${tokens} tokens and tokenBudget is ${tokenBudget}; ${advice}, or raise tokenBudget`,
  );
}
