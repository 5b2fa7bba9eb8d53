"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { loadProgram, programPath } = require("./program.cjs");
const { dieWithParent, requireFrom } = require("./resolve.cjs");

/** Serves the language runtime protocol to the engine and prints the port; the engine ends the process. */
exports.main = () => {
  dieWithParent();
  const fromProject = requireFrom(process.cwd());
  const grpc = fromProject("@grpc/grpc-js");
  const { LanguageRuntimeService } = fromProject("@pulumi/pulumi/proto/language_grpc_pb");
  const server = new grpc.Server({
    "grpc.max_receive_message_length": 400 << 20,
    "grpc.max_send_message_length": 400 << 20,
  });
  server.addService(LanguageRuntimeService, handlers(fromProject));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      console.error(error.message);
      process.exit(1);
    }
    console.log(port);
  });
};

const handlers = (fromProject) => {
  const language = fromProject("@pulumi/pulumi/proto/language_pb");
  const plugin = fromProject("@pulumi/pulumi/proto/plugin_pb");
  const { Empty } = fromProject("google-protobuf/google/protobuf/empty_pb");
  const { version } = fromProject("@pulumi/pulumi/package.json");
  return {
    handshake: (_call, callback) => callback(null, new language.LanguageHandshakeResponse()),
    // The toolchain has every plugin ready before the engine starts: there is nothing to ask for.
    getRequiredPlugins: (_call, callback) =>
      callback(null, new language.GetRequiredPluginsResponse()),
    getRequiredPackages: (_call, callback) =>
      callback(null, new language.GetRequiredPackagesResponse()),
    getPluginInfo: (_call, callback) => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      callback(null, info);
    },
    about: (_call, callback) => {
      const about = new language.AboutResponse();
      about.setExecutable(process.execPath);
      about.setVersion(process.version);
      callback(null, about);
    },
    getProgramDependencies: (call, callback) => {
      const response = new language.GetProgramDependenciesResponse();
      response.setDependenciesList(dependencies(call.request, language));
      callback(null, response);
    },
    installDependencies: (call) => installDependencies(call, language),
    run: (call, callback) => run(call, callback, fromProject, language),
    runPlugin: (call) => runPlugin(call, language),
    cancel: (_call, callback) => callback(null, new Empty()),
  };
};

const run = (call, callback, fromProject, language) => {
  const { LanguageServer } = fromProject("@pulumi/pulumi/automation/server");
  const { RunError } = fromProject("@pulumi/pulumi/errors");
  const log = fromProject("@pulumi/pulumi/log");
  const file = programPath(call.request);
  process.chdir(call.request.getPwd() || path.dirname(file));
  let answered = false;
  const program = async () => {
    try {
      return await loadProgram(file);
    } catch (error) {
      if (error?.name !== "AppError") throw error;
      // Ours are messages for people: Pulumi shows a RunError without a stack.
      const action = error.action === undefined ? "" : ` ${error.action}`;
      throw new RunError(`${error.code}: ${error.message}${action}`);
    }
  };
  new LanguageServer(program).run(call, (error, response) => {
    if (answered) return;
    answered = true;
    if (error === undefined || error === null) return callback(null, response);
    const failed = new language.RunResponse();
    // The errors themselves have been shown; "bail" tells the engine to add nothing to them.
    if (log.hasErrors()) failed.setBail(true);
    else failed.setError(error.message);
    callback(null, failed);
  });
};

/** Starts a policy pack, or another plugin written for Node, and passes on what it prints and how it ends. */
const runPlugin = (call, language) => {
  const request = call.request;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const isPack = request.getKind() === "analyzer";
  const starter = isPack
    ? path.join(__dirname, "policy-pack.cjs")
    : require.resolve("@pulumi/pulumi/cmd/run-plugin", { paths: [folder, __dirname] });
  const child = spawn(process.execPath, [starter, ...request.getArgsList().slice(0, 1), folder], {
    cwd: isPack ? folder : request.getPwd(),
    env: { ...process.env, ...Object.fromEntries(request.getEnvList().map(cutAtEquals)) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer = (set) => {
    const response = new language.RunPluginResponse();
    set(response);
    if (!call.cancelled) call.write(response);
  };
  child.stdout.on("data", (data) => answer((response) => response.setStdout(data)));
  child.stderr.on("data", (data) => answer((response) => response.setStderr(data)));
  child.on("error", (error) =>
    answer((response) => response.setStderr(Buffer.from(error.message))),
  );
  child.on("close", (code) => {
    answer((response) => response.setExitcode(code ?? 1));
    call.end();
  });
  // The engine ends a plugin by dropping the call.
  call.on("cancelled", () => child.kill("SIGKILL"));
};

const cutAtEquals = (variable) => {
  const at = variable.indexOf("=");
  return [variable.slice(0, at), variable.slice(at + 1)];
};

const installDependencies = (call, language) => {
  const folder = call.request.getInfo()?.getProgramDirectory() ?? call.request.getDirectory();
  const child = spawn("npm", ["install"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const answer = (set) => {
    const response = new language.InstallDependenciesResponse();
    set(response);
    call.write(response);
  };
  child.stdout.on("data", (data) => answer((response) => response.setStdout(data)));
  child.stderr.on("data", (data) => answer((response) => response.setStderr(data)));
  child.on("error", (error) => call.destroy(error));
  child.on("close", (code) =>
    code === 0 ? call.end() : call.destroy(new Error(`npm install ended with code ${code}`)),
  );
};

/** The packages that the program's package.json names, for `pulumi about`. */
const dependencies = (request, language) => {
  const folder = request.getInfo()?.getRootDirectory() ?? ".";
  let manifest;
  try {
    manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  } catch {
    return [];
  }
  return Object.entries(manifest.dependencies ?? {}).map(([name, version]) => {
    const dependency = new language.DependencyInfo();
    dependency.setName(name);
    dependency.setVersion(version);
    return dependency;
  });
};
