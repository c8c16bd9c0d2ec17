// What pages may use of answers without a collection: `pagevec/generate`.

export { type AnswerOptions, createAnswers, streamAnswers } from "./answers.js";
export { groupedPrompt, promptTexts, singlePrompt } from "./prompts.js";
export type {
  Answer,
  Answered,
  AnswerFunction,
  AnswerParams,
  AnswerPiece,
  AnswerResult,
  AnswerSource,
  AnswerStream,
} from "./types.js";
