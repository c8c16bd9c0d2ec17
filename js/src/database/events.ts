import type { Report, StorageReport } from "../storage/store.js";

/** What happened to a database since a number that its last answer had. */
export interface DatabaseEvents {
  number: number;
  reports: StorageReport[];
  /** Ids of collections. */
  changed: string[];
}

/** What a database has to tell without being asked. Changes of one collection are told as one. */
export class EventLog {
  readonly reports: StorageReport[] = [];
  private number = 0;
  private readonly reportedAt: number[] = [];
  private readonly changedAt = new Map<string, number>();
  private wake = () => {};
  private woken = this.sleep();

  /** What is told again (each call finds the same damage) is told once. */
  report: Report = (report) => {
    if (this.reports.some(({ message }) => message === report.message)) return;
    this.reports.push({ ...report, time: Date.now() });
    this.reportedAt.push(++this.number);
    this.notify();
  };

  change(collection: string): void {
    this.changedAt.set(collection, ++this.number);
    this.notify();
  }

  /** Waits until there is something after that number; before the first number it does not wait. */
  async after(number: number): Promise<DatabaseEvents> {
    if (number === this.number) await this.woken;
    return {
      number: this.number,
      reports: this.reports.filter((_, i) => (this.reportedAt[i] as number) > number),
      changed: [...this.changedAt].filter(([, at]) => at > number).map(([id]) => id),
    };
  }

  /** Answers who waits. */
  notify(): void {
    const wake = this.wake;
    this.woken = this.sleep();
    wake();
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
