import { readdirSync } from "node:fs";

export default {
  build: { rollupOptions: { input: readdirSync(".").filter((name) => name.endsWith(".html")) } },
};
