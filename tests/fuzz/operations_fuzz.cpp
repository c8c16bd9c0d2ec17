#include <cstdio>
#include <cstdlib>

#include "../cpp/operation_run.h"

// Bytes as operations on a collection and on a model of its rules; any difference is a finding.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string problem = pagevec::testing::OperationRun({data, size}).run();
  if (problem.empty()) return 0;
  std::fprintf(stderr, "%s\n", problem.c_str());
  std::abort();
}
