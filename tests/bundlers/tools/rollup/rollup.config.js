import { nodeResolve } from "@rollup/plugin-node-resolve";

export default {
  input: ["default.js", "inline.js", "search-worker.js"],
  plugins: [nodeResolve({ browser: true })],
  output: { dir: "dist" },
};
