export default {
  root: "renderer",
  base: "./",
  // The model's files go into the app as they are.
  publicDir: "../node_modules/@pagevec/all-minilm-l6-v2",
  build: { outDir: "../dist/renderer", emptyOutDir: true },
};
