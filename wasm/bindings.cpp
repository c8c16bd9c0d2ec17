#include <emscripten/bind.h>

#include "cross_encoder_handle.h"
#include "encoder_handle.h"
#include "handles.h"

// The binding is a table: what is called what. Conversions are in handles.cpp and marshal.cpp.
EMSCRIPTEN_BINDINGS(pagevec) {
  using namespace emscripten;
  using namespace pagevec;
  using namespace pagevec::wasm;

  register_type<js::Uint8Array>("Uint8Array");
  register_type<js::OptionalUint8Array>("Uint8Array | null");
  register_type<js::Float32Array>("Float32Array");
  register_type<js::Int32Array>("Int32Array");
  register_type<js::Uint32Array>("Uint32Array");
  register_type<js::OptionalUint32Array>("Uint32Array | null");
  register_type<js::PackedStrings>("PackedStrings");
  register_type<js::OptionalPackedStrings>("PackedStrings | null");
  register_type<js::OptionalString>("string | null");
  register_type<js::OptionalRegexMatcher>("RegexMatcher | null");
  register_type<js::DifferingRecords>("DifferingRecords");
  register_type<js::OutcomeOfNull>("Outcome<null>");
  register_type<js::OutcomeOfNumber>("Outcome<number>");
  register_type<js::OutcomeOfBytes>("Outcome<Uint8Array>");
  register_type<js::OutcomeOfRecords>("Outcome<RecordColumns>");
  register_type<js::OutcomeOfQuery>("Outcome<QueryColumns>");
  register_type<js::OutcomeOfSearch>("Outcome<SearchColumns>");
  register_type<js::OutcomeOfTokenizer>("Outcome<TokenizerHandle>");
  register_type<js::OutcomeOfCollection>("Outcome<CollectionHandle>");
  register_type<js::OutcomeOfEncoder>("Outcome<EncoderHandle>");
  register_type<js::OutcomeOfFloats>("Outcome<Float32Array>");
  register_type<js::OutcomeOfCrossEncoder>("Outcome<CrossEncoderHandle>");
  register_type<js::OutcomeOfScores>("Outcome<ScoreColumns>");

  class_<TokenizerHandle>("TokenizerHandle")
      .function("input", &TokenizerHandle::input)
      .function("encode", &TokenizerHandle::encode)
      .function("tokens", &TokenizerHandle::tokens)
      .function("count", &TokenizerHandle::count)
      .function("vocabularySize", &TokenizerHandle::vocabularySize);

  class_<EncoderHandle>("EncoderHandle")
      .function("encode", &EncoderHandle::encode)
      .function("createTokenizer", &EncoderHandle::createTokenizer)
      .function("dimension", &EncoderHandle::dimension)
      .function("maxTokens", &EncoderHandle::maxTokens)
      .function("info", &EncoderHandle::info)
      .function("kernel", &EncoderHandle::kernel);

  class_<FileRoomHandle>("FileRoomHandle")
      .function("view", &FileRoomHandle::view)
      .function("openEncoder", &FileRoomHandle::openEncoder);

  class_<CrossEncoderHandle>("CrossEncoderHandle")
      .function("score", &CrossEncoderHandle::score)
      .function("labels", &CrossEncoderHandle::labels)
      .function("maxTokens", &CrossEncoderHandle::maxTokens);

  class_<CollectionHandle>("CollectionHandle")
      .function("prepare", &CollectionHandle::prepare)
      .function("apply", &CollectionHandle::apply)
      .function("contains", &CollectionHandle::contains)
      .function("count", &CollectionHandle::count)
      .function("dimension", &CollectionHandle::dimension)
      .function("lastSequence", &CollectionHandle::lastSequence)
      .function("pendingRows", &CollectionHandle::pendingRows)
      .function("maintain", &CollectionHandle::maintain)
      .function("cramped", &CollectionHandle::cramped)
      .function("bytes", &CollectionHandle::bytes)
      .function("indexBytes", &CollectionHandle::indexBytes)
      .function("nearestTo", &CollectionHandle::nearestTo)
      .function("project", &CollectionHandle::project)
      .function("linkAll", &CollectionHandle::linkAll)
      .function("graph", &CollectionHandle::graph)
      .function("adoptGraph", &CollectionHandle::adoptGraph)
      .function("vectors", &CollectionHandle::vectors)
      .function("get", &CollectionHandle::get)
      .function("query", &CollectionHandle::query)
      .function("vectorsIn", &CollectionHandle::vectorsIn)
      .function("vectorPlaces", &CollectionHandle::vectorPlaces)
      .function("rowPlaces", &CollectionHandle::rowPlaces)
      .function("stored", &CollectionHandle::stored)
      .function("search", &CollectionHandle::search)
      .function("buildKeywords", &CollectionHandle::buildKeywords)
      .function("keywordBytes", &CollectionHandle::keywordBytes)
      .function("wordsToStem", &CollectionHandle::wordsToStem)
      .function("addStems", &CollectionHandle::addStems)
      .function("diversify", &CollectionHandle::diversify)
      .function("differing", &CollectionHandle::differing)
      .function("takeRecords", &CollectionHandle::takeRecords)
      .function("snapshot", &CollectionHandle::snapshot);

  class_<ProjectionHandle>("ProjectionHandle")
      .function("step", &ProjectionHandle::step)
      .function("results", &ProjectionHandle::results);

  class_<SnapshotWriterHandle>("SnapshotWriterHandle")
      .function("next", &SnapshotWriterHandle::next)
      .function("keptFrom", &SnapshotWriterHandle::keptFrom)
      .function("wanted", &SnapshotWriterHandle::wanted)
      .function("give", &SnapshotWriterHandle::give);

  class_<SnapshotReaderHandle>("SnapshotReaderHandle")
      .function("feed", &SnapshotReaderHandle::feed)
      .function("finish", &SnapshotReaderHandle::finish)
      .function("finishWithoutGraph", &SnapshotReaderHandle::finishWithoutGraph);

  function("variant", &variant);
  function("kernelNames", &kernelNames);
  function("statusNames", &statusNames);
  function("distance", &distanceBy);
  function("crc32c", &checksum);
  function("heapBytes", &heapBytes);
  function("createTokenizer", &createTokenizer);
  function("createEncoder", &createEncoder);
  function("createFileRoom", &createFileRoom);
  function("createCrossEncoder", &createCrossEncoder);
  function("createCollection", &createCollection);
  function("createSnapshotReader", &createSnapshotReader);
  function("readVectors", &readVectors);
  function("isSound", &isSound);
}
