import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Ajv2020 } from "ajv/dist/2020";
import { expect } from "chai";
import { Ajv } from "ajv";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

import { projectRoot } from "../../../../engine/parts";
import { buildReport } from "../../../../server/report/build";
import { renderCheck } from "../../../../server/report/check";
import { oneLine } from "../../../../server/report/escape";
import {
  COMMENT_LIMIT,
  marker,
  renderMarkdown,
  renderNothingLeft,
} from "../../../../server/report/markdown";
import { PreviewReportSchema, type PreviewReport } from "../../../../server/report/model";
import { renderSarif } from "../../../../server/report/sarif";
import { sampleRun } from "../../../support/fake-services";
import { HOSTILE, idOf, SCENES } from "../../../support/preview-scenes";

const NAMES = Object.keys(SCENES) as (keyof typeof SCENES)[];
const GOLDEN = path.join(projectRoot(), "test/golden/previews");

/** Compares with what was looked at and kept; STRONGROOM_GOLDEN=write keeps it anew, to be looked at in the diff. */
function golden(file: string, text: string): void {
  const kept = path.join(GOLDEN, file);
  if (process.env["STRONGROOM_GOLDEN"] === "write") {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(kept, text);
  }
  expect(existsSync(kept), `${file} is kept`).to.equal(true);
  expect(text).to.equal(readFileSync(kept, "utf8"));
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
const sarifOf = (report: PreviewReport) => renderSarif(report, { version: "1.2.3" });

/** As GitHub would show it. */
const htmlOf = (markdown: string): string =>
  micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });

/** HTML's text as it is seen. */
function decoded(html: string): string {
  return html
    .replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

describe("the renderings of a preview's report", () => {
  for (const name of NAMES) {
    it(`are as they were looked at: ${name}`, () => {
      const report = SCENES[name]();
      golden(`${name}.md`, renderMarkdown(report));
      golden(`${name}.sarif.json`, pretty(sarifOf(report)));
      golden(`${name}.check.json`, pretty(renderCheck(report)));
    });
  }

  it("are made of a report that keeps to its own schema", () => {
    const validate = new Ajv({ strict: false }).compile(PreviewReportSchema);
    for (const name of NAMES) {
      expect(validate(SCENES[name]()), JSON.stringify(validate.errors)).to.equal(true);
    }
  });
});

describe("what an exemption accepts", () => {
  const report = SCENES["three-accounts"]();

  it("is counted and listed with its end and owner, and is no violation", () => {
    expect(report.totals).to.include({ exempt: 1, mandatory: 0, advisory: 0 });
    expect(report.outcome).to.equal("changes");
    const text = renderMarkdown(report);
    expect(text).to.contain("#### Exempt: accepted until a day");
    expect(text).to.contain("Exempt until 2027-01-31, platform answers for it.");
  });

  it("is suppressed for whoever reads SARIF, with the reason why", () => {
    const [{ results }] = sarifOf(report)["runs"] as [
      { results: { suppressions?: { status: string; justification: string }[] }[] },
    ];
    const [suppression] = results.flatMap(({ suppressions = [] }) => suppressions);
    expect(suppression).to.include({ status: "accepted" });
    expect(suppression?.justification).to.contain("platform answers for it");
  });
});

describe("what is wrong with a run as a whole", () => {
  it("is told like a failure, without an account", () => {
    const problems = [{ message: "some-rule: The exemption of platform excuses nothing." }];
    const error = { code: "POLICY_VIOLATION", message: "idle", problems } as const;
    const report = buildReport(
      { ...sampleRun({ operation: "check", stamps: [], accounts: [] }), error },
      { accounts: [], placeOf: () => ({ file: "fleet.yaml", line: 1 }) },
    );
    expect(report).to.include({ outcome: "failed" });
    expect(report.totals.failures).to.equal(1);
    const text = renderMarkdown(report);
    expect(text).to.contain("excuses nothing").and.to.contain("(the run as a whole)");
    expect(JSON.stringify(sarifOf(report))).to.contain("(the run as a whole)");
  });
});

describe("the comment", () => {
  it("starts with the hidden marker of its project, once", () => {
    for (const name of NAMES) {
      const text = renderMarkdown(SCENES[name]());
      expect(text.startsWith(`${marker("strongroom")}\n`)).to.equal(true);
      expect(text.split("<!--")).to.have.length(2);
    }
    expect(renderNothingLeft("strongroom").startsWith(marker("strongroom"))).to.equal(true);
  });

  it("puts what would be deleted or replaced first, in bold", () => {
    const text = renderMarkdown(SCENES["five-hundred-accounts"]());
    const places = ["Keys, secrets and buckets", "Could not be", "Violations", "Changes, by"].map(
      (title) => text.indexOf(title),
    );
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(text).to.contain("**− delete bucket** | **old**");
  });

  it("says in words what an identity gains and loses, and in which account", () => {
    const text = renderMarkdown(SCENES["three-accounts"]());
    expect(text).to.contain('role "reader" may now decrypt with key 1a2b3c4d');
    expect(text).to.contain(
      `strongroom-sweep in account app-0 (${idOf(0)}) may no longer decrypt with key "secrets" (by its policy) in account lab (${idOf(2)})`,
    );
  });

  it("is never too long, and names each section that it had to cut", () => {
    const report = SCENES["five-hundred-accounts"]();
    for (const limit of [COMMENT_LIMIT, 20_000, 5000, 2500]) {
      const text = renderMarkdown(report, { limit });
      expect(Buffer.byteLength(text)).to.be.at.most(limit);
      if (limit < 20_000) expect(text).to.contain("**Cut to fit:** ");
    }
    const short = renderMarkdown(report, { limit: 5000, fullReport: "https://ci.example/run/1" });
    expect(short).to.contain("[whole report](https://ci.example/run/1)");
    expect(short).to.contain("**− delete bucket**");
    // Whole sections: no list, table or folded part is left open.
    expect(short.split("<details>")).to.have.length(short.split("</details>").length);
  });

  it("shows other people's text as text: no element, link, mention or reference comes of it", () => {
    const text = renderMarkdown(SCENES["hostile-names"]());
    expect(text).to.not.match(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/u,
    );
    const html = htmlOf(text);
    const elements = [...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) =>
      tag!.toLowerCase(),
    );
    expect([...new Set(elements)].sort()).to.deep.equal(
      [
        "br",
        "details",
        "h3",
        "h4",
        "li",
        "strong",
        "sub",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        "p",
        "code",
      ].sort(),
    );
    const plain = htmlOf(renderMarkdown(SCENES["three-accounts"]()));
    expect(plain).to.contain("<details>");
    const visible = decoded(html.replace(/<[^>]*>/g, ""));
    expect(visible).to.not.match(/@(?=\w)/);
    expect(visible).to.not.match(/#(?=\d)/);
    const shown = visible.replaceAll("\u200b", "");
    for (const name of HOSTILE) expect(shown).to.contain(oneLine(name));
  });

  it("keeps its tables' columns whatever the cells hold", () => {
    const text = renderMarkdown(SCENES["hostile-names"]());
    for (const table of htmlOf(text).match(/<table>[\s\S]*?<\/table>/g) ?? []) {
      const [head = 0, ...rows] = (table.match(/<tr>[\s\S]*?<\/tr>/g) ?? []).map(
        (row) => row.match(/<t[hd]/g)?.length ?? 0,
      );
      expect(rows.every((columns) => columns === head)).to.equal(true);
    }
  });
});

describe("the SARIF file", () => {
  const schema = JSON.parse(
    readFileSync(path.join(projectRoot(), "test/support/sarif-2.1.0.schema.json"), "utf8"),
  ) as object;
  const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(
    schema,
  );

  for (const name of NAMES) {
    it(`keeps to the schema of SARIF 2.1.0: ${name}`, () => {
      expect(validate(sarifOf(SCENES[name]())), JSON.stringify(validate.errors)).to.equal(true);
    });
  }

  it("is refused by the schema where it is broken, so that the test above can fail", () => {
    expect(validate({ ...sarifOf(SCENES["replaced-key"]()), version: "2.0.0" })).to.equal(false);
  });

  it("has a result for each finding in each account, and fingerprints that no two share and that stay", () => {
    const results = (report: PreviewReport) => {
      const { runs } = sarifOf(report) as unknown as {
        runs: {
          results: { ruleId: string; level: string; partialFingerprints: Record<string, string> }[];
        }[];
      };
      return runs[0]!.results;
    };
    const found = results(SCENES["five-hundred-accounts"]());
    expect(found.filter(({ ruleId }) => ruleId === "kms-key-rotation-enabled")).to.have.length(40);
    const prints = found.map(({ partialFingerprints }) => partialFingerprints["strongroom/v1"]);
    expect(new Set(prints).size).to.equal(prints.length);
    expect(results(SCENES["five-hundred-accounts"]())).to.deep.equal(found);
    // What could not be decided is neither a failure nor nothing.
    const open = found.filter(({ ruleId }) => ruleId === "iam-trust-not-open");
    expect(open.map(({ level }) => level)).to.deep.equal(Array<string>(40).fill("none"));
  });
});

describe("the check", () => {
  const conclusion = (name: keyof typeof SCENES): string => renderCheck(SCENES[name]()).conclusion;

  it("fails where a policy or an error stopped the preview, and asks a person where something precious goes", () => {
    expect(NAMES.map((name) => [name, conclusion(name)])).to.deep.equal([
      ["no-change", "success"],
      ["three-accounts", "success"],
      ["five-hundred-accounts", "failure"],
      ["replaced-key", "action_required"],
      ["hostile-names", "failure"],
    ]);
  });

  it("annotates the line of the setting, with names on one line", () => {
    const { annotations } = renderCheck(SCENES["hostile-names"](), "config/");
    expect(annotations[0]).to.include({ path: "config/fleet.yaml", start_line: 24 });
    for (const { message } of annotations) expect(message).to.equal(oneLine(message));
  });
});
