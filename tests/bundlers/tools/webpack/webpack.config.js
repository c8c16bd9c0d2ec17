// For rspack too.
export default {
  mode: "production",
  entry: { default: "./default.js", inline: "./inline.js" },
  output: { clean: true },
  performance: { hints: false },
};
