// Tests run on the built files (what ships), in the same layout under dist/.
module.exports = {
  "forbid-only": true,
  "forbid-pending": true,
  "check-leaks": true,
  timeout: 10_000,
};
