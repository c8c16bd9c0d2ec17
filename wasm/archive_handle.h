#pragma once

#include <memory>

#include "js_types.h"
#include "snapshot/archive.h"

namespace pagevec::wasm {

class ArchiveWriterHandle {
 public:
  js::Uint8Array begin();
  js::OutcomeOfBytes collection(js::Uint8Array manifest, uint32_t parts, double coveredSequence,
                                double lastSequence);
  js::OutcomeOfNull add(js::Uint8Array block);
  js::OutcomeOfBytes end();

 private:
  ArchiveWriter writer_;
};

class ArchiveReaderHandle {
 public:
  js::OutcomeOfNumber length(js::Uint8Array head) const;
  js::OutcomeOfArchiveBlock take(js::Uint8Array block);
  js::OutcomeOfNull finish() const;

 private:
  ArchiveReader reader_;
};

std::unique_ptr<ArchiveWriterHandle> createArchiveWriter();
std::unique_ptr<ArchiveReaderHandle> createArchiveReader();

}  // namespace pagevec::wasm
