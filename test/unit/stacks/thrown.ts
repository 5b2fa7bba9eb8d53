import { AppError } from "../../../stacks/errors";

/** The AppError that the work throws; fails the test when it throws nothing or something else. */
export function thrown(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
