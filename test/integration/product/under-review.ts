import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020";
import { expect } from "chai";
import { parseDocument } from "yaml";

import { PreviewReportSchema, type PreviewReport } from "../../../server/report/model";
import { FakeGitHub } from "../../support/fake-github";
import type { CliAnswer, Product } from "../../support/product";

/** What one preview of a pull request left behind. */
export interface Reviewed extends CliAnswer {
  readonly report: PreviewReport;
  readonly markdown: string;
  readonly sarif: string;
}

/** The product's fleet file in a git repository, a pull request that changes it, and a stand-in for GitHub. */
export class UnderReview {
  private constructor(
    private readonly product: Product,
    readonly github: FakeGitHub,
    private readonly fleet: string,
  ) {}

  /** Commits the fleet file as it is; everything else in the folder is ignored. */
  static async start(product: Product): Promise<UnderReview> {
    const fleet = readFileSync(product.fleetFile, "utf8");
    const review = new UnderReview(product, await FakeGitHub.start(), fleet);
    writeFileSync(path.join(product.folder, ".gitignore"), "*\n!fleet.yaml\n");
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    for (const command of [
      ["init", "-q"],
      ["add", "fleet.yaml"],
      ["commit", "-qm", "before"],
    ]) {
      execFileSync("git", [...identity, ...command], { cwd: product.folder, stdio: "pipe" });
    }
    return review;
  }

  /** Puts the fleet file back. */
  async close(): Promise<void> {
    writeFileSync(this.product.fleetFile, this.fleet);
    await this.github.close();
  }

  /** Changes the fleet file as it was committed, by places in it. */
  change(...changes: readonly (readonly [readonly string[], unknown])[]): void {
    const document = parseDocument(this.fleet);
    for (const [place, value] of changes) document.setIn(place, value);
    writeFileSync(this.product.fleetFile, document.toString({ lineWidth: 0 }));
  }

  /** Previews what the change can affect, as the workflow of a pull request does. */
  async preview(...argv: string[]): Promise<Reviewed> {
    const file = (name: string) => path.join(this.product.folder, `review.${name}`);
    const answer = await this.product.cliIn(
      {
        GITHUB_API_URL: this.github.url,
        GITHUB_TOKEN: "the-token",
        GITHUB_REPOSITORY: "acme/fleet",
        GITHUB_SHA: "a".repeat(40),
        GITHUB_REF: "refs/pull/7/merge",
      },
      ...["preview", ...argv, "--changed-from", "HEAD", "--github"],
      ...["--report-json", file("json"), "--report-markdown", file("md")],
      ...["--report-sarif", file("sarif")],
    );
    const text = (name: string) => readFileSync(file(name), "utf8");
    const report = JSON.parse(text("json")) as PreviewReport;
    keepsTo(new Ajv({ strict: false }), PreviewReportSchema, report);
    const schema = path.resolve(this.product.projectFolder, "test/support/sarif-2.1.0.schema.json");
    const sarif = text("sarif");
    keepsTo(
      new Ajv2020({ strict: false, validateFormats: false }),
      JSON.parse(readFileSync(schema, "utf8")) as object,
      JSON.parse(sarif),
    );
    return { ...answer, report, markdown: text("md"), sarif };
  }
}

function keepsTo(ajv: Ajv | Ajv2020, schema: object, data: unknown): void {
  const validate = ajv.compile(schema);
  expect(validate(data), JSON.stringify(validate.errors)).to.equal(true);
}
