import { defineConfig } from "vite";

export default defineConfig({
  worker: { format: "es" },
  build: { rollupOptions: { input: ["default.html", "inline.html"] } },
});
