import { defineConfig } from "vite";

export default defineConfig({
  optimizeDeps: { exclude: ["pagevec"] },
  // Apart from what the other configuration has optimized.
  cacheDir: "node_modules/.vite-exclude",
});
