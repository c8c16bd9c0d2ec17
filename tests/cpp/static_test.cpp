#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "distance/vector_limits.h"
#include "static/clusters.h"
#include "static/coded_rows.h"
#include "static/static_reader.h"
#include "static/term_shard.h"
#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 48;

std::string randomText(std::mt19937& random, uint32_t words) {
  std::string text;
  for (uint32_t i = 0; i < words; ++i) {
    // Few words often, many rarely, in several scripts.
    const uint32_t word = random() % (1 + random() % 3000);
    text += (i > 0 ? " " : "") + std::string(word % 11 == 0 ? "\xC3\x89t\xC3\xA9" : "word");
    text += std::to_string(word);
    if (word % 17 == 0) text += " \xE6\x97\xA5\xE6\x9C\xAC";
  }
  return text;
}

/// An index of random texts; every fifth number is free.
struct Site {
  explicit Site(uint32_t seed, uint32_t slots = 400) {
    std::mt19937 random(seed);
    for (uint32_t slot = 0; slot < slots; ++slot) {
      if (slot % 5 == 4) continue;
      postings.add(slot, randomText(random, 1 + random() % 30));
    }
    shards = writeTermShards(postings, 600);
  }
  std::unique_ptr<StaticReader> open() const {
    std::vector<std::string> firsts;
    for (const TermShard& shard : shards) firsts.push_back(shard.first);
    auto reader = StaticReader::open(writeLengths(postings), firsts);
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    return std::move(reader.value());
  }

  Postings postings;
  std::vector<TermShard> shards;
};

void load(const Site& site, StaticReader& reader, const std::string& text, PrefixWords prefix) {
  for (const uint32_t shard : reader.termShardsFor(text, prefix)) {
    const Status status = reader.addTermShard(shard, site.shards[shard].bytes);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  ASSERT_TRUE(reader.termShardsFor(text, prefix).empty());
}

TEST(StaticReader, RanksLikeTheWholeIndexByTheShardsThatItAsksFor) {
  Site site(1);
  ASSERT_GT(site.shards.size(), 8u);
  std::mt19937 random(2);
  size_t some = 0;
  for (int round = 0; round < 300; ++round) {
    const auto reader = site.open();
    const std::string text = randomText(random, 1 + random() % 4);
    KeywordOptions options;
    options.prefix = static_cast<PrefixWords>(round % 3);
    options.allWords = round % 4 == 3;
    load(site, *reader, text, options.prefix);
    const auto found = reader->searchKeywords(text, options, 10);
    Bm25 whole(site.postings);
    const auto expected =
        whole.search(expandQuery(site.postings, text, options), options, 10, nullptr);
    ASSERT_EQ(found.size(), expected.size()) << text;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].slot, expected[i].slot) << text;
      EXPECT_EQ(found[i].score, expected[i].score) << text;
    }
    some += !found.empty();
  }
  EXPECT_GT(some, 200u);
}

TEST(StaticReader, AShardStaysAsItIsWhereOthersChange) {
  Site before(1), after(1);
  after.postings.add(400, "aardvark zebra");
  const auto changed = writeTermShards(after.postings, 600);
  size_t same = 0;
  for (const TermShard& shard : changed) {
    same += std::any_of(before.shards.begin(), before.shards.end(),
                        [&](const TermShard& old) { return old.bytes == shard.bytes; });
  }
  EXPECT_GE(same + 2, before.shards.size());
}

