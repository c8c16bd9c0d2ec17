// What keeps pagevec from working here, tried for real: `pagevec/doctor`.

export { doctor } from "./doctor.js";
export { reportText } from "./report-text.js";
export type { DoctorFinding, DoctorOptions, DoctorReport, Health } from "./types.js";
