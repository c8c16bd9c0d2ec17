/** What is known of an Instructor model before its files are read. */
export interface InstructorSpec {
  /** Its repository on the hub. */
  name: string;
  /** Branch, tag or commit. */
  revision: string;
  /** SPDX. */
  licence: string;
  dimensions: number;
  /** Longer texts are cut here, the instruction and the end token included. */
  maxTokens: number;
}

const facts = { revision: "main", licence: "Apache-2.0", dimensions: 768, maxTokens: 512 };

/** "instructor" of models/manifest.json; a test compares the two. */
export const INSTRUCTOR_MODELS: readonly InstructorSpec[] = ["base", "large", "xl"].map((size) => ({
  name: `hkunlp/instructor-${size}`,
  ...facts,
}));
