import { defineConfig } from "vite";

export default defineConfig({
  build: { rollupOptions: { input: ["default.html", "inline.html"] } },
});
