import type { Affected } from "../../stacks/affected";
import { buildReport } from "../../server/report/build";
import type { PreviewReport } from "../../server/report/model";
import type { AffectedQuery, ReportService, RunRecord } from "../../server/runs-ports";

/** Reports as the real builder makes them, without an organization behind it. */
export class FakeReports implements ReportService {
  affectedStamps: Affected = { stamps: [], leaving: [], unaffected: 0 };
  readonly asked: AffectedQuery[] = [];

  report(run: RunRecord): Promise<PreviewReport> {
    return Promise.resolve(
      buildReport(run, { accounts: [], placeOf: () => ({ file: "fleet.yaml", line: 1 }) }),
    );
  }

  affected(query: AffectedQuery): Promise<Affected> {
    this.asked.push(query);
    return Promise.resolve(this.affectedStamps);
  }
}
