// Files of the real hnswlib and back, and files that are damaged.
#include "index/hnswlib_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "hnswlib_files.h"
#include "index/graph_copies.h"
#include "vectors.h"

namespace pagevec {
namespace {

using testing::Peer;

struct Case {
  Space space;
  uint32_t m;
  uint32_t dimension;
};

std::string nameOf(const ::testing::TestParamInfo<Case>& info) {
  const char* names[] = {"L2", "Ip", "Cosine"};
  return std::string(names[static_cast<int>(info.param.space)]) + "M" +
         std::to_string(info.param.m);
}

/// An hnswlib index with labels 7 * i + 3 beyond 32 bits.
class Saved {
 public:
  Saved(const Case& c, size_t count, uint32_t efConstruction = 100)
      : space(testing::peerSpace(c.space, c.dimension)),
        vectors(clusteredVectors(count, c.dimension, 21)),
        peer(space.get(), std::max<size_t>(count, 1), c.m, efConstruction) {
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = testing::peerVector(c.space, vectors[i]);
      peer.addPoint(vectors[i].data(), label(i));
    }
  }
  static uint64_t label(size_t i) { return (uint64_t{1} << 40) + 7 * i + 3; }

  std::unique_ptr<hnswlib::SpaceInterface<float>> space;
  std::vector<std::vector<float>> vectors;
  Peer peer;
};

std::vector<std::vector<float>> queriesFor(const Case& c) {
  auto queries = clusteredVectors(50, c.dimension, 21);
  for (auto& query : queries) query = testing::peerVector(c.space, query);
  return queries;
}

VectorStore storeOf(Space space, ByteView file, const HnswlibIndex& index,
                    Quantization quantization) {
  VectorStore store(space, index.dimension, {quantization, Precision::Float32});
  std::vector<float> vector(index.dimension);
  for (size_t i = 0; i < index.labels.size(); ++i) {
    copyVector(file, index, i, vector.data());
    store.append(vector.data());
  }
  return store;
}

std::vector<float> flatVectors(ByteView file, const HnswlibIndex& index) {
  std::vector<float> all(index.labels.size() * index.dimension);
  for (size_t i = 0; i < index.labels.size(); ++i) {
    copyVector(file, index, i, all.data() + i * index.dimension);
  }
  return all;
}

/// The share of a that b has.
double shared(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  const auto both = std::count_if(a.begin(), a.end(), [&](uint64_t label) {
    return std::find(b.begin(), b.end(), label) != b.end();
  });
  return static_cast<double>(both) / static_cast<double>(a.size());
}

class HnswlibFormat : public ::testing::TestWithParam<Case> {};

// With floats the same graph gives the same walk; up to ties, of which there are none here.
TEST_P(HnswlibFormat, AnImportedGraphFindsWhatHnswlibFinds) {
  const Case& c = GetParam();
  Saved saved(c, 3000);
  for (size_t i = 0; i < 3000; i += 10) saved.peer.markDelete(Saved::label(i));
  const Bytes file = testing::savedBy(saved.peer);
  const auto index = readHnswlib(file);
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_EQ(index->dimension, c.dimension);
  EXPECT_EQ(index->params.maxNeighbors, c.m);
  ASSERT_EQ(index->labels.size(), 3000u);
  for (size_t i = 0; i < 3000; ++i) {
    EXPECT_EQ(index->labels[i], Saved::label(i));
    EXPECT_EQ(index->deleted[i], i % 10 == 0);
  }
  // With more, 2,700 rows would be scanned, which says nothing of the graph.
  saved.peer.setEf(30);
  for (const auto quantization : {Quantization::None, Quantization::Int8, Quantization::Binary}) {
    VectorStore store = storeOf(c.space, file, index.value(), quantization);
    auto ours = HnswIndex::fromGraph(store, index->params, index->graph);
    ASSERT_TRUE(ours.ok()) << ours.status().message();
    for (Row row = 0; row < 3000; row += 10) ours.value()->erase(row);
    double sum = 0;
    size_t count = 0;
    for (const auto& query : queriesFor(c)) {
      std::vector<uint64_t> labels;
      const SearchParams params{.k = 10, .efSearch = 30};
      for (const Neighbor& hit : ours.value()->search(query.data(), params)) {
        labels.push_back(index->labels[hit.row]);
      }
      sum += shared(testing::peerLabels(saved.peer, query.data(), 10), labels);
      ++count;
    }
    EXPECT_GE(sum / static_cast<double>(count), quantization == Quantization::None ? 0.99 : 0.97);
  }
}

TEST_P(HnswlibFormat, HnswlibFindsInAnExportedGraphWhatWeFind) {
  const Case& c = GetParam();
  auto vectors = clusteredVectors(3000, c.dimension, 22);
  for (size_t i = 0; i < 300; ++i) vectors[i + 1000] = vectors[5];  // copies, which are no nodes
  for (auto& vector : vectors) vector = testing::peerVector(c.space, vector);
  VectorStore store(c.space, c.dimension);
  appendAll(store, vectors);
  HnswlibIndex index;
  index.dimension = c.dimension;
  index.params = {c.m, 100};
  const auto ours = HnswIndex::make(store, index.params);
  for (Row row = 0; row < 3000; ++row) ours->insert(row);
  ours->link(SIZE_MAX);
  index.graph = ours->graph();
  EXPECT_LE(index.graph.rows.size(), 2701u);
  addCopies(index.graph, index.params, ours->copies());
  ASSERT_EQ(index.graph.rows.size(), 3000u);
  std::vector<float> flat;
  for (Row& row : index.graph.rows) {
    index.labels.push_back(row);
    index.deleted.push_back(row % 10 == 0);
    flat.insert(flat.end(), vectors[row].begin(), vectors[row].end());
    if (row % 10 == 0) ours->erase(row);
    row = static_cast<Row>(index.labels.size() - 1);
  }
  const auto file = writeHnswlib(index, flat);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const auto space = testing::peerSpace(c.space, c.dimension);
  const auto peer = testing::loadedBy(*space, file.value());
  EXPECT_EQ(peer->getDeletedCount(), 300u);
  peer->setEf(100);
  double sum = 0;
  for (const auto& query : queriesFor(c)) {
    std::vector<uint64_t> labels;
    for (const Neighbor& hit : ours->search(query.data(), {.k = 10, .efSearch = 100})) {
      labels.push_back(hit.row);
    }
    sum += shared(labels, testing::peerLabels(*peer, query.data(), 10));
  }
  EXPECT_GE(sum / 50, 0.97);
  // Every copy is led to; by inner product none need be near itself.
  if (c.space == Space::Ip) return;
  peer->setEf(400);
  const auto near = testing::peerLabels(*peer, vectors[5].data(), 270);
  EXPECT_EQ(std::count_if(near.begin(), near.end(),
                          [](uint64_t row) { return row >= 1000 && row < 1300; }) +
                std::count(near.begin(), near.end(), 5u),
            270);
}

TEST_P(HnswlibFormat, WritingWhatWasReadGivesAFileThatReadsTheSame) {
  Saved saved(GetParam(), 500);
  saved.peer.markDelete(Saved::label(17));
  const Bytes file = testing::savedBy(saved.peer);
  const auto read = readHnswlib(file);
  ASSERT_TRUE(read.ok()) << read.status().message();
  const auto written = writeHnswlib(read.value(), flatVectors(file, read.value()));
  ASSERT_TRUE(written.ok()) << written.status().message();
  EXPECT_EQ(written->size(), file.size());
  const auto again = readHnswlib(written.value());
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->labels, read->labels);
  EXPECT_EQ(again->deleted, read->deleted);
  EXPECT_EQ(again->graph.levels, read->graph.levels);
  EXPECT_EQ(again->graph.links, read->graph.links);
  EXPECT_EQ(again->graph.entryNode, read->graph.entryNode);
  EXPECT_EQ(flatVectors(written.value(), again.value()), flatVectors(file, read.value()));
  const auto peer = testing::loadedBy(*saved.space, written.value());
  for (const auto& query : queriesFor(GetParam())) {
    EXPECT_EQ(testing::peerLabels(*peer, query.data(), 10),
              testing::peerLabels(saved.peer, query.data(), 10));
  }
  // The vectors may also be filled in later.
  auto blank = writeHnswlib(read.value(), {});
  ASSERT_TRUE(blank.ok());
  for (size_t i = 0; i < read->labels.size(); ++i) {
    copyVector(file, read.value(), i,
               reinterpret_cast<float*>(blank->data() + read->vectorOffset(i)));
  }
  EXPECT_EQ(blank.value(), written.value());
}

