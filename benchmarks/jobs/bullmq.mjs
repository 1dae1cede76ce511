// node bullmq.mjs PORT JOBS: puts jobs in, works on them; prints jobs per second of both.
import { Queue, Worker } from "bullmq";

const [port, jobs] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
const queue = new Queue("measured", { connection });
await queue.pause();
let begun = performance.now();
for (let from = 0; from < jobs; from += 500) {
  const size = Math.min(500, jobs - from);
  await queue.addBulk(Array.from({ length: size }, (_, i) => ({ name: "job", data: { i: from + i } })));
}
const added = jobs / (performance.now() - begun) * 1000;
let left = jobs;
const over = new Promise((resolve) => {
  const worker = new Worker("measured", async () => {}, { connection, concurrency: 50 });
  worker.on("completed", () => { if (--left === 0) resolve(); });
});
begun = performance.now();
await queue.resume();
await over;
const worked = jobs / (performance.now() - begun) * 1000;
console.log(JSON.stringify({ added, worked }));
process.exit(0);
