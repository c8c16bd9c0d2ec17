import type { CoreModule } from "../../../js/src/engine/module.js";

/** A core whose collections call this before they apply a record; what it throws, the core has thrown. */
export function fragileCore(core: CoreModule, beforeApply: () => void): CoreModule {
  return {
    ...core,
    createCollection(...settings) {
      const outcome = core.createCollection(...settings);
      const apply = outcome.value.apply.bind(outcome.value);
      outcome.value.apply = (record) => {
        beforeApply();
        return apply(record);
      };
      return outcome;
    },
    createSnapshotReader: (inHeap) => core.createSnapshotReader(inHeap),
  };
}
