// The client: every operation of the API by its path, typed; what acts carries an idempotency key.

import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";
export { follow, type Channel, type FollowOptions, type Update } from "./stream.js";

/** An answer of the API by its name, like `Schema<"Positions">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

// The idempotency key may be left out: this client makes one.
type Keyed<Operation> = Operation extends { parameters: { header: infer Header } }
  ? Omit<Operation, "parameters"> & {
      parameters: Omit<Operation["parameters"], "header"> & { header?: Header };
    }
  : Operation;
export type KeyedPaths = {
  [Path in keyof paths]: { [Method in keyof paths[Path]]: Keyed<paths[Path][Method]> };
};

export interface ClientOptions {
  /** Where the gateway is, like `http://127.0.0.1:8000`. */
  url: string;
  /** An API key. */
  key?: string;
  /** Gives the access token of a login for each request. */
  token?: () => string | undefined;
}

/** A refusal of the gateway: its status and its sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

const KEY_HEADER = "Idempotency-Key";
const TRIES = 3;
const PAUSE_MS = 200;
const BUSY = new Set([429, 503]);

/**
 * A client of one gateway. `client.GET("/api/v1/positions")` and the like are typed by the OpenAPI
 * document and throw `ApiError` where the gateway refuses. Reads are asked again where it does not
 * answer, and so is what carries an idempotency key, which is made here where none was given.
 */
export function connect(options: ClientOptions): Client<KeyedPaths> {
  const client = createClient<KeyedPaths>({ baseUrl: options.url, fetch: fetchAgain });
  const credential: Middleware = {
    onRequest({ request, schemaPath }) {
      const token = options.token?.();
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
      else if (options.key) request.headers.set("X-API-Key", options.key);
      if (acts(request.method, schemaPath) && !request.headers.get(KEY_HEADER)) {
        request.headers.set(KEY_HEADER, crypto.randomUUID());
      }
      return request;
    },
    async onResponse({ response }) {
      if (response.status >= 400) throw new ApiError(response.status, await sentence(response));
      return response;
    },
  };
  client.use(credential);
  return client;
}

/** A new idempotency key, for who wants to repeat a request later. */
export function newKey(): string {
  return crypto.randomUUID();
}

const ONCE = ["/api/v1/auth/", "/api/v1/setup", "/api/v1/keys", "/api/v1/users", "/api/v1/data/uploads"];

function acts(method: string, path: string): boolean {
  const changes = method === "POST" || method === "PATCH";
  return changes && !ONCE.some((start) => path.startsWith(start));
}

async function sentence(response: Response): Promise<string> {
  try {
    const problem = (await response.clone().json()) as { detail?: string };
    return problem.detail ?? `the gateway answered ${response.status}`;
  } catch {
    return `the gateway answered ${response.status}`;
  }
}

async function fetchAgain(request: Request): Promise<Response> {
  const harmless = request.method === "GET" || request.headers.has(KEY_HEADER);
  for (let left = harmless ? TRIES : 1; ; ) {
    left -= 1;
    try {
      const response = await fetch(request.clone());
      if (left <= 0 || !BUSY.has(response.status)) return response;
    } catch (error) {
      if (left <= 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (TRIES - left)));
  }
}
