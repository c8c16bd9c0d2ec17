#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "snapshot/journal.h"
#include "snapshot/snapshot_reader.h"
#include "snapshot/snapshot_writer.h"
#include "stored_bytes.h"

namespace pagevec {
namespace {

using testing::loadSnapshot;
using testing::patch;
using testing::reseal;
using testing::resealAll;
using testing::takeSnapshot;

using Parts = std::vector<Bytes>;
constexpr size_t kPayload = kFrameHeaderBytes;
constexpr uint32_t kDimension = 4;

Batch numbered(Operation operation, int from, int to, bool withText) {
  Batch batch;
  batch.operation = operation;
  for (int i = from; i < to; ++i) {
    batch.ids.push_back("record-" + std::to_string(i));
    if (operation == Operation::Delete) continue;
    batch.embedded.push_back(true);
    for (uint32_t d = 0; d < kDimension; ++d) {
      batch.embeddings.push_back(static_cast<float>((i * 31 + d * 17) % 23) / 4);
    }
    batch.dimension = kDimension;
    if (!withText) continue;
    batch.documents.push_back(i % 3 == 0 ? std::nullopt
                                         : std::optional("gloss " + std::to_string(i)));
    const std::string json = "{\"n\":" + std::to_string(i) + ",\"s\":\"\xC3\xA9\"}";
    batch.metadatas.push_back(i % 4 == 0 ? std::nullopt
                                         : std::optional(Metadata::parse(json).value()));
  }
  return batch;
}

void write(Collection& collection, const Batch& batch) {
  const Status status = collection.validate(batch);
  ASSERT_TRUE(status.ok()) << status.message();
  collection.apply(batch, collection.lastSequence() + 1);
}

// Linked nodes, way points of deleted and updated records, pending rows and a dead one among them.
std::unique_ptr<Collection> sample(IndexKind kind = IndexKind::Hnsw) {
  CollectionConfig config;
  config.space = Space::Cosine;
  config.index = kind;
  config.maxNeighbors = 3;
  auto collection = std::move(Collection::make(config).value());
  write(*collection, numbered(Operation::Add, 0, 40, true));
  collection->maintain(100);
  write(*collection, numbered(Operation::Delete, 5, 9, false));
  write(*collection, numbered(Operation::Upsert, 20, 22, true));
  write(*collection, numbered(Operation::Add, 40, 46, true));
  write(*collection, numbered(Operation::Delete, 44, 45, false));
  return collection;
}

std::vector<std::string> answers(const Collection& collection) {
  std::vector<std::string> lines;
  for (const Slot slot : collection.select({}, 0, SIZE_MAX)) {
    const RecordView view = collection.record(slot);
    lines.push_back(*view.id + '|' + view.document->value_or("-") + '|' +
                    (view.metadata->has_value() ? view.metadata->value().toJson() : "-"));
  }
  const std::vector<float> query{1, 0.5f, 2, 0};
  const auto hits = collection.query(query, 7, 0, {});
  for (const Hit& hit : hits.value()) {
    lines.push_back(*collection.record(hit.slot).id + ' ' + std::to_string(hit.distance));
  }
  return lines;
}

StatusCode loadCode(const Parts& parts) { return loadSnapshot(parts).status().code(); }

PartKind kindOf(const Bytes& part) { return static_cast<PartKind>(part[8]); }

// The first part of a kind.
Bytes& find(Parts& parts, PartKind kind) {
  return *std::find_if(parts.begin(), parts.end(),
                       [=](const Bytes& p) { return kindOf(p) == kind; });
}

TEST(Snapshot, BringsEverythingBack) {
  for (const IndexKind kind : {IndexKind::Auto, IndexKind::Flat, IndexKind::Hnsw}) {
    const auto collection = sample(kind);
    const auto loaded = loadSnapshot(takeSnapshot(*collection, 9));
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    const Collection& copy = *loaded.value();
    EXPECT_EQ(answers(copy), answers(*collection));
    EXPECT_EQ(copy.count(), 41u);
    EXPECT_EQ(copy.dimension(), kDimension);
    EXPECT_EQ(copy.lastSequence(), 5u);
    EXPECT_EQ(copy.config().space, Space::Cosine);
    EXPECT_EQ(copy.config().index, kind);
    EXPECT_EQ(copy.config().maxNeighbors, 3u);
    // Copies of a node have none of their own and are looked at again.
    EXPECT_GE(copy.pendingRows(), collection->pendingRows());
    EXPECT_EQ(copy.vectors()->rows(), kind == IndexKind::Hnsw ? 47u : 41u)
        << "way points are kept, other dead rows are not";
  }
}

TEST(Snapshot, IsByteIdenticalWhenTakenAgain) {
  for (const IndexKind kind : {IndexKind::Auto, IndexKind::Flat, IndexKind::Hnsw}) {
    for (const size_t partBytes : {size_t{1}, size_t{300}, kPartBytes}) {
      const Parts parts = takeSnapshot(*sample(kind), 9, partBytes);
      const auto loaded = loadSnapshot(parts);
      ASSERT_TRUE(loaded.ok()) << loaded.status().message();
      EXPECT_EQ(takeSnapshot(*loaded.value(), 9, partBytes), parts);
    }
  }
}

TEST(Snapshot, GoesOnWhereItWasTaken) {
  const auto collection = sample();
  const auto loaded = loadSnapshot(takeSnapshot(*collection));
  ASSERT_TRUE(loaded.ok());
  for (Collection* each : {collection.get(), loaded.value().get()}) {
    write(*each, numbered(Operation::Upsert, 0, 60, true));
    write(*each, numbered(Operation::Delete, 11, 14, false));
    EXPECT_EQ(each->maintain(1000), 0u);
  }
  EXPECT_EQ(answers(*loaded.value()), answers(*collection));
}

TEST(Snapshot, HoldsCollectionsWithoutRecords) {
  const auto fresh = std::move(Collection::make({}).value());
  const auto loadedFresh = loadSnapshot(takeSnapshot(*fresh));
  ASSERT_TRUE(loadedFresh.ok()) << loadedFresh.status().message();
  EXPECT_EQ(loadedFresh.value()->dimension(), 0u);

  const auto emptied = sample();
  Batch all;
  all.operation = Operation::Delete;
  for (const Slot slot : emptied->select({}, 0, SIZE_MAX))
    all.ids.push_back(*emptied->record(slot).id);
  write(*emptied, all);
  const auto loaded = loadSnapshot(takeSnapshot(*emptied));
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded.value()->count(), 0u);
  EXPECT_EQ(loaded.value()->dimension(), kDimension);
  write(*loaded.value(), numbered(Operation::Add, 0, 3, false));
  EXPECT_EQ(loaded.value()->count(), 3u);
}

TEST(Snapshot, ClosesPartsAtTheirSizeAndKeepsOneLargeRecordWhole) {
  const auto collection = sample(IndexKind::Flat);
  Batch large = numbered(Operation::Update, 2, 3, false);
  large.documents = {std::string(5000, 'x')};
  write(*collection, large);
  const Parts parts = takeSnapshot(*collection, 1, 400);
  size_t recordParts = 0;
  for (const Bytes& part : parts) {
    recordParts += kindOf(part) == PartKind::Records;
    EXPECT_TRUE(part.size() < kPayload + 500 || part.size() > 5000) << part.size();
  }
  EXPECT_GE(recordParts, 4u);
  EXPECT_TRUE(loadSnapshot(parts).ok());
}

TEST(Snapshot, StopsWhenTheCollectionIsWrittenTo) {
  const auto collection = sample();
  SnapshotWriter writer(*collection, 1, {.partBytes = 100});
  Bytes part;
  ASSERT_TRUE(writer.next(part));
  collection->maintain(2);  // copies of nodes, which this snapshot does not need
  ASSERT_TRUE(writer.next(part));
  write(*collection, numbered(Operation::Delete, 0, 1, false));
  EXPECT_FALSE(writer.next(part));
  EXPECT_EQ(writer.status().code(), StatusCode::InvalidArgument);
  EXPECT_FALSE(writer.next(part));
}

TEST(Snapshot, StopsWhenTheGraphGrows) {
  const auto collection = sample();
  Batch batch = numbered(Operation::Add, 100, 101, false);
  batch.embeddings = {1, -2, 3, -4};
  write(*collection, batch);
  SnapshotWriter writer(*collection, 1, {.partBytes = 100});
  Bytes part;
  ASSERT_TRUE(writer.next(part));
  while (collection->pendingRows() > 0) collection->maintain(1);
  EXPECT_FALSE(writer.next(part));
  EXPECT_EQ(writer.status().code(), StatusCode::InvalidArgument);
}

// The status of a damaged part p after the good ones before it.
StatusCode codeAfter(const Parts& good, size_t p, ByteView damaged) {
  SnapshotReader reader;
  for (size_t i = 0; i < p; ++i) EXPECT_TRUE(reader.feed(good[i]).ok());
  return reader.feed(damaged).code();
}

TEST(Snapshot, DetectsEveryChangedByte) {
  const Parts good = takeSnapshot(*sample(), 9, 600);
  ASSERT_GE(good.size(), 7u);
  for (size_t p = 0; p < good.size(); ++p) {
    Bytes bad = good[p];
    for (size_t i = 0; i < bad.size(); ++i) {
      for (const uint8_t change : {uint8_t{0xFF}, static_cast<uint8_t>(1 << i % 8)}) {
        bad[i] ^= change;
        ASSERT_EQ(codeAfter(good, p, bad), StatusCode::Corrupt) << "part " << p << " byte " << i;
        bad[i] = good[p][i];
      }
    }
  }
}

TEST(Snapshot, DetectsEveryTruncationAndAnExtension) {
  const Parts good = takeSnapshot(*sample(), 9, 1000);
  for (size_t p = 0; p < good.size(); ++p) {
    for (size_t length = 0; length < good[p].size(); ++length) {
      ASSERT_EQ(codeAfter(good, p, ByteView(good[p]).first(length)), StatusCode::Corrupt);
    }
    Bytes longer = good[p];
    longer.push_back(0);
    EXPECT_EQ(codeAfter(good, p, longer), StatusCode::Corrupt);
  }
}

TEST(Snapshot, DetectsMissingRepeatedAndSwappedParts) {
  const Parts good = takeSnapshot(*sample(), 9, 300);
  for (size_t p = 0; p < good.size(); ++p) {
    Parts missing = good;
    missing.erase(missing.begin() + p);
    EXPECT_EQ(loadCode(missing), StatusCode::Corrupt) << p;
    Parts repeated = good;
    repeated.insert(repeated.begin() + p, good[p]);
    EXPECT_EQ(loadCode(repeated), StatusCode::Corrupt) << p;
    if (p + 1 == good.size()) continue;
    Parts swapped = good;
    std::swap(swapped[p], swapped[p + 1]);
    EXPECT_EQ(loadCode(swapped), StatusCode::Corrupt) << p;
  }
  EXPECT_EQ(loadCode({}), StatusCode::Corrupt);
}

TEST(Snapshot, DetectsPartsOfAnotherSnapshot) {
  const auto collection = sample();
  const Parts good = takeSnapshot(*collection, 9, 600);
  const Parts otherGeneration = takeSnapshot(*collection, 10, 600);
  write(*collection, numbered(Operation::Update, 1, 2, false));
  const Parts otherSequence = takeSnapshot(*collection, 9, 600);
  for (size_t p = 0; p < good.size(); ++p) {
    for (const Parts& other : {otherGeneration, otherSequence}) {
      Parts mixed = good;
      mixed[p] = other[p];
      EXPECT_EQ(loadCode(mixed), StatusCode::Corrupt) << p;
    }
  }
}

TEST(Snapshot, DetectsASoundPartThatIsNotTheOneWritten) {
  Parts parts = takeSnapshot(*sample(), 9, 600);
  Bytes& vectors = find(parts, PartKind::Vectors);
  patch(vectors, kPayload, 123.0f);
  reseal(vectors);
  const auto loaded = loadSnapshot(parts);
  EXPECT_EQ(loaded.status().code(), StatusCode::Corrupt);
  EXPECT_NE(loaded.status().message().find("are not the ones"), std::string::npos);
}

TEST(Snapshot, TellsALaterVersion) {
  const Parts parts = takeSnapshot(*sample(), 9, 600);
  for (size_t p = 0; p < parts.size(); ++p) {
    Parts later = parts;
    patch(later[p], 4, static_cast<uint16_t>(kFormatVersion + 1));
    EXPECT_EQ(loadCode(later), StatusCode::Corrupt);
    reseal(later[p]);
    EXPECT_EQ(loadCode(later), StatusCode::FormatTooNew);
  }
}

// An older build must say that it is too old, not that the snapshot is damaged.
TEST(Snapshot, OfBitsIsOfVersion3) {
  for (const bool rescore : {true, false}) {
    CollectionConfig config;
    config.quantization = Quantization::Binary;
    config.rescore = rescore;
    auto collection = std::move(Collection::make(config).value());
    write(*collection, numbered(Operation::Add, 0, 40, true));
    const Parts parts = takeSnapshot(*collection, 9, 600);
    for (const Bytes& part : parts) EXPECT_EQ(part[4], 3);
    const auto loaded = loadSnapshot(parts);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    EXPECT_EQ(loaded.value()->config().quantization, Quantization::Binary);
    EXPECT_EQ(loaded.value()->config().rescore, rescore);
    EXPECT_EQ(takeSnapshot(*loaded.value(), 9, 600), parts);
  }
  EXPECT_EQ(takeSnapshot(*sample(), 9, 600)[0][4], 1);
}

TEST(Snapshot, AFailureIsForGood) {
  const Parts good = takeSnapshot(*sample(), 9, 600);
  SnapshotReader reader;
  EXPECT_EQ(reader.feed(good[1]).code(), StatusCode::Corrupt);
  EXPECT_EQ(reader.feed(good[0]).code(), StatusCode::Corrupt);
  EXPECT_EQ(reader.finish().status().code(), StatusCode::Corrupt);
}

// Whatever is broken from the first graph part on, and only there.
TEST(Snapshot, DoesWithoutItsGraph) {
  const auto collection = sample();
  const Parts good = takeSnapshot(*collection, 9, 600);
  for (size_t p = 0; p < good.size(); ++p) {
    Bytes bad = good[p];
    bad[kPayload] ^= 1;
    SnapshotReader reader;
    for (size_t i = 0; i < p; ++i) ASSERT_TRUE(reader.feed(good[i]).ok());
    EXPECT_FALSE(reader.feed(bad).ok());
    auto rebuilt = reader.finishWithoutGraph();
    const PartKind kind = kindOf(good[p]);
    ASSERT_EQ(rebuilt.ok(), kind == PartKind::Graph || kind == PartKind::End) << p;
    if (!rebuilt.ok()) continue;
    Collection& again = *rebuilt.value();
    EXPECT_EQ(again.lastSequence(), collection->lastSequence());
    EXPECT_EQ(again.pendingRows(), again.count());
    EXPECT_EQ(answers(again), answers(*collection));
    while (again.maintain(100) > 0) {
    }
    EXPECT_EQ(answers(again), answers(*collection));
    // Way points are of no use without the links: the next snapshot is without them.
    const auto loaded = loadSnapshot(takeSnapshot(again, 10));
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    EXPECT_EQ(answers(*loaded.value()), answers(*collection));
  }
}

TEST(Snapshot, ALaterVersionIsNotReadWithoutItsGraph) {
  const Parts good = takeSnapshot(*sample(), 9, 600);
  Bytes later = good.back();
  patch(later, 4, static_cast<uint16_t>(kFormatVersion + 1));
  reseal(later);
  SnapshotReader reader;
  for (size_t i = 0; i + 1 < good.size(); ++i) ASSERT_TRUE(reader.feed(good[i]).ok());
  EXPECT_EQ(reader.feed(later).code(), StatusCode::FormatTooNew);
  EXPECT_EQ(reader.finishWithoutGraph().status().code(), StatusCode::FormatTooNew);
}

TEST(Snapshot, ASoundBlockIsToldFromADamagedOne) {
  for (const Bytes& part : takeSnapshot(*sample(), 9, 600)) {
    EXPECT_TRUE(isSoundFrame(part));
    for (size_t i = 0; i < part.size(); ++i) {
      Bytes bad = part;
      bad[i] ^= 0x10;
      ASSERT_FALSE(isSoundFrame(bad)) << i;
    }
    EXPECT_FALSE(isSoundFrame(ByteView(part).first(part.size() - 1)));
  }
  EXPECT_FALSE(isSoundFrame({}));
}

TEST(Snapshot, IsFinishedOnce) {
  SnapshotReader reader;
  for (const Bytes& part : takeSnapshot(*sample(), 9)) ASSERT_TRUE(reader.feed(part).ok());
  ASSERT_TRUE(reader.finish().ok());
  EXPECT_EQ(reader.finish().status().code(), StatusCode::InvalidArgument);
}

// Edits one part with the checksums made right again, and wants it refused for the right reason.
void expectForgery(PartKind kind, std::function<void(Bytes&)> edit, const std::string& reason) {
  Parts parts = takeSnapshot(*sample(), 9);
  edit(find(parts, kind));
  resealAll(parts);
  if (kind == PartKind::End) {
    edit(parts.back());
    reseal(parts.back());
  }
  const auto loaded = loadSnapshot(parts);
  EXPECT_EQ(loaded.status().code(), StatusCode::Corrupt) << reason;
  EXPECT_NE(loaded.status().message().find(reason), std::string::npos) << loaded.status().message();
}

template <class T>
std::function<void(Bytes&)> set(size_t offset, T value) {
  return [=](Bytes& part) { patch(part, offset, value); };
}

TEST(SnapshotForgery, Frames) {
  expectForgery(PartKind::Records, set(8, uint8_t{0}), "unknown kind");
  expectForgery(PartKind::Records, set(8, uint8_t{6}), "unknown kind");
  expectForgery(PartKind::Records, set(8, uint8_t{1}), "out of order");
  expectForgery(PartKind::Header, set(8, uint8_t{2}), "out of order");
  expectForgery(PartKind::Records, set(9, uint8_t{1}), "reserved");
  expectForgery(PartKind::Records, set(32, uint32_t{1}), "begins at 1");
  expectForgery(PartKind::Vectors, set(36, uint32_t{0}), "with 0 entries");
  expectForgery(PartKind::Header, set(36, uint32_t{1}), "with 1 entries");
  expectForgery(PartKind::End, set(kPayload, uint32_t{3}), "are not the ones");
  expectForgery(PartKind::End, set(kPayload + 4, uint32_t{3}), "are not the ones");
}

TEST(SnapshotForgery, Header) {
  expectForgery(PartKind::Header, set(kPayload, uint8_t{3}), "space is 3");
  expectForgery(PartKind::Header, set(kPayload + 1, uint8_t{3}), "index kind is 3");
  expectForgery(PartKind::Header, set(kPayload + 2, uint16_t{3}), "wrong length");
  expectForgery(PartKind::Header, set(kPayload + 4, uint32_t{0}), "maxNeighbors");
  expectForgery(PartKind::Header, set(kPayload + 16, uint32_t{0xFFFFFFFF}), "contradict");
  expectForgery(PartKind::Header, set(kPayload + 16, uint32_t{0}), "contradict");
  expectForgery(PartKind::Header, set(kPayload + 16, uint32_t{65536}), "number of vectors");
  expectForgery(PartKind::Header, set(kPayload + 20, uint32_t{0xFFFFFFFF}), "contradict");
  expectForgery(PartKind::Header, set(kPayload + 20, uint32_t{40}), "missing");
  expectForgery(PartKind::Header, set(kPayload + 24, uint32_t{0xFFFFFFFE}), "missing");
  expectForgery(PartKind::Header, set(kPayload + 28, uint32_t{30}), "missing");
  expectForgery(PartKind::Header, set(kPayload + 32, uint32_t{0xFFFFFFFF}), "starts at node");
  expectForgery(PartKind::Header, set(kPayload + 1, static_cast<uint8_t>(IndexKind::Flat)),
                "has none");
}

TEST(SnapshotForgery, AnEntryNodeWithoutAGraph) {
  Parts parts = takeSnapshot(*std::move(Collection::make({}).value()));
  patch(parts[0], kPayload + 32, uint32_t{1});
  resealAll(parts);
  EXPECT_EQ(loadCode(parts), StatusCode::Corrupt);
}

TEST(SnapshotForgery, Records) {
  // The first record: flags, row, the id "record-0".
  const size_t second = kPayload + 1 + 4 + 4 + 8;
  expectForgery(PartKind::Records, set(36, uint32_t{0xFFFFFFFF}), "end too early");
  expectForgery(PartKind::Records, set(36, uint32_t{3}), "left over");
  expectForgery(PartKind::Records, set(kPayload, uint8_t{4}), "unknown flags");
  expectForgery(PartKind::Records, set(kPayload + 1, uint32_t{47}), "row 47 of 47");
  expectForgery(PartKind::Records, set(kPayload + 1, uint32_t{1}), "row 1 of 47");
  // record-45 takes a way point's row and leaves its own, which no graph holds, to nobody.
  expectForgery(
      PartKind::Records,
      [](Bytes& part) {
        const std::string id = "record-45";
        const auto place = std::search(part.begin(), part.end(), id.begin(), id.end());
        patch(part, static_cast<size_t>(place - part.begin()) - 8, uint32_t{6});
      },
      "stored row 46 belongs to no record");
  expectForgery(PartKind::Records, set(kPayload + 5, uint32_t{0xFFFFFFFF}), "end too early");
  expectForgery(PartKind::Records, set(kPayload + 9 + 7, uint8_t{'1'}), "of an earlier one");
  expectForgery(PartKind::Records, set(kPayload + 9, uint8_t{0xFF}), "the id is not valid UTF-8");
  expectForgery(PartKind::Records, set(second + 9 + 8 + 4, uint8_t{0xFF}), "the document is not");
  expectForgery(PartKind::Records, set(second + 9 + 8 + 4 + 7 + 4, uint8_t{'x'}), "no valid JSON");
}

TEST(SnapshotForgery, Vectors) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expectForgery(PartKind::Vectors, set(36, uint32_t{0xFFFFFFFF}), "number of vectors");
  expectForgery(PartKind::Vectors, set(kPayload + 16 + 4, nan), "vector 1 has NaN at position 1");
  expectForgery(PartKind::Vectors, set(kPayload, 1e30f), "vector 0 has");
  expectForgery(
      PartKind::Vectors, [](Bytes& part) { part.pop_back(); }, "number of vectors");
}

