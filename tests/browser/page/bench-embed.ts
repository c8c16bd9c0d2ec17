import { miniLM } from "pagevec";

interface EmbedBench {
  texts: string[];
  rounds: number;
  modelUrl: string;
}

/** Milliseconds of each round over all texts, by precision; the two take turns. */
export async function benchEmbed({ texts, rounds, modelUrl }: EmbedBench) {
  const models = { int8: miniLM({ modelUrl }), fp32: miniLM({ modelUrl, dtype: "fp32" }) };
  const times = { int8: [] as number[], fp32: [] as number[] };
  for (const model of Object.values(models)) await model.generate(texts.slice(0, 32));
  for (let round = 0; round < rounds; ++round) {
    for (const dtype of ["int8", "fp32"] as const) {
      const begin = performance.now();
      await models[dtype].generate(texts);
      times[dtype].push(performance.now() - begin);
    }
  }
  for (const model of Object.values(models)) await model.close();
  return times;
}
