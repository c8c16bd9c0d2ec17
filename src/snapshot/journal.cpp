#include "snapshot/journal.h"

#include <algorithm>
#include <string>

#include "snapshot/frame.h"
#include "snapshot/record_fields.h"

namespace pagevec {
namespace {

constexpr const char* kName = "journal record";

Status corrupt(const std::string& problem) {
  return Status(StatusCode::Corrupt, std::string(kName) + ": " + problem);
}

struct Header {
  Operation operation;
  uint32_t ids;
  uint64_t sequence;
  uint64_t epoch;
  uint32_t dimension;
  uint32_t vectors;
};

void writeHeader(ByteWriter& out, const Header& header) {
  beginHeader(out, FrameMagic::JournalRecord);
  out.number(static_cast<uint8_t>(header.operation));
  out.raw(Bytes(3));
  out.number(header.ids);
  out.number(header.sequence);
  out.number(header.epoch);
  out.number(header.dimension);
  out.number(header.vectors);
  endHeader(out);
}

Result<Header> readHeader(ByteReader fields) {
  Header header;
  const auto operation = fields.number<uint8_t>();
  const ByteView reserved = fields.raw(3);
  header.operation = static_cast<Operation>(operation);
  header.ids = fields.number<uint32_t>();
  header.sequence = fields.number<uint64_t>();
  header.epoch = fields.number<uint64_t>();
  header.dimension = fields.number<uint32_t>();
  header.vectors = fields.number<uint32_t>();
  if (header.operation < Operation::Add || header.operation > Operation::Delete) {
    return corrupt("operation " + std::to_string(operation) + " is unknown");
  }
  if (std::any_of(reserved.begin(), reserved.end(), [](uint8_t byte) { return byte != 0; })) {
    return corrupt("reserved bytes are not zero");
  }
  if (header.vectors == 0 && header.dimension != 0) {
    return corrupt("it has a dimension without vectors");
  }
  return header;
}

// A list nobody has an entry in stays empty, as the caller of encodeRecord() had it.
template <class T>
void put(std::vector<T>& list, size_t i, size_t size, T value) {
  if (list.empty()) list.resize(size);
  list[i] = std::move(value);
}

// The count is compared with the bytes first, so a forged one cannot make a large allocation.
Status readEntries(ByteReader& in, const Header& header, Batch& batch) {
  if (header.ids > in.remaining() / kMinRecordBytes)
    return corrupt("it has fewer ids than it says");
  uint32_t vectors = 0;
  for (uint32_t i = 0; i < header.ids; ++i) {
    const auto flags = in.number<uint8_t>();
    Result<RecordFields> fields = readRecordFields(in, flags, kEmbedded);
    if (!fields.ok())
      return corrupt("entry " + std::to_string(i) + ": " + fields.status().message());
    batch.ids.push_back(std::move(fields->id));
    if (fields->document) put(batch.documents, i, header.ids, std::move(fields->document));
    if (fields->metadata) put(batch.metadatas, i, header.ids, std::move(fields->metadata));
    if ((flags & kEmbedded) == 0) continue;
    if (batch.embedded.empty()) batch.embedded.resize(header.ids);
    batch.embedded[i] = true;
    ++vectors;
  }
  if (vectors != header.vectors) return corrupt("its number of vectors is wrong");
  return {};
}

}  // namespace

Bytes encodeRecord(const Batch& batch, uint64_t sequence, uint64_t epoch) {
  ByteWriter out;
  const size_t vectors = std::count(batch.embedded.begin(), batch.embedded.end(), true);
  writeHeader(out, {batch.operation, static_cast<uint32_t>(batch.ids.size()), sequence, epoch,
                    vectors == 0 ? 0 : batch.dimension, static_cast<uint32_t>(vectors)});
  for (size_t i = 0; i < batch.ids.size(); ++i) {
    const std::string* document = nullptr;
    const Metadata* metadata = nullptr;
    if (!batch.documents.empty() && batch.documents[i]) document = &*batch.documents[i];
    if (!batch.metadatas.empty() && batch.metadatas[i]) metadata = &*batch.metadatas[i];
    const bool embedded = !batch.embedded.empty() && batch.embedded[i];
    out.number(recordFlags(document, metadata, embedded ? kEmbedded : 0));
    writeRecordFields(out, batch.ids[i], document, metadata);
  }
  out.array(std::span<const float>(batch.embeddings));
  return sealFrame(out);
}

Result<JournalRecord> decodeRecord(ByteView bytes) {
  const Result<Frame> frame = openFrame(bytes, FrameMagic::JournalRecord, kName);
  if (!frame.ok()) return frame.status();
  const Result<Header> header = readHeader(frame->fields);
  if (!header.ok()) return header.status();

  JournalRecord record{header->sequence, header->epoch, {}};
  record.batch.operation = header->operation;
  record.batch.dimension = header->dimension;
  ByteReader in(frame->payload);
  if (Status status = readEntries(in, header.value(), record.batch); !status.ok()) return status;
  const uint64_t floats = uint64_t{header->vectors} * header->dimension;
  if (floats != in.remaining() / sizeof(float)) return corrupt("its vectors have a wrong length");
  record.batch.embeddings = in.array<float>(floats);
  if (!in.atEnd()) return corrupt("bytes are left over after the vectors");
  return record;
}

Status replayRecord(Collection& collection, ByteView bytes) {
  const Result<JournalRecord> record = decodeRecord(bytes);
  if (!record.ok()) return record.status();
  if (record->sequence <= collection.lastSequence()) return {};
  if (record->sequence != collection.lastSequence() + 1) {
    return corrupt("it has sequence " + std::to_string(record->sequence) +
                   ", the collection is at " + std::to_string(collection.lastSequence()) +
                   "; records in between are missing");
  }
  if (Status status = collection.validate(record->batch); !status.ok()) {
    return corrupt("its batch does not fit the collection: " + status.message());
  }
  collection.apply(record->batch, record->sequence);
  return {};
}

}  // namespace pagevec