TEST(SnapshotForgery, Graph) {
  // The first node: row, level, then a count and links for each level.
  expectForgery(PartKind::Graph, set(36, uint32_t{0xFFFFFFFF}), "number of nodes");
  expectForgery(PartKind::Graph, set(kPayload, uint32_t{1}), "row 1 is there twice");
  expectForgery(PartKind::Graph, set(kPayload, uint32_t{0xFFFFFFFF}), "does not exist");
  expectForgery(PartKind::Graph, set(kPayload + 4, uint8_t{255}), "");
  expectForgery(PartKind::Graph, set(kPayload + 5, uint32_t{0xFFFFFFFF}), "number of nodes");
  expectForgery(PartKind::Graph, set(kPayload + 9, uint32_t{0}), "links to itself");
  expectForgery(PartKind::Graph, set(kPayload + 9, uint32_t{40}), "links to node 40 of 23");
}

// Written once by format version 1 and never again: PAGEVEC_WRITE_GOLDEN=1 makes the files anew,
// which is right only when a new version gets a folder of its own.
class Golden : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    return std::filesystem::path(PAGEVEC_FIXTURES_DEFAULT) / "snapshot" / "v1";
  }
  static std::string name(const char* kind, size_t number) {
    return std::string(kind) + '-' + static_cast<char>('0' + number / 10) +
           static_cast<char>('0' + number % 10) + ".bin";
  }
  static void writeFile(const std::string& file, const Bytes& bytes) {
    std::ofstream(folder() / file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  static Parts readFiles(const char* kind) {
    Parts files;
    for (size_t i = 0; std::filesystem::exists(folder() / name(kind, i)); ++i) {
      std::ifstream file(folder() / name(kind, i), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return files;
  }
  static std::vector<Bytes> journal() {
    return {encodeRecord(numbered(Operation::Upsert, 44, 48, true), 6, 2),
            encodeRecord(numbered(Operation::Delete, 1, 3, false), 7, 2)};
  }
  static void SetUpTestSuite() {
    if (std::getenv("PAGEVEC_WRITE_GOLDEN") == nullptr) return;
    std::filesystem::create_directories(folder());
    const Parts parts = takeSnapshot(*sample(), 3, kGoldenPartBytes);
    for (size_t i = 0; i < parts.size(); ++i) writeFile(name("part", i), parts[i]);
    const auto records = journal();
    for (size_t i = 0; i < records.size(); ++i) writeFile(name("journal", i), records[i]);
  }
  static constexpr size_t kGoldenPartBytes = 800;
};

TEST_F(Golden, StillLoads) {
  const Parts parts = readFiles("part");
  ASSERT_EQ(parts.size(), 8u);
  const auto loaded = loadSnapshot(parts);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  Collection& collection = *loaded.value();
  EXPECT_EQ(answers(collection), answers(*sample()));
  EXPECT_EQ(collection.graph().rows.size(), 40u);
  EXPECT_EQ(collection.pendingRows(), 7u);
  EXPECT_EQ(takeSnapshot(collection, 3, kGoldenPartBytes), parts);

  const Parts records = readFiles("journal");
  ASSERT_EQ(records.size(), 2u);
  for (const Bytes& record : records) {
    const Status status = replayRecord(collection, record);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  EXPECT_EQ(collection.lastSequence(), 7u);
  EXPECT_EQ(collection.count(), 42u);
  EXPECT_FALSE(collection.contains("record-1"));
  EXPECT_TRUE(collection.contains("record-47"));
  EXPECT_EQ(journal(), records);
}

}  // namespace
}  // namespace pagevec
