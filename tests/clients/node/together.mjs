// What programs do together: locks by a script, streams with a group, Pub/Sub, blocking reads.
// node together.mjs <library> <port> <protocol>
import assert from "node:assert/strict";

const [library, port, protocol] = process.argv.slice(2);
const UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";
const WORKERS = 3;
const JOBS = 60;

async function nodeRedis() {
  const { createClient, defineScript } = await import("redis");
  const unlock = defineScript({
    SCRIPT: UNLOCK,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, token) {
      parser.pushKey(key);
      parser.push(token);
    },
    transformReply: (reply) => reply,
  });
  const open = async () => {
    const client = createClient({
      socket: { host: "127.0.0.1", port: Number(port), reconnectStrategy: false },
      RESP: Number(protocol),
      database: 9,
      scripts: { unlock },
    });
    client.on("error", fail);
    return client.connect();
  };
  return {
    open,
    flush: (client) => client.flushDb(),
    lock: (client, token) =>
      client.set("guard", token, { condition: "NX", expiration: { type: "PX", value: 30000 } }),
    unlock: (client, token) => client.unlock("guard", token),
    get: (client, key) => client.get(key),
    set: (client, key, value) => client.set(key, value),
    makeGroup: (client) => client.xGroupCreate("work", "group", "0", { MKSTREAM: true }),
    add: (client, n) => client.xAdd("work", "*", { n: String(n) }),
    take: async (client, name) => {
      const found = await client.xReadGroup("group", name, { key: "work", id: ">" }, { COUNT: 2, BLOCK: 20 });
      return found ? found[0].messages.map(({ id, message }) => [id, message.n]) : [];
    },
    claim: async (client, name) => {
      const { messages } = await client.xAutoClaim("work", "group", name, 0, "0", { COUNT: 1 });
      return messages.filter(Boolean).map(({ id, message }) => [id, message.n]);
    },
    ack: (client, id) => client.xAck("work", "group", id),
    pending: async (client) => (await client.xPending("work", "group")).pending,
    listen: (client, hear) => client.sSubscribe("shard", hear).then(() => client.pSubscribe("new?", hear)),
    tell: async (client, text) => [await client.publish("news", text), await client.sPublish("shard", text)],
    pop: async (client) => (await client.blPop("queue", 10)).element,
    push: (client, value) => client.rPush("queue", value),
    close: (client) => client.close(),
  };
}

async function ioredis() {
  const { Redis } = await import("ioredis");
  const pairs = (fields) => fields[fields.indexOf("n") + 1];
  const list = (reply) => (Array.isArray(reply) ? reply : Object.entries(reply ?? {}));
  const open = async () => {
    const client = new Redis({
      host: "127.0.0.1", port: Number(port), protocol: Number(protocol), db: 9, retryStrategy: null,
    });
    client.on("error", fail);
    client.defineCommand("unlock", { numberOfKeys: 1, lua: UNLOCK });
    await client.ping();
    return client;
  };
  return {
    open,
    flush: (client) => client.flushdb(),
    lock: (client, token) => client.set("guard", token, "PX", 30000, "NX"),
    unlock: (client, token) => client.unlock("guard", token),
    get: (client, key) => client.get(key),
    set: (client, key, value) => client.set(key, value),
    makeGroup: (client) => client.xgroup("CREATE", "work", "group", "0", "MKSTREAM"),
    add: (client, n) => client.xadd("work", "*", "n", n),
    take: async (client, name) => {
      const found = await client.xreadgroup("GROUP", "group", name, "COUNT", 2, "BLOCK", 20, "STREAMS", "work", ">");
      return found ? list(found)[0][1].map(([id, fields]) => [id, pairs(fields)]) : [];
    },
    claim: async (client, name) => {
      const [, messages] = await client.xautoclaim("work", "group", name, 0, "0", "COUNT", 1);
      return messages.map(([id, fields]) => [id, pairs(fields)]);
    },
    ack: (client, id) => client.xack("work", "group", id),
    pending: async (client) => (await client.xpending("work", "group"))[0],
    listen: async (client, hear) => {
      client.on("pmessage", (_, channel, text) => hear(text, channel));
      client.on("smessage", (channel, text) => hear(text, channel));
      await client.ssubscribe("shard");
      await client.psubscribe("new?");
    },
    tell: async (client, text) => [await client.publish("news", text), await client.spublish("shard", text)],
    pop: async (client) => (await client.blpop("queue", 10))[1],
    push: (client, value) => client.rpush("queue", value),
    close: (client) => client.quit(),
  };
}

async function locks(own, clients) {
  await own.set(clients[0], "balance", "0");
  await Promise.all(clients.map(async (client, n) => {
    for (let i = 0; i < 10; i++) {
      while (!(await own.lock(client, `token${n}`))) continue;
      assert.equal(await own.unlock(client, "somebody else's"), 0);
      await own.set(client, "balance", String(Number(await own.get(client, "balance")) + 1));
      assert.equal(await own.unlock(client, `token${n}`), 1);
    }
  }));
  assert.equal(await own.get(clients[0], "balance"), String(10 * WORKERS));
}

async function streams(own, clients) {
  await own.makeGroup(clients[0]);
  await Promise.all(Array.from({ length: JOBS }, (_, n) => own.add(clients[0], n)));
  assert.equal((await own.take(clients[0], "dead")).length, 2); // it does nothing about them
  const done = [];
  await Promise.all(clients.map(async (client, n) => {
    while (done.length < JOBS) {
      const found = [...(await own.claim(client, `w${n}`)), ...(await own.take(client, `w${n}`))];
      for (const [id, value] of found) if ((await own.ack(client, id)) === 1) done.push(Number(value));
    }
  }));
  assert.deepEqual(done.sort((a, b) => a - b), Array.from({ length: JOBS }, (_, n) => n));
  assert.equal(Number(await own.pending(clients[0])), 0);
}

async function messages(own, clients) {
  const listener = await own.open();
  const heard = [];
  await own.listen(listener, (text, channel) => heard.push(`${channel}: ${text}`));
  assert.deepEqual(await own.tell(clients[0], "hello"), [1, 1]);
  while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.deepEqual(heard.sort(), ["news: hello", "shard: hello"]);
  await own.close(listener);
  const waiting = clients.slice(1).map((client) => own.pop(client));
  for (let n = 1; n < clients.length; n++) await own.push(clients[0], `v${n}`);
  assert.deepEqual((await Promise.all(waiting)).sort(), clients.slice(1).map((_, n) => `v${n + 1}`));
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

try {
  const own = await { "node-redis": nodeRedis, ioredis }[library]();
  const clients = await Promise.all(Array.from({ length: WORKERS }, own.open));
  await own.flush(clients[0]);
  await locks(own, clients);
  await streams(own, clients);
  await messages(own, clients);
  await Promise.all(clients.map(own.close));
  console.log(`${library} over RESP${protocol}: all as expected`);
} catch (error) {
  fail(error);
}