INSTANTIATE_TEST_SUITE_P(Spaces, HnswlibFormat,
                         ::testing::Values(Case{Space::L2, 16, 48}, Case{Space::Ip, 16, 48},
                                           Case{Space::Cosine, 16, 48}, Case{Space::L2, 5, 33},
                                           Case{Space::Cosine, 40, 64}),
                         nameOf);

TEST(HnswlibFiles, OfNoneAndOfOneElement) {
  for (const size_t count : {0, 1}) {
    const Case c{Space::L2, 16, 4};
    Saved saved(c, count);
    const Bytes file = testing::savedBy(saved.peer);
    const auto read = readHnswlib(file);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->labels.size(), count);
    EXPECT_EQ(read->dimension, 4u);
    const auto written = writeHnswlib(read.value(), flatVectors(file, read.value()));
    ASSERT_TRUE(written.ok()) << written.status().message();
    const auto peer = testing::loadedBy(*saved.space, written.value());
    EXPECT_EQ(peer->getCurrentElementCount(), count);
    const std::vector<float> query(4);
    EXPECT_EQ(testing::peerLabels(*peer, query.data(), 3).size(), count);
    EXPECT_FALSE(readHnswlib(ByteView(file).first(file.size() - 1)).ok());
  }
}

// Whatever is read of damaged bytes must be a graph that can be searched.
void expectHarmless(ByteView file) {
  const auto read = readHnswlib(file);
  if (!read.ok()) {
    EXPECT_TRUE(read.status().code() == StatusCode::Corrupt ||
                read.status().code() == StatusCode::LimitExceeded);
    EXPECT_FALSE(read.status().message().empty());
    return;
  }
  VectorStore store = storeOf(Space::L2, file, read.value(), Quantization::None);
  const auto index = HnswIndex::fromGraph(store, {read->params.maxNeighbors, 10}, read->graph);
  ASSERT_TRUE(index.ok()) << index.status().message();
  const std::vector<float> query(read->dimension);
  index.value()->search(query.data(), {.k = 3, .efSearch = 1});
}

