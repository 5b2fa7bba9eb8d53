import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { engineSettings, type EngineSettings } from "../../../engine/config";
import { checkNode, checkPulumiCopies, diagnose } from "../../../engine/doctor";
import { downloadAddress } from "../../../engine/official";
import { builtFolder, downloadedFolder } from "../../../engine/recipes";
import { fitsPulumi, recipe, resolveParts } from "../../../engine/resolve";
import { findTerraformProvider, pluginRoots } from "../../../engine/terraform-plugins";
import { resolveToolchain } from "../../../engine/toolchain";
import { wrapCall } from "../../../engine/build/bridge";
import { AppError } from "../../../stacks/errors";

describe("finding the engine", () => {
  let folder: string;
  let settings: EngineSettings;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const program = (file: string, version = ""): string => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho v${version}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "strongroom-test-"));
    settings = {
      ...engineSettings({ HOME: folder, STRONGROOM_HOME: at("cache"), PATH: at("bin") }),
      addOns: at("opt"),
      dataFolders: [at("share")],
      platform: "linux",
      arch: "x64",
    };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const built = (part: "pulumi" | "aws" | "terraform-bridge" | "aws-native"): string =>
    path.join(builtFolder(settings, recipe(part)), recipe(part).executable);
  const provider = (root: string, version: string): string =>
    program(
      path.join(
        root,
        "registry.terraform.io/hashicorp/aws",
        version,
        "linux_amd64",
        `terraform-provider-aws_v${version}_x5`,
      ),
    );
  const sourceOf = async (name: string): Promise<string | undefined> =>
    (await resolveParts(settings)).parts.find((part) => part.name === name)?.source;

  it("takes a setting before PATH, PATH before a download, a download before a build", async () => {
    program(built("pulumi"));
    expect(await sourceOf("pulumi")).to.equal("build");
    program(path.join(downloadedFolder(settings, recipe("pulumi")), "pulumi"));
    expect(await sourceOf("pulumi")).to.equal("download");
    program(at("bin", "pulumi"), "3.259.0");
    expect(await sourceOf("pulumi")).to.equal("path");
    settings = { ...settings, pulumi: program(at("mine", "pulumi"), "3.260.0") };
    expect(await sourceOf("pulumi")).to.equal("setting");
  });

  it("passes over a CLI on PATH that is too old or does not run", async () => {
    program(built("pulumi"));
    program(at("bin", "pulumi"), "3.100.0");
    expect(await sourceOf("pulumi")).to.equal("build");
    expect(["3.212.9", "2.300.0", "4.0.0"].filter(fitsPulumi)).to.deep.equal([]);
    expect(["3.213.0", "3.259.0"].filter(fitsPulumi)).to.have.length(2);
  });

  it("reports a setting that names nothing instead of taking another part", async () => {
    program(built("pulumi"));
    settings = { ...settings, pulumi: at("gone") };
    const { missing } = await resolveParts(settings);
    expect(missing.find((part) => part.name === "pulumi")?.reason).to.include(at("gone"));
  });

  it("uses the language host beside an official CLI, else its own", async () => {
    program(built("pulumi"));
    expect(await sourceOf("language-nodejs")).to.equal("project");
    const official = downloadedFolder(settings, recipe("pulumi"));
    program(path.join(official, "pulumi"));
    program(path.join(official, "pulumi-language-nodejs"));
    expect(await sourceOf("language-nodejs")).to.equal("download");
  });

  it("needs no bridge and no Terraform provider under an official aws plugin", async () => {
    program(path.join(downloadedFolder(settings, recipe("aws")), "pulumi-resource-aws"));
    const { parts, missing } = await resolveParts(settings);
    const names = [...parts, ...missing].map((part) => part.name);
    expect(names).not.to.include("terraform-bridge");
    expect(names).not.to.include("terraform-provider-aws");
  });

  it("gives a complete toolchain with the environment that a CLI needs", async () => {
    for (const part of ["pulumi", "aws", "terraform-bridge", "aws-native"] as const) {
      program(built(part));
    }
    symlinkSync(
      "pulumi-resource-aws",
      path.join(path.dirname(built("aws")), "terraform-provider-aws"),
    );
    const binary = provider(at("opt", "plugins"), "5.100.0");
    const { env, parts, pulumiCommandPath } = await resolveToolchain(settings);
    expect(parts).to.have.length(7);
    expect(pulumiCommandPath).to.equal(built("pulumi"));
    expect(env["PATH"]?.split(":")).to.include.members([
      path.dirname(built("pulumi")),
      path.dirname(built("aws")),
      path.dirname(built("aws-native")),
      at("bin"),
    ]);
    expect(env).to.include({
      TERRAFORM_PROVIDER_AWS: binary,
      STRONGROOM_TERRAFORM_BRIDGE: built("terraform-bridge"),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });

  it("names all that is missing at once, with what to do", async () => {
    const error = await resolveToolchain(settings).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AppError);
    const { code, message, action, problems } = error as AppError;
    expect(code).to.equal("ENGINE_MISSING");
    expect(message).to.equal("Missing: pulumi, aws, terraform-provider-aws, aws-native.");
    expect(action).to.include("npm run setup").and.to.include("STRONGROOM_TERRAFORM_PROVIDER_AWS");
    expect(problems).to.have.length(4);
  });

  describe("terraform-provider-aws", () => {
    it("is found where Terraform looks and one level below the add-on folder", () => {
      for (const root of [at(".terraform.d/plugins"), at("share/terraform/plugins"), at("opt/x")]) {
        const file = provider(root, "5.90.0");
        expect(findTerraformProvider(settings)?.path, root).to.equal(file);
        rmSync(root, { recursive: true });
      }
    });

    it("is found in the mirror that Terraform's configuration names", () => {
      writeFileSync(
        at(".terraformrc"),
        `provider_installation {\n  filesystem_mirror {\n    path = "~/mirror"\n  }\n}\n# plugin_cache_dir = "/no"\nplugin_cache_dir = "$HOME/kept"\n`,
      );
      expect(pluginRoots(settings).slice(0, 2)).to.deep.equal([at("mirror"), at("kept")]);
      const file = provider(at("mirror"), "5.100.0");
      expect(findTerraformProvider(settings)).to.deep.equal({ path: file, version: "5.100.0" });
    });

    it("is the tested version where there is one, else the newest 5.x, and never another major", () => {
      provider(at("opt/a"), "6.2.0");
      expect(findTerraformProvider(settings)).to.equal(undefined);
      provider(at("opt/a"), "5.9.0");
      provider(at("opt/a"), "5.99.0");
      expect(findTerraformProvider(settings)?.version).to.equal("5.99.0");
      provider(at("opt/b"), "5.100.0");
      expect(findTerraformProvider(settings)?.version).to.equal("5.100.0");
    });

    it("is passed over where it is for another machine", () => {
      provider(at("opt/a"), "5.100.0");
      expect(findTerraformProvider({ ...settings, arch: "arm64" })).to.equal(undefined);
    });
  });

  describe("doctor", () => {
    it("has a remedy for whatever is not right", async () => {
      const checks = await diagnose(settings);
      const wrong = checks.filter((check) => !check.ok);
      expect(wrong.map((check) => check.part)).to.include.members(["pulumi", "aws", "go"]);
      for (const check of wrong) expect(check.remedy, check.part).to.be.a("string").and.not.empty;
    });

    it("knows the oldest Node that will do", () => {
      expect(checkNode("20.19.9").ok).to.equal(false);
      expect(checkNode("20.20.0").ok).to.equal(true);
      expect(checkNode("22.0.0").ok).to.equal(true);
    });

    it("finds a second copy of @pulumi/pulumi", () => {
      mkdirSync(at("node_modules/@pulumi/pulumi"), { recursive: true });
      mkdirSync(at("node_modules/@pulumi/aws"), { recursive: true });
      expect(checkPulumiCopies(at("node_modules")).ok).to.equal(true);
      mkdirSync(at("node_modules/@pulumi/aws/node_modules/@pulumi/pulumi"), { recursive: true });
      expect(checkPulumiCopies(at("node_modules")).detail).to.include("2 copies");
    });
  });

  it("asks Pulumi's site for what it publishes for this machine", () => {
    expect(downloadAddress(recipe("pulumi"), settings)).to.equal(
      "https://get.pulumi.com/releases/sdk/pulumi-v3.259.0-linux-x64.tar.gz",
    );
    expect(downloadAddress(recipe("aws"), settings)).to.equal(
      "https://get.pulumi.com/releases/plugins/pulumi-resource-aws-v7.48.0-linux-amd64.tar.gz",
    );
  });

  it("refuses to build a bridge whose source is not as known", () => {
    const call = "return run.LocalProvider(ctx, local.Path)";
    expect(wrapCall(`a\n${call}\nb`)).to.equal(
      "a\nreturn lean(run.LocalProvider(ctx, local.Path))\nb",
    );
    expect(() => wrapCall("nothing")).to.throw(AppError, "exactly once");
    expect(() => wrapCall(call + call)).to.throw(AppError, "exactly once");
  });
});
