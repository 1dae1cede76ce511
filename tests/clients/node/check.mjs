// Drives one client library against a server: node check.mjs <library> <port> <protocol> [password]
// Every step is an assertion; the first that fails ends the process with status 1.

import assert from "node:assert/strict";

const [library, port, protocol, password] = process.argv.slice(2);

async function nodeRedis() {
  const { createClient, ErrorReply, WatchError } = await import("redis");
  const client = createClient({
    socket: { host: "127.0.0.1", port: Number(port), reconnectStrategy: false },
    RESP: Number(protocol),
    name: "node-redis-check",
    database: 3,
    password,
  });
  client.on("error", fail);
  await client.connect();

  const info = await client.clientInfo();
  assert.equal(info.name, "node-redis-check");
  assert.equal(info.db, 3);
  assert.equal(info.libName, "node-redis");
  assert.equal(info.resp, Number(protocol));

  await client.flushDb();
  assert.equal(await client.set("greeting", "hello", { expiration: { type: "EX", value: 100 } }), "OK");
  assert.equal(await client.get("greeting"), "hello");
  assert.equal(await client.get("missing"), null);
  assert.ok((await client.ttl("greeting")) > 90);
  assert.equal(await client.set("greeting", "x", { condition: "NX" }), null);
  assert.equal(await client.set("greeting", "y", { GET: true }), "hello");
  assert.equal(await client.incrBy("count", 41), 41);
  assert.equal(await client.incrByFloat("share", 0.5), "0.5");
  assert.equal(await client.mSet({ a: "1", b: "2" }), "OK");
  assert.deepEqual(await client.mGet(["a", "missing", "b"]), ["1", null, "2"]);
  assert.equal(await client.exists(["a", "b", "missing"]), 2);
  await assert.rejects(client.incr("greeting"), ErrorReply);

  // Everything that is sent in one turn of the event loop travels as one pipeline.
  const many = Array.from({ length: 2000 }, (_, i) => client.echo(String(i)));
  assert.deepEqual(await Promise.all(many), Array.from({ length: 2000 }, (_, i) => String(i)));

  assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
  await assert.rejects(
    (async () => {
      await client.watch("t");
      await client.sendCommand(["INCR", "t"]);
      await client.multi().set("t", "lost").exec();
    })(),
    WatchError,
  );
  const seen = new Set();
  for await (const page of client.scanIterator({ COUNT: 2 })) for (const key of page) seen.add(key);
  assert.deepEqual([...seen].sort(), ["a", "b", "count", "greeting", "share", "t"]);

  const settings = await client.configGet("maxmemory*");
  assert.ok("maxmemory" in settings);
  assert.match(await client.info("server"), /redis_version:/);
  assert.equal(await client.ping("still here"), "still here");
  const binary = Buffer.from([0, 255, 13, 10, 128]);
  await client.set("bytes", binary);
  assert.equal(await client.strLen("bytes"), 5);

  const listener = client.duplicate();
  listener.on("error", fail);
  await listener.connect();
  const heard = [];
  const hear = (message, channel) => heard.push(`${channel}: ${message}`);
  await listener.subscribe("news", hear);
  await listener.pSubscribe("n*", hear);
  assert.equal(await client.publish("news", "hello"), 2);
  while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(heard, ["news: hello", "news: hello"]);
  assert.deepEqual({ ...(await client.pubSubNumSub(["news"])) }, { news: 1 });
  await listener.unsubscribe();
  await listener.pUnsubscribe();
  assert.equal(String(await listener.ping()), "PONG"); // a Buffer from a subscriber of RESP2
  await listener.close();
  await client.close();
}

async function ioredis() {
  const { Redis } = await import("ioredis");
  const client = new Redis({
    host: "127.0.0.1",
    port: Number(port),
    protocol: Number(protocol),
    connectionName: "ioredis-check",
    db: 4,
    password,
    retryStrategy: null,
    lazyConnect: true,
  });
  client.on("error", fail);
  await client.connect();
  assert.equal(client.status, "ready");

  const info = await client.client("INFO");
  assert.match(info, / name=ioredis-check /);
  assert.match(info, / db=4 /);
  assert.match(info, / lib-name=ioredis/);
  assert.match(info, new RegExp(` resp=${protocol} `));

  await client.flushdb();
  assert.equal(await client.set("greeting", "hello", "EX", 100), "OK");
  assert.equal(await client.get("greeting"), "hello");
  assert.equal(await client.get("missing"), null);
  assert.equal(await client.set("greeting", "x", "NX"), null);
  assert.equal(await client.incrby("count", 41), 41);
  assert.equal(await client.incrbyfloat("share", 0.5), "0.5");
  assert.equal(await client.mset({ a: "1", b: "2" }), "OK");
  assert.deepEqual(await client.mget("a", "missing", "b"), ["1", null, "2"]);
  await assert.rejects(client.incr("greeting"), /ERR value is not an integer or out of range/);
  await assert.rejects(client.call("NOSUCH", "x"), /ERR unknown command 'NOSUCH'/);

  const pipeline = client.pipeline();
  for (let i = 0; i < 2000; i++) pipeline.echo(String(i));
  const answers = await pipeline.exec();
  assert.deepEqual(answers, Array.from({ length: 2000 }, (_, i) => [null, String(i)]));

  const done = await client.multi().set("t", "1").incr("t").incr("greeting").get("t").exec();
  assert.deepEqual([done[0], done[1], done[3]], [[null, "OK"], [null, 2], [null, "2"]]);
  assert.match(done[2][0].message, /ERR value is not an integer/);
  await client.watch("t");
  const other = client.duplicate();
  await other.incr("t");
  assert.equal(await client.multi().set("t", "lost").exec(), null);
  await other.quit();

  const seen = new Set();
  for await (const page of client.scanStream({ count: 2 })) for (const key of page) seen.add(key);
  assert.deepEqual([...seen].sort(), ["a", "b", "count", "greeting", "share", "t"]);
  assert.ok((await client.getBuffer("greeting")).equals(Buffer.from("hello")));
  const binary = Buffer.from([0, 255, 13, 10, 128]);
  await client.set("bytes", binary);
  assert.ok((await client.getBuffer("bytes")).equals(binary));
  assert.equal(await client.quit(), "OK");
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

try {
  await { "node-redis": nodeRedis, ioredis }[library]();
  console.log(`${library} over RESP${protocol}: all as expected`);
} catch (error) {
  fail(error);
}
