// Jest's TypeScript: esbuild strips the types (tsc checks them in ./dev lint).
import { transformSync } from "esbuild";

export default {
  process(source, path) {
    const options = { loader: "ts", format: "esm", target: "es2022", sourcemap: "inline" };
    return transformSync(source, { ...options, sourcefile: path });
  },
};
