// Floats that live in storage only: snapshots take them from the last snapshot and the journal, and
// every record's vector can be read back as it was given.
#include "snapshot/stored_vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "snapshot/journal.h"
#include "stored_bytes.h"
#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 40;

/// A collection with its storage: the parts of the last snapshot, the journal after it.
class Stored {
 public:
  explicit Stored(CollectionConfig config) : config_(config) {
    config_.floatsInHeap = false;
    collection_ = std::move(Collection::make(config_).value());
  }

  Collection& collection() { return *collection_; }
  const std::vector<Bytes>& parts() const { return parts_; }
  /// Parts that the last snapshot took over from the one before.
  size_t kept() const { return kept_; }

  void write(Operation operation, const std::vector<std::string>& ids,
             const std::vector<std::vector<float>>& vectors) {
    Batch batch;
    batch.operation = operation;
    batch.ids = ids;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (operation == Operation::Delete) {
        given_.erase(ids[i]);
        continue;
      }
      const bool kept = operation != Operation::Add || !given_.contains(ids[i]);
      if (kept) given_[ids[i]] = vectors[i];
      batch.embedded.push_back(true);
      batch.embeddings.insert(batch.embeddings.end(), vectors[i].begin(), vectors[i].end());
      batch.dimension = kDimension;
    }
    ASSERT_TRUE(collection_->validate(batch).ok());
    const uint64_t sequence = collection_->lastSequence() + 1;
    journal_[sequence] = encodeRecord(batch, sequence, 1);
    ASSERT_TRUE(replayRecord(*collection_, journal_[sequence]).ok());
  }

  Bytes block(const VectorPlace& place) const {
    return place.block == VectorPlace::Block::JournalRecord ? journal_.at(place.number)
                                                            : parts_.at(place.number);
  }

  void snapshot(size_t partBytes, bool graph = true) {
    SnapshotWriter writer(*collection_, ++generation_,
                          {.partBytes = partBytes, .keeps = true, .graph = graph});
    std::vector<Bytes> parts;
    kept_ = 0;
    for (;;) {
      Bytes part;
      if (writer.next(part)) {
        if (writer.keptFrom()) {
          ASSERT_EQ(part.size(), kFrameHeaderBytes);
          const Bytes& older = parts_.at(*writer.keptFrom());
          part.insert(part.end(), older.begin() + kFrameHeaderBytes, older.end());
          ++kept_;
        }
        parts.push_back(std::move(part));
      } else if (writer.wanted().block != VectorPlace::Block::None) {
        writer.give(block(writer.wanted()));
      } else {
        break;
      }
    }
    ASSERT_TRUE(writer.status().ok()) << writer.status().message();
    collection_->setPlaces(writer.places());
    parts_ = std::move(parts);
    journal_.clear();
  }

  void reload() {
    SnapshotReader reader(false);
    for (const Bytes& part : parts_) ASSERT_TRUE(reader.feed(part).ok());
    auto loaded = reader.finish();
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    collection_ = std::move(loaded.value());
    for (const auto& [sequence, record] : journal_) {
      ASSERT_TRUE(replayRecord(*collection_, record).ok());
    }
  }

  /// Reads every record's vector from storage and compares.
  void check() const {
    ASSERT_EQ(collection_->count(), given_.size());
    std::vector<float> values(kDimension);
    for (const Slot slot : collection_->select({}, 0, SIZE_MAX)) {
      const RecordView view = collection_->record(slot);
      const VectorPlace place = collection_->places().find(view.row);
      const auto vectors = StoredVectors::open(block(place), kDimension);
      ASSERT_TRUE(vectors.ok()) << vectors.status().message();
      ASSERT_TRUE(vectors->read(place.index, values.data()));
      ASSERT_EQ(values, given_.at(*view.id)) << *view.id;
    }
  }

 private:
  CollectionConfig config_;
  std::unique_ptr<Collection> collection_;
  std::map<std::string, std::vector<float>> given_;
  std::map<uint64_t, Bytes> journal_;
  std::vector<Bytes> parts_;
  size_t kept_ = 0;
  uint64_t generation_ = 0;
};

/// Vectors in a part of 64 KiB.
constexpr size_t kPartRows = 410;

class StoredVectorsTest : public ::testing::TestWithParam<IndexKind> {
 protected:
  CollectionConfig config() const {
    CollectionConfig config;
    config.space = Space::Cosine;
    config.index = GetParam();
    config.efConstruction = 20;
    return config;
  }

  std::vector<std::vector<float>> vectors(size_t count) {
    return clusteredVectors(count, kDimension, ++seed_);
  }
  static std::vector<std::string> ids(int from, int count, int step = 1) {
    std::vector<std::string> result;
    for (int i = 0; i < count; ++i) result.push_back("r" + std::to_string(from + i * step));
    return result;
  }

 private:
  uint32_t seed_ = 0;
};

