// What an app says by one of Segment's or RudderStack's Node libraries:  node speak.cjs LIBRARY HOST KEY FOLDER
"use strict";
const { createRequire } = require("node:module");

const [library, host, key, folder] = process.argv.slice(2);
const from = createRequire(`${folder}/`);
const failures = [];

function segment() {
  const { Analytics } = from("@segment/analytics-node");
  const client = new Analytics({ writeKey: key, host, maxRetries: 2, httpRequestTimeout: 10000 });
  client.on("error", (error) => failures.push(error));
  return [client, () => client.closeAndFlush({ timeout: 20000 })];
}

function rudder() {
  const Analytics = from("@rudderstack/rudder-sdk-node");
  const client = new Analytics(key, {
    dataPlaneUrl: host, logLevel: "error", retryCount: 2, errorHandler: (error) => failures.push(error),
  });
  return [client, () => client.flush()];
}

async function main() {
  const [client, flushed] = library === "segment" ? segment() : rudder();
  client.page({ anonymousId: "a-1", name: "Pricing", properties: { path: "/pricing" } });
  client.identify({
    userId: "u-1", anonymousId: "a-1", traits: { email: "Jane@Northwind.example", firstName: "Jane", plan: "pro" },
  });
  client.track({ userId: "u-1", event: "Trial started", properties: { seats: 3, tags: ["a", "b"] } });
  client.group({ userId: "u-1", groupId: "g-1", traits: { name: "Northwind" } });
  client.screen({ userId: "u-1", name: "Home" });
  client.track({ userId: "u-0", event: "Old app opened" });
  client.alias({ previousId: "u-0", userId: "u-1" });
  await flushed();
  if (failures.length) throw new Error(`the library was refused: ${failures}`);
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
