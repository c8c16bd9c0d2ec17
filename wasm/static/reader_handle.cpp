#include "reader_handle.h"

#include <array>
#include <span>

#include "lexical/fusion.h"
#include "marshal.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

/// STATIC_SETTINGS of js/src/engine/static-module.ts, in their order.
struct Settings {
  explicit Settings(const val& values) : numbers(marshal::floatsFrom(values)) {
    numbers.resize(9);
    keyword.prefix = marshal::enumFrom<PrefixWords>(whole(5));
    keyword.allWords = whole(6) != 0;
    keyword.k1 = numbers[7];
    keyword.b = numbers[8];
  }
  /// What is no whole number of 24 bits is brought to one.
  uint32_t whole(size_t i) const {
    return numbers[i] > 0 ? static_cast<uint32_t>(std::min(numbers[i], 16777216.0f)) : 0;
  }

  std::vector<float> numbers;
  KeywordOptions keyword;
};

val outcomeOf(const Status& status) {
  return status.ok() ? marshal::success(val::null()) : marshal::failure(status);
}

val columnsOf(const std::vector<FusedSlot>& rows) {
  std::vector<uint32_t> numbers;
  std::vector<float> scores, parts;
  for (const FusedSlot& row : rows) {
    numbers.push_back(row.slot);
    scores.push_back(row.score);
    for (const RankingPart& part : row.parts) {
      parts.insert(parts.end(), {static_cast<float>(part.rank), part.score, part.share});
    }
  }
  val columns = val::object();
  columns.set("numbers", marshal::arrayOf<uint32_t>(numbers));
  columns.set("scores", marshal::arrayOf<float>(scores));
  columns.set("parts", marshal::arrayOf<float>(parts));
  return columns;
}

/// One ranking as it is: its scores are the rows'.
std::vector<FusedSlot> single(const std::vector<ScoredSlot>& ranking, size_t place) {
  std::vector<FusedSlot> rows;
  for (const ScoredSlot& hit : ranking) {
    FusedSlot& row = rows.emplace_back();
    row.slot = hit.slot;
    row.score = hit.score;
    row.parts[place] = {static_cast<uint32_t>(rows.size()), hit.score, hit.score};
  }
  return rows;
}

}  // namespace

val StaticHandle::termShards(std::string text, uint32_t prefix) const {
  return marshal::arrayOf<uint32_t>(
      reader_->termShardsFor(text, marshal::enumFrom<PrefixWords>(prefix)));
}

val StaticHandle::addTermShard(uint32_t shard, val bytes) {
  return outcomeOf(reader_->addTermShard(shard, marshal::bytesFrom(bytes)));
}

val StaticHandle::addCentroids(val bytes) {
  return outcomeOf(reader_->addCentroids(marshal::bytesFrom(bytes)));
}

val StaticHandle::clusters(val query, uint32_t probes) const {
  const auto near = reader_->clustersNear(marshal::floatsFrom(query), probes);
  if (!near.ok()) return marshal::failure(near.status());
  return marshal::success(marshal::arrayOf<uint32_t>(near.value()));
}

val StaticHandle::addCluster(uint32_t cluster, val bytes) {
  return outcomeOf(reader_->addCluster(cluster, marshal::bytesFrom(bytes)));
}

val StaticHandle::search(val text, val query, val values) {
  const Settings settings(values);
  const uint32_t candidates = settings.whole(0);
  std::array<std::vector<ScoredSlot>, 2> rankings;
  if (!query.isNull()) {
    const std::vector<float> vector = marshal::floatsFrom(query);
    const auto near = reader_->clustersNear(vector, settings.whole(4));
    if (!near.ok()) return marshal::failure(near.status());
    rankings[0] = reader_->searchVectors(vector, near.value(), candidates);
  }
  if (!text.isNull()) {
    rankings[1] = reader_->searchKeywords(text.as<std::string>(), settings.keyword, candidates);
  }
  if (text.isNull()) return marshal::success(columnsOf(single(rankings[0], 0)));
  if (query.isNull()) return marshal::success(columnsOf(single(rankings[1], 1)));
  return marshal::success(
      columnsOf(fuse({rankings[0], rankings[1]}, {settings.numbers[2], settings.numbers[3]},
                     marshal::enumFrom<Fusion>(settings.whole(1)))));
}

val StaticHandle::passages(std::string text, val values, std::string document, uint32_t count,
                           uint32_t length) {
  std::vector<uint32_t> numbers;
  for (const Passage& passage :
       reader_->passagesOf(text, Settings(values).keyword, document, count, length)) {
    numbers.insert(numbers.end(), {passage.range.begin, passage.range.end,
                                   static_cast<uint32_t>(passage.matches.size())});
    for (const TextRange& match : passage.matches) {
      numbers.insert(numbers.end(), {match.begin, match.end});
    }
  }
  return marshal::arrayOf<uint32_t>(numbers);
}

val StaticHandle::vectorOf(uint32_t cluster, uint32_t document) const {
  return marshal::arrayOf<float>(reader_->vectorOf(cluster, document));
}

}  // namespace pagevec::wasm
