/**
 * What a suite's report says: GoogleTest's JSON, Jest's JSON or our own {passed, failed}. Skipped
 * cases are neither.
 */
export function countsOf(report) {
  if ("numPassedTests" in report) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = report;
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  }
  if ("testsuites" in report) {
    const cases = report.testsuites.flatMap((suite) => suite.testsuite);
    const ran = cases.filter(({ result }) => result === "COMPLETED");
    const failed = ran.filter(({ failures }) => failures?.length > 0).length;
    return { passed: ran.length - failed, failed };
  }
  return { passed: report.passed, failed: report.failed };
}
