// Connects by a URI alone, and by the certificate to trust: node uri.mjs <library> <uri> <ca file>

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const [library, uri, authority] = process.argv.slice(2);
const ca = readFileSync(authority);

async function nodeRedis() {
  const { createClient } = await import("redis");
  const client = createClient({ url: uri, socket: { ca, reconnectStrategy: false } });
  client.on("error", fail);
  await client.connect();
  assert.equal(await client.set("from", "node-redis"), "OK");
  assert.equal(await client.get("from"), "node-redis");
  assert.match(await client.sendCommand(["CLIENT", "INFO"]), / tls=TLSv1\.3/);
  await client.close();
}

async function ioRedis() {
  const { Redis } = await import("ioredis");
  const client = new Redis(uri, { tls: { ca }, retryStrategy: null });
  client.on("error", fail);
  assert.equal(await client.set("from", "ioredis"), "OK");
  assert.equal(await client.get("from"), "ioredis");
  assert.match(await client.client("INFO"), / tls=TLSv1\.3/);
  await client.quit();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

await { "node-redis": nodeRedis, ioredis: ioRedis }[library]().catch(fail);
console.log("all as expected");
process.exit(0);
