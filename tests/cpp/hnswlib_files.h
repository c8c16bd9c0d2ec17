#pragma once

// hnswlib's prefetches read the link after the last one, which lies outside the allocation.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <unistd.h>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "index/hnsw_index.h"

// The real hnswlib beside ours: its spaces, indexes and files.
namespace pagevec::testing {

using Peer = hnswlib::HierarchicalNSW<float>;

inline std::unique_ptr<hnswlib::SpaceInterface<float>> peerSpace(Space space, uint32_t dimension) {
  if (space == Space::L2) return std::make_unique<hnswlib::L2Space>(dimension);
  return std::make_unique<hnswlib::InnerProductSpace>(dimension);
}

/// What Python's hnswlib keeps of a vector: for cosine of norm 1.
inline std::vector<float> peerVector(Space space, std::vector<float> vector) {
  if (space != Space::Cosine) return vector;
  float squares = 0;
  for (const float value : vector) squares += value * value;
  const float factor = 1 / (std::sqrt(squares) + 1e-30f);
  for (float& value : vector) value *= factor;
  return vector;
}

/// Labels of the k nearest, nearest first.
inline std::vector<uint64_t> peerLabels(const Peer& peer, const float* query, size_t k) {
  auto found = peer.searchKnn(query, k);
  std::vector<uint64_t> labels(found.size());
  for (size_t i = labels.size(); i > 0; found.pop()) labels[--i] = found.top().second;
  return labels;
}

/// A file for the length of a test.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() /
              ("pagevec-hnswlib-" + std::to_string(getpid()))) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }

  std::string name() const { return path_.string(); }
  Bytes read() const {
    std::ifstream in(path_, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
  }
  void write(ByteView bytes) const {
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path path_;
};

inline Bytes savedBy(Peer& peer) {
  const TemporaryFile file;
  peer.saveIndex(file.name());
  return file.read();
}

inline std::unique_ptr<Peer> loadedBy(hnswlib::SpaceInterface<float>& space, ByteView bytes) {
  const TemporaryFile file;
  file.write(bytes);
  return std::make_unique<Peer>(&space, file.name());
}

}  // namespace pagevec::testing
