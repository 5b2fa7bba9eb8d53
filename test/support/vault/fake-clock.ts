import type { Clock } from "../../../lambdas/ports";

/** A clock that moves when it is told to. */
export class FakeClock implements Clock {
  constructor(private ms = Date.parse("2026-03-01T12:00:00.000Z")) {}

  now(): Date {
    return new Date(this.ms);
  }

  /** Moves on by some seconds. */
  pass(seconds: number): void {
    this.ms += Math.round(seconds * 1000);
  }
}