TEST(StaticReader, RefusesDamagedTermsAndStaysAsItWas) {
  Site site(3);
  std::mt19937 random(4);
  const auto reader = site.open();
  size_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto shard = static_cast<uint32_t>(random() % site.shards.size());
    Bytes bytes = site.shards[shard].bytes;
    bytes.resize(bytes.size() - random() % 2);
    bytes[random() % bytes.size()] ^= static_cast<uint8_t>(1 + random() % 255);
    Postings postings(readLengths(writeLengths(site.postings)).value());
    const std::string end =
        shard + 1 < site.shards.size() ? site.shards[shard + 1].first : std::string();
    const Status status = readTermShard(bytes, site.shards[shard].first, end, postings);
    if (status.ok()) continue;
    ++refused;
    EXPECT_EQ(status.code(), StatusCode::Corrupt);
    EXPECT_EQ(postings.dictionary().size(), 0u);
  }
  EXPECT_GT(refused, 500u);
  EXPECT_EQ(reader->addTermShard(0, site.shards[1].bytes).code(), StatusCode::Corrupt);
  EXPECT_EQ(reader->addTermShard(99, {}).code(), StatusCode::InvalidArgument);
  load(site, *reader, "word1", PrefixWords::All);
}

TEST(StaticReader, RefusesLengthsAndOrdersThatAreNone) {
  EXPECT_EQ(readLengths(Bytes{3, 1, 1}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(readLengths(Bytes{1, 1, 1}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(readLengths(Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(readLengths(Bytes{}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(StaticReader::open(Bytes{0}, {"b", "a"}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(StaticReader::open(Bytes{0}, {""}).status().code(), StatusCode::Corrupt);
  const auto empty = StaticReader::open(Bytes{0}, {});
  EXPECT_TRUE(empty.value()->searchKeywords("any", {}, 10).empty());
  EXPECT_TRUE(empty.value()->termShardsFor("any", PrefixWords::All).empty());
}

TEST(StaticReader, FoldsAsWordsAreFolded) {
  const auto reader = StaticReader::open(Bytes{0}, {});
  EXPECT_EQ(reader.value()->fold("  Caf\xC3\xA9, R\xC3\x89SUM\xC3\x89! "), "cafe resume");
}

/// Vectors of norm 1 and their rows, clusters and files.
struct VectorSite {
  explicit VectorSite(size_t count, uint32_t clusters, uint32_t seed = 5) {
    for (std::vector<float> vector : clusteredVectors(count, kDimension, seed)) {
      normalize(vector);
      values.insert(values.end(), vector.begin(), vector.end());
    }
    rows = encodeRows(values, kDimension, clipFor(values, kDimension));
    centroids = trainCentroids(rows, kDimension, clusters).value();
    nearest = nearestCentroids(rows, centroids, kDimension).value();
    for (uint32_t i = 0; i < count; ++i) postings.add(i, "text");
  }
  Bytes centroidFile() const {
    ByteWriter writer;
    writer.number(kDimension);
    writer.raw(centroids);
    return writer.take();
  }
  Bytes clusterFile(uint32_t cluster) const {
    const size_t rowBytes = codedRowBytes(kDimension);
    ByteWriter numbers, block;
    uint32_t count = 0, next = 0;
    for (uint32_t i = 0; i < nearest.size(); ++i) {
      if (nearest[i] != cluster) continue;
      ++count;
      numbers.varint(i + 1 - next);
      block.raw(ByteView(rows).subspan(i * rowBytes, rowBytes));
      next = i + 1;
    }
    ByteWriter file;
    file.varint(count);
    file.raw(numbers.view());
    file.raw(block.view());
    return file.take();
  }
  std::unique_ptr<StaticReader> open() const {
    auto reader = StaticReader::open(writeLengths(postings), {}).value().release();
    EXPECT_TRUE(reader->addCentroids(centroidFile()).ok());
    return std::unique_ptr<StaticReader>(reader);
  }
  std::span<const float> vector(size_t i) const {
    return std::span(values).subspan(i * kDimension, kDimension);
  }

  std::vector<float> values;
  Bytes rows, centroids;
  std::vector<uint32_t> nearest;
  Postings postings;
};

std::vector<uint32_t> exact(const VectorSite& site, std::span<const float> query, size_t k) {
  std::vector<Neighbor> all;
  for (uint32_t i = 0; i < site.nearest.size(); ++i) {
    all.push_back({1 - activeKernels().dot(query.data(), site.vector(i).data(), kDimension), i});
  }
  std::sort(all.begin(), all.end());
  all.resize(k);
  return rowsOf(all);
}

TEST(StaticVectors, FindTheNearestInTheClustersThatWereTriedToBeEnough) {
  const VectorSite site(3000, 50);
  const Probes probes =
      probesFor(site.rows, site.centroids, site.nearest, kDimension, 10, 0.97f).value();
  EXPECT_GE(probes.recall, 0.97f);
  EXPECT_LT(probes.count, 30u);
  const auto reader = site.open();
  size_t hits = 0;
  for (size_t i = 0; i < 3000; i += 30) {
    const auto clusters = reader->clustersNear(site.vector(i), probes.count);
    ASSERT_TRUE(clusters.ok()) << clusters.status().message();
    ASSERT_EQ(clusters->size(), probes.count);
    for (const uint32_t cluster : clusters.value()) {
      ASSERT_TRUE(reader->addCluster(cluster, site.clusterFile(cluster)).ok());
    }
    const auto expected = exact(site, site.vector(i), 10);
    for (const ScoredSlot& hit : reader->searchVectors(site.vector(i), clusters.value(), 10)) {
      hits += std::find(expected.begin(), expected.end(), hit.slot) != expected.end();
    }
  }
  EXPECT_GE(hits, 930u);
}

TEST(StaticVectors, OneMoreThanTheProbesIsNotNeededAndOneLessIsTooFew) {
  const VectorSite site(2000, 40);
  const auto at = [&](float target) {
    return probesFor(site.rows, site.centroids, site.nearest, kDimension, 10, target).value();
  };
  const Probes all = at(1);
  EXPECT_EQ(all.recall, 1);
  const Probes some = at(0.9f);
  EXPECT_LT(some.count, all.count);
  EXPECT_EQ(at(some.recall).count, some.count);
  EXPECT_GT(at(some.recall + 1e-4f).count, some.count);
}

TEST(StaticVectors, EqualVectorsGiveEqualBytesAndClusters) {
  const VectorSite site(600, 20), again(600, 20);
  EXPECT_EQ(site.rows, again.rows);
  EXPECT_EQ(site.centroids, again.centroids);
  Codes codes = Codes::withClip(Space::Cosine, kDimension, 1);
  ASSERT_TRUE(appendRows(site.rows, kDimension, codes).ok());
  const std::vector<float> decoded = decodeRows(codes, kDimension);
  // The rare largest values are clipped.
  double error = 0;
  for (size_t i = 0; i < decoded.size(); ++i) error += std::fabs(decoded[i] - site.values[i]);
  EXPECT_LT(error / static_cast<double>(decoded.size()), 0.003);
}

TEST(StaticVectors, AnyNormGivesTheSameBytes) {
  const VectorSite site(100, 5);
  std::vector<float> longer = site.values;
  for (float& value : longer) value *= 64;
  const float clip = clipFor(longer, kDimension);
  EXPECT_FLOAT_EQ(clip, clipFor(site.values, kDimension));
  EXPECT_EQ(encodeRows(longer, kDimension, 0.5f), encodeRows(site.values, kDimension, 0.5f));
}

TEST(StaticReader, SearchesByBothAsItsRankingsSay) {
  Site words(6);
  VectorSite vectors(400, 10);
  const auto reader = words.open();
  ASSERT_TRUE(reader->addCentroids(vectors.centroidFile()).ok());
  StaticRequest request;
  request.candidates = request.limit = 20;
  request.probes = 3;
  const std::string text = "word1 word3";
  request.text = text;
  request.vector = vectors.vector(7);
  load(words, *reader, text, PrefixWords::None);
  const auto clusters = reader->clustersNear(request.vector, 3).value();
  const auto byWords = reader->searchKeywords(text, request.keyword, 20);
  const auto near = reader->searchVectors(request.vector, clusters, 20);
  const auto expected = fuse({near, byWords}, {1, 1}, Fusion::Rrf);
  const auto found = reader->search(request).value();
  ASSERT_EQ(found.size(), std::min<size_t>(expected.size(), 20));
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].slot, expected[i].slot);
    EXPECT_EQ(found[i].score, expected[i].score);
  }
  // Without weight, words find nothing; alone, their scores stay.
  request.keywordWeight = 0;
  EXPECT_EQ(reader->search(request)->size(), near.size());
  request.vector = {};
  const auto alone = reader->search(request).value();
  ASSERT_EQ(alone.size(), byWords.size());
  EXPECT_EQ(alone[0].slot, byWords[0].slot);
  EXPECT_EQ(alone[0].score, byWords[0].score);
  request.keyword.k1 = NAN;
  EXPECT_EQ(reader->search(request).status().code(), StatusCode::InvalidArgument);
}

TEST(StaticVectors, RefuseAQueryThatIsNoVectorOfTheirs) {
  const VectorSite site(200, 5);
  const auto reader = site.open();
  const auto codeOf = [&](const std::vector<float>& query) {
    return reader->clustersNear(query, 1).status().code();
  };
  std::vector<float> query(kDimension, 0.5f);
  EXPECT_EQ(codeOf(query), StatusCode::Ok);
  query[3] = NAN;
  EXPECT_EQ(codeOf(query), StatusCode::NotFinite);
  query[3] = -INFINITY;
  EXPECT_EQ(codeOf(query), StatusCode::NotFinite);
  query[3] = 2 * kMaxMagnitude;
  EXPECT_EQ(codeOf(query), StatusCode::InvalidArgument);
  query.pop_back();
  query[3] = 0;
  EXPECT_EQ(codeOf(query), StatusCode::DimensionMismatch);
}

TEST(StaticVectors, AVectorComesBackFromItsCluster) {
  const VectorSite site(300, 10);
  const auto reader = site.open();
  EXPECT_TRUE(reader->vectorOf(site.nearest[7], 7).empty());
  ASSERT_TRUE(reader->addCluster(site.nearest[7], site.clusterFile(site.nearest[7])).ok());
  const auto vector = reader->vectorOf(site.nearest[7], 7);
  ASSERT_EQ(vector.size(), kDimension);
  EXPECT_GT(activeKernels().dot(vector.data(), site.vector(7).data(), kDimension), 0.999f);
  EXPECT_TRUE(reader->vectorOf(site.nearest[7] + 1, 7).empty());
}

TEST(StaticVectors, RefusesDamagedClustersAndStaysAsItWas) {
  const VectorSite site(300, 10);
  const auto reader = site.open();
  const Bytes file = site.clusterFile(3);
  Bytes cut = file, zero = file, more = file;
  cut.pop_back();
  zero.back() = 0;
  more.front() += 1;
  Bytes scale = file;
  const float bad = NAN;
  std::memcpy(&scale[file.size() - kDimension - 4], &bad, 4);
  for (const Bytes& damaged : {cut, zero, more, scale, Bytes()}) {
    EXPECT_EQ(reader->addCluster(3, damaged).code(), StatusCode::Corrupt);
    EXPECT_FALSE(reader->hasCluster(3));
  }
  EXPECT_EQ(reader->addCluster(10, file).code(), StatusCode::InvalidArgument);
  EXPECT_TRUE(reader->addCluster(3, file).ok());
  EXPECT_EQ(reader->addCentroids(site.centroidFile()).code(), StatusCode::InvalidArgument);
  auto other = StaticReader::open(Bytes{0}, {});
  EXPECT_EQ(other.value()->addCentroids(Bytes{0, 0, 0, 0}).code(), StatusCode::Corrupt);
  EXPECT_EQ(other.value()->addCentroids(Bytes{1}).code(), StatusCode::Corrupt);
  EXPECT_EQ(other.value()->clustersNear(site.vector(0), 3).status().code(),
            StatusCode::DimensionMismatch);
  EXPECT_EQ(probesFor(site.rows, site.centroids, {}, kDimension, 10, 1).status().code(),
            StatusCode::InvalidArgument);
}

}  // namespace
}  // namespace pagevec