TEST_P(StoredVectorsTest, StayInTheirPlacesWhileRowsAreRebuilt) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 3000), vectors(3000));
  stored.snapshot(64 << 10);
  stored.write(Operation::Delete, ids(0, 1200, 2), {});
  stored.collection().compact();
  for (int slice = 0; stored.collection().maintain(4) > 0; ++slice) {
    if (slice % 50 == 20) stored.write(Operation::Upsert, ids(slice, 30), vectors(30));
    if (slice % 50 == 40) stored.snapshot(64 << 10);
    if (slice % 25 == 0) stored.check();
  }
  EXPECT_LT(stored.collection().vectors()->rows(), 3000u);
  stored.check();
  stored.snapshot(64 << 10);
  stored.reload();
  stored.check();
}

TEST_P(StoredVectorsTest, ComeBackAsTheyWereGivenThroughSnapshotsAndWrites) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 3000), vectors(3000));
  EXPECT_FALSE(stored.collection().vectors()->keepsFloats());
  stored.check();
  stored.write(Operation::Add, ids(2990, 20), vectors(20));  // ten of them exist
  stored.write(Operation::Upsert, ids(100, 300, 7), vectors(300));
  stored.write(Operation::Delete, ids(50, 200, 3), {});
  stored.collection().maintain(1000);
  stored.check();
  for (const size_t partBytes : {size_t{5000}, size_t{100'000}}) {
    stored.snapshot(partBytes);
    stored.check();
    stored.write(Operation::Upsert, ids(2900, 200), vectors(200));
    stored.check();
    stored.reload();
    stored.check();
  }
  stored.write(Operation::Delete, ids(0, 1800), {});  // drops dead rows
  stored.collection().maintain(100'000);
  stored.check();
  stored.snapshot(kPartBytes);
  stored.reload();
  stored.check();
}

TEST_P(StoredVectorsTest, AreNotNeededWhileTheCollectionIsSmall) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 100), vectors(100));
  stored.snapshot(1000);
  stored.reload();
  stored.check();
}

TEST_P(StoredVectorsTest, GivenUpTheyTakeHalfTheBytesAndAnswerAlike) {
  CollectionConfig given = config();
  given.keepVectors = false;
  Stored kept(config()), gone(given);
  const auto all = vectors(3000);
  const auto queries = vectors(20);
  for (Stored* stored : {&kept, &gone}) stored->write(Operation::Add, ids(0, 3000), all);
  gone.snapshot(kPartBytes);
  gone.reload();
  for (const auto& query : queries) {
    const auto expected = kept.collection().query(query, 10, 100, {}).value();
    const auto found = gone.collection().query(query, 10, 100, {}).value();
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i].distance, expected[i].distance, 2e-5);
    }
  }
}

TEST_P(StoredVectorsTest, StayInPartsThatAreTakenOver) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 3000), vectors(3000));
  stored.collection().maintain(5000);
  stored.snapshot(64 << 10);
  EXPECT_EQ(stored.kept(), 0u);
  const size_t full = 3000 / kPartRows;
  stored.write(Operation::Add, ids(3000, 1000), vectors(1000));
  stored.collection().maintain(5000);
  stored.snapshot(64 << 10);
  EXPECT_EQ(stored.kept(), full) << "all but the last, which is less than half a part";
  stored.check();
  for (int round = 0; round < 3; ++round) {
    stored.reload();
    stored.check();
    stored.snapshot(64 << 10);
    EXPECT_EQ(stored.kept(), 4000 / kPartRows + 1);
  }
}

TEST_P(StoredVectorsTest, ThatDiedStayInAPartUntilAQuarterDid) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 4 * kPartRows), vectors(4 * kPartRows));
  stored.snapshot(64 << 10);
  // Of the first part nothing, of the second a fifth, of the third a third, of the last all.
  stored.write(Operation::Delete, ids(kPartRows, kPartRows / 5, 5), {});
  stored.write(Operation::Upsert, ids(2 * kPartRows, kPartRows / 3, 3), vectors(kPartRows / 3));
  stored.write(Operation::Delete, ids(3 * kPartRows, kPartRows), {});
  stored.snapshot(64 << 10);
  EXPECT_EQ(stored.kept(), 2u);
  EXPECT_EQ(stored.parts()[0][4], kDeadRowsVersion);
  stored.check();
  stored.reload();
  stored.check();
  EXPECT_EQ(stored.collection().vectors()->rows(), 3 * kPartRows)
      << "rows of the kept parts, and live";
  const auto query = vectors(1)[0];
  const auto hits = stored.collection().query(query, 10, 100, {}).value();
  for (const Hit& hit : hits)
    EXPECT_TRUE(stored.collection().isLive(stored.collection().rowOf(hit.slot)));
  // Rebuilt, no part is as it was but the first.
  stored.collection().compact();
  while (stored.collection().maintain(1000) > 0) {
  }
  stored.snapshot(64 << 10);
  EXPECT_EQ(stored.kept(), 2u) << "the first, and the one that was written without dead rows";
  EXPECT_LT(stored.parts()[0][4], kDeadRowsVersion);
  stored.reload();
  stored.check();
}

