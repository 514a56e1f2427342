// The stream: updates as they come, followed over breaks by their sequence.

export type Channel =
  | "market" | "order" | "fill" | "position" | "account" | "halt" | "risk" | "alert" | "job" | "journal";

export interface Update {
  type: "snapshot" | Channel;
  sequence: number;
  body: Record<string, unknown>;
}

export interface FollowOptions {
  url: string;
  channels?: Channel[];
  since?: number;
  token?: string;
  /** Where there is no global WebSocket (Node before 22): that of the package `ws`. */
  WebSocket?: new (url: string, protocols?: string[]) => WebSocket;
  signal?: AbortSignal;
}

const AGAIN_MS = 500;
const WRONG = new Set([4400, 4401, 4403]);

/** Yields a snapshot and then updates; connects again behind the last sequence after a break. */
export async function* follow(options: FollowOptions): AsyncGenerator<Update> {
  const Socket = options.WebSocket ?? globalThis.WebSocket;
  let since = options.since ?? 0;
  while (!options.signal?.aborted) {
    const protocols = options.token ? ["bearer", options.token] : undefined;
    const address = `${options.url.replace(/^http/, "ws")}/ws`;
    const socket = protocols ? new Socket(address, protocols) : new Socket(address);
    const ask = { type: "subscribe", channels: options.channels ?? [], since };
    for await (const update of updates(socket, ask, options.signal)) {
      since = Math.max(since, update.sequence ?? 0);
      yield update;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* updates(
  socket: WebSocket,
  ask: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Update> {
  const waiting: Update[] = [];
  let wake = () => {};
  let ended: { code: number; reason: string } | undefined;
  socket.onopen = () => socket.send(JSON.stringify(ask));
  socket.onmessage = (event) => {
    waiting.push(JSON.parse(String(event.data)) as Update);
    wake();
  };
  socket.onclose = (event) => {
    ended = { code: event.code, reason: event.reason };
    wake();
  };
  socket.onerror = () => {};
  const stop = () => socket.close();
  signal?.addEventListener("abort", stop);
  try {
    while (true) {
      const update = waiting.shift();
      if (update) yield update;
      else if (ended) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.close();
  }
  if (ended && WRONG.has(ended.code)) throw new Error(ended.reason || `closed with ${ended.code}`);
}
