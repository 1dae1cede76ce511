// Jobs in equal jobs out: node bullmq.mjs PORT
// Plain, delayed, retried, prioritised, repeated jobs, one of a fixed id, a flow; then a worker that is
// killed with jobs in its hands. BullMQ promises each job at least once.
// node bullmq.mjs PORT outlive: says "now" when the server is to be ended and started again.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FlowProducer, Queue, Worker } from "bullmq";

const connection = { host: "127.0.0.1", port: Number(process.argv[2]), maxRetriesPerRequest: null };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const PLAIN = 200;

async function until(condition) {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return;
    await pause(50);
  }
  throw new Error("this takes too long");
}

async function everyKind() {
  const queue = new Queue("kinds", { connection });
  const flow = new FlowProducer({ connection });
  const done = {};
  const order = [];
  const errors = [];
  await queue.pause();
  await queue.addBulk(Array.from({ length: PLAIN }, (_, i) => ({ name: "plain", data: { i } })));
  await queue.add("delayed", {}, { delay: 300 });
  await queue.add("retried", {}, { attempts: 3, backoff: { type: "fixed", delay: 50 } });
  for (const rank of [3, 1, 2]) await queue.add("prioritised", { rank }, { priority: rank });
  for (const _ of [1, 2]) await queue.add("once", {}, { jobId: "same" });
  await queue.upsertJobScheduler("every", { every: 200, limit: 3 }, { name: "repeated" });
  const children = [1, 2].map((n) => ({ name: "child", queueName: "kinds", data: { n } }));
  await flow.add({ name: "parent", queueName: "kinds", children });
  const worker = new Worker("kinds", async (job) => {
    done[job.name] = (done[job.name] || 0) + 1;
    if (job.name === "prioritised") order.push(job.data.rank);
    if (job.name === "retried" && job.attemptsMade < 2) throw new Error("again");
    if (job.name === "parent") return Object.values(await job.getChildrenValues()).sort();
    return job.data.n ?? null;
  }, { connection, concurrency: 4, limiter: { max: 1000, duration: 100 } });
  worker.on("error", (error) => errors.push(String(error)));
  await queue.resume();
  const jobs = PLAIN + 12;
  await until(async () => (await queue.getJobCounts()).completed >= jobs);
  const counts = await queue.getJobCounts();
  const parents = (await queue.getCompleted(0, -1)).filter((job) => job.name === "parent");
  await worker.close();
  await flow.close();
  await queue.close();
  assert.deepEqual(done, { plain: PLAIN, delayed: 1, retried: 3, prioritised: 3, once: 1,
    repeated: 3, child: 2, parent: 1 });
  assert.deepEqual(order, [1, 2, 3]);
  assert.deepEqual(errors, []);
  assert.deepEqual(parents.map((job) => job.returnvalue), [[1, 2]]);
  assert.equal(counts.completed, jobs);
  assert.equal(counts.failed + counts.active + counts.waiting + counts.delayed, 0);
}

async function killedWorker() {
  const queue = new Queue("killed", { connection });
  await queue.addBulk(Array.from({ length: 50 }, (_, i) => ({ name: "job", data: { i } })));
  const other = spawn(process.execPath, [fileURLToPath(import.meta.url), process.argv[2], "hold"]);
  await until(async () => (await queue.getJobCounts()).active === 5);
  other.kill("SIGKILL");
  const seen = new Set();
  const worker = new Worker("killed", async (job) => { seen.add(job.data.i); },
    { connection, concurrency: 5, stalledInterval: 300, lockDuration: 1000, maxStalledCount: 5 });
  worker.on("error", () => {});
  await until(async () => (await queue.getJobCounts()).completed === 50);
  await worker.close();
  await queue.close();
  assert.equal(seen.size, 50);
}

async function outlive() {
  const total = 400;
  const queue = new Queue("lasting", { connection });
  await queue.addBulk(Array.from({ length: total }, (_, i) => ({ name: "job", data: { i } })));
  await queue.add("delayed", { i: total }, { delay: 1500 });
  let runs = 0;
  const seen = new Set();
  const worker = new Worker("lasting", async (job) => {
    runs++;
    seen.add(job.data.i);
    if (runs === 50) console.log("now");
    await pause(1);
  }, { connection, concurrency: 5, stalledInterval: 300, lockDuration: 1000, maxStalledCount: 5 });
  for (const each of [worker, queue]) each.on("error", () => {});
  const completed = () => queue.getJobCounts().then((counts) => counts.completed, () => -1);
  await until(async () => (await completed()) === total + 1);
  const counts = await queue.getJobCounts();
  assert.equal(seen.size, total + 1);
  assert.ok(runs <= total + 1 + 5, `${runs} runs`); // those in hand may run twice
  assert.equal(counts.failed + counts.active + counts.waiting + counts.delayed, 0);
  await worker.close();
  await queue.close();
}

async function hold() {
  new Worker("killed", () => new Promise(() => {}), 
    { connection, concurrency: 5, lockDuration: 1000, stalledInterval: 300 });
  await new Promise(() => setInterval(() => {}, 1000));
}

if (process.argv[3] === "hold") {
  await hold();
} else if (process.argv[3] === "outlive") {
  await outlive();
  console.log("all as expected");
  process.exit(0);
} else {
  await everyKind();
  await killedWorker();
  console.log("all as expected");
  process.exit(0);
}
