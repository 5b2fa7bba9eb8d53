"use strict";
const { createRequire } = require("node:module");
const path = require("node:path");

/**
 * A `require` that finds packages as a file in the given folder would, or else as this checkout does. A program and its
 * host must share one copy of @pulumi/pulumi: two copies do not see each other's resources.
 */
exports.requireFrom = (folder) => {
  const fromFolder = createRequire(path.join(folder, "package.json"));
  return (name) => {
    let resolved;
    try {
      resolved = fromFolder.resolve(name);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
      resolved = require.resolve(name);
    }
    return require(resolved);
  };
};

/** Ends this process soon after the one that started it is gone, however that ended. */
exports.dieWithParent = () => {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, 500).unref();
};
