import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

export default defineConfig({
  plugins: [
    VitePWA({
      registerType: "autoUpdate",
      // The page and pagevec's wasm are kept by the service worker; the model by pagevec itself.
      workbox: {
        globPatterns: ["**/*.{html,css,js,svg,wasm}"],
        // miniLM() needs neither.
        globIgnores: ["**/{converter,sentencepiece}-*"],
      },
      manifest: {
        name: "Notes by meaning",
        short_name: "Notes",
        theme_color: "#2457a7",
        background_color: "#ffffff",
        icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml" }],
      },
    }),
  ],
});
