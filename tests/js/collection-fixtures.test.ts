import { beforeAll, describe, test } from "@jest/globals";
import { type Recording, Replay, titleOf } from "../contract/collection-replay.js";
import { CORES, openTestClient } from "./support/clients.js";
import { expectFixtures, readFixtures } from "./support/fixture-folder.js";

// Sessions that were recorded against a Chroma server, step by step.
const recordings = readFixtures<Recording>(
  "providers",
  /^(chroma\.semantics|collection\.trace).*\.json$/,
);

expectFixtures(recordings);

for (const [coreName, load] of CORES) {
  for (const [name, recording] of recordings) {
    describe(`${name} on the ${coreName}`, () => {
      let replay: Replay;
      beforeAll(async () => {
        replay = new Replay(await openTestClient({ core: await load() }), recording);
      });
      for (const [i, step] of recording.steps.entries()) {
        test(titleOf(step, i), () => replay.run(step));
      }
    });
  }
}
