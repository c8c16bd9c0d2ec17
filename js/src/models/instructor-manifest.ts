import type { ModelFacts } from "./manifest.js";

/** What is known of an Instructor model before its files are read. Its name is its repository's. */
export type InstructorSpec = Omit<ModelFacts, "hub">;

const facts = { revision: "main", licence: "Apache-2.0", dimensions: 768, maxTokens: 512 };

/** "instructor" of models/manifest.json; a test compares the two. */
export const INSTRUCTOR_MODELS: readonly InstructorSpec[] = ["base", "large", "xl"].map((size) => ({
  name: `hkunlp/instructor-${size}`,
  ...facts,
}));
