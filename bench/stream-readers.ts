// Readers of a run's event stream, as a process of its own. Started with fork(); says when all streams are open, and how
// many events came, and how many streams had ended, when it is told to stop.
import { createReadStreams } from "./read-streams";

const [address = "", count = "0", ...tokens] = process.argv.slice(2);

void createReadStreams(address, Number(count), tokens).then(
  ({ events, ended }) => {
    process.on("message", () => {
      process.send?.({ events: events(), ended: ended() });
      process.disconnect();
      process.exit(0);
    });
    process.once("disconnect", () => process.exit(0));
    process.send?.({ open: Number(count) });
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
