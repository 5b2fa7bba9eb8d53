import { expect } from "chai";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { BridgeSchema } from "../../../engine/names/bridge-schema";
import {
  bridgeToken,
  compareNames,
  PROVIDER_TOKEN,
  type TypeTable,
  type TypeTranslation,
} from "../../../engine/names/compare";
import { readTypings } from "../../../engine/names/typings";
import { projectRoot } from "../../../engine/parts";

const root = projectRoot();
const plugin = path.join(root, "engine", "go", "aws-plugin");
const sdk = path.join(root, "node_modules", "@pulumi", "aws");
const json = (file: string): unknown => JSON.parse(readFileSync(path.join(plugin, file), "utf8"));

describe("the aws plugin's table of names", function () {
  // The typings of @pulumi/aws are 11 MB of text.
  this.timeout(20_000);
  const table = json("types.json") as TypeTable;
  const schema = json("bridge-schema.json") as BridgeSchema;
  const typings = readTypings(sdk);
  const names = json("names.json") as Record<string, TypeTranslation>;

  it("is what the SDK's typings and the bridge's schema call for", () => {
    expect(compareNames(table, typings, schema)).to.deep.equal(names);
  });

  it("holds tokens that the SDK registers", () => {
    for (const token of [...Object.keys(table.resources), ...Object.keys(table.functions)]) {
      const file = (token.split(":")[1] ?? "").replace(/^index\//, "");
      const source = readFileSync(path.join(sdk, `${file}.js`), "utf8");
      expect(source, token).to.match(new RegExp(`['"]${token}['"]`));
    }
  });

  it("finds a resource of the bridge for each token", () => {
    for (const [token, terraform] of Object.entries(table.resources)) {
      expect(schema.resources, token).to.have.property(bridgeToken(terraform, false));
    }
    for (const [token, terraform] of Object.entries(table.functions)) {
      expect(schema.functions, token).to.have.property(bridgeToken(terraform, true));
    }
  });

  it("leads every argument of every type to one of the bridge's, or lists it as missing", () => {
    for (const [token, terraform] of Object.entries(table.resources)) {
      const inputs = schema.resources[bridgeToken(terraform, false)]?.inputs ?? {};
      const { fields = {}, missing = [] } = names[token] ?? {};
      for (const { name } of typings.arguments(token)) {
        if (name === "region" || missing.includes(name)) continue;
        expect(inputs, `${token} ${name}`).to.have.property(fields[name]?.to ?? name);
      }
    }
  });

  it("reads arguments at all: a broken reader would find nothing to compare", () => {
    expect(typings.arguments("aws:kms/key:Key").map(({ name }) => name)).to.include.members([
      "enableKeyRotation",
      "multiRegion",
      "region",
    ]);
    expect(
      typings.nested("input", "s3.BucketReplicationConfigRule").map(({ name }) => name),
    ).to.include("destination");
  });

  it("tells an argument that the schema does not know", () => {
    const resources = { ...schema.resources };
    const token = bridgeToken("aws_kms_key", false);
    const known = Object.entries(resources[token]?.inputs ?? {});
    const inputs = Object.fromEntries(known.filter(([name]) => name !== "enableKeyRotation"));
    resources[token] = { inputs, outputs: {} };
    const compared = compareNames(table, typings, { ...schema, resources });
    expect(compared["aws:kms/key:Key"]?.missing).to.deep.equal(["enableKeyRotation"]);
  });

  it("renames what Terraform calls otherwise, and reshapes what is a list there", () => {
    expect(names["aws:cloudwatch/metricAlarm:MetricAlarm"]?.fields).to.deep.equal({
      name: { to: "alarmName" },
    });
    expect(names[PROVIDER_TOKEN]?.fields?.["defaultTags"]).to.deep.equal({ shape: "list" });
  });

  it("knows which types have no Region", () => {
    expect(names["aws:iam/role:Role"]?.global).to.equal(true);
    expect(names["aws:kms/key:Key"]?.global).to.equal(undefined);
  });
});
