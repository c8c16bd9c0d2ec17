export const SAMPLE_TEXTS = [
  "The cat sleeps on the warm windowsill.",
  "A kitten is napping in the sun.",
  "Dogs need to be walked twice a day.",
  "The stock market fell by two percent on Monday.",
  "Shares lost value at the beginning of the week.",
  "The bank raised its interest rates again.",
  "We sat on the bank of the river and fished.",
  "Bake the bread for forty minutes until the crust is brown.",
  "Knead the dough, let it rise, and put it into the oven.",
  "The train to Berlin leaves at nine in the morning.",
  "Our flight was delayed by three hours.",
  "Water boils at a lower temperature in the mountains.",
].join("\n");

export const SAMPLE_QUERY = "a young cat taking a rest";