TEST(HnswlibFiles, EveryTruncationIsRefused) {
  Saved saved({Space::L2, 4, 3}, 60, 20);
  const Bytes file = testing::savedBy(saved.peer);
  for (size_t bytes = 0; bytes < file.size(); ++bytes) {
    const auto read = readHnswlib(ByteView(file).first(bytes));
    ASSERT_FALSE(read.ok()) << bytes << " of " << file.size() << " bytes";
    ASSERT_EQ(read.status().code(), StatusCode::Corrupt);
  }
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_FALSE(readHnswlib(longer).ok());
}

TEST(HnswlibFiles, FlippedBitsAreRefusedOrHarmless) {
  Saved saved({Space::L2, 4, 3}, 60, 20);
  const Bytes file = testing::savedBy(saved.peer);
  std::mt19937 random(23);
  size_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    Bytes damaged = file;
    const size_t bytes = i % 2 == 0 ? 96 : file.size();  // the header is a small part
    damaged[random() % bytes] ^= static_cast<uint8_t>(1 << random() % 8);
    refused += !readHnswlib(damaged).ok();
    expectHarmless(damaged);
  }
  EXPECT_GT(refused, 500u);
}

/// A file with one number overwritten.
template <class T>
StatusCode codeWith(const Bytes& file, size_t offset, T value, const std::string& problem) {
  Bytes damaged = file;
  std::memcpy(damaged.data() + offset, &value, sizeof value);
  const auto read = readHnswlib(damaged);
  if (read.ok()) return StatusCode::Ok;
  EXPECT_NE(read.status().message().find(problem), std::string::npos) << read.status().message();
  return read.status().code();
}

