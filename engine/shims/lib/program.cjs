"use strict";
const path = require("node:path");
const { pathToFileURL } = require("node:url");

/** Folder and entrance of the program that the engine asks for; `main` of Pulumi.yaml may name a file or a folder. */
exports.programPath = (request) => {
  const info = request.getInfo();
  return info
    ? path.resolve(info.getProgramDirectory(), info.getEntryPoint() || ".")
    : path.resolve(request.getPwd() || ".", request.getProgram() || ".");
};

/**
 * Loads a program afresh, because `pulumi up` runs it twice, and returns what it exports: the stack's outputs. An
 * exported function is called, as Pulumi's own host does.
 */
exports.loadProgram = async (file) => {
  for (const loaded of Object.keys(require.cache)) {
    if (!loaded.includes(`${path.sep}node_modules${path.sep}`) && !loaded.startsWith(__dirname)) {
      delete require.cache[loaded];
    }
  }
  let exported;
  try {
    exported = require(file);
  } catch (error) {
    if (error.code !== "ERR_REQUIRE_ESM") throw error;
    exported = await import(pathToFileURL(require.resolve(file)).href);
  }
  return typeof exported === "function" ? exported() : exported;
};
