#include "text/pair.h"

#include <gtest/gtest.h>

namespace pagevec {
namespace {

constexpr int32_t kCls = 101;
constexpr int32_t kSep = 102;

Encoding textOf(size_t tokens, int32_t id) {
  Encoding encoding;
  encoding.ids.assign(tokens + 2, id);
  encoding.ids.front() = kCls;
  encoding.ids.back() = kSep;
  return encoding;
}

struct PairCase {
  size_t first;
  size_t second;
  size_t maxTokens;
  size_t firstKept;
  size_t secondKept;
};

// What tokenizers 0.23.3 keeps with enable_truncation(maxTokens, strategy="longest_first").
constexpr PairCase kCases[] = {
    {5, 5, 7, 2, 2},   {5, 5, 8, 2, 3},   {3, 9, 8, 2, 3},  {9, 3, 8, 3, 2}, {1, 9, 4, 0, 1},
    {9, 1, 4, 1, 0},   {5, 4, 8, 3, 2},   {4, 5, 8, 2, 3},  {5, 5, 3, 0, 0}, {6, 6, 12, 4, 5},
    {20, 4, 10, 4, 3}, {4, 20, 11, 4, 4}, {4, 4, 10, 3, 4}, {0, 9, 5, 0, 2}, {9, 0, 5, 2, 0},
    {7, 8, 10, 3, 4},  {8, 7, 10, 4, 3},
};

TEST(PairTest, IsCutAsTheReferenceCuts) {
  PairEncoding pair;
  for (const PairCase& c : kCases) {
    joinPair(textOf(c.first, 1), textOf(c.second, 2), c.maxTokens, pair);
    std::vector<int32_t> expected = {kCls};
    expected.insert(expected.end(), c.firstKept, 1);
    expected.push_back(kSep);
    EXPECT_EQ(pair.secondBegin, expected.size());
    expected.insert(expected.end(), c.secondKept, 2);
    expected.push_back(kSep);
    EXPECT_EQ(pair.ids, expected) << c.first << " and " << c.second << " in " << c.maxTokens;
    EXPECT_TRUE(pair.truncated);
  }
}

TEST(PairTest, WhatFitsIsWhole) {
  PairEncoding pair;
  joinPair(textOf(2, 1), textOf(3, 2), 8, pair);
  EXPECT_EQ(pair.ids, (std::vector<int32_t>{kCls, 1, 1, kSep, 2, 2, 2, kSep}));
  EXPECT_EQ(pair.secondBegin, 4u);
  EXPECT_FALSE(pair.truncated);
}

}  // namespace
}  // namespace pagevec