TEST_P(StoredVectorsTest, AreOfRecordsOnlyInASnapshotWithoutItsGraph) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 3000), vectors(3000));
  stored.collection().maintain(5000);
  stored.snapshot(64 << 10);
  stored.write(Operation::Delete, ids(0, 2000), {});
  EXPECT_TRUE(stored.collection().rebuildDue());
  EXPECT_GT(stored.collection().rebuildBytes(), 1000 * kDimension);
  EXPECT_EQ(stored.collection().maintain(5000, false), 0u) << "no rebuild is begun";
  stored.check();
  stored.snapshot(64 << 10, false);
  stored.reload();
  stored.check();
  EXPECT_EQ(stored.collection().vectors()->rows(), 1000u);
  EXPECT_FALSE(stored.collection().rebuildDue());
  EXPECT_EQ(stored.collection().pendingRows(), GetParam() == IndexKind::Hnsw ? 1000u : 0u);
  EXPECT_EQ(stored.collection().maintain(5000), 0u);
  const auto query = vectors(1)[0];
  EXPECT_EQ(stored.collection().query(query, 10, 100, {}).value().size(), 10u);
}

TEST_P(StoredVectorsTest, OfAnotherPartAreFound) {
  Stored stored(config());
  stored.write(Operation::Add, ids(0, 3 * kPartRows), vectors(3 * kPartRows));
  stored.snapshot(64 << 10);
  const std::vector<Bytes> before = stored.parts();
  stored.write(Operation::Delete, ids(0, 10), {});
  stored.snapshot(64 << 10);
  ASSERT_EQ(stored.kept(), 3u);
  std::vector<Bytes> parts = stored.parts();
  const auto isVectors = [](const Bytes& part) {
    return part[8] == static_cast<uint8_t>(PartKind::Vectors);
  };
  const auto first = std::find_if(parts.begin(), parts.end(), isVectors);
  std::swap_ranges(first->begin() + kFrameHeaderBytes, first->end(),
                   (first + 1)->begin() + kFrameHeaderBytes);
  SnapshotReader reader(false);
  Status status;
  for (const Bytes& part : parts) status = reader.feed(part);
  EXPECT_EQ(status.code(), StatusCode::Corrupt) << "another payload under a header";
  parts = stored.parts();
  *std::find_if(parts.begin(), parts.end(), isVectors) =
      *std::find_if(before.begin(), before.end(), isVectors);
  SnapshotReader older(false);
  for (const Bytes& part : parts) status = older.feed(part);
  EXPECT_EQ(status.code(), StatusCode::Corrupt) << "the part itself of the snapshot before";
}

INSTANTIATE_TEST_SUITE_P(Indexes, StoredVectorsTest,
                         ::testing::Values(IndexKind::Flat, IndexKind::Hnsw));

TEST(StoredVectors, RefuseWhatIsNoBlockOfVectors) {
  Stored stored({});
  stored.write(Operation::Add, {"a", "b"}, clusteredVectors(2, kDimension, 1));
  const Bytes record = stored.block({VectorPlace::Block::JournalRecord, 0, 1});
  std::vector<float> values(kDimension);
  const auto vectors = StoredVectors::open(record, kDimension);
  ASSERT_TRUE(vectors.ok());
  EXPECT_EQ(vectors->count(), 2u);
  EXPECT_FALSE(vectors->read(2, values.data()));
  EXPECT_EQ(StoredVectors::open(record, kDimension + 1).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(StoredVectors::open({}, kDimension).status().code(), StatusCode::Corrupt);
  for (size_t i = 0; i < record.size(); ++i) {
    Bytes bad = record;
    bad[i] ^= 0x40;
    EXPECT_EQ(StoredVectors::open(bad, kDimension).status().code(), StatusCode::Corrupt) << i;
    EXPECT_FALSE(StoredVectors::open(Bytes(record.begin(), record.begin() + i), kDimension).ok());
  }
  const auto parts = testing::takeSnapshot(stored.collection());
  for (const Bytes& part : parts) {
    const bool isVectors = part[8] == static_cast<uint8_t>(PartKind::Vectors);
    EXPECT_EQ(StoredVectors::open(part, kDimension).ok(), isVectors);
  }
}

TEST(VectorPlaces, FindWhatWasAppended) {
  VectorPlaces places;
  std::vector<VectorPlace> all;
  std::mt19937 random(1);
  VectorPlace place{VectorPlace::Block::JournalRecord, 0, 1};
  for (int i = 0; i < 3000; ++i) {
    switch (random() % 20) {
      case 0: place = {VectorPlace::Block::SnapshotPart, 0, random() % 5}; break;
      case 1: place.index += 1 + random() % 3; break;
      case 2: place = {}; break;
      default: ++place.index;
    }
    places.append(place);
    all.push_back(place);
  }
  for (Row row = 0; row < all.size(); ++row) {
    const VectorPlace found = places.find(row);
    ASSERT_TRUE(found.sameBlock(all[row])) << row;
    ASSERT_EQ(found.index, all[row].index) << row;
  }
  EXPECT_EQ(places.find(3000).block, VectorPlace::Block::None);
}

}  // namespace
}  // namespace pagevec
