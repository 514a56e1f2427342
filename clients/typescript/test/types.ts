// What the types allow, and what they refuse; only compiled, never run.

import { connect, type Schema } from "../src/index.js";

const client = connect({ url: "http://127.0.0.1:8000" });

export async function allowed(): Promise<string> {
  await client.POST("/api/v1/orders", {
    body: { instrument: "BTC/USDT.SIM", side: "BUY", quantity: "0.1" },
  });
  const { data } = await client.GET("/api/v1/orders", { params: { query: { limit: 10 } } });
  const rows: Schema<"StoredOrder">[] = data?.rows ?? [];
  return rows[0]?.order_id ?? "";
}

export async function refused(): Promise<void> {
  // @ts-expect-error there is no such path
  await client.GET("/api/v1/no-such-path");
  await client.POST("/api/v1/orders", {
    // @ts-expect-error an order has a side
    body: { instrument: "BTC/USDT.SIM", quantity: "0.1" },
  });
  const { data } = await client.GET("/api/v1/positions");
  // @ts-expect-error a quantity is text
  const quantity: number = data?.positions[0]?.quantity ?? 0;
  void quantity;
}
