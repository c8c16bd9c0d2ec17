#pragma once

#include <emscripten/bind.h>

/// Names for JavaScript values, so that the generated .d.ts says what module.ts says.
namespace pagevec::js {

EMSCRIPTEN_DECLARE_VAL_TYPE(Uint8Array)
EMSCRIPTEN_DECLARE_VAL_TYPE(OptionalUint8Array)
EMSCRIPTEN_DECLARE_VAL_TYPE(Float32Array)
EMSCRIPTEN_DECLARE_VAL_TYPE(Int32Array)
EMSCRIPTEN_DECLARE_VAL_TYPE(Uint32Array)
EMSCRIPTEN_DECLARE_VAL_TYPE(PackedStrings)
EMSCRIPTEN_DECLARE_VAL_TYPE(OptionalPackedStrings)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfNull)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfNumber)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfBytes)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfRecords)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfQuery)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfTokenizer)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfCollection)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfEncoder)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfFloats)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfCrossEncoder)
EMSCRIPTEN_DECLARE_VAL_TYPE(OutcomeOfScores)

}  // namespace pagevec::js