TEST(HnswlibFiles, SayWhatIsWrong) {
  Saved saved({Space::L2, 4, 3}, 60, 20);
  const Bytes file = testing::savedBy(saved.peer);
  const auto index = readHnswlib(file);
  ASSERT_TRUE(index.ok());
  const auto corrupt = StatusCode::Corrupt;
  constexpr uint64_t kHuge = uint64_t{1} << 60;
  EXPECT_EQ(codeWith(file, 0, uint64_t{8}, "level 0 is at 8"), corrupt);
  EXPECT_EQ(codeWith(file, 8, uint64_t{59}, "60 elements, where it allows 59"), corrupt);
  EXPECT_EQ(codeWith(file, 16, kHuge, "and has room for"), corrupt);
  EXPECT_EQ(codeWith(file, 24, kHuge, "its vectors are at"), corrupt);
  EXPECT_EQ(codeWith(file, 48, uint32_t{9}, "and not 9"), corrupt);
  EXPECT_EQ(codeWith(file, 52, uint32_t{60}, "starts at node 60 of 60"), corrupt);
  EXPECT_EQ(codeWith(file, 72, uint64_t{5}, "its M is 5"), corrupt);
  EXPECT_EQ(codeWith(file, 80, 0.0, "factor of its levels"), corrupt);
  EXPECT_EQ(codeWith(file, 88, uint64_t{0}, "ef_construction is 0"), corrupt);
  EXPECT_EQ(codeWith(file, 96, uint32_t{9}, "element 0 has 9 links"), corrupt);
  EXPECT_EQ(codeWith(file, 96, uint32_t{1 << 17}, "element 0 has"), corrupt);
  EXPECT_EQ(codeWith(file, 100, uint32_t{60}, "links to node 60"), corrupt);
  EXPECT_EQ(codeWith(file, 100, uint32_t{0}, "links to itself"), corrupt);
  EXPECT_EQ(codeWith(file, index->vectorOffset(7) + 4, NAN, "element 7 has no number"), corrupt);
  EXPECT_EQ(codeWith(file, index->vectorOffset(2) + 12, Saved::label(1), "the label"), corrupt);
  EXPECT_EQ(codeWith(file, 96 + 60 * index->stride(), uint32_t{3}, "lists of 3 bytes"), corrupt);
}

TEST(HnswlibFiles, OfAnMThatNoGraphOfOursHasAreRefused) {
  Saved saved({Space::L2, 200, 3}, 10);
  const auto read = readHnswlib(testing::savedBy(saved.peer));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), StatusCode::LimitExceeded);
  EXPECT_NE(read.status().message().find("M of 200"), std::string::npos);
}

TEST(HnswlibFiles, AreNotWrittenOfAnUnsoundGraph) {
  HnswlibIndex index;
  index.dimension = 2;
  index.params = {4, 10};
  index.labels = {1, 2};
  index.deleted = {0, 0};
  EXPECT_EQ(writeHnswlib(index, {}).status().code(), StatusCode::InvalidArgument);
  index.graph = {.rows = {0, 1}, .levels = {0, 0}, .links = {1, 1, 1, 7}};
  EXPECT_EQ(writeHnswlib(index, {}).status().code(), StatusCode::Corrupt);
  index.graph.links.back() = 0;
  EXPECT_EQ(writeHnswlib(index, std::vector<float>(3)).status().code(),
            StatusCode::InvalidArgument);
  EXPECT_TRUE(writeHnswlib(index, std::vector<float>(4)).ok());
}

}  // namespace
}  // namespace pagevec
