// Models that a test loads are not to be there in the next one.
process.env.PAGEVEC_MODEL_CACHE = "";

/** @type {import("jest").Config} */
export default {
  // Jest's own environment gives typed arrays from IndexedDB another realm's constructors.
  testEnvironment: "jest-environment-node-single-context",
  // A busy machine of two cores takes its time.
  testTimeout: 30_000,
  roots: ["<rootDir>/tests/js", "<rootDir>/tests/contract"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/tools/jest-esbuild.mjs" },
  moduleNameMapper: {
    // Sources import each other as the compiled files they become.
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^#platform$": "<rootDir>/js/src/platform/node.ts",
    "^pagevec$": "<rootDir>/js/src/index.ts",
  },
  moduleFileExtensions: ["ts", "mjs", "js", "json", "node"],
};
