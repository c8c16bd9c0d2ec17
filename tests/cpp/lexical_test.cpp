#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "lexical/bm25.h"
#include "lexical_run.h"

namespace pagevec {
namespace {

Bytes randomBytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

void runScript(uint32_t seed, size_t bytes, uint32_t slots, uint32_t vocabulary, int searches) {
  const Bytes script = randomBytes(bytes, seed);
  testing::LexicalRun run(script, slots, vocabulary);
  for (int step = 0; !run.done(); ++step) {
    ASSERT_EQ(run.step(3), "") << "seed " << seed << ", step " << step;
  }
  EXPECT_GT(run.searches(), searches);
}

TEST(KeywordSearch, EqualsTheModelOnRandomQueries) {
  for (uint32_t seed = 1; seed <= 8; ++seed) runScript(seed, 40000, 60, 200, 130);
}

TEST(KeywordSearch, EqualsTheModelOnFewWordsWithManyTies) {
  for (uint32_t seed = 1; seed <= 8; ++seed) runScript(seed, 20000, 40, 8, 60);
}

TEST(KeywordSearch, EqualsTheModelOnMoreDocumentsThroughSweeps) {
  const Bytes script = randomBytes(500000, 5);
  testing::LexicalRun run(script, 1000, 3000);
  for (int step = 0; !run.done(); ++step) {
    ASSERT_EQ(run.step(step % 4000 < 3980 ? 0 : 10), "") << "step " << step;
  }
  EXPECT_GE(run.searches(), 100);
}

std::vector<uint32_t> found(Postings& postings, const char* query, KeywordOptions options = {}) {
  Bm25 bm25(postings);
  std::vector<uint32_t> slots;
  for (const ScoredSlot& hit :
       bm25.search(expandQuery(postings, query, options), options, 10, nullptr)) {
    slots.push_back(hit.slot);
  }
  return slots;
}

using Slots = std::vector<uint32_t>;

TEST(KeywordSearch, FoldsCaseAccentsAndScripts) {
  Postings postings;
  postings.add(0, "Die Straße nach Élan-Vital, don\u2019t stop");
  postings.add(1, "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8");
  postings.add(2, "\u672c\u65e5");
  postings.add(3, "");
  EXPECT_EQ(found(postings, "STRASSE"), Slots{0});
  EXPECT_EQ(found(postings, "elan"), Slots{0});
  EXPECT_EQ(found(postings, "DON'T"), Slots{0});
  EXPECT_EQ(found(postings, "\u65e5\u672c"), Slots{1});
  EXPECT_EQ(found(postings, "\u672c"), (Slots{2, 1}));
  EXPECT_EQ(found(postings, "nothing of that"), Slots{});
  EXPECT_EQ(found(postings, " ,.- "), Slots{});
  EXPECT_EQ(postings.documents(), 4u);
}

TEST(KeywordSearch, LongWordsAreKnownByTheirBeginning) {
  Postings postings;
  postings.add(7, std::string(5000, 'x'));
  EXPECT_EQ(found(postings, std::string(63, 'x').c_str()), Slots{7});
  EXPECT_EQ(found(postings, std::string(90, 'x').c_str()), Slots{7});
  EXPECT_EQ(found(postings, std::string(62, 'x').c_str(), {.fuzzy = 2}), Slots{7});
}

TEST(KeywordSearch, PrefixOfTheLastWordOnly) {
  Postings postings;
  postings.add(0, "apple pie");
  postings.add(1, "application");
  EXPECT_EQ(found(postings, "app", {.prefix = PrefixWords::Last}), (Slots{1, 0}));
  EXPECT_EQ(found(postings, "app pi", {.prefix = PrefixWords::Last}), Slots{0});
  EXPECT_EQ(found(postings, "app pi", {.prefix = PrefixWords::All, .allWords = true}), Slots{0});
  EXPECT_EQ(found(postings, "app"), Slots{});
}

TEST(KeywordSearch, RemovingWhatIsNotThereDoesNothing) {
  Postings postings;
  postings.remove(3, "a");
  postings.add(3, "a b a");
  postings.remove(2, "a");
  EXPECT_EQ(found(postings, "a"), Slots{3});
  EXPECT_EQ(postings.length(), 3u);
  postings.remove(3, "a b a");
  EXPECT_EQ(found(postings, "a", {.prefix = PrefixWords::All, .fuzzy = 2}), Slots{});
  EXPECT_EQ(postings.length(), 0u);
}

TEST(Dictionary, FindsPrefixesAndNeighboursAsBruteForceDoes) {
  std::mt19937 random(3);
  std::vector<std::string> terms;
  Dictionary dictionary;
  const std::vector<std::string> letters = {"a", "b", "c", "\u00fc", "\U00010428"};
  auto word = [&] {
    std::string text;
    for (uint32_t n = 1 + random() % 7; n > 0; --n) text += letters[random() % letters.size()];
    return text;
  };
  // One byte a code point, for the model.
  auto narrow = [](std::string text) {
    for (const auto& [from, to] : {std::pair("\u00fc", "u"), std::pair("\U00010428", "z")}) {
      for (size_t at; (at = text.find(from)) != std::string::npos;) {
        text.replace(at, std::string(from).size(), to);
      }
    }
    return text;
  };
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 30; ++i) dictionary.add(word());
    const std::string query = word();
    std::set<std::string> expected, prefixed;
    for (const TermId term : dictionary.withPrefix(query)) {
      prefixed.emplace(dictionary.text(term));
    }
    std::vector<NearTerm> near;
    const uint32_t edits = 1 + round % 2;
    dictionary.near(query, edits, near);
    std::set<std::string> nearTexts;
    for (const NearTerm& each : near) {
      const std::string text(dictionary.text(each.term));
      EXPECT_EQ(each.distance,
                static_cast<uint32_t>(testing::editDistance(narrow(query), narrow(text))));
      nearTexts.insert(text);
    }
    for (TermId term = 0; term < dictionary.size(); ++term) {
      const std::string text(dictionary.text(term));
      EXPECT_EQ(dictionary.find(text), term);
      EXPECT_EQ(prefixed.contains(text), text.rfind(query, 0) == 0) << query << " " << text;
      EXPECT_EQ(nearTexts.contains(text),
                testing::editDistance(narrow(query), narrow(text)) <= static_cast<int>(edits))
          << query << " " << text;
    }
  }
  EXPECT_EQ(dictionary.find("none"), kNoTerm);
}

}  // namespace
}  // namespace pagevec
