import { expect } from "chai";

import { allowedEnvironment, engineEnvironment } from "../../../../server/engine/environment";

describe("the environment of a stack operation", () => {
  it("holds credentials, endpoint, proxies and certificates", () => {
    const source = {
      PATH: "/bin",
      HOME: "/home/x",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SESSION_TOKEN: "t",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      HTTPS_PROXY: "http://proxy",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      SSL_CERT_FILE: "/ca.pem",
    };
    expect(allowedEnvironment(source)).to.deep.equal(source);
  });

  it("holds nothing of the service's own secrets, of npm, of other tools, of preloaded code", () => {
    const kept = allowedEnvironment({
      DATABASE_URL: "postgres://u:p@h/d",
      STRONGROOM_TOKEN: "t",
      GITHUB_TOKEN: "t",
      npm_config_registry: "r",
      NODE_OPTIONS: "--require=/evil.js",
      LD_PRELOAD: "/evil.so",
      PULUMI_CONFIG_PASSPHRASE: "p",
      PULUMI_CONFIG: "{}",
      PULUMI_DEBUG_PROVIDERS: "aws:1",
      AWSX: "no",
      UNSET: undefined,
    });
    expect(kept).to.deep.equal({});
  });

  it("puts the engine's parts first, its own home and backend in place, and downloads off", () => {
    const environment = engineEnvironment(
      { PATH: "/bin", PULUMI_BACKEND_URL: "s3://another" },
      {
        pulumiHome: "/work/home",
        backendUrl: "file:///state",
        passphraseFile: "/state/passphrase",
        tools: { PATH: "/tools:/bin", STRONGROOM_TERRAFORM_BRIDGE: "/bridge" },
      },
    );
    expect(environment).to.include({
      PATH: "/tools:/bin",
      PULUMI_HOME: "/work/home",
      PULUMI_BACKEND_URL: "file:///state",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/state/passphrase",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      STRONGROOM_TERRAFORM_BRIDGE: "/bridge",
    });
    // It means --yes for every command, also for those that refuse it.
    expect(environment).to.not.have.property("PULUMI_SKIP_CONFIRMATIONS");
  });
});
