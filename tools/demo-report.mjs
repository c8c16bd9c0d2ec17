// What the headless demo prints, and the verdict.

/** @returns {boolean} whether all is as it must be */
export function printReport(run) {
  const { entries, indexing, online, own, openingMs, offline, complaints, pictures } = run;
  const rows = [
    ["entries", entries.toLocaleString("en")],
    ["texts/s", indexing.rate.toFixed(1)],
    ["index time", `${indexing.seconds.toFixed(1)} s`],
    ...online.flatMap((answer) => queryRows("query", answer)),
    ...queryRows("my text", own),
    ["opening offline", `${openingMs} ms from navigation to first answer`],
    ...offline.map((answer) => ["offline", `${times(answer)}   ${answer.query}`]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, value] of rows) console.log(`${label.padEnd(width)}  ${value}`);
  for (const complaint of complaints) console.log(`complaint: ${complaint}`);
  console.log(`pictures: ${pictures}`);

  const answered = [...online, own].every(({ results }) => results.length > 0);
  const equal = JSON.stringify(online.map(answers)) === JSON.stringify(offline.map(answers));
  console.log(
    `answers: ${answered ? "" : "SOME MISSING, "}${equal ? "equal" : "DIFFERENT"} offline`,
  );
  return answered && equal && complaints.length === 0;
}

function queryRows(label, answer) {
  const top = answer.results.slice(0, 5).map(({ word }) => word);
  return [
    [label, `${times(answer)}   ${answer.query}`],
    ["", `-> ${top.join(", ")}`],
  ];
}

function times({ times: parts }) {
  return parts.map(({ part, ms }) => `${part} ${ms.toFixed(1)} ms`).join(", ");
}

function answers({ query, results }) {
  return { query, results };
}
