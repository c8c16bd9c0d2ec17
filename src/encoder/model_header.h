#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "encoder/model_file.h"

namespace pagevec {

/// Where a section is, its checksum and its length without the zeros that fill it up to 64.
struct SectionEntry {
  ModelSection kind;
  uint32_t checksum;
  uint64_t offset;
  uint64_t bytes;
};

/// The head of a model file: shape and table of sections.
struct ModelHeader {
  EncoderConfig config;
  uint64_t fileBytes = 0;
  std::vector<SectionEntry> sections;
};

/// Bytes that the header of a file with so many sections takes, checksum and padding included.
size_t modelHeaderBytes(size_t sections);

Bytes encodeModelHeader(const ModelHeader& header);

/// Checks the header and that the sections lie one after another and fill the file; not what is in
/// them.
Result<ModelHeader> decodeModelHeader(ByteView file);

}  // namespace pagevec
