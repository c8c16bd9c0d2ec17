#include <algorithm>
#include <cstdlib>

#include "../cpp/stored_bytes.h"

namespace {

using pagevec::Bytes;

// Splits the input into parts: two bytes of length before each.
std::vector<Bytes> splitParts(pagevec::ByteReader& in) {
  std::vector<Bytes> parts;
  while (in.remaining() > 2 && parts.size() < 64) {
    const size_t length = std::min<size_t>(in.number<uint16_t>(), in.remaining());
    const pagevec::ByteView part = in.raw(length);
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

// Makes everything right that only says "these bytes belong here", so that the fuzzer edits content:
// magic, version, index, generation, sequence, place in the list, lengths, checksums and the chain.
void repair(std::vector<Bytes>& parts, uint16_t version) {
  using namespace pagevec;
  uint32_t taken[6] = {};
  for (size_t i = 0; i < parts.size(); ++i) {
    Bytes& part = parts[i];
    if (part.size() < kFrameHeaderBytes + 8) part.resize(kFrameHeaderBytes + 8);
    testing::patch(part, 0, static_cast<uint32_t>(FrameMagic::SnapshotPart));
    testing::patch(part, 4, version);
    testing::patch(part, 6, static_cast<uint16_t>(kFrameHeaderBytes));
    const uint8_t kind = i == 0 ? 1 : i + 1 == parts.size() ? 5 : 2 + (part[8] + 1) % 3;
    testing::patch(part, 8, uint32_t{kind});
    testing::patch(part, 12, static_cast<uint32_t>(i));
    testing::patch(part, 16, uint64_t{1});
    testing::patch(part, 24, uint64_t{1});
    uint32_t count;
    std::memcpy(&count, part.data() + 36, 4);
    if (kind == 1 || kind == 5) count = 0;
    testing::patch(part, 32, taken[kind]);
    testing::patch(part, 36, count);
    taken[kind] += count;
  }
  parts.back().resize(kFrameHeaderBytes + 8);
  testing::resealAll(parts);
}

// Up to the first part that is refused, without the graph, which is then made anew.
void salvage(const std::vector<Bytes>& parts, bool sound) {
  using namespace pagevec;
  SnapshotReader reader;
  for (const Bytes& part : parts) {
    if (!reader.feed(part).ok() && !reader.feed(part).ok()) break;
  }
  const auto collection = reader.finishWithoutGraph();
  if (sound && !collection.ok()) std::abort();
  if (!collection.ok()) return;
  const std::vector<float> query(collection.value()->dimension(), 1.0f);
  if (!collection.value()->query(query, 10, 0, {}).ok()) std::abort();
  collection.value()->maintain(100);
}

}  // namespace

// The first byte chooses: parts as they are, or with one byte of a header changed and sound checksums, or
// repaired, and the version; the next three say which byte. What loads must be a sound
// collection: its own snapshot loads and is taken again byte for byte.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pagevec;
  ByteReader in({data, size});
  const uint8_t choice = in.number<uint8_t>();
  const auto which = in.number<uint8_t>();
  const auto offset = in.number<uint8_t>();
  const auto change = in.number<uint8_t>();
  std::vector<Bytes> parts = splitParts(in);
  const bool framed = parts.size() >= 2 && std::all_of(parts.begin(), parts.end(), [](auto& part) {
                        return part.size() >= kFrameHeaderBytes + 8;
                      });
  if (framed && choice % 4 == 3) {
    parts[which % parts.size()][offset % (kFrameHeaderBytes + 8)] ^= change;
    testing::resealAll(parts);
  }
  if (parts.size() >= 2 && choice % 4 % 3 != 0) repair(parts, 1 + choice / 4 % kFormatVersion);
  auto loaded = testing::loadSnapshot(parts);
  salvage(parts, loaded.ok());
  if (!loaded.ok()) return 0;
  Collection& collection = *loaded.value();
  const std::vector<float> query(collection.dimension(), 1.0f);
  if (!collection.query(query, 10, 0, {}).ok()) std::abort();
  const std::vector<Bytes> taken = testing::takeSnapshot(collection);
  const auto again = testing::loadSnapshot(taken);
  if (!again.ok() || testing::takeSnapshot(*again.value()) != taken) std::abort();
  collection.maintain(100);
  if (!collection.query(query, 10, 0, {}).ok()) std::abort();
  return 0;
}
