/** Configurations whose memory differs, by what docs/scaling.md calls them. */
export const FORMS = {
  default: {},
  int4: { quantization: "int4" },
  binary: { quantization: "binary" },
  "codes-only": { rescoring: "none" },
  "not-kept": { keepVectors: false },
  smallest: { quantization: "int4", rescoring: "none", keepVectors: false },
};
