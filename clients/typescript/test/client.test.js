// Against the gateway's own process, whose address is in TRADEWIND_URL.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import WebSocket from "ws";

import { ApiError, connect, follow } from "../dist/index.js";

const url = process.env.TRADEWIND_URL;
assert.ok(url, "set TRADEWIND_URL to a gateway in local mode");
const client = connect({ url });

const order = { instrument: "BTC/USDT.SIM", side: "BUY", quantity: "0.5" };

test("reads are typed answers", async () => {
  const { data } = await client.GET("/api/v1/positions");
  assert.equal(data.positions[0].quantity, "0.10");
  assert.ok(data.age_ms >= 0);
});

test("an order is placed once for a key, and with a key of its own without one", async () => {
  const headers = { "Idempotency-Key": "typescript-1" };
  const first = await client.POST("/api/v1/orders", { body: order, headers });
  const again = await client.POST("/api/v1/orders", { body: order, headers });
  assert.equal(again.data.order_id, first.data.order_id);
  const other = await client.POST("/api/v1/orders", { body: order });
  assert.notEqual(other.data.order_id, first.data.order_id);
});

test("a refusal is an error with the gateway's sentence", async () => {
  const wrong = { ...order, instrument: "NO/SUCH.SIM" };
  await assert.rejects(client.POST("/api/v1/orders", { body: wrong }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 404);
    assert.match(error.message, /there is no instrument/);
    return true;
  });
});

test("a path is filled in with nothing but its own value", async () => {
  const params = { path: { order_id: "../users" } };
  await assert.rejects(client.GET("/api/v1/orders/{order_id}", { params }), { status: 404 });
});

test("the stream begins with a snapshot and goes on with updates", async () => {
  const ending = new AbortController();
  const stream = follow({ url, channels: ["order"], WebSocket, signal: ending.signal });
  const first = (await stream.next()).value;
  assert.equal(first.type, "snapshot");
  await client.POST("/api/v1/orders", { body: order });
  let update = (await stream.next()).value;
  while (update.type !== "order") update = (await stream.next()).value;
  assert.ok(update.sequence > first.sequence);
  ending.abort();
  await stream.return();
});

test("only what is harmless is asked again", async () => {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers["idempotency-key"] ?? ""}`);
    request.resume();
    if (asked.length === 1) response.destroy();
    else response.setHeader("Content-Type", "application/json").end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flaky = connect({ url: `http://127.0.0.1:${server.address().port}` });
  await flaky.POST("/api/v1/risk/halt", { body: { reason: "why", scope: "all" } });
  assert.equal(asked.length, 2);
  assert.equal(asked[0], asked[1]);
  asked.length = 0;
  await assert.rejects(flaky.DELETE("/api/v1/orders/{order_id}", { params: { path: { order_id: "j" } } }));
  assert.equal(asked.length, 1);
  server.close();
});
