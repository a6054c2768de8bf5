// A webhook receiver as its author would write it in JavaScript: one public library verifies every delivery.
//
// Usage: node receiver.mjs LIBRARY FOLDER, where FOLDER has the library in its node_modules. The first line of the output
// is the port, on loopback. PUT sets the secret; POST is a delivery, answered 204 when the library believes it, else
// 401; GET answers with every delivery so far.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [library, folder] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const { Webhook } = await import(pathToFileURL(require.resolve(library)).href);
const deliveries = [];
let webhook = null;

function isBelieved(body, headers) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch (error) {
    if (error.name === "WebhookVerificationError") return false;
    throw error;
  }
}

async function answer(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (request.method === "PUT") {
    webhook = new Webhook(body.toString());
    response.writeHead(204).end();
  } else if (request.method === "POST") {
    const verified = isBelieved(body, request.headers);
    deliveries.push({ headers: request.headers, body: body.toString("base64"), verified });
    response.writeHead(verified ? 204 : 401).end();
  } else {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(deliveries));
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(String(error.stack)));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
