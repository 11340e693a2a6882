// Both workers in one workerd, configured by wrangler.toml: the Node side of `tests/src/stack.rs`.
//
// Standard input:  one line of JSON with the options below, then one line per command. Its end is
//                  the signal to stop, so that this process never outlives its parent.
// Standard output: one line of JSON with the addresses when ready, then one line per command:
//                  {"id": .., "ok": ..} or {"id": .., "error": ".."}.
// Standard error:  one line of JSON per line that a worker logs, and what Miniflare itself says.
//
// Options (all optional):
//   vars      {"gateway": {NAME: "value"}, "consumer": {..}}: replace or add variables and secrets
//   devVars   true: also read .dev.vars, as `wrangler dev` does; otherwise nobody's keys get in
//   persist   a folder that keeps KV, queues and objects; without it they end with the process
//   ports     {"gateway": 8787, "consumer": 8788}; 0 or nothing takes any free port
// Commands, each with a number `id`:
//   {"do": "send", "body": ..}              puts a JSON value on the queue
//   {"do": "scheduled", "cron": ".."}       runs the consumer's scheduled handler to its end
//   {"do": "kv_get" | "kv_put" | "kv_delete" | "kv_list", "key": .., "value": .., "prefix": ..}
//   {"do": "evict", "class": .., "name": ..}  ends an object; its next call finds it new
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import path from "node:path";

// Standard output carries our answers alone. wrangler reads this once, when it is loaded.
process.env.WRANGLER_LOG ??= "error";
const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
const { Miniflare } = await import("miniflare");

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const environments = ["gateway", "consumer"];
const nameOf = (environment) => `bugbot-${environment}`; // As in wrangler.toml.

function workerOptions(environment, options) {
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(
    path.join(root, "wrangler.toml"),
    environment,
    {
      overrides: { enableContainers: false },
      // Any list of files keeps .dev.vars out; this one is always there and always empty.
      ...(options.devVars ? {} : { envFiles: ["/dev/null"] }),
    },
  );
  return {
    ...workerOptions,
    name: nameOf(environment),
    rootPath: root,
    modules: true,
    scriptPath: main,
    bindings: { ...workerOptions.bindings, ...options.vars?.[environment] },
    // Left out of wrangler.toml, because a bucket has to be made first; here it costs nothing.
    r2Buckets: { CRASH_REPORTS: "crash-reports", ...workerOptions.r2Buckets },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: options.ports?.[environment] ?? 0 }],
  };
}

const say = (value) => void process.stdout.write(`${JSON.stringify(value)}\n`);
const log = (value) => void process.stderr.write(`${JSON.stringify(value)}\n`);

async function start(options) {
  const miniflare = new Miniflare({
    workers: environments.map((environment) => workerOptions(environment, options)),
    host: "127.0.0.1",
    port: 0,
    cf: false, // Otherwise it is fetched from the internet.
    logRequests: false,
    telemetry: { enabled: false },
    handleStructuredLogs: ({ timestamp, level, message }) => log({ timestamp, level, message }),
    ...(options.persist ? { defaultPersistRoot: path.resolve(root, options.persist) } : {}),
  });
  await miniflare.ready;
  const addresses = {};
  for (const environment of environments) {
    const url = await miniflare.unsafeGetDirectURL(nameOf(environment));
    addresses[environment] = url.origin;
  }
  return { miniflare, addresses };
}

const consumer = nameOf("consumer");
const commands = {
  send: async (miniflare, { body }) =>
    void (await (await miniflare.getQueueProducer("COMMANDS", consumer)).send(body)),
  scheduled: async (miniflare, { cron }) => {
    const worker = await miniflare.getWorker(consumer);
    const { outcome } = await worker.scheduled({ cron: cron ?? "*/5 * * * *" });
    return outcome;
  },
  kv_get: async (miniflare, { key }) =>
    (await miniflare.getKVNamespace("BUGBOT_KV", consumer)).get(key),
  kv_put: async (miniflare, { key, value }) =>
    void (await (await miniflare.getKVNamespace("BUGBOT_KV", consumer)).put(key, value)),
  kv_delete: async (miniflare, { key }) =>
    void (await (await miniflare.getKVNamespace("BUGBOT_KV", consumer)).delete(key)),
  kv_list: async (miniflare, { prefix }) => {
    const { keys } = await (await miniflare.getKVNamespace("BUGBOT_KV", consumer)).list({ prefix });
    return keys.map(({ name }) => name);
  },
  evict: async (miniflare, { class: className, name }) =>
    void (await miniflare.unsafeEvictDurableObject(consumer, className, { name })),
};

async function obey(miniflare, line) {
  let id;
  try {
    const command = JSON.parse(line);
    id = command.id;
    if (!Object.hasOwn(commands, command.do)) throw new Error(`no command ${command.do}`);
    say({ id, ok: (await commands[command.do](miniflare, command)) ?? null });
  } catch (error) {
    say({ id, error: String(error?.stack ?? error) });
  }
}

let starting;
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  if (starting === undefined) {
    starting = Promise.try(() => start(JSON.parse(line)));
    starting.then(
      ({ addresses }) => say(addresses),
      (error) => {
        log({ level: "error", message: String(error?.stack ?? error) });
        process.exit(1);
      },
    );
  } else {
    starting.then(({ miniflare }) => obey(miniflare, line));
  }
});
input.on("close", async () => {
  const stack = await starting?.catch(() => undefined);
  await stack?.miniflare.dispose();
  process.exit(0);
});
